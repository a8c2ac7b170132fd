package waanversemagic_test

import (
	"encoding/json"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"

	"github.com/tenantgate/tenantgate/web/dialects"
	"github.com/tenantgate/tenantgate/web/dialects/waanversemagic"
)

// exchange is a request and its answer, as a transcript shows them.
var exchange = regexp.MustCompile(`(?s)^(\w+) (/[^\n?]+)[^\n]*\n.*?\n(\d{3}) [A-Z][^\n]*\n`)

func TestEveryAnswerSeenIsDescribed(t *testing.T) {
	t.Parallel()
	text, err := dialects.Describe(waanversemagic.New(), "test")
	if err != nil {
		t.Fatal(err)
	}
	var d struct {
		Paths map[string]map[string]struct {
			Summary   string
			Responses map[string]json.RawMessage
		}
	}
	if err := json.Unmarshal(text, &d); err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob("testdata/*.txtar")
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	for _, file := range files {
		archive, err := txtar.ParseFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range archive.Files {
			m := exchange.FindStringSubmatch(string(f.Data))
			if m == nil {
				t.Errorf("%s, %s: no exchange", file, f.Name)
				continue
			}
			for pattern, operations := range d.Paths {
				parts, literal := strings.Split(pattern, "/"), strings.Split(strings.TrimPrefix(m[2], base), "/")
				op, ok := operations[strings.ToLower(m[1])]
				if !ok || !slices.EqualFunc(parts, literal, func(p, l string) bool { return p == l || p == "{id}" && l != "" }) {
					continue
				}
				seen[m[1]+" "+pattern] = true
				if op.Responses[m[3]] == nil || op.Summary == "" {
					t.Errorf("%s, %s: %s %s answers %s, which is not described", file, f.Name, m[1], pattern, m[3])
				}
			}
		}
	}
	for _, r := range waanversemagic.New().Routes {
		if path := strings.Replace(r.Path, ":id", "{id}", 1); !seen[r.Method+" "+path] {
			t.Errorf("%s %s is in no transcript", r.Method, r.Path)
		}
	}
}
