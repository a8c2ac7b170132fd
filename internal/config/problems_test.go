package config

import (
	"errors"
	"io/fs"
	"path/filepath"
	"strings"
	"testing"
)

// fails loads and returns the problems.
func fails(t *testing.T, src Sources) *Problems {
	t.Helper()
	cfg, err := Load(src)
	var problems *Problems
	if !errors.As(err, &problems) || cfg != nil {
		t.Fatalf("Load = %v, %v; want problems", cfg, err)
	}
	return problems
}

func TestEveryFaultIsNamedWithItsFix(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ env, value, want string }{
		{"MASTER_KEYS", "justakey", "entry 1 has no colon between id and key; write id:KEY, where KEY is the output of " +
			"`openssl rand -base64 32`"},
		{"MASTER_KEYS", "a b:" + testKey('a'), "entry 1 has an id that is not 1 to 32 letters, digits and . _ -; write id:"},
		{"MASTER_KEYS", "k1:%%%", "entry 1 has a key that is not base64; write id:KEY, where KEY is the output of `openssl"},
		{"MASTER_KEYS", "k1:" + strings.TrimRight(testKey('a'), "="), "entry 1 has a key that is not base64"},
		{"MASTER_KEYS", "k1:c2hvcnQ=", "entry 1 has a key of 5 bytes instead of 32; write id:KEY"},
		{"MASTER_KEYS", "k1:" + testKey(0), "entry 1 has a key of zeros"},
		{"MASTER_KEYS", "k1:" + testKey('a') + ",", "entry 2 has no colon"},
		{"MASTER_KEYS", "k1:" + testKey('a') + ",k1:" + testKey('b'), `entry 2 has the id "k1" of an earlier one; give each`},
		{"MASTER_KEYS", "dev:" + testKey('a'), "holds the key that `tenantgate dev` made; make a key of your own"},
		{"DATABASE_URL", "mysql://u:p@h/db", "has a scheme that is not supported; use sqlite://PATH or postgres://"},
		{"DATABASE_URL", "tenantgate.db", "has a scheme that is not supported; use sqlite://PATH"},
		{"DATABASE_URL", "sqlite:file.db", "has a scheme that is not supported; use sqlite://PATH"},
		{"DATABASE_URL", "sqlite://", "has no path; write sqlite:///absolute/path.db"},
		{"DATABASE_URL", "sqlite://:memory:", "is in memory, where nothing outlives the process; name a file"},
		{"DATABASE_URL", "sqlite://a.db?mode=ro", "has more than a path; leave out ?"},
		{"DATABASE_URL", "postgres://u:p@h", "names no database; write postgres://user:password@host:5432/NAME"},
		{"DATABASE_URL", "postgres://u:p@h/", "names no database"},
		{"DATABASE_URL", "postgres:///db", "has no host; write postgres://"},
		{"DATABASE_URL", "postgres://u:a/b@h/db", "has an @ behind its host; write / ? # @ and % in a password as %2F"},
		{"DATABASE_URL", "postgres://u:%zz@h/db", "is no URL; write / ? # @ and %"},
		{"REDIS_URL", "http://h", "has a scheme that is not supported; write redis://"},
		{"REDIS_URL", "redis://", "has no host; write redis://"},
		{"REDIS_URL", "redis://:6379", "has no host; write redis://"},
		{"REDIS_URL", "redis://h/x", "has a path that is no database number; write redis://"},
		{"LISTEN", "8080", `"8080" has no port; write host:port, such as 127.0.0.1:8080, or off`},
		{"LISTEN", "127.0.0.1", `"127.0.0.1" has no port; write host:port`},
		{"LISTEN", "127.0.0.1:", `"127.0.0.1:" has a port that is no number up to 65535; write host:port`},
		{"LISTEN", "127.0.0.1:http", `has a port that is no number up to 65535; write host:port`},
		{"LISTEN", "127.0.0.1:65536", `has a port that is no number up to 65535; write host:port`},
		{"LISTEN", "a/b:80", `has a host that is neither a name nor an address; write host:port`},
		{"METRICS_LISTEN", "localhost:8080", `"localhost:8080" is taken by listen; give each listener a port of its own`},
		{"METRICS_LISTEN", ":8081", `":8081" is taken by admin_listen; give each listener a port of its own, or off`},
		{"ADMIN_LISTEN", "[::ffff:127.0.0.1]:8080", `is taken by listen; give each`},
		{"PUBLIC_URL", "https://a.test/", "ends in a slash; leave out the last /"},
		{"PUBLIC_URL", "https://a.test/base/", "ends in a slash; leave out the last /"},
		{"PUBLIC_URL", "https://a.test?x=1", "has a query or fragment; leave out ? and #"},
		{"PUBLIC_URL", "https://a.test#", "has a query or fragment; leave out ? and #"},
		{"PUBLIC_URL", "https://u:p@a.test", "holds a user name or password; leave out what stands before the @"},
		{"PUBLIC_URL", "http://a.test", "is http, so passwords would travel in the clear; use https"},
		{"PUBLIC_URL", "http://localhost.a.test", "is http, so passwords would travel in the clear; use https"},
		{"PUBLIC_URL", "a.test", "is no https URL with a host; write it like https://auth.example.com"},
		{"PUBLIC_URL", "https://", "is no https URL with a host"},
		{"PUBLIC_URL", "https://a.test:x", "is no URL; write it like"},
		{"PUBLIC_URL", "https://a.test:0", "has a port that is no number from 1 to 65535; write it like"},
		{"PUBLIC_URL", "https://a.test:443", "names a port that goes without saying; leave out the port"},
		{"PUBLIC_URL", "https://A.test", "has a host that is no name in lower-case ASCII; write international"},
		{"PUBLIC_URL", "https://bücher.test", "has a host that is no name in lower-case ASCII; write international"},
		{"PUBLIC_URL", "https://a.test/x/../y", "has a path that can be written in other ways; leave out //"},
		{"PUBLIC_URL", "https://a.test/%41", "has a path that can be written in other ways; leave out //"},
		{"TRUSTED_PROXIES", "10.0.0.1", `"10.0.0.1" is an address without a length; write 10.0.0.1/32`},
		{"TRUSTED_PROXIES", "10.0.0.0/8,fd00::1", `"fd00::1" is an address without a length; write fd00::1/128`},
		{"TRUSTED_PROXIES", "10.0.0.5/8", `has bits behind its length; write 10.0.0.0/8, or 10.0.0.5/32 for one address`},
		{"TRUSTED_PROXIES", "proxy.test", `"proxy.test" is no CIDR; write it like 10.0.0.0/8, or 10.1.2.3/32`},
		{"TRUSTED_PROXIES", "0.0.0.0/0", `"0.0.0.0/0" trusts everyone, so that clients choose their own address; name the`},
		{"TRUSTED_PROXIES", "::ffff:10.0.0.0/104", `is IPv4 written as IPv6, which matches nothing; write it as IPv4`},
		{"SMTP_URL", "mail.test:587", "has a scheme that is not supported; write smtp://user:password@host:587"},
		{"SMTP_URL", "smtp://:587", "has no host; write smtp://"},
		{"SMTP_URL", "smtp://h/x", "has a path; write smtp://"},
		{"SMTP_URL", "smtp://h?tls=1", "has parameters other than one starttls; write smtp://"},
		{"SMTP_URL", "smtp://h?starttls=off&starttls=off", "has parameters other than one starttls; write smtp://"},
		{"SMTP_URL", "smtp://h?starttls=maybe", "has an unknown starttls; use required, optional or off"},
		{"SMTP_URL", "smtps://h?starttls=off", "has starttls, yet smtps:// encrypts from the first byte; leave out"},
		{"SMTP_URL", "smtp://u:p@h?starttls=off", "would send its password in the clear; use starttls=required"},
		{"SMTP_URL", "smtp://u@h", "has a user or a password without the other; give both, or neither"},
		{"SMTP_URL", "smtp://u:p@h:0", "has a port that is no number from 1 to 65535; write smtp://"},
		{"SMTP_URL", "smtp://u:p@h#x", "has a fragment; write / ? # @ and % in a password as %2F"},
		{"MAIL_FROM", "nobody", "is no mail address; write no-reply@example.com or Example <no-reply@example.com>"},
		{"TURNSTILE_URL", "captcha.test", "has a scheme that is not supported; write it like https://challenges.cloudflare.com/"},
		{"TURNSTILE_URL", "https:///siteverify", "has no host; write it like https://"},
		{"TURNSTILE_URL", "https://u:p@captcha.test", "holds a user name or password; leave out what stands before the @"},
		{"TURNSTILE_URL", "https://captcha.test?a=b", "has a query; leave out ? and what follows"},
		{"TURNSTILE_URL", "https://captcha.test#a", "has a fragment; "},
		{"TURNSTILE_URL", "https://captcha.test:0", "has a port that is no number from 1 to 65535; write it like"},
		{"TURNSTILE_URL", "http://captcha.test", "is http, so tenants' secrets would travel in the clear; use https"},
		{"DATA_DIR", "a\nb", "holds a control character; name a folder"},
		{"LOG_LEVEL", "verbose", `"verbose" is no level; use debug, info, warn or error`},
		{"LOG_LEVEL", "INFO+2", `"INFO+2" is no level; use debug, info, warn or error`},
		{"LOG_FORMAT", "logfmt", `"logfmt" is no format; use json, text or auto`},
		{"MIGRATE", "yes", `"yes" is neither true nor false; use true or false`},
		{"ALLOW_PRIVATE_TARGETS", "2", `"2" is neither true nor false; use true or false`},
	} {
		environ := []string{"TENANTGATE_" + tt.env + "=" + tt.value, "TENANTGATE_MAIL_FROM=a@b.test"}
		if tt.env == "MAIL_FROM" {
			environ = environ[:1]
		}
		if tt.env != "MASTER_KEYS" {
			environ = append(environ, keysEnv)
		}
		problems := fails(t, Sources{Environ: environ})
		want := strings.ToLower(tt.env) + " (environment TENANTGATE_" + tt.env + "): "
		got := problems.Error()
		if len(problems.List) != 1 || !strings.HasPrefix(got, want) || !strings.Contains(got, tt.want) {
			t.Errorf("%s=%s:\n got %s\nwant %s…%s", tt.env, tt.value, got, want, tt.want)
		}
	}
}

