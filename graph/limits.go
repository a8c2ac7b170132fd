package graph

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"
	"github.com/vektah/gqlparser/v2/parser"
)

// The caps of a document. They are checked before it is validated: validating compares fields with each other, so that its time
// grows with their square.
const (
	maxTokens        = 3000
	maxDepth         = 12  // levels of fields
	maxSchemaDepth   = 20  // likewise below __schema and __type, which the usual clients ask deeply
	maxFields        = 500 // of all operations and fragments, each fragment counted where it is spread
	maxRoots         = 20  // fields of one operation at the root
	maxAliases       = 30  // of one operation
	maxDirectives    = 50
	maxFragments     = 50
	maxOperations    = 20
	maxVariables     = 50
	maxValueDepth    = 10 // levels of lists and objects in a value
	maxOperationName = 100
)

// Codes of what is wrong with a document.
const (
	codeSyntax     = "SYNTAX"
	codeValidation = "VALIDATION"
	codeTooComplex = "TOO_COMPLEX"
)

// documentLimits is an extension of the server that refuses documents beyond the caps, before they are validated. Its messages
// hold nothing of the document.
type documentLimits struct{}

// ExtensionName names the extension.
func (documentLimits) ExtensionName() string { return "DocumentLimits" }

// Validate finds nothing wrong with any schema.
func (documentLimits) Validate(graphql.ExecutableSchema) error { return nil }

// MutateOperationParameters reads a document as the executor will and refuses it there where that would do too much work.
func (documentLimits) MutateOperationParameters(ctx context.Context, p *graphql.RawParams) *gqlerror.Error {
	if strings.TrimSpace(p.Query) == "" {
		return refusal(codeSyntax, "Send a document as query.")
	}
	doc, err := parser.ParseQueryWithTokenLimit(&ast.Source{Input: p.Query}, maxTokens)
	if err != nil {
		return syntaxError(err)
	}
	if excess := excessOf(doc); excess != nil {
		return excess
	}
	op, wrong := chosen(doc, p.OperationName)
	if wrong != nil {
		return wrong
	}
	noteOperation(ctx, op)
	return nil
}

// chosen returns the operation that a request is for.
func chosen(doc *ast.QueryDocument, name string) (*ast.OperationDefinition, *gqlerror.Error) {
	switch {
	case len(name) > maxOperationName:
		return nil, refusal(codeValidation, fmt.Sprintf("The operationName has more than %d bytes.", maxOperationName))
	case len(doc.Operations) == 0:
		return nil, refusal(codeValidation, "The document holds no operation.")
	case name == "" && len(doc.Operations) > 1:
		return nil, refusal(codeValidation, "The document holds several operations: say which by operationName.")
	}
	op := doc.Operations.ForName(name)
	if op == nil {
		return nil, refusal(codeValidation, "The document holds no operation of that operationName.")
	}
	return op, nil
}

func refusal(code, message string) *gqlerror.Error {
	return &gqlerror.Error{Message: message, Extensions: map[string]any{"code": code}}
}

func tooMany(what string, limit int) *gqlerror.Error {
	return refusal(codeTooComplex, fmt.Sprintf("The document has too many %s: at most %d are taken.", what, limit))
}

// syntaxError says where a document is no GraphQL and what should stand there, and nothing of what does.
func syntaxError(err error) *gqlerror.Error {
	message, _, _ := strings.Cut(err.Error(), ", found ")
	if strings.Contains(message, "exceeded token limit") {
		return tooMany("tokens", maxTokens)
	}
	out := refusal(codeSyntax, "The document is not valid GraphQL.")
	if _, expected, ok := strings.Cut(message, "Expected "); ok {
		out.Message = "The document is not valid GraphQL: expected " + expected + "."
	}
	if g := (*gqlerror.Error)(nil); errors.As(err, &g) {
		out.Locations = g.Locations
	}
	return out
}
