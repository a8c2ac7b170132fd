package graph

import (
	"context"
	"log/slog"
	"reflect"
	"strings"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"

	"github.com/tenantgate/tenantgate/graph/model"
	"github.com/tenantgate/tenantgate/internal/fault"
	"github.com/tenantgate/tenantgate/internal/telemetry"
)

// loggedName is how much of an operation's name the log keeps.
const loggedName = 60

// noteOperation names an operation in the request's line: its kind and name, which the grammar keeps to letters, digits and
// underscores. The document and its variables are never noted.
func noteOperation(ctx context.Context, op *ast.OperationDefinition) {
	name := op.Name
	if len(name) > loggedName {
		name = name[:loggedName]
	}
	telemetry.Note(ctx, slog.String("operation", strings.TrimSpace(string(op.Operation)+" "+name)))
}

// rootFields is an extension of the server that makes a flow of each root field: a span, and the metrics by its name and
// outcome.
type rootFields struct{ roots map[string]string }

// ExtensionName names the extension.
func (*rootFields) ExtensionName() string { return "RootFields" }

// Validate learns which types are roots.
func (r *rootFields) Validate(s graphql.ExecutableSchema) error {
	schema := s.Schema()
	r.roots = map[string]string{
		schema.Query.Name: "query", schema.Mutation.Name: "mutation", schema.Subscription.Name: "subscription",
	}
	return nil
}

// InterceptField observes a root field. Its name is one of the schema's and its outcome ok or a fault's code, so that no
// caller adds a series.
func (r *rootFields) InterceptField(ctx context.Context, next graphql.Resolver) (out any, err error) {
	f := graphql.GetFieldContext(ctx)
	kind, ok := r.roots[f.Object]
	if !ok {
		return next(ctx)
	}
	var outcome error
	ctx, end := telemetry.Flow(ctx, "graphql."+kind+"."+f.Field.Name)
	defer end(&outcome)
	out, err = next(ctx)
	if outcome = err; err == nil {
		outcome = firstUserError(out)
	}
	return out, err
}

// firstUserError returns the fault that the first user error of a payload stands for, nil where a mutation was done.
func firstUserError(payload any) error {
	p, ok := payload.(model.Payload)
	if !ok {
		return nil
	}
	v := reflect.Indirect(reflect.ValueOf(p))
	if v.Kind() != reflect.Struct {
		return nil
	}
	wrong, _ := v.FieldByName("UserErrors").Interface().([]*model.UserError)
	if len(wrong) == 0 {
		return nil
	}
	for _, code := range fault.Codes() {
		if codeOf(code) == wrong[0].Code {
			return fault.New(code)
		}
	}
	return fault.New(fault.InvalidInput) // of one field or setting
}
