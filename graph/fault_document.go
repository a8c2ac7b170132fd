package graph

import (
	"context"
	"errors"
	"log/slog"
	"regexp"
	"strings"

	"github.com/99designs/gqlgen/graphql"
	"github.com/99designs/gqlgen/graphql/errcode"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"github.com/tenantgate/tenantgate/internal/fault"
	"github.com/tenantgate/tenantgate/internal/telemetry"
)

const (
	// maxErrors is how many things an answer says are wrong with a document.
	maxErrors = 20
	// longestMessage bounds a message: names in a document may be long.
	longestMessage = 300
)

// told renders an error of the library's own about a document or its variables: where it is wrong and why, by the names of
// the schema and of the document. Values and suggestions are left out.
func told(ctx context.Context, in *gqlerror.Error) *gqlerror.Error {
	out := &gqlerror.Error{Message: in.Message, Path: in.Path, Locations: in.Locations, Extensions: in.Extensions}
	switch in.Extensions["code"] {
	case errcode.ValidationFailed:
		out.Extensions = map[string]any{"code": codeValidation}
	case errcode.ParseFailed:
		out.Extensions = map[string]any{"code": codeSyntax}
	case nil: // of running it: a resolver broke its promise
		telemetry.Note(ctx, slog.String("error", in.Message))
		out.Message = replies[fault.Internal].message
		out.Extensions = map[string]any{"code": codeOf(fault.Internal)}
		return out
	default:
		return out // one of ours
	}
	out.Message = withoutValues(out.Message)
	for i, step := range out.Path {
		if name, ok := step.(ast.PathName); ok && !nameForm.MatchString(string(name)) {
			out.Path[i] = ast.PathName("?") // a member of a variable: any text
		}
	}
	if len(out.Path) > 1 && out.Path[0] == ast.PathName("variable") {
		out.Path = out.Path[1:]
		out.Message = ofVariable(out.Message, out.Path)
	} else {
		out.Message = withValues(out.Message)
	}
	return out
}

var (
	nameForm    = regexp.MustCompile(`^[_A-Za-z][_0-9A-Za-z]{0,59}$`)
	notInEnum   = regexp.MustCompile(`(?s)^Value ".*" does not exist in`)
	notOfEnum   = regexp.MustCompile(`(?s)^.* is not a valid (\w+)$`)
	longestName = regexp.MustCompile(`\w{61,}`)
)

// withoutValues leaves out of a message what a document or a variable held, but for names.
func withoutValues(message string) string {
	message, _, _ = strings.Cut(message, " Did you mean")
	for _, before := range []string{", found ", ": "} {
		if head, _, cut := strings.Cut(message, before); cut {
			message = head + "."
		}
	}
	message = notInEnum.ReplaceAllString(message, "The value does not exist in")
	message = notOfEnum.ReplaceAllString(message, "is not a valid $1")
	message = longestName.ReplaceAllString(message, "…")
	if len(message) > longestMessage {
		message = strings.ToValidUTF8(message[:longestMessage], "") + "…"
	}
	return message
}

// wrongValue renders the error of an argument that its type cannot be read from, such as a time that is none. It returns nil
// for errors of a resolver.
func wrongValue(ctx context.Context, err error) *gqlerror.Error {
	field := graphql.GetFieldContext(ctx)
	if field == nil || field.Args != nil || field.Field.Field == nil || len(field.Field.Definition.Arguments) == 0 {
		return nil
	}
	out := refusal(codeValidation, "The value does not suit its type.")
	out.Path = graphql.GetPath(ctx)
	var placed *gqlerror.Error
	if errors.As(err, &placed) {
		out.Path = placed.Path
		switch message := placed.Message; {
		case strings.HasPrefix(message, "write "):
			out.Message = strings.ToUpper(message[:1]) + message[1:] + "."
		case strings.Contains(message, "RFC3339"):
			out.Message = "Write a time as RFC 3339 has it, such as \"2026-01-31T12:00:00Z\"."
		}
	}
	return out
}
