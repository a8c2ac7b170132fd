package api_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tenantgate/tenantgate/web/webtest"
)

// document is as much of OpenAPI 3.1 as the tests look at.
type document struct {
	OpenAPI    string
	Info       struct{ Title, Version string }
	Servers    []struct{ URL string }
	Tags       []struct{ Name, Description string }
	Paths      map[string]map[string]operation
	Components struct {
		Schemas         map[string]schema
		SecuritySchemes map[string]any
	}
}

type operation struct {
	OperationID, Summary string
	Tags                 []string
	Position             int `json:"x-position"`
	Parameters           []struct {
		Name, In string
		Required bool
	}
	RequestBody *struct{ Content map[string]media }
	Responses   map[string]struct {
		Description string
		Content     map[string]media
		Headers     map[string]media
	}
	Security []map[string][]string
}

type media struct{ Schema schema }

type schema struct {
	Ref                  string `json:"$ref"`
	Description          string
	Type                 any
	Properties           map[string]schema
	Required             []string
	AdditionalProperties any
	ContentEncoding      string
	Items                *schema
	Enum                 []any
}

func describe(t *testing.T, env *webtest.Env) document {
	t.Helper()
	var d document
	env.Do(t, "GET", "/docs/openapi.json", nil).Want(t, 200).JSON(t, &d)
	return d
}

func TestTheDescriptionListsExactlyWhatIsMounted(t *testing.T) {
	t.Parallel()
	env := webtest.New(t)
	var described, mounted []string
	for path, operations := range describe(t, env).Paths {
		for method := range operations {
			described = append(described, strings.ToUpper(method)+" "+path)
		}
	}
	for _, r := range env.Server.Routes() {
		if path, ok := strings.CutPrefix(r.Path, "/t/:slug/v1"); ok {
			mounted = append(mounted, r.Method+" "+strings.ReplaceAll(path, ":id", "{id}"))
		}
	}
	slices.Sort(described)
	slices.Sort(mounted)
	if diff := cmp.Diff(mounted, described); diff != "" {
		t.Errorf("the description differs from the routes (-mounted +described):\n%s", diff)
	}
}

func TestEveryOperationIsDescribedWhole(t *testing.T) {
	t.Parallel()
	d := describe(t, webtest.New(t))
	if !strings.HasPrefix(d.OpenAPI, "3.1.") || d.Info.Title == "" || d.Info.Version != "test" || len(d.Servers) != 1 || d.Servers[0].URL != "/t/{slug}/v1" {
		t.Errorf("OpenAPI %q, info %+v, servers %+v", d.OpenAPI, d.Info, d.Servers)
	}
	ids := map[string]string{}
	for path, operations := range d.Paths {
		for method, op := range operations {
			where := method + " " + path
			if other := ids[op.OperationID]; op.OperationID == "" || other != "" {
				t.Errorf("%s: operationId %q, as of %s", where, op.OperationID, other)
			}
			ids[op.OperationID] = where
			for _, wrong := range d.faultsOf(path, op) {
				t.Errorf("%s: %s", where, wrong)
			}
		}
	}
	signup := d.Paths["/signup"]["post"]
	if _, ok := signup.Responses["201"]; !ok {
		t.Errorf("the 201 of a sign-up is not described: %v", slices.Collect(maps.Keys(signup.Responses)))
	}
}

func (d document) faultsOf(path string, op operation) (wrong []string) {
	say := func(format string, args ...any) { wrong = append(wrong, fmt.Sprintf(format, args...)) }
	if op.Summary == "" {
		say("no summary")
	}
	var named []string
	for _, p := range op.Parameters {
		if p.In == "path" && p.Required {
			named = append(named, p.Name)
		}
	}
	if strings.Contains(path, "{id}") != slices.Equal(named, []string{"id"}) {
		say("path parameters %v", named)
	}
	success := 0
	for status, r := range op.Responses {
		if r.Description == "" {
			say("%s has no description", status)
		}
		if status[0] == '2' {
			success++
			silent := status == "204" || path == "/revoke" // RFC 7009, 2.2
			if silent != (len(r.Content) == 0) || len(r.Content) > 0 && !d.sound(r.Content["application/json"].Schema) {
				say("%s answers %v", status, r.Content)
			}
			continue
		}
		problem := r.Content["application/problem+json"].Schema
		if len(r.Content) != 1 || problem.Ref != "#/components/schemas/Problem" {
			say("%s answers %v, no problem document", status, r.Content)
		}
	}
	if success == 0 || len(op.Responses) == success {
		say("responses are %v", slices.Sorted(maps.Keys(op.Responses)))
	}
	bodyType := "application/json"
	if op.Tags[0] == "Tokens" {
		bodyType = "application/x-www-form-urlencoded"
	}
	if op.RequestBody != nil && (len(op.RequestBody.Content) != 1 || !d.sound(op.RequestBody.Content[bodyType].Schema)) {
		say("its body has no sound schema")
	}
	for _, s := range op.Security {
		for name := range s {
			if d.Components.SecuritySchemes[name] == nil {
				say("no security scheme %s", name)
			}
		}
	}
	return wrong
}

// sound follows references and demands a type everywhere.
func (d document) sound(s schema) bool {
	if name, ok := strings.CutPrefix(s.Ref, "#/components/schemas/"); ok {
		s, ok = d.Components.Schemas[name]
		if !ok {
			return false
		}
	}
	for _, p := range s.Properties {
		if !d.sound(p) {
			return false
		}
	}
	if s.Items != nil && !d.sound(*s.Items) {
		return false
	}
	return s.Type != nil
}

func TestSchemasSayWhatIsOnTheWire(t *testing.T) {
	t.Parallel()
	d := describe(t, webtest.New(t))
	for name, s := range d.Components.Schemas {
		if _, ok := s.Properties["$schema"]; ok {
			t.Errorf("%s has a member $schema", name)
		}
		if profile, ok := s.Properties["profile"]; ok {
			object := profile.Type == "object" && profile.ContentEncoding == "" && profile.AdditionalProperties == true
			if !object {
				t.Errorf("%s.profile is %+v, want any object", name, profile)
			}
		}
		for field, p := range s.Properties {
			if want := map[string]string{"qr_png": "base64"}[field]; p.ContentEncoding != want {
				t.Errorf("%s.%s is encoded as %q", name, field, p.ContentEncoding)
			}
			raw := field == "public_key" || field == "credential"
			if raw && (p.Type != "object" || p.AdditionalProperties != true) {
				t.Errorf("%s.%s is %+v, want any object", name, field, p)
			}
		}
	}
	problem := d.Components.Schemas["Problem"]
	for _, member := range []string{"type", "title", "status", "code", "request_id", "retry_after", "fields"} {
		if _, ok := problem.Properties[member]; !ok {
			t.Errorf("problems have no %s", member)
		}
	}
}