func TestSettingsThatNeedOneAnotherSaySo(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name string
		src  Sources
		want string
	}{
		{"no master keys", Sources{}, "master_keys: is not set; set TENANTGATE_MASTER_KEYS, or"},
		{
			"no master keys where the data dir of the server should be",
			Sources{Tool: true, Environ: []string{"TENANTGATE_DATA_DIR=/nowhere/data"}},
			`data_dir (environment TENANTGATE_DATA_DIR): is "/nowhere/data", which does not exist, and master_keys is not set; name`,
		},
		{
			"no master keys and a database elsewhere",
			Sources{Tool: true, Environ: []string{"TENANTGATE_DATABASE_URL=postgres://db/app"}},
			"master_keys: is not set; set TENANTGATE_MASTER_KEYS, or",
		},
		{
			"a sender for the mail server",
			Sources{Environ: []string{keysEnv, "TENANTGATE_SMTP_URL=smtp://h"}},
			"mail_from: is not set, but smtp_url is; set the sender",
		},
		{
			"a sender in dev too",
			Sources{Dev: true, Environ: []string{keysEnv, "TENANTGATE_SMTP_URL=smtp://h"}},
			"mail_from: is not set, but smtp_url is; set the sender",
		},
		{
			"a public URL beyond loopback",
			Sources{Environ: []string{keysEnv, "TENANTGATE_LISTEN=0.0.0.0:8080"}},
			"public_url: is not set, but listen is reachable from elsewhere; set the URL",
		},
		{
			"a public URL without a listener",
			Sources{Environ: []string{keysEnv, "TENANTGATE_LISTEN=off"}},
			"public_url: is not set, and listen is off, so it cannot be guessed; set the URL",
		},
		{
			"a public URL for tools",
			Sources{Tool: true, Environ: []string{keysEnv, "TENANTGATE_LISTEN=127.0.0.1:0"}},
			"public_url: is not set, and listen has port 0, so it cannot be guessed; set the URL",
		},
		{
			"loopback in dev",
			Sources{Dev: true, Environ: []string{keysEnv, "TENANTGATE_ADMIN_LISTEN=:8081"}},
			"admin_listen (environment TENANTGATE_ADMIN_LISTEN): \":8081\" is reachable from elsewhere, which `dev` refuses; " +
				"use 127.0.0.1:8081, or run `tenantgate serve`",
		},
		{
			"no host name in dev",
			Sources{Dev: true, Environ: []string{keysEnv, "TENANTGATE_LISTEN=myhost:1"}},
			"is reachable from elsewhere, which `dev` refuses",
		},
		{
			"a listener in dev",
			Sources{Dev: true, Environ: []string{
				keysEnv, "TENANTGATE_LISTEN=off", "TENANTGATE_PUBLIC_URL=http://localhost:1",
			}},
			"listen (environment TENANTGATE_LISTEN): is off, which leaves `dev` nothing to do; use 127.0.0.1:8080",
		},
		{
			"a secret and its file",
			Sources{Environ: []string{keysEnv, "TENANTGATE_MASTER_KEYS_FILE=/x"}},
			"master_keys (environment TENANTGATE_MASTER_KEYS): is set together with TENANTGATE_MASTER_KEYS_FILE; keep one",
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if problems := fails(t, tt.src); len(problems.List) != 1 || !strings.Contains(problems.Error(), tt.want) {
				t.Errorf("got %v\nwant %s", problems, tt.want)
			}
		})
	}
}

