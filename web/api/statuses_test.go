package api_test

import (
	"net/http"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"

	"github.com/tenantgate/tenantgate/web/webtest"
)

// exchange is a request and its answer, as a transcript shows them: the path may hold names such as <challenge 1>.
var exchange = regexp.MustCompile(`(?s)^(\w+) (/[^\n]+)\n.*?\n(\d{3}) [A-Z][^\n]*\n(.*)`)

var codeLine = regexp.MustCompile(`(?m)^  "code": "(\w+)"`)

// find returns the operation of a path, as Gin would.
func (d document) find(method, path string) (operation, bool) {
	path, ok := strings.CutPrefix(path, "/t/acme/v1")
	for pattern, operations := range d.Paths {
		op, described := operations[strings.ToLower(method)]
		parts, literal := strings.Split(pattern, "/"), strings.Split(path, "/")
		if ok && described && slices.EqualFunc(parts, literal, func(p, l string) bool { return p == l || p == "{id}" && l != "" }) {
			return op, true
		}
	}
	return operation{}, false
}

func TestEveryAnswerSeenIsDescribed(t *testing.T) {
	t.Parallel()
	d := describe(t, webtest.New(t))
	files, err := filepath.Glob("testdata/*.txtar")
	if err != nil {
		t.Fatal(err)
	}
	seen := 0
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
			method, path, status, answer := m[1], m[2], m[3], m[4]
			op, ok := d.find(method, path)
			if !ok {
				if status != "404" && status != "405" && method != http.MethodOptions {
					t.Errorf("%s, %s: %s %s answers %s and is not described", file, f.Name, method, path, status)
				}
				continue
			}
			seen++
			r, ok := op.Responses[status]
			if !ok {
				t.Errorf("%s, %s: %s answers %s, which is not described", file, f.Name, op.OperationID, status)
				continue
			}
			code := codeLine.FindStringSubmatch(answer)
			if status >= "400" && (code == nil || !slices.Contains(strings.Split(r.Description, ", "), code[1])) {
				t.Errorf("%s, %s: %s answers %s %v, described as %s", file, f.Name, op.OperationID, status, code, r.Description)
			}
			for _, name := range []string{"Set-Cookie", "Retry-After", "WWW-Authenticate"} {
				if _, described := r.Headers[name]; !described && strings.Contains("\n"+answer, "\n"+name+": ") {
					t.Errorf("%s, %s: %s answers %s with %s, which is not described", file, f.Name, op.OperationID, status, name)
				}
			}
		}
	}
	if seen < 200 {
		t.Errorf("%d exchanges were compared", seen)
	}
}

func TestRefusalsAreDescribedByTheirCodes(t *testing.T) {
	t.Parallel()
	d := describe(t, webtest.New(t))
	for path, operations := range d.Paths {
		for method, op := range operations {
			codes := map[string]string{}
			for status, r := range op.Responses {
				if n, _ := strconv.Atoi(status); n >= 400 {
					codes[status] = r.Description
				}
				if _, described := r.Headers["Retry-After"]; described != (status == "429" || status == "503") {
					t.Errorf("%s %s: %s describes Retry-After: %v", method, path, status, described)
				}
				if _, described := r.Headers["WWW-Authenticate"]; described != (status == "401") {
					t.Errorf("%s %s: %s describes WWW-Authenticate: %v", method, path, status, described)
				}
			}
			body := op.RequestBody != nil
			if body != (codes["413"] == "body_too_large") || body != (codes["415"] == "unsupported_media_type") ||
				body != strings.HasSuffix(codes["400"], "invalid_json") {
				t.Errorf("%s %s: takes a body: %v, yet is refused by %v", method, path, body, codes)
			}
		}
	}
	answer := d.Paths["/challenges/{id}"]["post"].Responses
	if diff := cmp.Diff("wrong_code, passkey_refused, invalid_credentials", answer["401"].Description); diff != "" {
		t.Errorf("a wrong answer (-want +got):\n%s", diff)
	}
	for _, status := range []string{"200", "201"} {
		if h := answer[status].Headers["Set-Cookie"]; h.Schema.Type != "string" || !d.sound(answer[status].Content["application/json"].Schema) {
			t.Errorf("an answer of %s is %+v", status, answer[status])
		}
	}
	if r, ok := answer["204"]; !ok || len(r.Content)+len(r.Headers) > 0 {
		t.Errorf("the answer to a reset is %+v", r)
	}
}

func TestEverySchemaSaysWhatItsListsHold(t *testing.T) {
	t.Parallel()
	d := describe(t, webtest.New(t))
	for name, s := range d.Components.Schemas {
		for field, p := range s.Properties {
			if types, ok := p.Type.([]any); ok && slices.Contains(types, any("array")) {
				t.Errorf("%s.%s may be null: %v", name, field, types)
			}
		}
	}
	challenge := d.Components.Schemas["Challenge"].Properties
	want := []any{"email_code", "password", "totp", "recovery_code", "passkey"}
	if diff := cmp.Diff(want, challenge["factors"].Items.Enum); diff != "" {
		t.Errorf("factors of a challenge (-want +got):\n%s", diff)
	}
	for _, kind := range challenge["kind"].Enum {
		if !strings.Contains(challenge["kind"].Description, "\n- "+kind.(string)+": ") {
			t.Errorf("the kind %s is not described: %s", kind, challenge["kind"].Description)
		}
	}
}
