package flowtest

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/tenantgate/tenantgate/internal/store"
	"github.com/tenantgate/tenantgate/internal/store/tables"
	"github.com/tenantgate/tenantgate/internal/tenancy"
)

// watch sees every statement of a replica.
type watch struct {
	t        testing.TB
	mu       sync.Mutex
	recorded *[]store.Statement // nil while nobody asks
	table    string
	before   func() // nil unless somebody waits for a statement on the table
}

func newWatch(t testing.TB) *watch { return &watch{t: t} }

func (w *watch) see(ctx context.Context, s store.Statement) {
	if before := w.due(s); before != nil {
		before()
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.recorded != nil {
		*w.recorded = append(*w.recorded, s)
	}
	if wrong := Breach(ctx, s); wrong != "" {
		w.t.Errorf("%s: %s", wrong, s.Query)
	}
}

// Statements returns what do sent to the database of this replica, without BEGIN and COMMIT. Nothing else may run on the
// replica meanwhile.
func (env *Env) Statements(do func()) []store.Statement {
	var out []store.Statement
	env.watch.set(&out)
	defer env.watch.set(nil)
	do()
	return out
}

func (w *watch) set(to *[]store.Statement) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.recorded = to
}

// Before runs do once, just before this replica's next statement on a table is sent.
func (env *Env) Before(table string, do func()) {
	env.watch.mu.Lock()
	defer env.watch.mu.Unlock()
	env.watch.table, env.watch.before = table, do
}

// due returns what is to be done before a statement.
func (w *watch) due(s store.Statement) (before func()) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.before != nil && slices.ContainsFunc(named.FindAllStringSubmatch(s.Query, -1), func(m []string) bool { return m[1] == w.table }) {
		before, w.before = w.before, nil
	}
	return before
}

// named finds the tables of a statement: quoted names that follow a keyword, without a column behind them.
var named = regexp.MustCompile("(?i)\\b(?:FROM|JOIN|INTO|UPDATE)\\s+[\"`]([a-z_]+)[\"`]")

// owned are the tables whose rows belong to tenants.
var owned = sync.OnceValue(func() map[string]bool {
	out := map[string]bool{}
	for _, table := range tables.All() {
		if _, ok := table.Column("tenant_id"); ok {
			out[table.Name] = true
		}
	}
	return out
})

// Breach says how a statement reaches for rows of other tenants than the context's, or returns nothing. A row that is
// made must name its tenant among the columns; one that is read, changed or removed must be chosen by it.
func Breach(ctx context.Context, s store.Statement) string {
	var tables []string
	for _, m := range named.FindAllStringSubmatch(s.Query, -1) {
		if owned()[m[1]] {
			tables = append(tables, m[1])
		}
	}
	if len(tables) == 0 || tenancy.IsAcross(ctx) {
		return ""
	}
	tenant, ok := tenancy.From(ctx)
	if !ok {
		return fmt.Sprintf("a statement on %s without a tenant", strings.Join(tables, ", "))
	}
	decides := s.Query
	if !strings.HasPrefix(s.Query, "INSERT") {
		_, decides, _ = strings.Cut(s.Query, " WHERE ")
	}
	if strings.Count(decides, "tenant_id") < len(tables) {
		return fmt.Sprintf("a statement on %s is not limited to a tenant", strings.Join(tables, ", "))
	}
	if !slices.ContainsFunc(s.Args, func(arg any) bool { return fmt.Sprint(arg) == tenant.String() }) {
		return fmt.Sprintf("a statement on %s is not about the tenant of its context", strings.Join(tables, ", "))
	}
	return ""
}
