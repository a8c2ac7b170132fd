package graph_test

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// unnarrowed is the variable that the mixin of a changed build looks at: the entity that it leaves alone.
const unnarrowed = "TENANTGATE_TEST_UNNARROWED"

// leaveOut leaves out the tenant predicate of an entity until the test ends, in the process of a changed build.
func leaveOut(t *testing.T, entity string) {
	t.Helper()
	if entity == "" {
		return
	}
	must(t, os.Setenv(unnarrowed, entity)) //nolint:usetesting // t.Setenv is not for parallel tests; nothing else runs in this process
	t.Cleanup(func() { must(t, os.Unsetenv(unnarrowed)) })
}

// changedBuild compiles the tests of this package with a mixin that looks at the environment.
func changedBuild(t *testing.T) string {
	t.Helper()
	source, err := filepath.Abs(filepath.Join("..", "ent", "schema", "tenanted.go"))
	must(t, err)
	original, err := os.ReadFile(source)
	must(t, err)
	changed := string(original)
	for from, to := range map[string]string{
		"import (\n": "import (\n\t\"os\"\n",
		"func(ctx context.Context, q intercept.Query) error {\n": "func(ctx context.Context, q intercept.Query) error {\n" +
			"if q.Type() == os.Getenv(\"" + unnarrowed + "\") { return nil }\n",
		"return next.Mutate(ctx, m)\n\t\t\t}\n\t\t\twhere, err := narrow(ctx)\n": "return next.Mutate(ctx, m)\n}\n" +
			"if m.Type() == os.Getenv(\"" + unnarrowed + "\") { return next.Mutate(ctx, m) }\nwhere, err := narrow(ctx)\n",
	} {
		if strings.Count(changed, from) != 1 {
			t.Fatalf("the mixin holds %q %d times", from, strings.Count(changed, from))
		}
		changed = strings.Replace(changed, from, to, 1)
	}
	folder := t.TempDir()
	mixin, overlay, binary := filepath.Join(folder, "tenanted.go"), filepath.Join(folder, "overlay.json"), filepath.Join(folder, "isolation.test")
	must(t, os.WriteFile(mixin, []byte(changed), 0o600))
	replace, err := json.Marshal(map[string]any{"Replace": map[string]string{source: mixin}})
	must(t, err)
	must(t, os.WriteFile(overlay, replace, 0o600))
	if out, err := exec.CommandContext(t.Context(), "go", "test", "-c", "-vet=off", "-ldflags=-w", "-o", binary, "-overlay", overlay, ".").CombinedOutput(); err != nil {
		t.Fatalf("compile: %v\n%s", err, out)
	}
	return binary
}
