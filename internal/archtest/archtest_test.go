package archtest

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"
)

// root is the folder of the module.
func root(t *testing.T) string {
	t.Helper()
	dir, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(filepath.Join(dir, "go.mod")); err != nil {
		t.Fatal(err)
	}
	return dir
}

func TestTheTreeKeepsTheRules(t *testing.T) {
	t.Parallel()
	files, err := readTree(os.DirFS(root(t)))
	if err != nil {
		t.Fatal(err)
	}
	if len(files) < 10 {
		t.Fatalf("only %d Go files found", len(files))
	}
	for _, breach := range check(files) {
		t.Error(breach)
	}
}

// source writes a file of package p, with its comment, that imports paths and then holds code.
func source(p, code string, imports ...string) string {
	text := "// Package " + p + " is an example.\npackage " + p + "\n"
	for _, i := range imports {
		text += "import " + i + "\n"
	}
	return text + code + "\n"
}

func TestBreachesAreFound(t *testing.T) {
	t.Parallel()
	tenancy := `"` + module + `/internal/tenancy"`
	for _, c := range []struct {
		name string
		path string
		text string
		want string // part of the only breach, "" for none
	}{
		{"web imports ent", "web/api/a.go", source("api", "", `_ "`+module+`/ent"`), "web/api may not import ent"},
		{"web imports what is generated below ent", "web/a.go", source("web", "", `_ "`+module+`/ent/user"`), "web may not import ent/user"},
		{"surfaces import each other", "web/api/a.go", source("api", "", `_ "`+module+`/web/pages"`), "may not import web/pages"},
		{"web mounts its parts", "web/a.go", source("web", "", `_ "`+module+`/web/pages"`), ""},
		{"parts of authflows import each other", "authflows/sessions/a.go", source("sessions", "", `_ "`+module+`/authflows/tokens"`), "may not import authflows/tokens"},
		{"authflows imports its parts", "authflows/a.go", source("authflows", "", `_ "`+module+`/authflows/factors/totp"`), ""},
		{"the domain imports web", "tenants/a.go", source("tenants", "", `_ "`+module+`/web/httpx"`), "tenants may not import web/httpx"},
		{"an internal package imports the domain", "internal/sealed/a.go", source("sealed", "", `_ "`+module+`/tenants"`), "may not import tenants"},
		{"a package without a row", "plugins/a.go", source("plugins", ""), "no row"},
		{"product code imports test support", "web/a.go", source("web", "", `_ "`+module+`/internal/testenv"`), "exists for tests"},
		{"a test imports test support", "web/a_test.go", source("web", "", `_ "`+module+`/authflows/flowtest"`), ""},
		{"gin outside web", "authflows/a.go", source("authflows", "", `_ "github.com/gin-gonic/gin/binding"`), "the domain knows no HTTP"},
		{"gin in a test outside web", "authflows/a_test.go", source("authflows", "", `_ "github.com/gin-gonic/gin"`), "the domain knows no HTTP"},
		{"a path that only begins alike", "authflows/a.go", source("authflows", "", `_ "github.com/gin-gonic/ginkgo"`), ""},
		{"redis at home", "internal/ephemeral/redis/a.go", source("redis", "", `_ "github.com/redis/go-redis/v9"`), ""},
		{"redis elsewhere", "internal/ephemeral/a.go", source("ephemeral", "", `_ "github.com/redis/go-redis/v9"`), "the rest speaks to"},
		{"otp in a test", "authflows/a_test.go", source("authflows", "", `_ "github.com/pquerna/otp/totp"`), ""},
		{"math/rand in a test", "authflows/a_test.go", source("authflows", "", `_ "math/rand/v2"`), ""},
		{"math/rand in the product", "authflows/a.go", source("authflows", "", `_ "math/rand/v2"`), "predictable"},
		{"testify in test support", "internal/e2e/a.go", source("e2e", "", `_ "github.com/stretchr/testify/assert"`), "go-cmp"},
		{"time.Now called", "authflows/a.go", source("authflows", "var _ = time.Now()", `"time"`), "line 4: time.Now"},
		{"time.Now as a value under another name", "authflows/a.go", source("authflows", "var _ = t.Now", `t "time"`), "time.Now"},
		{"time.Now where the clock lives", "internal/clock/a.go", source("clock", "var _ = time.Now()", `"time"`), ""},
		{"a Now of our own", "authflows/a.go", source("authflows", "var _ = clock.Now", `"`+module+`/internal/clock"`), ""},
		{"time.Since", "tenants/a.go", source("tenants", "var _ = time.Since", `"time"`), "time.Since"},
		{"Across elsewhere", "authflows/a.go", source("authflows", "var _ = tenancy.Across", tenancy), "listed places"},
		{"Across in a listed package", "internal/events/a.go", source("events", "var _ = tenancy.Across", tenancy), ""},
		{"Across in a listed file", "tenants/rewrap.go", source("tenants", "var _ = tenancy.Across", tenancy), ""},
		{"Across beside a listed file", "tenants/other.go", source("tenants", "var _ = tenancy.Across", tenancy), "listed places"},
		{"a client made elsewhere", "cmd/tenantgate/a.go", "// Command a is one.\npackage main\nimport \"" + module + "/ent\"\nvar _ = ent.NewClient", "lacks the tenancy hooks"},
		{"a client in graph", "graph/a.go", source("graph", "var _ *ent.Client", `"`+module+`/ent"`), "they do not query"},
		{"entities in graph", "graph/a.go", source("graph", "var _ *ent.User", `"`+module+`/ent"`), ""},
		{"no package comment", "tenants/a.go", "package tenants\n", "no package comment"},
		{"a package comment of another name", "tenants/a.go", "// Package tenant is one.\npackage tenants\n", "no package comment"},
		{"a vague name", "internal/utils/a.go", source("utils", ""), "does not say"},
		{"a long file", "tenants/a.go", source("tenants", strings.Repeat("\n", longestFile)), "two subjects"},
		{"a long generated file", "ent/a.go", "// Code generated by x. DO NOT EDIT.\n\npackage ent" + strings.Repeat("\n", longestFile), ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			files, err := readTree(fstest.MapFS{c.path: {Data: []byte(c.text)}})
			if err != nil {
				t.Fatal(err)
			}
			got := check(files)
			if c.want == "" && len(got) > 0 {
				t.Errorf("breaches where there are none: %q", got)
			}
			if c.want != "" && (len(got) != 1 || !strings.Contains(got[0], c.want)) {
				t.Errorf("breaches %q, want one with %q", got, c.want)
			}
		})
	}
}

