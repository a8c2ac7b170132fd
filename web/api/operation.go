package api

import (
	"context"
	"maps"
	"net/http"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"github.com/tenantgate/tenantgate/internal/fault"
	"github.com/tenantgate/tenantgate/web/httpx"
)

// keepOrder numbers operations as they are registered: in the description their paths are sorted by name.
func keepOrder(description *huma.OpenAPI) {
	n := 0
	description.OnAddOperation = append(description.OnAddOperation, func(_ *huma.OpenAPI, op *huma.Operation) {
		n++
		op.Extensions = map[string]any{"x-position": n}
	})
}

// open describes an operation for anybody; signedIn one for a caller.
func open(tag, method, path, id, summary, description string) huma.Operation {
	return huma.Operation{
		Tags: []string{tag}, OperationID: id, Method: method, Path: path, Summary: summary, Description: description,
		Responses:    map[string]*huma.Response{},
		MaxBodyBytes: httpx.MaxBody + 1, BodyReadTimeout: -1, // both are the middleware's
	}
}

func signedIn(tag, method, path, id, summary, description string) huma.Operation {
	op := open(tag, method, path, id, summary, description)
	op.Security = []map[string][]string{{"bearer": {}}, {"cookie": {}}}
	return op
}

func noContent(op huma.Operation) huma.Operation {
	op.DefaultStatus = http.StatusNoContent
	return op
}

// alsoAnswers documents a further status of success, with a step and its cookies unless it is 204.
func alsoAnswers(a huma.API, op huma.Operation, status int, when string) huma.Operation {
	answer := &huma.Response{Description: when}
	if status != http.StatusNoContent {
		step := a.OpenAPI().Components.Schemas.Schema(reflect.TypeFor[Step](), true, "")
		answer.Content = map[string]*huma.MediaType{"application/json": {Schema: step}}
		cookie, _ := reflect.TypeFor[stepReply]().FieldByName("SetCookie")
		answer.Headers = map[string]*huma.Header{cookie.Tag.Get("header"): text(cookie.Tag.Get("doc"))}
	}
	op.Responses[strconv.Itoa(status)] = answer
	return op
}

// register adds an operation whose errors are faults: those given, and those that come with its kind.
func register[I, O any](a huma.API, op huma.Operation, handler func(context.Context, *I) (*O, error), faults ...fault.Code) {
	_, takesBody := reflect.TypeFor[I]().FieldByName("Body")
	refusals := byStatus(append(slices.Clone(faults), common(op, takesBody)...))
	op.Errors = slices.Sorted(maps.Keys(refusals))
	huma.Register(a, op, func(ctx context.Context, in *I) (*O, error) {
		out, err := handler(ctx, in)
		if err != nil {
			p := httpx.ProblemOf(ctx, err)
			return nil, huma.ErrorWithHeaders(p, p.Headers())
		}
		return out, nil
	})
	for status, codes := range refusals {
		describeRefusal(op.Responses[strconv.Itoa(status)], status, codes)
	}
}

// common are the faults of the middleware, and those that any flow may meet.
func common(op huma.Operation, takesBody bool) []fault.Code {
	var out []fault.Code
	if len(op.Security) > 0 {
		out = append(out, fault.Unauthenticated, fault.InvalidToken, fault.AmbiguousCredentials)
	}
	if takesBody {
		out = append(out, fault.InvalidJSON, fault.BodyTooLarge, fault.UnsupportedMediaType)
	}
	if op.Method != http.MethodGet {
		out = append(out, fault.CrossOrigin)
	}
	return append(out, fault.InvalidInput, fault.TenantNotFound, fault.TenantSuspended, fault.RateLimited, fault.Unavailable,
		fault.RequestTimeout, fault.Internal)
}

// byStatus groups codes by the status that they are answered with, in the order given and each once.
func byStatus(codes []fault.Code) map[int][]string {
	out := map[int][]string{}
	for _, code := range codes {
		e, _ := httpx.Explain(code)
		if !slices.Contains(out[e.Status], string(code)) {
			out[e.Status] = append(out[e.Status], string(code))
		}
	}
	return out
}

// describeRefusal describes the response of a status by the codes that it may carry, and its headers.
func describeRefusal(r *huma.Response, status int, codes []string) {
	r.Description = strings.Join(codes, ", ")
	switch status {
	case http.StatusUnauthorized:
		r.Headers = map[string]*huma.Header{"WWW-Authenticate": text("Bearer, with an error where a token was the reason (RFC 6750), " +
			"and for step_up_required with acr_values where a level is too low (RFC 9470)")}
	case http.StatusTooManyRequests, http.StatusServiceUnavailable:
		r.Headers = map[string]*huma.Header{"Retry-After": {
			Schema: &huma.Schema{Type: huma.TypeInteger, Description: "Seconds after which trying again makes sense, where that is known"},
		}}
	}
}

// text is a header of text.
func text(doc string) *huma.Header {
	return &huma.Header{Schema: &huma.Schema{Type: huma.TypeString, Description: doc}}
}
