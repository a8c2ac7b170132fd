package store_test

import (
	"context"
	"testing"

	"github.com/google/uuid"

	"github.com/tenantgate/tenantgate/ent/session"
	"github.com/tenantgate/tenantgate/internal/store"
	"github.com/tenantgate/tenantgate/internal/store/storetest"
	"github.com/tenantgate/tenantgate/internal/tenancy"
)

// benchEach runs a benchmark on both databases, with one session.
func benchEach(b *testing.B, bench func(b *testing.B, ctx context.Context, s *store.Store, key uuid.UUID)) {
	b.Helper()
	for name, open := range map[string]func(testing.TB, ...store.Option) *store.Store{
		"sqlite": storetest.SQLite, "postgres": storetest.Postgres,
	} {
		b.Run(name, func(b *testing.B) {
			s := open(b)
			tenant, person, key := newID(), newID(), newID()
			ctx := tenancy.With(b.Context(), tenant)
			s.Tenant.Create().SetID(tenant).SetName("t").SetStatus("active").SetIssuer("https://id.example").
				SetSettings([]byte("{}")).SetCreatedAt(someTime).SetUpdatedAt(someTime).ExecX(ctx)
			s.User.Create().SetID(person).SetCreatedAt(someTime).SetUpdatedAt(someTime).ExecX(ctx)
			s.Session.Create().SetID(key).SetUserID(person).SetGeneration(0).SetCredentialVersion(1).SetProofs([]string{"pwd"}).
				SetAuthTime(someTime).SetCreatedAt(someTime).SetRotatedAt(someTime).SetLastSeenAt(someTime).
				SetExpiresAt(someTime).ExecX(ctx)
			b.ReportAllocs()
			b.ResetTimer()
			bench(b, ctx, s, key)
		})
	}
}

// BenchmarkSingleRowCommit is what a refresh costs in the database: one conditional UPDATE that commits.
func BenchmarkSingleRowCommit(b *testing.B) {
	benchEach(b, func(b *testing.B, ctx context.Context, s *store.Store, key uuid.UUID) {
		for i := range b.N {
			n, err := s.Session.Update().Where(session.ID(key), session.Generation(i)).
				SetGeneration(i + 1).SetRotatedAt(someTime).Save(ctx)
			if n != 1 || err != nil {
				b.Fatal(n, err)
			}
		}
	})
}

// BenchmarkSelectByKey is what a cold session check costs in the database.
func BenchmarkSelectByKey(b *testing.B) {
	benchEach(b, func(b *testing.B, ctx context.Context, s *store.Store, key uuid.UUID) {
		for range b.N {
			if _, err := s.Session.Query().Where(session.ID(key)).Only(ctx); err != nil {
				b.Fatal(err)
			}
		}
	})
}

// BenchmarkOpenMigrated is the database's part of a start whose schema is in place.
func BenchmarkOpenMigrated(b *testing.B) {
	url := storetest.SQLiteURL(b)
	for range b.N {
		s, err := store.Open(url)
		if err != nil {
			b.Fatal(err)
		}
		if err := s.Migrate(b.Context()); err != nil {
			b.Fatal(err)
		}
		_ = s.Close()
	}
}
