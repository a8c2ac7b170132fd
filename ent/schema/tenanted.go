package schema

import (
	"context"
	"fmt"

	"entgo.io/ent"
	"entgo.io/ent/dialect"
	"entgo.io/ent/dialect/entsql"
	"entgo.io/ent/dialect/sql"
	"entgo.io/ent/schema/edge"
	"entgo.io/ent/schema/field"
	"entgo.io/ent/schema/mixin"
	"github.com/google/uuid"

	"github.com/tenantgate/tenantgate/ent/intercept"
	"github.com/tenantgate/tenantgate/internal/tenancy"
)

// Tenanted marks an entity whose rows belong to a tenant. Queries, updates and deletes are narrowed to the tenant of the
// context, creates are stamped with it, and all of them fail without one.
//
// It does not reach edges set by id, edge predicates (Has…With) and upserts. Against those stand the composite keys of
// internal/store and the tests that watch the SQL.
type Tenanted struct{ mixin.Schema }

const tenantID = "tenant_id"

// Fields of a tenant-owned entity.
func (Tenanted) Fields() []ent.Field {
	return []ent.Field{
		field.UUID("id", uuid.UUID{}).Immutable(),
		field.UUID(tenantID, uuid.UUID{}).Immutable(),
	}
}

// Edges of a tenant-owned entity.
func (Tenanted) Edges() []ent.Edge {
	return []ent.Edge{
		edge.To("tenant", Tenant.Type).Field(tenantID).Unique().Required().Immutable(),
	}
}

// Interceptors narrow every query.
func (Tenanted) Interceptors() []ent.Interceptor {
	return []ent.Interceptor{
		intercept.TraverseFunc(func(ctx context.Context, q intercept.Query) error {
			where, err := narrow(ctx)
			if where != nil {
				q.WhereP(where)
			}
			return err
		}),
	}
}

// Hooks stamp creates and narrow updates and deletes.
func (Tenanted) Hooks() []ent.Hook {
	return []ent.Hook{func(next ent.Mutator) ent.Mutator {
		return ent.MutateFunc(func(ctx context.Context, m ent.Mutation) (ent.Value, error) {
			if m.Op().Is(ent.OpCreate) {
				tenant, ok := tenancy.From(ctx)
				if !ok {
					return nil, tenancy.ErrNone
				}
				if err := m.SetField(tenantID, tenant); err != nil {
					return nil, fmt.Errorf("stamp tenant: %w", err)
				}
				return next.Mutate(ctx, m)
			}
			where, err := narrow(ctx)
			if err != nil {
				return nil, err
			}
			if where != nil {
				narrowed, ok := m.(interface{ WhereP(...func(*sql.Selector)) })
				if !ok {
					return nil, fmt.Errorf("narrow %s to its tenant: %T takes no predicate", m.Type(), m)
				}
				narrowed.WhereP(where)
			}
			return next.Mutate(ctx, m)
		})
	}}
}

// narrow returns the predicate for the tenant of ctx, none where ctx was opened to all tenants.
func narrow(ctx context.Context) (func(*sql.Selector), error) {
	if tenant, ok := tenancy.From(ctx); ok {
		return sql.FieldEQ(tenantID, tenant), nil
	}
	if tenancy.IsAcross(ctx) {
		return nil, nil
	}
	return nil, tenancy.ErrNone
}

// databaseMillis fills a column with the database's own clock.
var databaseMillis = entsql.DefaultExprs(map[string]string{
	dialect.SQLite:   "(CAST(unixepoch('subsec') * 1000 AS INTEGER))",
	dialect.Postgres: "(CAST(EXTRACT(EPOCH FROM clock_timestamp()) * 1000 AS BIGINT))",
})
