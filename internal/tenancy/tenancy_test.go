package tenancy_test

import (
	"context"
	"testing"

	"github.com/google/uuid"

	"github.com/tenantgate/tenantgate/internal/tenancy"
)

var (
	acme  = uuid.MustParse("01900000-0000-7000-8000-000000000001")
	other = uuid.MustParse("01900000-0000-7000-8000-000000000002")
)

func TestAContextHoldsOneTenantOrAReasonForNone(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	type key string
	for name, c := range map[string]struct {
		ctx    context.Context
		tenant uuid.UUID
		across bool
	}{
		"nothing":                        {ctx, uuid.Nil, false},
		"a tenant":                       {tenancy.With(ctx, acme), acme, false},
		"another one later":              {tenancy.With(tenancy.With(ctx, acme), other), other, false},
		"across":                         {tenancy.Across(ctx, tenancy.Sweeper), uuid.Nil, true},
		"across, then a tenant":          {tenancy.With(tenancy.Across(ctx, tenancy.Sweeper), acme), acme, false},
		"a tenant, then across":          {tenancy.Across(tenancy.With(ctx, acme), tenancy.Sweeper), uuid.Nil, true},
		"no tenant hides the outer one":  {tenancy.With(tenancy.With(ctx, acme), uuid.Nil), uuid.Nil, false},
		"across without a reason":        {tenancy.Across(tenancy.With(ctx, acme), ""), uuid.Nil, false},
		"without its end":                {context.WithoutCancel(tenancy.With(ctx, acme)), acme, false},
		"beside another package's value": {context.WithValue(tenancy.With(ctx, acme), key("key"), other), acme, false},
	} {
		tenant, ok := tenancy.From(c.ctx)
		if tenant != c.tenant || ok != (c.tenant != uuid.Nil) {
			t.Errorf("%s: From = %v, %v; want %v", name, tenant, ok, c.tenant)
		}
		if got := tenancy.IsAcross(c.ctx); got != c.across {
			t.Errorf("%s: IsAcross = %v", name, got)
		}
	}
}
