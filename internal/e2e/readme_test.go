package e2e

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// Pages say what works: their commands are run, in order, in one shell, against what `make dev` starts. A json block shows
// the output of the bash block before it.
func TestREADME(t *testing.T) {
	t.Parallel()
	runPage(t, "README.md")
}

func TestDialectsPage(t *testing.T) {
	t.Parallel()
	runPage(t, "docs/dialects.md")
}

// runPage runs the blocks of a page, which is named from the root of the tree, and returns what each printed.
func runPage(t *testing.T, page string) []string {
	t.Helper()
	text := string(must(os.ReadFile(filepath.Join(repository(), filepath.FromSlash(page))))(t))
	var commands []fenced
	shown := map[int]fenced{} // by the index of the command
	for _, b := range fences(text) {
		switch {
		case b.language == "bash" && !b.notRun():
			commands = append(commands, b)
		case b.language == "json" && !b.notRun():
			shown[len(commands)-1] = b
		}
	}
	if len(commands) < 3 {
		t.Fatalf("%s has %d blocks to run", page, len(commands))
	}
	printed := newDesk(t, "").run(t, commands, nil)
	for i, got := range printed {
		if strings.Contains(got, "/problems/") {
			t.Errorf("%s:%d: the commands get an error:\n%s", page, commands[i].line, got)
		}
		if b, ok := shown[i]; ok {
			compare(t, page, b, strings.TrimSpace(got))
		}
	}
	return printed
}

// compare checks that an output has the members that a page shows.
func compare(t *testing.T, page string, b fenced, got string) {
	t.Helper()
	var shown, come any
	if err := json.Unmarshal([]byte(b.body), &shown); err != nil {
		t.Errorf("%s:%d: the output that is shown is no JSON: %v", page, b.line, err)
		return
	}
	if err := json.Unmarshal([]byte(got), &come); err != nil {
		t.Errorf("%s:%d: the output is no JSON: %v\n%s", page, b.line, err, got)
		return
	}
	want, have := shape(shown, ""), shape(come, "")
	if !slices.Equal(want, have) {
		t.Errorf("%s:%d shows other members than come:\n shown %v\n come  %v", page, b.line, want, have)
	}
}

// shape lists the members of a document, with those of the first element of lists.
func shape(v any, path string) (out []string) {
	switch v := v.(type) {
	case map[string]any:
		for name, inner := range v {
			out = append(out, path+"."+name)
			out = append(out, shape(inner, path+"."+name)...)
		}
	case []any:
		if len(v) > 0 {
			out = shape(v[0], path+"[]")
		}
	}
	slices.Sort(out)
	return out
}
