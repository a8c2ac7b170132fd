// Command cmd writes docs/security-tests.md. go generate runs it in the folder of package securitydoc.
package main

import (
	"fmt"
	"os"
	"path/filepath"

	"github.com/tenantgate/tenantgate/internal/e2e/securitydoc"
)

func main() {
	if err := write(filepath.Join("..", "..", "..")); err != nil {
		fmt.Fprintln(os.Stderr, "securitydoc:", err)
		os.Exit(1)
	}
}

func write(root string) error {
	tests, err := securitydoc.Tests(os.DirFS(root))
	if err != nil {
		return err
	}
	file := filepath.Join(root, filepath.FromSlash(securitydoc.File))
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		return err
	}
	return os.WriteFile(file, []byte(securitydoc.Render(tests)), 0o644)
}