func TestFilesThatCannotBeUsedSayWhy(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for _, tt := range []struct{ name, key, config, want string }{
		{"missing", filepath.Join(dir, "none"), "", "cannot be read (it does not exist); name a file that holds the secret"},
		{"folder", dir, "", "cannot be read (is a directory); name a file"},
		{"empty", write(t, "empty", "\n"), "", "names an empty file; name a file"},
		{"endless", write(t, "large", strings.Repeat("a", maxSecretFile+1)), "", "names a file of more than 64 KiB"},
		{
			"no config", "", filepath.Join(dir, "none.yaml"),
			"config (flag --config): cannot be read (it does not exist); name",
		},
		{
			"no map", "", write(t, "l.yaml", "secretword"),
			"config (flag --config): is no YAML map of settings (line 1); write",
		},
		{"bad YAML", "", write(t, "b.yaml", "listen: off\n\tx: 1\n"), "is no YAML map of settings (line 2); write"},
		{"set twice", "", write(t, "t.yaml", "listen: off\nlisten: off\n"), "is no YAML map of settings (line 2); write one"},
		{"nested", "", write(t, "n.yaml", "listen: {host: a}"), "listen (file "},
		{"nested list", "", write(t, "m.yaml", "trusted_proxies: [1]"), "is a list of something else than texts; put each"},
		{"number", "", write(t, "f.yaml", "listen: 1.5"), "is not a text; put the value in quotes"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			src := Sources{File: tt.config, Environ: []string{keysEnv}}
			if tt.key != "" {
				src.Environ = []string{"TENANTGATE_MASTER_KEYS_FILE=" + tt.key}
			}
			problems := fails(t, src)
			got := problems.Error()
			if len(problems.List) != 1 || !strings.Contains(got, tt.want) || strings.Contains(got, "secretword") {
				t.Errorf("got %s\nwant %s", got, tt.want)
			}
		})
	}
	// Not by a file without permissions, which root reads all the same.
	if got := reason(&fs.PathError{Op: "open", Path: "secret", Err: fs.ErrPermission}); got != "permission denied" {
		t.Errorf("a file that is shut: %s", got)
	}
}

