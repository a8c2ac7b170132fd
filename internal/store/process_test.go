package store_test

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"sync"
	"testing"

	"github.com/tenantgate/tenantgate/internal/store"
)

// migrateEnv makes the test binary a process that only migrates the database it names.
const migrateEnv = "STORE_TEST_MIGRATE"

func TestMain(m *testing.M) {
	if url := os.Getenv(migrateEnv); url != "" {
		if err := migrateOnly(url); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

func migrateOnly(url string) error {
	s, err := store.Open(url)
	if err != nil {
		return err
	}
	defer func() { _ = s.Close() }()
	// As the server does: it needs the database right away.
	if err := s.Migrate(context.Background()); err != nil {
		return err
	}
	_, err = s.Tenant.Query().Count(context.Background())
	return err
}

func TestThreeProcessesMigrateAtOnce(t *testing.T) {
	t.Parallel()
	empty(t, func(t *testing.T, url string) {
		var all sync.WaitGroup
		for range 3 {
			all.Go(func() {
				cmd := exec.CommandContext(t.Context(), os.Args[0])
				cmd.Env = append(os.Environ(), migrateEnv+"="+url)
				var out bytes.Buffer
				cmd.Stdout, cmd.Stderr = &out, &out
				if err := cmd.Run(); err != nil {
					t.Errorf("%v: %s", err, out.String())
				}
			})
		}
		all.Wait()
		isMigratedOnce(t, url)
	})
}

func TestThreeStoresOfOneProcessMigrateAtOnce(t *testing.T) {
	t.Parallel()
	empty(t, func(t *testing.T, url string) {
		start := make(chan struct{})
		var all sync.WaitGroup
		for range 3 {
			s := openStore(t, url)
			all.Go(func() {
				<-start
				if err := s.Migrate(t.Context()); err != nil {
					t.Error(err)
				}
			})
		}
		close(start)
		all.Wait()
		isMigratedOnce(t, url)
	})
}

func isMigratedOnce(t *testing.T, url string) {
	t.Helper()
	s := openStore(t, url)
	_, all := firstFiles(t, s.Dialect(), 0)
	n := one[int](t, s.DB(), "SELECT count(*) FROM goose_db_version WHERE version_id > 0")
	if n != all {
		t.Errorf("%d migrations were applied, want %d", n, all)
	}
	fill(t, s, entities(t))
}
