package main

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/tenantgate/tenantgate/internal/config"
)

func TestTheWelcomeTellsOtherTerminalsWhatIsNotTheDefault(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	t.Run("nothing", func(t *testing.T) {
		t.Parallel()
		if got := exports(t, nil); got != "" {
			t.Errorf("the defaults are to be exported: %s", got)
		}
	})
	here, err := filepath.Abs("tenantgate-data")
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		flags map[string]string
		want  string
	}{
		"a port": {
			map[string]string{"listen": "127.0.0.1:18080"},
			"export TENANTGATE_DATA_DIR=" + shellWord(here) + " TENANTGATE_PUBLIC_URL=http://localhost:18080",
		},
		"a data dir": {
			map[string]string{"data-dir": dir + "/it's"},
			"export TENANTGATE_DATA_DIR='" + dir + `/it'\''s' TENANTGATE_PUBLIC_URL=http://localhost:8080`,
		},
		"both": {
			map[string]string{"data-dir": "/data", "public-url": "https://dev.example.com"},
			"export TENANTGATE_DATA_DIR=/data TENANTGATE_PUBLIC_URL=https://dev.example.com",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			line := exports(t, c.flags)
			if line != c.want {
				t.Errorf("got  %s\nwant %s", line, c.want)
			}
			var b strings.Builder
			(&demo{exports: line}).welcome(&b)
			if !strings.Contains(b.String(), "\n  "+line+"\n") {
				t.Errorf("the welcome leaves it out: %s", b.String())
			}
		})
	}
}

// exports returns what the welcome of a server with these flags tells.
func exports(t *testing.T, flags map[string]string) string {
	t.Helper()
	key := "TENANTGATE_MASTER_KEYS=k1:" + newKey() // so that none is made
	cfg, err := config.Load(config.Sources{Flags: flags, Environ: []string{key}, Dev: true})
	if err != nil {
		t.Fatal(err)
	}
	line, err := exportsOf(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return line
}