func TestUnknownNamesAreRefusedWithTheNearest(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ env, yaml, flag, want string }{
		{env: "TENANTGATE_DATABSE_URL", want: "TENANTGATE_DATABSE_URL (environment): is no setting; " +
			"did you mean TENANTGATE_DATABASE_URL?"},
		{env: "TENANTGATE_MASTER_KEY_FILE", want: "did you mean TENANTGATE_MASTER_KEYS_FILE?"},
		{env: "TENANTGATE_Listen", want: "did you mean TENANTGATE_LISTEN?"},
		{env: "TENANTGATE_SMTP", want: "did you mean TENANTGATE_SMTP_URL?"},
		{env: "TENANTGATE_PORT", want: "TENANTGATE_PORT (environment): is no setting; see `tenantgate config`"},
		{env: "TENANTGATE_", want: "see `tenantgate config`"},
		{flag: "lisetn", want: "--lisetn (flag): is no setting; did you mean --listen?"},
		{flag: "data_dir", want: "did you mean --data-dir?"},
		{yaml: "public-url: x", want: "is no setting; did you mean public_url?"},
		{yaml: "log: {level: debug}", want: "is no setting; did you mean log_level?"},
		{yaml: "log.level: debug", want: "is no setting; did you mean log_level?"},
		{yaml: "data_dir_file: x", want: "is no setting"},
		{yaml: "k1:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=: x", want: "a name that is not shown (file "},
	} {
		src := Sources{Environ: []string{keysEnv}, Flags: map[string]string{}}
		if tt.env != "" {
			src.Environ = append(src.Environ, tt.env+"=1")
		}
		if tt.flag != "" {
			src.Flags[tt.flag] = "1"
		}
		if tt.yaml != "" {
			src.File = write(t, "u.yaml", tt.yaml)
		}
		problems := fails(t, src)
		got := problems.Error()
		if len(problems.List) != 1 || !strings.Contains(got, tt.want) || strings.Contains(got, "AAAA") {
			t.Errorf("got %s\nwant %s", got, tt.want)
		}
	}
}

func TestAllFaultsAreReportedTogether(t *testing.T) {
	t.Parallel()
	file := write(t, "tg.yaml", "log_format: xml\nlissten: off\n")
	got := fails(t, Sources{
		Flags:   map[string]string{"listen": "80", "migrat": "true"},
		Environ: []string{"TENANTGATE_MASTER_KEYS=a,b", "TENANTGATE_PUBLIC_URL=http://a.test", "TENANTGATE_FOO=1"},
		File:    file,
	}).Error()
	var starts []string
	for line := range strings.Lines(got) {
		starts = append(starts, line[:strings.Index(line, "):")+1])
	}
	want := []string{
		"master_keys (environment TENANTGATE_MASTER_KEYS)", "master_keys (environment TENANTGATE_MASTER_KEYS)",
		"listen (flag --listen)", "public_url (environment TENANTGATE_PUBLIC_URL)", "log_format (file " + file + ")",
		"--migrat (flag)", "TENANTGATE_FOO (environment)", "lissten (file " + file + ")",
	}
	if strings.Join(starts, "\n") != strings.Join(want, "\n") {
		t.Errorf("got\n%s\nwant\n%s", got, strings.Join(want, "\n"))
	}
}
