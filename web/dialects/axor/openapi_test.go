package axor_test

import (
	"encoding/json"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"

	"github.com/tenantgate/tenantgate/web/dialects"
	"github.com/tenantgate/tenantgate/web/dialects/axor"
)

func TestEveryRouteIsDescribed(t *testing.T) {
	t.Parallel()
	text, err := dialects.Describe(axor.New(), "test")
	if err != nil {
		t.Fatal(err)
	}
	var described struct {
		Paths map[string]map[string]struct {
			Summary     string
			RequestBody *struct{ Content map[string]any }
			Responses   map[string]any
		}
		Components struct {
			Schemas map[string]struct{ Properties map[string]any }
		}
	}
	if err := json.Unmarshal(text, &described); err != nil {
		t.Fatal(err)
	}
	for _, r := range axor.New().Routes {
		op := described.Paths[r.Path][strings.ToLower(r.Method)]
		if op.Summary == "" || len(op.Responses) < 5 {
			t.Errorf("%s %s: %+v", r.Method, r.Path, op)
		}
		if op.RequestBody != nil && len(op.RequestBody.Content) < 2 {
			t.Errorf("%s %s: forms are not described", r.Method, r.Path)
		}
	}
	for name, members := range map[string][]string{
		"UserView": {
			"id", "is_active", "is_email_verified", "created_at", "first_name", "last_name", "timezone", "updated_at", "email",
		},
		"SignedInView": {"last_session", "last_token_session", "user", "session"},
		"Problem":      {"detail", "status", "title", "code", "instance"},
	} {
		for _, m := range members {
			if described.Components.Schemas[name].Properties[m] == nil {
				t.Errorf("%s has no %s", name, m)
			}
		}
	}
}

// exchange is a request and its answer, as a transcript shows them.
var exchange = regexp.MustCompile(`(?s)^(\w+) (/[^\n?]+)[^\n]*\n.*?\n(\d{3}) [A-Z][^\n]*\n`)

func TestEveryAnswerSeenIsDescribed(t *testing.T) {
	t.Parallel()
	routes := axor.New().Routes
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
			path := strings.TrimSuffix(strings.TrimPrefix(m[2], "/t/acme/dialects/axor"), "/") + "/"
			at := slices.IndexFunc(routes, func(r dialects.Route) bool { return r.Method == m[1] && r.Path == path })
			if at < 0 {
				continue
			}
			status, _ := strconv.Atoi(m[3])
			if _, ok := routes[at].Doc.Answers[status]; !ok {
				t.Errorf("%s, %s: %s %s answers %d, which is not described", file, f.Name, m[1], path, status)
			}
			seen[m[1]+" "+path+strconv.Itoa(status/100)] = true
		}
	}
	for _, r := range routes {
		if !seen[r.Method+" "+r.Path+"2"] || !seen[r.Method+" "+r.Path+"4"] {
			t.Errorf("%s %s: no golden exchange succeeds, or none is refused", r.Method, r.Path)
		}
	}
}
