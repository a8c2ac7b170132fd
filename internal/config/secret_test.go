package config

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"testing"
)

// canaries are secrets as they stand in the sources, with the encodings in which bytes of a key could be printed.
func canaries(key string) []string {
	raw, _ := base64.StdEncoding.DecodeString(key)
	return []string{
		"dbcanary", "rediscanary", "mailcanary", "tokencanary", "querycanary", key, strings.TrimRight(key, "="),
		string(raw), fmt.Sprintf("%x", raw), fmt.Sprintf("%X", raw), strings.Trim(fmt.Sprint(raw), "[]"),
		fmt.Sprintf("%#v", raw)[len("[]byte{"):40],
	}
}

func TestNoWayToPrintAConfigShowsASecret(t *testing.T) {
	t.Parallel()
	key := testKey('c')
	cfg := load(t, Sources{Environ: []string{
		"TENANTGATE_DATABASE_URL=postgres://tg:dbcanary@db/tg?sslmode=require&password=querycanary",
		"TENANTGATE_REDIS_URL=redis://rediscanary@redis:6379/0",
		"TENANTGATE_SMTP_URL=smtp://tokencanary:mailcanary@mail:587?starttls=required",
		"TENANTGATE_MAIL_FROM=a@b.test",
		"TENANTGATE_MASTER_KEYS=k1:" + key,
	}})
	var out bytes.Buffer
	holder := struct {
		Cfg *Config
		Key MasterKey
	}{cfg, cfg.MasterKeys[0]}
	// Here fmt may call no methods.
	closed := struct {
		cfg *Config
		db  Database
	}{cfg, cfg.Database}
	fmt.Fprintf(&out, "%v %+v %#v\n", closed, closed, closed)
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d"} {
		for _, value := range []any{cfg, *cfg, cfg.MasterKeys, &cfg.MasterKeys[0], cfg.Database, &cfg.RedisURL, holder} {
			fmt.Fprintf(&out, verb+"\n", value)
		}
	}
	for _, handler := range []slog.Handler{slog.NewJSONHandler(&out, nil), slog.NewTextHandler(&out, nil)} {
		slog.New(handler).Info("config", "config", cfg, "value", *cfg, "keys", cfg.MasterKeys, "key", cfg.MasterKeys[0],
			"rows", cfg.Effective(), "url", cfg.SMTPURL)
	}
	for _, value := range []any{cfg, cfg.MasterKeys, map[string]any{"url": cfg.SMTPURL}, cfg.Effective()} {
		text, err := json.MarshalIndent(value, "", " ")
		if err != nil {
			t.Fatal(err)
		}
		out.Write(text)
	}
	for _, secret := range canaries(key) {
		if i := strings.Index(out.String(), secret); i >= 0 {
			t.Errorf("%q is shown: …%s…", secret, out.String()[max(0, i-60):i+20])
		}
	}
	if !strings.Contains(out.String(), `"postgres://tg:xxxxx@db/tg?password=xxxxx&sslmode=require"`) {
		t.Error("what is harmless of the database URL is not shown")
	}
}

func TestNoProblemShowsASecret(t *testing.T) {
	t.Parallel()
	key := testKey('c')
	// Every secret in the place of every other, cut, and with what breaks a URL.
	values := []string{
		"k1:" + key, key, "k1:" + key[:40], "k1:" + key + ",k1:" + key, "k1:" + key + ":x", key + ":k1", "hex:" + key + key,
		"dbcanary", "dbcanary:mailcanary@rediscanary:tokencanary", "postgres://u:dbcanary/x@h/db", "postgres://dbcanary:x@h",
		"postgres://u:%dbcanary@h/db", "postgres://u:dbcanary@h:port/db", "redis://:rediscanary@/x", "redis://h/rediscanary",
		"smtp://u:mailcanary@", "smtp://h?mailcanary=1", "smtp://h/mailcanary", "mailcanary://h", "sqlite://x?k=dbcanary",
		"postgres://u:dbcanary#x@h/db", "smtps://u:mail canary@h\x00mailcanary",
	}
	for _, s := range Inputs() {
		if !s.Secret && !strings.HasSuffix(s.Name, "_file") {
			continue
		}
		for _, value := range values {
			file := write(t, "tg.yaml", fmt.Sprintf("%s: %q\n", s.Name, value))
			for _, src := range []Sources{
				{Environ: []string{s.Env + "=" + value, "TENANTGATE_MAIL_FROM=a@b.test"}},
				{Flags: map[string]string{s.Flag: value, "listen": "x"}},
				{File: file},
				{File: write(t, "plain.yaml", value)},
			} {
				rows, err := Explain(src)
				text := fmt.Sprintf("%+v\n%v\n%+v", rows, err, err)
				for _, secret := range canaries(key) {
					// A user of Postgres and a host are no secrets.
					if strings.Contains(text, secret) && !strings.HasPrefix(value, "postgres://dbcanary:x") &&
						value != "smtp://h/mailcanary" && value != "redis://h/rediscanary" &&
						value != "smtp://h?mailcanary=1" && value != "mailcanary://h" {
						t.Fatalf("%s=%q shows %q:\n%s", s.Name, value, secret, text)
					}
					if err != nil && strings.Contains(err.Error(), secret) {
						t.Fatalf("%s=%q is wrong, and says %q:\n%v", s.Name, value, secret, err)
					}
				}
			}
		}
	}
}

func TestURLsAreShownWithoutTheirSecrets(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"":                                   "not set",
		"postgres://tg:pw@h:5432/db":         "postgres://tg:xxxxx@h:5432/db",
		"postgres://tg@h/db":                 "postgres://tg@h/db",
		"postgres://u:p@a:1,b:2/db":          "postgres://u:xxxxx@a:1,b:2/db",
		"postgres:///db?host=/run&user=u":    "postgres:///db?host=xxxxx&user=xxxxx",
		"redis://:pw@h/0":                    "redis://xxxxx@h/0",
		"smtp://token:token@h?starttls=none": "smtp://xxxxx@h?starttls=none",
		"sqlite://./data/a.db":               "sqlite://./data/a.db",
		"sqlite://a.db?_key=pw":              "sqlite://a.db?_key=xxxxx",
		"sqlite://u:pw@h/a.db":               "sqlite://xxxxx@h/a.db",
		"postgres://u:p/w@h/db":              "set, hidden",
		"postgres://u:p%w@h/db":              "set, hidden",
		"no url":                             "set, hidden",
	} {
		if got := NewSecretURL(text).String(); got != want {
			t.Errorf("%q is shown as %q, want %q", text, got, want)
		}
	}
}

func FuzzMaskingHidesAPasswordOfAnyShape(f *testing.F) {
	for _, password := range []string{
		"hunter2", "a/bcdefg", "a?bcdefg", "12#bcdefg", "a@bcdefg", "12/@abcd", "%41%42%43%44", "::::",
	} {
		f.Add(password)
	}
	f.Fuzz(func(t *testing.T, password string) {
		const shown = "postgres://user:xxxxx@dbhost/name smtps://xxxxx@dbhost set, hidden"
		if len(password) < 4 || strings.Contains(shown, password) {
			return
		}
		for _, text := range []string{
			"postgres://user:" + password + "@dbhost/name", "smtps://user:" + password + "@dbhost",
		} {
			if got := maskURL(text); strings.Contains(got, password) {
				t.Errorf("%q is shown as %q", text, got)
			}
		}
	})
}
