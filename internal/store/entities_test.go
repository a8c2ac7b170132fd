package store_test

import (
	"context"
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"entgo.io/ent/dialect/sql/schema"
	"github.com/google/uuid"

	"github.com/tenantgate/tenantgate/ent"
	"github.com/tenantgate/tenantgate/internal/ids"
	"github.com/tenantgate/tenantgate/internal/store"
	"github.com/tenantgate/tenantgate/internal/store/tables"
	"github.com/tenantgate/tenantgate/internal/tenancy"
)

// entity is one entity of Ent's client, whichever it is: what is true of all must be true of the next one too.
type entity struct {
	name  string
	table *schema.Table
	owned bool
}

// entities walks Ent's client, in the order of store.Tables.
func entities(t *testing.T) []entity {
	t.Helper()
	var out []entity
	for _, table := range tables.All() {
		name := entityOf(table.Name)
		if name == "" {
			t.Fatalf("no entity of Ent's client belongs to table %s", table.Name)
		}
		_, owned := table.Column("tenant_id")
		if !owned && name != "Tenant" {
			t.Fatalf("%s belongs to no tenant: it lacks the mixin Tenanted", name)
		}
		out = append(out, entity{name, table, owned})
	}
	if n := len(clientNames()); n != len(out) {
		t.Fatalf("Ent's client has %d entities, the schema %d tables", n, len(out))
	}
	return out
}

// clientNames are the fields of ent.Client that lead to an entity.
func clientNames() (names []string) {
	typ := reflect.TypeFor[ent.Client]()
	for i := range typ.NumField() {
		f := typ.Field(i)
		if f.IsExported() && f.Type.String() == "*ent."+f.Name+"Client" {
			names = append(names, f.Name)
		}
	}
	return names
}

func entityOf(table string) string {
	want := plain(table)
	for _, name := range clientNames() {
		one := plain(name)
		if slices.Contains([]string{one + "s", one + "es", strings.TrimSuffix(one, "y") + "ies"}, want) {
			return name
		}
	}
	return ""
}

// plain is a name without what Go and SQL write differently.
func plain(name string) string { return strings.ToLower(strings.ReplaceAll(name, "_", "")) }

func (e entity) client(c *ent.Client) reflect.Value {
	return reflect.ValueOf(c).Elem().FieldByName(e.name)
}

// call calls a method whose last result may be an error.
func call(on reflect.Value, method string, args ...any) ([]reflect.Value, error) {
	in := make([]reflect.Value, len(args))
	for i, a := range args {
		in[i] = reflect.ValueOf(a)
	}
	out := on.MethodByName(method).Call(in)
	if n := len(out); n > 0 {
		if err, ok := out[n-1].Interface().(error); ok && err != nil {
			return out, err
		}
	}
	return out, nil
}

// must is the first result of a call that answers no error.
func must(on reflect.Value, method string, args ...any) reflect.Value {
	out, err := call(on, method, args...)
	if err != nil {
		panic(err)
	}
	return out[0]
}

// setter finds the method that sets a column.
func setter(builder reflect.Value, column string) (reflect.Value, bool) {
	for i := range builder.NumMethod() {
		name := builder.Type().Method(i).Name
		if strings.HasPrefix(name, "Set") && plain(name) == "set"+plain(column) {
			return builder.Method(i), true
		}
	}
	return reflect.Value{}, false
}

// value makes one of a setter's type that no other row has.
func value(column *schema.Column, typ reflect.Type) reflect.Value {
	switch reflect.New(typ).Elem().Interface().(type) {
	case uuid.UUID:
		return reflect.ValueOf(ids.New())
	case time.Time:
		return reflect.ValueOf(someTime)
	case []byte:
		return reflect.ValueOf([]byte(ids.New().String()))
	case json.RawMessage:
		return reflect.ValueOf(json.RawMessage(`{"a":1}`))
	case []string:
		return reflect.ValueOf([]string{"pwd"})
	}
	switch typ.Kind() {
	case reflect.String:
		text := ids.New().String()
		if len(column.Enums) > 0 {
			text = column.Enums[0]
		}
		return reflect.ValueOf(text).Convert(typ)
	case reflect.Int, reflect.Int64, reflect.Int32:
		return reflect.ValueOf(1).Convert(typ)
	case reflect.Float64:
		return reflect.ValueOf(0.5)
	case reflect.Bool:
		return reflect.ValueOf(true)
	default:
		panic(fmt.Sprintf("no example of %s for column %s", typ, column.Name))
	}
}

// rows are the ids of one tenant's rows, one of each entity.
type rows map[string]uuid.UUID

// refersTo counts the references to rows of the same tenant.
func (e entity) refersTo() (n int) {
	for _, k := range e.table.ForeignKeys {
		if k.RefTable.Name != "tenants" {
			n++
		}
	}
	return n
}

// prepare sets every column of a new row; references go to the rows of refs. The tenant is one that does not exist: the
// mixin must put that of the context in its place.
func (e entity) prepare(c *ent.Client, id uuid.UUID, refs rows) reflect.Value {
	b := must(e.client(c), "Create")
	for _, column := range e.table.Columns {
		set, ok := setter(b, column.Name)
		if !ok {
			panic(e.name + " has no setter for " + column.Name)
		}
		v := value(column, set.Type().In(0))
		if column.Name == "id" {
			v = reflect.ValueOf(id)
		}
		for _, k := range e.table.ForeignKeys {
			if k.RefTable.Name != "tenants" && k.Columns[len(k.Columns)-1].Name == column.Name {
				v = reflect.ValueOf(refs[k.RefTable.Name])
			}
		}
		set.Call([]reflect.Value{v})
	}
	return b
}

// fill makes a tenant with one row of every entity and returns a context limited to it.
func fill(t *testing.T, s *store.Store, all []entity) (context.Context, rows) {
	t.Helper()
	made := rows{}
	tenant := ids.New()
	ctx := tenancy.With(t.Context(), tenant)
	for _, e := range all {
		id := ids.New()
		if e.name == "Tenant" {
			id = tenant
		}
		if _, err := call(e.prepare(s.Client, id, made), "Save", ctx); err != nil {
			t.Fatalf("create %s: %v", e.name, err)
		}
		made[e.table.Name] = id
	}
	return ctx, made
}

var newID = ids.New

var someTime = time.Date(2026, 1, 2, 3, 4, 5, 678_901_000, time.UTC)
