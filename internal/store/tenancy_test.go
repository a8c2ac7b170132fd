package store_test

import (
	"context"
	"errors"
	"maps"
	"reflect"
	"strings"
	"testing"

	"entgo.io/ent/dialect/sql"
	"github.com/google/uuid"

	"github.com/tenantgate/tenantgate/ent"
	"github.com/tenantgate/tenantgate/internal/ids"
	"github.com/tenantgate/tenantgate/internal/store"
	"github.com/tenantgate/tenantgate/internal/store/storetest"
	"github.com/tenantgate/tenantgate/internal/tenancy"
)

// attempt reaches for rows and returns how many it reached.
type attempt func(context.Context) (int, error)

// count turns the first result of a call into a number of rows.
func count(out []reflect.Value, err error) (int, error) {
	switch {
	case ent.IsNotFound(err):
		return 0, nil
	case err != nil:
		return 0, err
	}
	switch first := out[0]; first.Kind() {
	case reflect.Slice:
		return first.Len(), nil
	case reflect.Int:
		return int(first.Int()), nil
	case reflect.Bool:
		if !first.Bool() {
			return 0, nil
		}
	}
	return 1, nil
}

// reads are the ways to see whatever rows there are.
func (e entity) reads(c *ent.Client) map[string]attempt {
	out := map[string]attempt{}
	for _, method := range []string{"All", "IDs", "Count", "Exist", "Only", "First", "FirstID", "OnlyID"} {
		out["Query."+method] = func(ctx context.Context) (int, error) {
			return count(call(must(e.client(c), "Query"), method, ctx))
		}
	}
	return out
}

// reaches are the ways to one row by its id, changes first.
func (e entity) reaches(c *ent.Client, id uuid.UUID) map[string]attempt {
	where := func(method string) reflect.Value {
		b := must(e.client(c), method)
		narrow := b.MethodByName("Where")
		byID := reflect.ValueOf(sql.FieldEQ("id", id)).Convert(narrow.Type().In(0).Elem())
		return e.change(narrow.Call([]reflect.Value{byID})[0])
	}
	one := func(method string) reflect.Value {
		return e.change(must(e.client(c), method, id))
	}
	return map[string]attempt{
		"Get":         func(ctx context.Context) (int, error) { return count(call(e.client(c), "Get", ctx, id)) },
		"Update":      func(ctx context.Context) (int, error) { return count(call(where("Update"), "Save", ctx)) },
		"Delete":      func(ctx context.Context) (int, error) { return count(call(where("Delete"), "Exec", ctx)) },
		"DeleteOneID": func(ctx context.Context) (int, error) { return count(call(one("DeleteOneID"), "Exec", ctx)) },
	}
}

// change lets an update set something, where anything can be set.
func (e entity) change(b reflect.Value) reflect.Value {
	for _, column := range e.table.Columns {
		if set, ok := setter(b, column.Name); ok {
			set.Call([]reflect.Value{value(column, set.Type().In(0))})
			break
		}
	}
	return b
}

func TestEveryEntityRefusesWorkWithoutATenant(t *testing.T) {
	t.Parallel()
	all := entities(t)
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx, made := fill(t, s, all)
		for _, e := range all {
			if !e.owned {
				continue
			}
			attempts := e.reads(s.Client)
			maps.Copy(attempts, e.reaches(s.Client, made[e.table.Name]))
			attempts["Create"] = func(ctx context.Context) (int, error) {
				return count(call(e.prepare(s.Client, ids.New(), made), "Save", ctx))
			}
			attempts["CreateBulk"] = func(ctx context.Context) (int, error) {
				bulk := e.client(s.Client).MethodByName("CreateBulk").
					Call([]reflect.Value{e.prepare(s.Client, ids.New(), made)})[0]
				return count(call(bulk, "Save", ctx))
			}
			for name, try := range attempts {
				if _, err := try(t.Context()); !errors.Is(err, tenancy.ErrNone) {
					t.Errorf("%s.%s without a tenant answers %v", e.name, name, err)
				}
			}
			if n, err := e.reads(s.Client)["Query.Count"](ctx); n != 1 || err != nil {
				t.Errorf("%s: %d rows are left, %v; want 1", e.name, n, err)
			}
		}
	})
}

