package graph

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"strconv"
	"strings"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"github.com/tenantgate/tenantgate/internal/fault"
	"github.com/tenantgate/tenantgate/internal/telemetry"
)

// The media types of answers.
const (
	typeJSON    = "application/json"
	typeGraphQL = "application/graphql-response+json"
	typeEvents  = "text/event-stream"
)

// post is the transport of queries and mutations: one operation in a JSON object, by POST. What it refuses it never echoes.
// Whoever mounts the server has checked the body's size, media type and JSON.
type post struct{}

// Supports reports whether a request is neither for a WebSocket nor for server-sent events.
func (post) Supports(r *http.Request) bool {
	return r.Method == http.MethodPost && r.Header.Get("Upgrade") == "" && !accepts(r, typeEvents)
}

func accepts(r *http.Request, mediaType string) bool {
	return strings.Contains(strings.Join(r.Header["Accept"], ","), mediaType)
}

// envelope is what a request may hold. Extensions are not looked at: there are no persisted queries.
type envelope struct {
	Query         *string         `json:"query"`
	OperationName *string         `json:"operationName"`
	Variables     map[string]any  `json:"variables"`
	Extensions    json.RawMessage `json:"extensions"`
}

// Do answers a request.
func (post) Do(w http.ResponseWriter, r *http.Request, exec graphql.GraphExecutor) {
	ctx := r.Context()
	params, wrong := readParams(r)
	if wrong != nil {
		answer(w, r, http.StatusBadRequest, &graphql.Response{Errors: gqlerror.List{wrong}})
		return
	}
	op, refused := exec.CreateOperationContext(ctx, params)
	if len(refused) > 0 {
		refused = refused[:min(len(refused), maxErrors)]
		answer(w, r, statusOf(w, refused[0]), exec.DispatchError(graphql.WithOperationContext(ctx, op), refused))
		return
	}
	run, ctx := exec.DispatchOperation(ctx, op)
	response := run(ctx)
	if response == nil { // ctx has ended
		refuse(w, r, fault.New(fault.RequestTimeout).Because(context.Cause(ctx)))
		return
	}
	answer(w, r, http.StatusOK, response)
}

func readParams(r *http.Request) (*graphql.RawParams, *gqlerror.Error) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, present(r.Context(), fault.New(fault.InvalidJSON))
	}
	if bytes.HasPrefix(bytes.TrimLeft(body, " \t\r\n"), []byte("[")) {
		return nil, refusal(codeValidation, "Send one operation, not a list of them.")
	}
	var in envelope
	decoder := json.NewDecoder(bytes.NewReader(body))
	decoder.UseNumber()
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&in); err != nil {
		return nil, wrongEnvelope(r.Context(), err)
	}
	if in.Query == nil {
		return nil, refusal(codeValidation, "Send the document as query.")
	}
	out := &graphql.RawParams{Query: *in.Query, Variables: in.Variables, Headers: r.Header}
	if in.OperationName != nil {
		out.OperationName = *in.OperationName
	}
	return out, nil
}

// wrongEnvelope says which member of a body is wrong, and nothing that stood there.
func wrongEnvelope(ctx context.Context, err error) *gqlerror.Error {
	var kind *json.UnmarshalTypeError
	switch {
	case errors.As(err, &kind) && kind.Field != "":
		member, _, _ := strings.Cut(kind.Field, ".")
		return refusal(codeValidation, member+" is of another type: query and operationName are texts, variables an object.")
	case errors.As(err, &kind):
		return refusal(codeValidation, "Send a JSON object with query, operationName and variables.")
	case strings.Contains(err.Error(), "unknown field"):
		return refusal(codeValidation, "Send query, operationName, variables and extensions only.")
	}
	return present(ctx, fault.New(fault.InvalidJSON))
}

// statusOf is the status of an operation that was not begun. It sets the headers that belong to it.
func statusOf(w http.ResponseWriter, err *gqlerror.Error) int {
	if seconds, ok := err.Extensions["retryAfter"].(int); ok {
		w.Header().Set("Retry-After", strconv.Itoa(seconds))
	}
	switch err.Extensions["code"] {
	case codeOf(fault.RateLimited):
		return http.StatusTooManyRequests
	case codeOf(fault.Unauthenticated), codeOf(fault.InvalidToken), codeOf(fault.StepUpRequired):
		w.Header().Set("WWW-Authenticate", "Bearer")
		return http.StatusUnauthorized
	case codeOf(fault.Forbidden), codeOf(fault.TenantSuspended), codeOf(fault.CrossOrigin):
		return http.StatusForbidden
	case codeOf(fault.BodyTooLarge):
		return http.StatusRequestEntityTooLarge
	case codeOf(fault.UnsupportedMediaType):
		return http.StatusUnsupportedMediaType
	case codeOf(fault.MethodNotAllowed):
		w.Header().Set("Allow", http.MethodPost)
		return http.StatusMethodNotAllowed
	case codeOf(fault.Unavailable), codeOf(fault.Busy), codeOf(fault.RequestTimeout):
		return http.StatusServiceUnavailable
	case codeOf(fault.Internal):
		return http.StatusInternalServerError
	}
	return http.StatusBadRequest
}

// refuse answers a request that is not read as an operation.
func refuse(w http.ResponseWriter, r *http.Request, err error) {
	told := present(r.Context(), err)
	answer(w, r, statusOf(w, told), &graphql.Response{Errors: gqlerror.List{told}})
}

func answer(w http.ResponseWriter, r *http.Request, status int, response *graphql.Response) {
	body, err := json.Marshal(response)
	if err != nil { // a resolver's JSON was none
		telemetry.Note(r.Context(), slog.String("error", err.Error()))
		status = http.StatusInternalServerError
		body = []byte(`{"errors":[{"message":"Something went wrong.","extensions":{"code":"INTERNAL"}}],"data":null}`)
	}
	mediaType := typeJSON
	if accepts(r, typeGraphQL) {
		mediaType = typeGraphQL
	}
	w.Header().Set("Content-Type", mediaType)
	w.WriteHeader(status)
	_, _ = w.Write(append(body, '\n'))
}
