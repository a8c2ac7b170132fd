package e2e

import (
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
	"time"
)

// sideBySide is how many tests run at a time: those that run in parallel mostly wait for something to come back.
const sideBySide = "6"

var binaries string // the folder of this run's binaries

func TestMain(m *testing.M) {
	flag.Parse()
	os.Exit(run(m))
}

func run(m *testing.M) int {
	given := false
	flag.Visit(func(f *flag.Flag) { given = given || f.Name == "test.parallel" })
	if !given {
		_ = flag.Set("test.parallel", sideBySide)
	}
	var err error
	if binaries, err = os.MkdirTemp("", "tenantgate-e2e-"); err != nil {
		fmt.Fprintln(os.Stderr, "make a folder for the binaries:", err)
		return 1
	}
	defer os.RemoveAll(binaries)
	return m.Run()
}

// The binaries are built once a run, when a test first needs them.
var (
	plainBinary = sync.OnceValues(func() (string, error) { return build("tenantgate") })
	clockBinary = sync.OnceValues(func() (string, error) { return build("tenantgate-testclock", "-tags", "testclock") })
)

func build(name string, flags ...string) (string, error) {
	path := filepath.Join(binaries, name)
	cmd := exec.Command("go", append(append([]string{"build", "-o", path}, flags...), "./cmd/tenantgate")...)
	cmd.Dir = repository()
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("build %s: %w\n%s", name, err, out)
	}
	return path, nil
}

// repository is the root of the tree: tests run in the folder of their package.
func repository() string {
	dir, err := filepath.Abs(filepath.Join("..", ".."))
	if err != nil {
		panic(err)
	}
	return dir
}

// soak says that the full figures are wanted, not those of minutes.
var soak = os.Getenv("TENANTGATE_SOAK") == "1"

func scaled[T int | time.Duration](usual, full T) T {
	if soak {
		return full
	}
	return usual
}
