// Package config reads the operator's settings: from flags, environment, a YAML file and defaults, in this order.
//
// It owns their names, their parsing, what is wrong with them and how to mend it, and how they are shown without
// their secrets. It opens and connects nothing: it reads files, and for `tenantgate dev` makes the master key in the
// data dir. Settings of tenants are package tenants', OTEL_* variables are OpenTelemetry's.
package config

import (
	"fmt"
	"log/slog"
	"net"
	"net/mail"
	"net/netip"
	"net/url"
	"path/filepath"

	"github.com/tenantgate/tenantgate/internal/ephemeral"
)

// Config is what Load has read: complete, and free of contradictions. It is passed by pointer: as a value in an
// unexported field of something else fmt could not hide its master keys.
type Config struct {
	Database       Database
	RedisURL       SecretURL   // unset: the in-process store
	MasterKeys     []MasterKey // at least one; the first wraps
	Listen         string      // host:port, empty for off, as the next two
	AdminListen    string
	MetricsListen  string
	PublicURL      *url.URL // without a trailing slash; nil until ResolvePublicURL where Listen has port 0
	TrustedProxies []netip.Prefix
	FailureLimit   ephemeral.Limit
	AdminLimit     ephemeral.Limit // points of cost that an actor of the admin API may spend
	SMTPURL        SecretURL       // unset: no mail, or the mailbox in dev
	MailFrom       *mail.Address   // nil only where SMTPURL is unset
	TurnstileURL   *url.URL        // of siteverify
	DataDir        string          // need not exist
	LogLevel       slog.Level
	LogFormat      LogFormat
	Migrate        bool // serve brings a Postgres schema up to date
	// AllowPrivateTargets lets addresses that tenants set (SMTP, hooks) be private or link-local.
	AllowPrivateTargets bool
	Dev                 bool

	rows []Row
}

// Database is where the truth is kept.
type Database struct {
	Scheme string    // SQLite or Postgres
	Path   string    // of the SQLite file, taken literally; empty for Postgres
	URL    SecretURL // as given, or made from the data dir
}

// The schemes of a Database. A postgresql:// URL is Postgres too.
const (
	SQLite   = "sqlite"
	Postgres = "postgres"
)

// LogFormat is how log records are written.
type LogFormat string

// The log formats. LogAuto is text on a terminal, else JSON.
const (
	LogAuto LogFormat = "auto"
	LogJSON LogFormat = "json"
	LogText LogFormat = "text"
)

// Sources is where settings come from. In each of them an empty value counts as not given.
type Sources struct {
	Flags   map[string]string // by name without dashes
	Environ []string          // as os.Environ returns it
	File    string            // what --config names, empty for none
	Dev     bool              // tenantgate dev: development defaults, loopback only
	// Tool is for commands beside a server (tenant, key, migrate, doctor). They take the development key, and find
	// it in the data dir, but never make it. Dev has no Tool.
	Tool bool
}

// Load reads the settings. Whatever is wrong with them is returned together, as *Problems. With Dev, and only where
// nothing is wrong, it makes the data dir and the master key in it.
func Load(src Sources) (*Config, error) {
	r := read(src)
	cfg := r.parse()
	if err := r.err(); err != nil {
		return nil, err
	}
	if src.Dev && len(cfg.MasterKeys) == 0 {
		r.makeDevKey(cfg)
		if err := r.err(); err != nil {
			return nil, err
		}
	}
	cfg.rows = r.rows()
	return cfg, nil
}

// Explain returns what Load would use and where it comes from, also where it is wrong, together with Load's
// *Problems. It makes nothing.
func Explain(src Sources) ([]Row, error) {
	r := read(src)
	r.parse()
	return r.rows(), r.err()
}

// Mailbox reports whether mails go to the mailbox page of dev.
func (c *Config) Mailbox() bool { return c.Dev && !c.SMTPURL.IsSet() }

// ResolvePublicURL fills a PublicURL that had to wait for the port of the bound listener, given as host:port. Where
// one is known already it does nothing.
func (c *Config) ResolvePublicURL(bound string) error {
	if c.PublicURL != nil {
		return nil
	}
	_, port, err := net.SplitHostPort(bound)
	if err != nil {
		return fmt.Errorf("resolve public URL: %w", err)
	}
	c.PublicURL = localURL(port)
	for i := range c.rows {
		if c.rows[i].Name == "public_url" {
			c.rows[i].Value = c.PublicURL.String()
		}
	}
	return nil
}

func localURL(port string) *url.URL {
	return &url.URL{Scheme: "http", Host: net.JoinHostPort("localhost", port)}
}

// defaultDatabase is the SQLite file in the data dir.
func defaultDatabase(dataDir string) Database {
	path := filepath.Join(dataDir, "tenantgate.db")
	return Database{Scheme: SQLite, Path: path, URL: NewSecretURL("sqlite://" + path)}
}
