package storetest_test

import (
	"testing"

	"github.com/tenantgate/tenantgate/internal/store"
	"github.com/tenantgate/tenantgate/internal/store/storetest"
)

func TestEachDatabaseIsMigratedAndEmpty(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		status, err := s.MigrationStatus(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if len(status.Pending) > 0 || status.Newer || status.Current != status.Latest || status.Current == 0 {
			t.Errorf("migration status is %+v", status)
		}
		n, err := s.Tenant.Query().Count(t.Context())
		if err != nil || n != 0 {
			t.Errorf("got %d tenants, %v; want none", n, err)
		}
	})
}
