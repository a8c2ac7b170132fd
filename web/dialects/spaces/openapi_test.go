package spaces_test

import (
	"encoding/json"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"

	"github.com/tenantgate/tenantgate/web/dialects"
	"github.com/tenantgate/tenantgate/web/dialects/spaces"
)

var (
	requestLine = regexp.MustCompile(`^([A-Z]+) ` + mount + `(/[^\s?]*)`)
	statusLine  = regexp.MustCompile(`(?m)^([1-5][0-9]{2}) [A-Z][A-Za-z ]+$`)
)

// Every status of the golden exchanges is described for its route.
func TestTheDescriptionNamesWhatIsAnswered(t *testing.T) {
	t.Parallel()
	text, err := dialects.Describe(spaces.New(), "test")
	if err != nil {
		t.Fatal(err)
	}
	var document struct {
		Paths map[string]map[string]struct{ Responses map[string]any }
	}
	if err := json.Unmarshal(text, &document); err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	files, _ := filepath.Glob("testdata/*.txtar")
	for _, file := range files {
		archive, err := txtar.ParseFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, exchange := range archive.Files {
			request := requestLine.FindStringSubmatch(string(exchange.Data))
			status := statusLine.FindStringSubmatch(string(exchange.Data))
			if request == nil || status == nil {
				t.Fatalf("%s: %s: no exchange", file, exchange.Name)
			}
			path := strings.TrimSuffix(request[2], "/") + "/"
			if strings.Contains(path, "/login/") && !strings.HasPrefix(path, "/api/user/") {
				path = path[:strings.Index(path, "/login/")] + "/login/{code}/"
			}
			operation, ok := document.Paths[path][strings.ToLower(request[1])]
			if !ok && status[1] == "405" {
				continue
			}
			if _, ok := operation.Responses[status[1]]; !ok {
				t.Errorf("%s: %s: %s %s answers %s, which is not described", file, exchange.Name, request[1], path, status[1])
			}
			seen[request[1]+" "+path+" "+status[1]] = true
		}
	}
	for path, item := range document.Paths {
		for method, operation := range item {
			for status := range operation.Responses {
				if n, _ := strconv.Atoi(status); n < 300 && !seen[strings.ToUpper(method)+" "+path+" "+status] {
					t.Errorf("%s %s: nothing shows status %s", method, path, status)
				}
			}
		}
	}
}
