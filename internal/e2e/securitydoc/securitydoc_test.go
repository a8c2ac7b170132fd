package securitydoc_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"github.com/tenantgate/tenantgate/internal/e2e/securitydoc"
)

func root() string { return filepath.Join("..", "..", "..") }

func TestThePageTellsWhatTheTestsName(t *testing.T) {
	t.Parallel()
	tests, err := securitydoc.Tests(os.DirFS(root()))
	if err != nil {
		t.Fatal(err)
	}
	page, err := os.ReadFile(filepath.Join(root(), filepath.FromSlash(securitydoc.File)))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(securitydoc.Render(tests), string(page)); diff != "" {
		t.Errorf("%s is out of date, run `go generate ./internal/e2e/securitydoc`:\n%s", securitydoc.File, diff)
	}
	known := map[string]bool{}
	for _, g := range securitydoc.Groups {
		for _, c := range g.Cases {
			known[c.ID] = true
		}
	}
	for id, files := range tests {
		if !known[id] {
			t.Errorf("%v names %s, which is no case", files, id)
		}
	}
}

func TestEachCaseStandsOnceInItsGroup(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for _, g := range securitydoc.Groups {
		for _, c := range g.Cases {
			if seen[c.ID] || !strings.HasPrefix(c.ID, g.Prefix+"-") || c.Title == "" || strings.Contains(c.Title+c.Open, "|") {
				t.Errorf("%+v is doubled, misplaced or malformed", c)
			}
			seen[c.ID] = true
		}
	}
	if len(seen) != 158 {
		t.Errorf("%d cases, want 158", len(seen))
	}
}

func TestIdsAreFoundHoweverTestsWriteThem(t *testing.T) {
	t.Parallel()
	got, err := securitydoc.Tests(fstest.MapFS{
		"a/a_test.go":            {Data: []byte("// SES-01, SES-02.\nfunc TestOTC_05Once() {}\nfunc TestTEN01() {}\n")},
		"a/a.go":                 {Data: []byte("// OPS-01")},
		"b/btest/suite.go":       {Data: []byte("// Case RTL-02.")},
		"b/testdata/x.txtar":     {Data: []byte("# KEY-04 KEY-05")},
		"node_modules/c_test.go": {Data: []byte("// OPS-02")},
		"c/c_test.go":            {Data: []byte("MAXTEN-01 and TEN-012 and SES-01 are")},
	})
	if err != nil {
		t.Fatal(err)
	}
	want := map[string][]string{
		"SES-01": {"a/a_test.go", "c/c_test.go"}, "SES-02": {"a/a_test.go"}, "OTC-05": {"a/a_test.go"},
		"TEN-01": {"a/a_test.go"}, "RTL-02": {"b/btest/suite.go"},
		"KEY-04": {"b/testdata/x.txtar"}, "KEY-05": {"b/testdata/x.txtar"},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestAListOfIdsNamesEachInFull(t *testing.T) {
	t.Parallel()
	for line, refused := range map[string]bool{
		"func TestX(t *testing.T) { // INP-01, 03, 04, 05": true,
		"// TEN-01, 02.":                   true,
		"// OTC-03 and 05, and SES-01":     true,
		"// SES01/02":                      true,
		"// SES-01 to 03":                  true,
		"// INP-01, INP-03":                false,
		"// OTC-05, 20 parallel answers":   false,
		"// RTL-04 and 3 replicas":         false,
		"// OTC-08: 10 minutes":            false,
		"func TestOTC03AndOTC05ARightCode": false,
	} {
		_, err := securitydoc.Tests(fstest.MapFS{"a/a_test.go": {Data: []byte(line + "\n")}})
		if (err != nil) != refused {
			t.Errorf("%s: %v", line, err)
		}
	}
}
