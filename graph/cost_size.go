package graph

import (
	"context"
	"encoding/json"
	"errors"
	"reflect"
	"time"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"
)

const (
	// maxAnswer is how much one answer may hold.
	maxAnswer = 8 << 20
	// fieldSize is what a field counts beside its name and value: about what it takes in memory until it is written.
	fieldSize = 16
)

// errTooLarge ends an operation whose answer has grown too large. It is one for all fields that are left out: they may be many.
var errTooLarge = errors.New("graph: the answer is too large")

func tooLarge() *gqlerror.Error {
	return refusal(codeTooComplex, "The answer would be larger than 8 MiB. Ask for smaller pages, or less of each object.")
}

// leftOut stands for the error of each of those fields; the answer shows none of them.
var leftOut = tooLarge()

// grow counts a part of an answer. It reports false once the answer is too large.
func (b *bill) grow(n int) bool { return b.size.Add(int64(n)) <= maxAnswer }

// isTooLarge reports whether the answer has grown too large.
func (b *bill) isTooLarge() bool { return b.size.Load() > maxAnswer }

// sizeOf is about how much of an answer a field is: of objects, what is there before any of their fields has a value. So what a
// page will hold counts before it is made.
func sizeOf(ctx context.Context, f graphql.CollectedField, value any) int {
	if len(f.Selections) == 0 {
		return textSize(value)
	}
	objects := 1
	if list := reflect.ValueOf(value); list.Kind() == reflect.Slice {
		objects = list.Len()
	}
	return product(objects, 2+selectionSize(f.Selections, graphql.GetOperationContext(ctx).Variables))
}

// selectionSize is what the names of an object's fields take.
func selectionSize(set ast.SelectionSet, vars map[string]any) int {
	size := 0
	for _, s := range set {
		switch s := s.(type) {
		case *ast.Field:
			if !selected(s.Directives, vars) {
				continue
			}
			size = sum(size, len(s.Alias)+fieldSize)
			if s.Name == "__typename" {
				size = sum(size, len(s.ObjectDefinition.Name)+fieldSize)
			}
		case *ast.InlineFragment:
			size = sum(size, selectionSize(s.SelectionSet, vars))
		case *ast.FragmentSpread:
			size = sum(size, selectionSize(s.Definition.SelectionSet, vars))
		}
	}
	return size
}

// textSize is how much a value of no fields takes.
func textSize(value any) int {
	switch v := value.(type) {
	case string:
		return quoted(v)
	case *string:
		if v != nil {
			return quoted(*v)
		}
	case json.RawMessage:
		return quoted(v)
	case time.Time, *time.Time:
		return len(time.RFC3339Nano)
	}
	switch v := reflect.Indirect(reflect.ValueOf(value)); v.Kind() {
	case reflect.String:
		return quoted(v.String())
	case reflect.Slice:
		size := 2
		for i := range v.Len() {
			size = sum(size, 1+textSize(v.Index(i).Interface()))
		}
		return size
	}
	return fieldSize
}

// quoted is how much a text takes at most: what is escaped takes six bytes.
func quoted[T string | json.RawMessage](text T) int {
	size := 2
	for i := range len(text) {
		switch c := text[i]; {
		case c < ' ', c == '<', c == '>', c == '&', c == 0xe2: // the last begins two line separators
			size += len(`\u003c`)
		case c == '"', c == '\\':
			size += 2
		default:
			size++
		}
	}
	return size
}
