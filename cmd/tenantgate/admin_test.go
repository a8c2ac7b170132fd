package main

import (
	"testing"

	"github.com/tenantgate/tenantgate/internal/config"
)

func TestAdminsAreToldWhereTheConsoleIs(t *testing.T) {
	t.Parallel()
	flags := map[string]string{"data-dir": t.TempDir(), "public-url": "http://localhost:18080"}
	if _, err := config.Load(config.Sources{Flags: flags, Dev: true}); err != nil { // makes the key
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		environ []string
		want    string
	}{
		"beside dev":            {nil, "http://localhost:18080/admin/"},
		"beside another server": {[]string{"TENANTGATE_MASTER_KEYS=k1:" + newKey()}, "/admin/ of the admin listener"},
	} {
		cfg, err := config.Load(config.Sources{Flags: flags, Environ: c.environ, Tool: true})
		if err != nil {
			t.Fatal(err)
		}
		if got := signInPlace(cfg); got != c.want {
			t.Errorf("%s: %s, want %s", name, got, c.want)
		}
	}
}
