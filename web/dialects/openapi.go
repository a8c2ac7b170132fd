package dialects

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/danielgtaylor/huma/v2"
)

// Doc describes a route for its OpenAPI description.
type Doc struct {
	Summary string
	About   string
	// Body is a value of the type that describes the body, nil where there is none. Its tags are huma's.
	Body any
	// Query names parameters of the query with what they say.
	Query map[string]string
	// Answers holds, by status, a value of the type of the answer; nil for one without a body, a string for plain text. Errors
	// that every route may meet are added.
	Answers map[int]any
	// Security names what the route takes as credentials, any one of them; none for anybody.
	Security []string
	Forms    bool // the body may be a form too
}

// Scheme is a way to prove who asks.
type Scheme struct{ Type, In, Name, About string }

var parameter = regexp.MustCompile(`:(\w+)`)

// Describe returns the OpenAPI 3.1 description of a dialect as JSON.
func Describe(d *Dialect, version string) ([]byte, error) {
	out := &huma.OpenAPI{
		OpenAPI: "3.1.0",
		Info:    &huma.Info{Title: d.Title, Version: version, Description: d.About},
		Servers: []*huma.Server{{
			URL:       "/t/{slug}/dialects/" + string(d.Name),
			Variables: map[string]*huma.ServerVariable{"slug": {Default: "legacy", Description: "The tenant"}},
		}},
		Components: &huma.Components{
			Schemas:         huma.NewMapRegistry("#/components/schemas/", huma.DefaultSchemaNamer),
			SecuritySchemes: map[string]*huma.SecurityScheme{},
		},
		Paths: map[string]*huma.PathItem{},
	}
	for name, s := range d.Security {
		scheme := &huma.SecurityScheme{Type: s.Type, In: s.In, Name: s.Name, Description: s.About}
		if s.Type == "http" {
			scheme.Scheme, scheme.Name = s.Name, ""
		}
		out.Components.SecuritySchemes[name] = scheme
	}
	for i, r := range d.Routes {
		path := parameter.ReplaceAllString(r.Path, "{$1}")
		if out.Paths[path] == nil {
			out.Paths[path] = &huma.PathItem{}
		}
		place(out.Paths[path], r.Method, describe(r, out.Components.Schemas, i))
	}
	body, err := json.MarshalIndent(out, "", "  ")
	if err != nil {
		return nil, fmt.Errorf("describe %s: %w", d.Name, err)
	}
	return append(body, '\n'), nil
}

func place(item *huma.PathItem, method string, op *huma.Operation) {
	switch method {
	case http.MethodGet:
		item.Get = op
	case http.MethodPost:
		item.Post = op
	case http.MethodPut:
		item.Put = op
	case http.MethodPatch:
		item.Patch = op
	case http.MethodDelete:
		item.Delete = op
	}
}

func describe(r Route, schemas huma.Registry, position int) *huma.Operation {
	op := &huma.Operation{
		OperationID: operationID(r), Summary: r.Doc.Summary, Description: r.Doc.About,
		Responses: map[string]*huma.Response{}, Extensions: map[string]any{"x-position": position},
	}
	for _, name := range r.Doc.Security {
		op.Security = append(op.Security, map[string][]string{name: {}})
	}
	for _, found := range parameter.FindAllStringSubmatch(r.Path, -1) {
		op.Parameters = append(op.Parameters, &huma.Param{
			Name: found[1], In: "path", Required: true, Schema: &huma.Schema{Type: huma.TypeString},
		})
	}
	for _, name := range slices.Sorted(maps.Keys(r.Doc.Query)) {
		op.Parameters = append(op.Parameters, &huma.Param{
			Name: name, In: "query", Description: r.Doc.Query[name], Schema: &huma.Schema{Type: huma.TypeString},
		})
	}
	if r.Doc.Body != nil {
		schema := schemas.Schema(reflect.TypeOf(r.Doc.Body), true, "")
		op.RequestBody = &huma.RequestBody{Content: map[string]*huma.MediaType{"application/json": {Schema: schema}}}
		if r.Doc.Forms {
			op.RequestBody.Content["application/x-www-form-urlencoded"] = &huma.MediaType{Schema: schema}
		}
	}
	for status, answer := range r.Doc.Answers {
		response := &huma.Response{Description: http.StatusText(status)}
		switch answer := answer.(type) {
		case nil:
		case string:
			response.Content = map[string]*huma.MediaType{"text/plain": {Schema: &huma.Schema{Type: huma.TypeString, Examples: []any{answer}}}}
		default:
			response.Content = map[string]*huma.MediaType{"application/json": {Schema: schemas.Schema(reflect.TypeOf(answer), true, "")}}
		}
		op.Responses[strconv.Itoa(status)] = response
	}
	return op
}

func operationID(r Route) string {
	words := strings.FieldsFunc(r.Path, func(r rune) bool { return r == '/' || r == ':' || r == '-' || r == '_' })
	return strings.ToLower(r.Method) + "_" + strings.Join(words, "_")
}
