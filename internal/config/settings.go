package config

import (
	"fmt"
	"strings"

	"github.com/tenantgate/tenantgate/internal/turnstile"
)

// Setting is one row of the table that flags, environment variables, keys of the file and the docs are made from.
type Setting struct {
	Name    string // key in the file: database_url
	Env     string // environment variable: TENANTGATE_DATABASE_URL
	Flag    string // flag without its dashes: database-url
	Default string // empty for none; words in <> or capitals stand for what other settings say
	Help    string // one sentence, without a full stop
	Secret  bool   // never shown in full; can be given as a file too, see InFile
	Bool    bool   // true or false; the flag needs no value
}

// envPrefix starts every variable of ours; what starts with testPrefix belongs to test builds.
const (
	envPrefix  = "TENANTGATE_"
	testPrefix = envPrefix + "TEST_"
)

// Settings is the table, in the order in which settings are shown.
var Settings = named([]Setting{
	{
		Name: "database_url", Default: "sqlite://<data-dir>/tenantgate.db", Secret: true,
		Help: "Database: sqlite://PATH or postgres://user:password@host:port/name",
	},
	{
		Name: "redis_url", Secret: true,
		Help: "Redis or Valkey, redis:// or rediss://, for limits and events across replicas; in-process without it",
	},
	{
		Name: "master_keys", Secret: true,
		Help: "Keys that wrap every tenant's data key, id:base64(32 bytes), comma-separated; the first one wraps, " +
			"`dev` makes one in the data dir",
	},
	{
		Name: "listen", Default: "127.0.0.1:8080",
		Help: "Address of the public listener (plain HTTP), or off",
	},
	{
		Name: "admin_listen", Default: "127.0.0.1:8081",
		Help: "Address of the admin listener, for the console and the admin API, or off",
	},
	{
		Name: "metrics_listen", Default: "127.0.0.1:9090",
		Help: "Address of the listener for Prometheus, or off",
	},
	{
		Name: "public_url", Default: "http://localhost:PORT",
		Help: "Base of issuers and links, as clients see it; https unless its host is loopback",
	},
	{
		Name: "trusted_proxies",
		Help: "CIDRs, comma-separated, of the proxies whose X-Forwarded-For and X-Forwarded-Proto count",
	},
	{
		Name: "failure_limit", Default: "6000/1m",
		Help: "Failed tries to sign in on devices that nobody has signed in on, over all tenants, before such devices " +
			"must wait; 0 is no limit",
	},
	{
		Name: "admin_limit", Default: "20000/1m",
		Help: "Points of cost that one admin or API key may spend at the admin API; one operation costs at most 10000",
	},
	{
		Name: "smtp_url", Secret: true,
		Help: "Mail server, smtp://user:password@host:port or smtps://, with ?starttls=required; without it " +
			"flows that mail answer 503, and `dev` has its mailbox",
	},
	{
		Name: "mail_from",
		Help: "Sender of mails, such as Example <no-reply@example.com>; needed with smtp_url",
	},
	{
		Name: "turnstile_url", Default: turnstile.DefaultURL,
		Help: "Where captchas of tenants that use Turnstile are verified; https unless its host is loopback",
	},
	{
		Name: "data_dir", Default: "./tenantgate-data",
		Help: "Folder of the SQLite file and of the key that `dev` makes",
	},
	{
		Name: "log_level", Default: "info",
		Help: "Least level that is logged: debug, info, warn or error",
	},
	{
		Name: "log_format", Default: "auto",
		Help: "json, text, or auto: text on a terminal, else json",
	},
	{
		Name: "migrate", Default: "false", Bool: true,
		Help: "Let `serve` bring a Postgres schema up to date at start, as it always does with SQLite",
	},
	{
		Name: "allow_private_targets", Default: "false", Bool: true,
		Help: "Let the mail servers and hooks that tenants set have private or link-local addresses",
	},
})

// named fills Env and Flag, which follow from the name.
func named(table []Setting) []Setting {
	for i, s := range table {
		table[i].Env = envPrefix + strings.ToUpper(s.Name)
		table[i].Flag = strings.ReplaceAll(s.Name, "_", "-")
	}
	return table
}

// InFile returns the setting that names a file holding a secret: master_keys_file, TENANTGATE_MASTER_KEYS_FILE,
// --master-keys-file. It reports false for settings that are no secret.
func (s Setting) InFile() (Setting, bool) {
	if !s.Secret {
		return Setting{}, false
	}
	return Setting{
		Name: s.Name + "_file",
		Env:  s.Env + "_FILE",
		Flag: s.Flag + "-file",
		Help: fmt.Sprintf("File that holds %s; give one of the two", s.Name),
	}, true
}

// Inputs returns all that can be given: the settings, each secret followed by the one that names its file.
func Inputs() []Setting {
	var all []Setting
	for _, s := range Settings {
		all = append(all, s)
		if file, ok := s.InFile(); ok {
			all = append(all, file)
		}
	}
	return all
}

// Markdown returns the table of settings for the docs, with the newline of its last row.
func Markdown() string {
	cell := strings.NewReplacer("|", `\|`, "<", `\<`, ">", `\>`)
	var b strings.Builder
	b.WriteString("| environment | flag | file | default | meaning |\n| --- | --- | --- | --- | --- |\n")
	for _, s := range Settings {
		def := "none"
		if s.Default != "" {
			def = "`" + s.Default + "`"
		}
		help := cell.Replace(s.Help)
		if s.Secret {
			help += ". A secret: also as `…_FILE`, `…-file`, `…_file`"
		}
		fmt.Fprintf(&b, "| `%s` | `--%s` | `%s` | %s | %s |\n", s.Env, s.Flag, s.Name, def, help)
	}
	return b.String()
}
