package fault_test

import (
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"regexp"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tenantgate/tenantgate/internal/fault"
)

func TestEveryCodeIsInTheCatalogueOnceInSnakeCase(t *testing.T) {
	t.Parallel()
	file, err := parser.ParseFile(token.NewFileSet(), "codes.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	var declared []fault.Code
	ast.Inspect(file, func(n ast.Node) bool {
		spec, ok := n.(*ast.ValueSpec)
		if !ok || len(spec.Values) != 1 {
			return true
		}
		if lit, ok := spec.Values[0].(*ast.BasicLit); ok {
			text, err := strconv.Unquote(lit.Value)
			if err != nil {
				t.Fatal(err)
			}
			declared = append(declared, fault.Code(text))
		}
		return true
	})
	if diff := cmp.Diff(declared, fault.Codes()); diff != "" {
		t.Errorf("Codes() differs from what codes.go declares (-declared +listed):\n%s", diff)
	}
	sorted := slices.Sorted(slices.Values(declared))
	if len(slices.Compact(slices.Clone(sorted))) != len(sorted) {
		t.Errorf("a code is used for two things: %v", sorted)
	}
	for _, c := range declared {
		if !regexp.MustCompile(`^[a-z]+(_[a-z]+)*$`).MatchString(string(c)) {
			t.Errorf("%q is not in snake_case", c)
		}
	}
}

func TestAFaultIsKnownByItsCodeHoweverItIsWrapped(t *testing.T) {
	t.Parallel()
	cause := errors.New("the cause")
	err := fmt.Errorf("open session: %w", fault.New(fault.RateLimited).After(time.Minute).Because(cause))
	if got := fault.CodeOf(err); got != fault.RateLimited {
		t.Errorf("CodeOf = %q", got)
	}
	if !errors.Is(err, fault.New(fault.RateLimited)) || errors.Is(err, fault.New(fault.Busy)) {
		t.Error("errors.Is does not compare by code")
	}
	if !errors.Is(err, cause) {
		t.Error("the cause is lost")
	}
	if got := err.Error(); got != "open session: rate_limited: the cause" {
		t.Errorf("Error() = %q", got)
	}
	for _, other := range []error{nil, cause, fmt.Errorf("wrapped: %w", cause)} {
		if got := fault.CodeOf(other); got != fault.Internal {
			t.Errorf("CodeOf(%v) = %q, want internal", other, got)
		}
	}
}

func TestAddingToAFaultLeavesTheFirstAsItWas(t *testing.T) {
	t.Parallel()
	first := fault.Invalid(fault.Field{Field: "slug", Code: "invalid", Message: "Use letters."})
	second := first.After(time.Second).Because(errors.New("why"))
	if first.RetryAfter != 0 || first.Unwrap() != nil {
		t.Errorf("the first became %+v", first)
	}
	if second.RetryAfter != time.Second || len(second.Fields) != 1 || second.Code != fault.InvalidInput {
		t.Errorf("the second is %+v", second)
	}
}
