// Command schemacheck holds the schema of the admin API to its rules, prints it to docs/schema.graphql, and refuses what would
// break callers of the last release.
//
// `go generate ./graph` runs it before it generates anything. `go run ./graph/schemacheck -release` makes the schema as it is
// the released one: what broke is then accepted.
package main

import (
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
)

// Files, from the root of the module.
const (
	sources  = "graph/schema"
	dumped   = "docs/schema.graphql"
	released = "graph/schemacheck/released.graphql"
)

func main() {
	release := flag.Bool("release", false, "make the schema as it is the released one")
	flag.Parse()
	root, err := moduleRoot()
	if err == nil {
		err = run(root, *release, os.Stderr)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// run checks and prints the schema of a module. What is wrong goes to out, a line each.
func run(root string, release bool, out io.Writer) error {
	schema, err := loadFolder(filepath.Join(root, sources))
	if err != nil {
		return err
	}
	wrong := Check(schema)
	if !release {
		broken, err := sinceRelease(root, schema)
		if err != nil {
			return err
		}
		wrong = append(wrong, broken...)
	}
	for _, line := range wrong {
		fmt.Fprintln(out, line)
	}
	if len(wrong) > 0 {
		return fmt.Errorf("schemacheck: %d rules of the schema are broken", len(wrong))
	}
	text := Print(schema)
	if release {
		if err := os.WriteFile(filepath.Join(root, released), text, 0o644); err != nil {
			return fmt.Errorf("write the released schema: %w", err)
		}
	}
	if err := os.WriteFile(filepath.Join(root, dumped), text, 0o644); err != nil {
		return fmt.Errorf("write the schema: %w", err)
	}
	return nil
}

// moduleRoot finds the folder of go.mod, from where the command runs upwards.
func moduleRoot() (string, error) {
	at, err := os.Getwd()
	if err != nil {
		return "", err
	}
	for {
		if _, err := os.Stat(filepath.Join(at, "go.mod")); err == nil {
			return at, nil
		}
		up := filepath.Dir(at)
		if up == at {
			return "", fmt.Errorf("schemacheck: no go.mod in this folder or above")
		}
		at = up
	}
}

func sortedLines(lines []string) []string {
	slices.Sort(lines)
	return slices.Compact(lines)
}
