package config

import (
	"encoding/base64"
	"log/slog"
	"net/mail"
	"net/netip"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/tenantgate/tenantgate/internal/ephemeral"
)

// testKey is the base64 of a key of 32 equal bytes.
func testKey(b byte) string {
	return base64.StdEncoding.EncodeToString([]byte(strings.Repeat(string(rune(b)), 32)))
}

var keysEnv = "TENANTGATE_MASTER_KEYS=k1:" + testKey('a')

func load(t *testing.T, src Sources) *Config {
	t.Helper()
	cfg, err := Load(src)
	if err != nil {
		t.Fatalf("Load: %v", err)
	}
	return cfg
}

func write(t *testing.T, name, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func row(t *testing.T, cfg *Config, name string) Row {
	t.Helper()
	for _, r := range cfg.Effective() {
		if r.Name == name {
			return r
		}
	}
	t.Fatalf("no row %s", name)
	return Row{}
}

func TestServeNeedsNoMoreThanMasterKeys(t *testing.T) {
	t.Parallel()
	cfg := load(t, Sources{Environ: []string{keysEnv, "PATH=/bin", "OTEL_SERVICE_NAME=x"}})
	if cfg.Database.Scheme != SQLite || cfg.Database.Path != "tenantgate-data/tenantgate.db" {
		t.Errorf("database %+v at %q", cfg.Database, cfg.Database.Path)
	}
	got := []string{cfg.Listen, cfg.AdminListen, cfg.MetricsListen, cfg.PublicURL.String(), string(cfg.LogFormat)}
	want := []string{"127.0.0.1:8080", "127.0.0.1:8081", "127.0.0.1:9090", "http://localhost:8080", "auto"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if cfg.RedisURL.IsSet() || cfg.SMTPURL.IsSet() || cfg.MailFrom != nil || cfg.TrustedProxies != nil ||
		cfg.FailureLimit != (ephemeral.Limit{Events: 6000, Per: time.Minute}) ||
		cfg.AdminLimit != (ephemeral.Limit{Events: 20_000, Per: time.Minute}) ||
		cfg.Migrate || cfg.AllowPrivateTargets || cfg.Dev || cfg.Mailbox() || cfg.LogLevel != slog.LevelInfo {
		t.Errorf("defaults: %+v", cfg)
	}
}

func TestEverySettingIsReadAndTyped(t *testing.T) {
	t.Parallel()
	cfg := load(t, Sources{Environ: []string{
		"TENANTGATE_DATABASE_URL=postgresql://tg:secret@db:5432/tg?sslmode=require",
		"TENANTGATE_REDIS_URL=rediss://:secret@redis:6379/1",
		"TENANTGATE_MASTER_KEYS=k2:" + testKey('b') + ", k1:" + testKey('a'),
		"TENANTGATE_LISTEN=:8080",
		"TENANTGATE_ADMIN_LISTEN=off",
		"TENANTGATE_METRICS_LISTEN=[::1]:09091",
		"TENANTGATE_PUBLIC_URL=https://auth.example.com/base",
		"TENANTGATE_TRUSTED_PROXIES=10.0.0.0/8, fd00::/8",
		"TENANTGATE_SMTP_URL=smtp://user:secret@mail:587?starttls=required",
		"TENANTGATE_MAIL_FROM=Example <no-reply@example.com>",
		"TENANTGATE_TURNSTILE_URL=http://localhost:9/siteverify",
		"TENANTGATE_DATA_DIR=/var/lib/tenantgate/",
		"TENANTGATE_FAILURE_LIMIT=500/2m", "TENANTGATE_ADMIN_LIMIT=9000/30s",
		"TENANTGATE_LOG_LEVEL=DEBUG",
		"TENANTGATE_LOG_FORMAT=text",
		"TENANTGATE_MIGRATE=true",
		"TENANTGATE_ALLOW_PRIVATE_TARGETS=1",
	}})
	want := &Config{
		Database:   Database{Scheme: Postgres, URL: NewSecretURL("postgresql://tg:secret@db:5432/tg?sslmode=require")},
		RedisURL:   NewSecretURL("rediss://:secret@redis:6379/1"),
		MasterKeys: []MasterKey{{ID: "k2", Key: [32]byte([]byte(strings.Repeat("b", 32)))}, {ID: "k1"}},
		Listen:     ":8080",
		PublicURL:  &url.URL{Scheme: "https", Host: "auth.example.com", Path: "/base"},
		SMTPURL:    NewSecretURL("smtp://user:secret@mail:587?starttls=required"),
		MailFrom:   &mail.Address{Name: "Example", Address: "no-reply@example.com"},
		DataDir:    "/var/lib/tenantgate",

		TurnstileURL: &url.URL{Scheme: "http", Host: "localhost:9", Path: "/siteverify"},
		FailureLimit: ephemeral.Limit{Events: 500, Per: 2 * time.Minute}, AdminLimit: ephemeral.Limit{Events: 9000, Per: 30 * time.Second},

		LogLevel:    slog.LevelDebug,
		LogFormat:   LogText,
		Migrate:     true,
		AdminListen: "",
		TrustedProxies: []netip.Prefix{
			netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("fd00::/8"),
		},
		MetricsListen:       "[::1]:9091",
		AllowPrivateTargets: true,
	}
	copy(want.MasterKeys[1].Key[:], strings.Repeat("a", 32))
	opts := cmp.Options{
		cmp.Comparer(func(a, b SecretURL) bool { return a.Reveal() == b.Reveal() }),
		cmp.Comparer(func(a, b netip.Prefix) bool { return a == b }),
		cmp.Comparer(func(a, b MasterKey) bool { return a == b }),
		cmpopts.IgnoreUnexported(Config{}),
	}
	if diff := cmp.Diff(want, cfg, opts); diff != "" {
		t.Error(diff)
	}
}

func TestFlagsRuleOverEnvironmentOverFileOverDefaults(t *testing.T) {
	t.Parallel()
	file := write(t, "tg.yaml", "log_level: warn\nlisten: 127.0.0.1:7001\nadmin_listen: off\nmigrate: true\n")
	for _, tt := range []struct {
		name               string
		flags              map[string]string
		environ            []string
		file               string
		level, from, admin string
	}{
		{"default", nil, nil, "", "info", "default", "127.0.0.1:8081"},
		{"file", nil, nil, file, "warn", "file " + file, "off"},
		{
			"environment", nil,
			[]string{"TENANTGATE_LOG_LEVEL=error"},
			file, "error",
			"environment TENANTGATE_LOG_LEVEL", "off",
		},
		{
			"flag",
			map[string]string{"log-level": "debug"},
			[]string{"TENANTGATE_LOG_LEVEL=error"},
			file, "debug",
			"flag --log-level", "off",
		},
		{
			"empty is not given",
			map[string]string{"log-level": ""},
			[]string{"TENANTGATE_LOG_LEVEL="},
			file, "warn",
			"file " + file, "off",
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			cfg := load(t, Sources{Flags: tt.flags, Environ: append(tt.environ, keysEnv), File: tt.file})
			want := Row{Name: "log_level", Value: tt.level, Source: tt.from}
			if diff := cmp.Diff(want, row(t, cfg, "log_level")); diff != "" {
				t.Error(diff)
			}
			if got := row(t, cfg, "admin_listen").Value; got != tt.admin {
				t.Errorf("admin_listen %q, want %q", got, tt.admin)
			}
			if cfg.Migrate != (tt.file != "") {
				t.Errorf("migrate %v", cfg.Migrate)
			}
		})
	}
}

func TestTheFileTakesListsAndEveryName(t *testing.T) {
	t.Parallel()
	file := write(t, "tg.yaml", `
master_keys: [ "k1:`+testKey('a')+`", "k2:`+testKey('b')+`" ]
trusted_proxies:
  - 10.0.0.0/8
  - 192.168.0.0/16
redis_url: null
`)
	cfg := load(t, Sources{File: file})
	if len(cfg.MasterKeys) != 2 || len(cfg.TrustedProxies) != 2 || cfg.RedisURL.IsSet() {
		t.Errorf("keys %v, proxies %v, redis %v", cfg.MasterKeys, cfg.TrustedProxies, cfg.RedisURL)
	}
}

func TestASecretComesFromAFileInEverySource(t *testing.T) {
	t.Parallel()
	secret := write(t, "keys", "k1:"+testKey('a')+"\r\n\n")
	yaml := write(t, "tg.yaml", "master_keys_file: "+secret+"\n")
	for name, src := range map[string]Sources{
		"flag --master-keys-file":                 {Flags: map[string]string{"master-keys-file": secret}},
		"environment TENANTGATE_MASTER_KEYS_FILE": {Environ: []string{"TENANTGATE_MASTER_KEYS_FILE=" + secret}},
		"file " + yaml:                            {File: yaml},
		// Another source's value gives way, as for every setting.
		"flag --master-keys-file ": {
			Flags: map[string]string{"master-keys-file": secret}, Environ: []string{"TENANTGATE_MASTER_KEYS=k9:wrong"},
		},
	} {
		cfg := load(t, src)
		want := Row{Name: "master_keys", Value: "set, hidden", Source: strings.TrimSpace(name), Secret: true}
		if diff := cmp.Diff(want, row(t, cfg, "master_keys")); diff != "" {
			t.Error(diff)
		}
		if cfg.MasterKeys[0].ID != "k1" {
			t.Errorf("%s: keys %v", name, cfg.MasterKeys)
		}
	}
}

func TestThePublicURLWaitsForTheBoundPort(t *testing.T) {
	t.Parallel()
	cfg := load(t, Sources{Environ: []string{keysEnv, "TENANTGATE_LISTEN=127.0.0.1:0"}})
	if cfg.PublicURL != nil || row(t, cfg, "public_url").Value != "http://localhost:PORT" {
		t.Fatalf("public URL %v, %v before the port is known", cfg.PublicURL, row(t, cfg, "public_url"))
	}
	if err := cfg.ResolvePublicURL("no port"); err == nil || cfg.PublicURL != nil {
		t.Error("an address without a port resolved")
	}
	for _, bound := range []string{"127.0.0.1:43210", "127.0.0.1:1"} {
		if err := cfg.ResolvePublicURL(bound); err != nil {
			t.Fatal(err)
		}
		if got := cfg.PublicURL.String(); got != "http://localhost:43210" || row(t, cfg, "public_url").Value != got {
			t.Errorf("public URL %v, shown as %v", got, row(t, cfg, "public_url"))
		}
	}
	cfg = load(t, Sources{Environ: []string{keysEnv, "TENANTGATE_LISTEN=:0", "TENANTGATE_PUBLIC_URL=https://a.test"}})
	if err := cfg.ResolvePublicURL("[::]:9"); err != nil || cfg.PublicURL.String() != "https://a.test" {
		t.Errorf("public URL %v, %v; a set one stays", cfg.PublicURL, err)
	}
}

func TestKubernetesServiceLinksAndTestVariablesAreNotOurs(t *testing.T) {
	t.Parallel()
	load(t, Sources{Environ: []string{
		keysEnv,
		"TENANTGATE_TEST_CLOCK=/tmp/clock",
		"TENANTGATE_SERVICE_HOST=10.1.2.3",
		"TENANTGATE_SERVICE_PORT=8080",
		"TENANTGATE_SERVICE_PORT_HTTP=8080",
		"TENANTGATE_PORT=tcp://10.1.2.3:8080",
		"TENANTGATE_PORT_8080_TCP=tcp://10.1.2.3:8080",
		"TENANTGATE_PORT_8080_TCP_PROTO=tcp",
		"TENANTGATE_ADMIN_PORT_8081_TCP_ADDR=10.1.2.4",
		"TENANTGATE_ADMIN_SERVICE_HOST=10.1.2.4",
	}})
}