func TestOtherModulesAndTestdataAreNotRead(t *testing.T) {
	t.Parallel()
	breach := &fstest.MapFile{Data: []byte("package utils\n")}
	files, err := readTree(fstest.MapFS{
		"internal/tools/x/go.mod":   {},
		"internal/tools/x/main.go":  breach,
		"tenants/testdata/a.go":     breach,
		"web/node_modules/x/a.go":   breach,
		".cache/a.go":               breach,
		"tenants/a.go":              {Data: []byte(source("tenants", ""))},
		"internal/tools/x/below.go": breach,
	})
	if err != nil {
		t.Fatal(err)
	}
	var paths []string
	for _, f := range files {
		paths = append(paths, f.path)
	}
	if diff := cmp.Diff([]string{"tenants/a.go"}, paths); diff != "" {
		t.Error(diff)
	}
}

func TestPatternsOfRulesNameFoldersAsTheyAreWritten(t *testing.T) {
	t.Parallel()
	for _, l := range layers {
		for _, p := range append([]string{l.pkg}, l.imports...) {
			if !fs.ValidPath(strings.NewReplacer("**", "x", "*", "x").Replace(p)) {
				t.Errorf("pattern %q can never match", p)
			}
		}
		if l.why == "" {
			t.Errorf("the row of %s gives no reason", l.pkg)
		}
	}
}
