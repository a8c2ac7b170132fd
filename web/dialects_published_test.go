package web_test

import (
	"encoding/json"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"

	"github.com/tenantgate/tenantgate/web"
	"github.com/tenantgate/tenantgate/web/dialects"
	"github.com/tenantgate/tenantgate/web/webtest"
)

// published are the lines METHOD PATH of testdata/published, by dialect.
func published(t *testing.T, d *dialects.Dialect) []string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("testdata", "published", string(d.Name)+".txt"))
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for line := range strings.Lines(string(text)) {
		if line = strings.TrimSpace(line); line != "" && !strings.HasPrefix(line, "#") {
			out = append(out, line)
		}
	}
	return out
}

// routeOf returns the route of a dialect that serves a request, nil if none does. Of several the one without a parameter counts.
func routeOf(d *dialects.Dialect, method, path string) *dialects.Route {
	path, _, _ = strings.Cut(path, "?")
	parts := strings.Split(strings.Trim(path, "/"), "/")
	var found *dialects.Route
	for i, r := range d.Routes {
		own := strings.Split(strings.Trim(r.Path, "/"), "/")
		same := r.Method == method && len(own) == len(parts)
		for j := 0; same && j < len(own); j++ {
			same = strings.HasPrefix(own[j], ":") || own[j] == parts[j]
		}
		if same && (found == nil || strings.Contains(found.Path, ":")) {
			found = &d.Routes[i]
		}
	}
	return found
}

func TestADialectServesWhatItsPublishedDocumentNames(t *testing.T) {
	t.Parallel()
	for _, d := range web.Dialects() {
		t.Run(string(d.Name), func(t *testing.T) {
			t.Parallel()
			env := webtest.New(t)
			env.Set(t, acme, "dialects."+string(d.Name)+".enabled=true")
			for _, line := range published(t, d) {
				method, path, _ := strings.Cut(line, " ")
				if routeOf(d, method, path) == nil {
					t.Errorf("no route serves %s", line)
				}
				for _, spelt := range []string{strings.TrimSuffix(path, "/"), strings.TrimSuffix(path, "/") + "/"} {
					a := env.Do(t, method, "/t/acme/dialects/"+string(d.Name)+spelt, nil)
					if a.Status == 405 || a.Status == 404 && !strings.Contains(path, "numbers") && !strings.Contains(path, "<") {
						t.Errorf("%s %s: status %d: %s", method, spelt, a.Status, a.Body)
					}
				}
			}
		})
	}
}

// exchange finds the request line and the status line of a golden exchange.
var exchange = regexp.MustCompile(`(?s)^([A-Z]+) (\S+)\n.*?\n(\d{3}) [A-Z]`)

// shown returns the statuses that the goldens of a dialect show, by route.
func shown(t *testing.T, d *dialects.Dialect) map[*dialects.Route][]string {
	t.Helper()
	mount := "/dialects/" + string(d.Name)
	out := map[*dialects.Route][]string{}
	files, err := filepath.Glob("dialects/*/testdata/*.txtar")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		archive, err := txtar.ParseFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range archive.Files {
			found := exchange.FindStringSubmatch(string(f.Data))
			if found == nil {
				continue
			}
			_, path, ok := strings.Cut(found[2], mount+"/")
			if route := routeOf(d, found[1], path); ok && route != nil && !slices.Contains(out[route], found[3]) {
				out[route] = append(out[route], found[3])
			}
		}
	}
	return out
}

func TestADialectsDescriptionHoldsWhatItsGoldensShow(t *testing.T) {
	t.Parallel()
	for _, d := range web.Dialects() {
		t.Run(string(d.Name), func(t *testing.T) {
			t.Parallel()
			text, err := dialects.Describe(d, "test")
			if err != nil {
				t.Fatal(err)
			}
			var description struct {
				Paths map[string]map[string]struct {
					OperationID string `json:"operationId"`
					Summary     string
					Responses   map[string]any
				}
			}
			if err := json.Unmarshal(text, &description); err != nil {
				t.Fatal(err)
			}
			statuses := shown(t, d)
			names := map[string]bool{}
			for i := range d.Routes {
				r := &d.Routes[i]
				op, ok := description.Paths[parameter.ReplaceAllString(r.Path, "{$1}")][strings.ToLower(r.Method)]
				if !ok || op.Summary == "" || len(op.Responses) == 0 || names[op.OperationID] {
					t.Errorf("%s %s is not described, or as another: %+v", r.Method, r.Path, op)
				}
				names[op.OperationID] = true
				if len(statuses[r]) == 0 {
					t.Errorf("%s %s has no golden exchange", r.Method, r.Path)
				}
				for _, status := range statuses[r] {
					if _, ok := op.Responses[status]; !ok {
						t.Errorf("%s %s answers %s, which is not among %v", r.Method, r.Path, status, slices.Sorted(maps.Keys(op.Responses)))
					}
				}
			}
		})
	}
}

var parameter = regexp.MustCompile(`:(\w+)`)