func TestEveryEntityIsNarrowedToTheTenant(t *testing.T) {
	t.Parallel()
	all := entities(t)
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctxA, _ := fill(t, s, all)
		ctxB, madeB := fill(t, s, all)
		across := tenancy.Across(t.Context(), tenancy.Sweeper)
		for _, e := range all {
			if !e.owned {
				continue
			}
			for name, read := range e.reads(s.Client) {
				if n, err := read(ctxA); n != 1 || err != nil {
					t.Errorf("%s.%s sees %d rows of its tenant, %v; want 1", e.name, name, n, err)
				}
			}
			if n, err := e.reads(s.Client)["Query.Count"](across); n != 2 || err != nil {
				t.Errorf("%s across tenants: %d rows, %v; want 2", e.name, n, err)
			}
			id := madeB[e.table.Name]
			for name, reach := range e.reaches(s.Client, id) {
				if n, err := reach(ctxA); n != 0 || err != nil {
					t.Errorf("%s.%s reaches %d rows of another tenant, %v; want none", e.name, name, n, err)
				}
			}
			if n, err := e.reaches(s.Client, id)["Get"](ctxB); n != 1 || err != nil {
				t.Errorf("%s: the other tenant sees %d of its rows, %v; want 1", e.name, n, err)
			}
		}
	})
}

func TestEveryCreateIsStampedWithTheTenantOfItsContext(t *testing.T) {
	t.Parallel()
	all := entities(t)
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx, made := fill(t, s, all) // each create names a tenant that does not exist
		for _, e := range all {
			if !e.owned {
				continue
			}
			row := must(e.client(s.Client), "Get", ctx, made[e.table.Name])
			if got := row.Elem().FieldByName("TenantID").Interface(); got != made["tenants"] {
				t.Errorf("%s was created for tenant %v, want that of the context, %v", e.name, got, made["tenants"])
			}
		}
	})
}

func TestNoOwnedEntityTakesUpdateOne(t *testing.T) {
	t.Parallel()
	all := entities(t)
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx, made := fill(t, s, all)
		for _, e := range all {
			if !e.owned {
				continue
			}
			// One that sets nothing only reads, by the id alone: it would show another tenant's row.
			b := must(e.client(s.Client), "UpdateOneID", made[e.table.Name])
			if n, err := count(call(b, "Save", ctx)); n != 0 || err == nil {
				t.Errorf("%s.UpdateOneID reaches %d rows and is not refused", e.name, n)
			}
		}
	})
}

func TestEveryEdgeIsNarrowedToTheTenant(t *testing.T) {
	t.Parallel()
	all := entities(t)
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctxA, _ := fill(t, s, all)
		ctxB, madeB := fill(t, s, all)
		walked := 0
		for _, e := range all {
			row := must(e.client(s.Client), "Get", ctxB, madeB[e.table.Name])
			for i := range row.NumMethod() {
				edge := row.Type().Method(i).Name
				if !strings.HasPrefix(edge, "Query") || edge == "QueryTenant" {
					continue
				}
				walked++
				for who, try := range map[string]struct {
					ctx  context.Context
					want int
				}{"its own tenant": {ctxB, 1}, "another tenant": {ctxA, 0}} {
					n, err := count(call(must(row, edge), "Count", try.ctx))
					if n != try.want || err != nil {
						t.Errorf("%s.%s shows %d rows to %s, %v; want %d", e.name, edge, n, who, err, try.want)
					}
				}
				if _, err := count(call(must(row, edge), "Count", t.Context())); !errors.Is(err, tenancy.ErrNone) {
					t.Errorf("%s.%s without a tenant answers %v", e.name, edge, err)
				}
			}
		}
		if walked == 0 {
			t.Error("no edge was found")
		}
	})
}

func TestNoRowRefersToAnotherTenantsRow(t *testing.T) {
	t.Parallel()
	all := entities(t)
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctxA, _ := fill(t, s, all[:1]) // the tenant alone, so that no unique key is met
		ctxB, madeB := fill(t, s, all)
		tried := 0
		for _, e := range all {
			if e.refersTo() == 0 {
				continue
			}
			tried++
			_, err := call(e.prepare(s.Client, ids.New(), madeB), "Save", ctxA)
			if err == nil || !strings.Contains(strings.ToLower(err.Error()), "foreign key") {
				t.Errorf("%s that refers to another tenant's rows: %v; want a refusal by the foreign key", e.name, err)
			}
			if n, err := e.reads(s.Client)["Query.Count"](ctxB); n != 1 || err != nil {
				t.Errorf("%s: the other tenant has %d rows, %v; want 1", e.name, n, err)
			}
		}
		if tried == 0 {
			t.Error("no entity refers to another")
		}
	})
}
