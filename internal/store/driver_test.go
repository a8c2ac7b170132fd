package store_test

import (
	"bytes"
	"context"
	"log/slog"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tenantgate/tenantgate/ent"
	"github.com/tenantgate/tenantgate/ent/user"
	"github.com/tenantgate/tenantgate/internal/fault"
	"github.com/tenantgate/tenantgate/internal/store"
	"github.com/tenantgate/tenantgate/internal/store/storetest"
	"github.com/tenantgate/tenantgate/internal/telemetry"
)

func TestWatchSeesEachStatementWithItsArguments(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	seen := map[string][]store.Statement{} // by database
	each := func(t *testing.T, s *store.Store) {
		ctx, made := fill(t, s, entities(t))
		take := func() []store.Statement {
			mu.Lock()
			defer mu.Unlock()
			out := seen[t.Name()]
			delete(seen, t.Name())
			return out
		}
		take()
		watched := context.WithValue(ctx, testName{}, t.Name())
		_, err := store.InTx(watched, s.Client, func(ctx context.Context, tx *ent.Tx) (int, error) {
			if err := tx.User.Update().Where(user.ID(made["users"])).SetName("x").Exec(ctx); err != nil {
				return 0, err
			}
			return countUsers(ctx, tx)
		})
		if err != nil {
			t.Fatal(err)
		}
		s.User.Query().OnlyX(watched)
		var kinds []string
		for _, st := range take() {
			kind, _, _ := strings.Cut(st.Query, " ")
			kinds = append(kinds, kind)
			if !slices.Contains(st.Args, any(made["tenants"])) {
				t.Errorf("%s is not narrowed to its tenant", st.Query)
			}
		}
		if diff := cmp.Diff([]string{"UPDATE", "SELECT", "SELECT"}, kinds); diff != "" {
			t.Errorf("statements (-want +got):\n%s", diff)
		}
	}
	storetest.Each(t, each, store.Watch(func(ctx context.Context, s store.Statement) {
		if name, ok := ctx.Value(testName{}).(string); ok {
			mu.Lock()
			defer mu.Unlock()
			seen[name] = append(seen[name], s)
		}
	}))
}

type testName struct{}

func TestStatementsAreCountedByKind(t *testing.T) { // not parallel: telemetry is the process's
	t.Setenv("OTEL_SDK_DISABLED", "true")
	before := slog.Default()
	t.Cleanup(func() { slog.SetDefault(before) })
	tel, err := telemetry.Setup(t.Context(), telemetry.Options{Version: "1", Out: new(bytes.Buffer)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = tel.Shutdown(context.Background()) })
	s := storetest.SQLite(t)
	ctx, _ := fill(t, s, entities(t)[:1])
	if _, err := store.InTx(ctx, s.Client, countUsers); err != nil {
		t.Fatal(err)
	}
	if _, err := store.InTx(ctx, s.Client, rename("x", fault.New(fault.NotFound))); err == nil {
		t.Fatal("a failure passes")
	}
	page := httptest.NewRecorder()
	tel.Handler().ServeHTTP(page, httptest.NewRequest("GET", "/metrics", nil))
	for _, kind := range []string{"query", "exec", "begin", "commit", "rollback"} {
		if !strings.Contains(page.Body.String(), `kind="`+kind+`"`) {
			t.Errorf("no statement was counted as %s", kind)
		}
	}
	if strings.Contains(page.Body.String(), `kind="other"`) {
		t.Error("a statement was counted as other")
	}
}

func TestWhoeverFindsNoConnectionInTimeIsRefused(t *testing.T) { // OPS-04
	t.Parallel()
	s := storetest.SQLite(t, store.Impatient())
	ctx, _ := fill(t, s, entities(t))
	_, err := store.InTx(ctx, s.Client, func(inner context.Context, tx *ent.Tx) (int, error) {
		isUnavailable(t, "a statement more", s.User.Update().SetName("refused").Exec(ctx))
		_, err := s.Tx(ctx)
		isUnavailable(t, "a transaction more", err)
		return countUsers(inner, tx) // the open transaction goes on
	})
	if err != nil {
		t.Errorf("transaction: %v", err)
	}
	if err := s.User.Update().SetName("next").Exec(ctx); err != nil {
		t.Errorf("after it: %v", err)
	}
}

func TestSQLiteReadersCannotWrite(t *testing.T) {
	t.Parallel()
	s := storetest.SQLite(t)
	ctx, _ := fill(t, s, entities(t))
	if _, err := s.Readers().ExecContext(ctx, "DELETE FROM users"); err == nil {
		t.Error("a reader wrote")
	}
	if n := s.User.Query().CountX(ctx); n != 1 {
		t.Errorf("%d users are left, want 1", n)
	}
}

func TestAnUnknownURLIsRefused(t *testing.T) {
	t.Parallel()
	for _, url := range []string{"", "tenantgate.db", "mysql://x", "postgres://:port:/"} {
		if s, err := store.Open(url); err == nil {
			_ = s.Close()
			t.Errorf("%q was opened", url)
		}
	}
	if _, err := store.Open("postgres://u:hunter2@h:bad/db"); err == nil || strings.Contains(err.Error(), "hunter2") {
		t.Errorf("got %v, want an error without the password", err)
	}
}
