package main

import (
	"context"
	"fmt"
	"io"
	"path/filepath"
	"regexp"
	"strings"

	"github.com/tenantgate/tenantgate/internal/config"
	"github.com/tenantgate/tenantgate/internal/devseed"
	"github.com/tenantgate/tenantgate/internal/mail/mailbox"
	"github.com/tenantgate/tenantgate/tenants"
)

type devCommand struct{}

// demo is what a developer needs to begin with.
type demo struct {
	Tenant   string   `json:"tenant"`
	BaseURL  string   `json:"base_url"`
	Email    string   `json:"email"`
	Password string   `json:"password"`
	WithTOTP totpDemo `json:"with_totp"`

	Admin   adminDemo  `json:"admin"`
	Legacy  legacyDemo `json:"legacy"`
	Mailbox string     `json:"mailbox,omitempty"`

	issuer, fits string // where they do not fit the public URL
	exports      string // see exportsOf
}

// totpDemo is the user who has an authenticator app, and the same password.
type totpDemo struct {
	Email  string `json:"email"`
	Secret string `json:"totp_secret"`
}

// adminDemo is an owner of the platform, with the same password and the secret of its authenticator app.
type adminDemo struct {
	Email   string `json:"email"`
	Secret  string `json:"totp_secret"`
	APIKey  string `json:"api_key,omitempty"` // empty where it was revoked
	GraphQL string `json:"graphql_url"`
	Console string `json:"console_url"`
}

// legacyDemo is the tenant that speaks every dialect. Its user has the same password.
type legacyDemo struct {
	Tenant   string   `json:"tenant"`
	BaseURL  string   `json:"base_url"`
	Dialects []string `json:"dialects"` // each below base_url/dialects/
	Email    string   `json:"email"`
	Username string   `json:"username"`
}

func newLegacyDemo(t *tenants.Tenant) legacyDemo {
	demo := legacyDemo{Tenant: t.Slug, BaseURL: t.BaseURL, Dialects: []string{}, Email: devseed.LegacyEmail, Username: devseed.LegacyUsername}
	for _, name := range tenants.Dialects() {
		if t.Settings.Dialects.Of(name).Enabled {
			demo.Dialects = append(demo.Dialects, string(name))
		}
	}
	return demo
}

// Run serves with everything embedded. The settings refuse to listen beyond loopback.
func (*devCommand) Run(sh *shell) error {
	src := sh.sources()
	src.Dev = true
	cfg, err := config.Load(src)
	if err != nil {
		return err
	}
	return sh.serve(cfg, func(ctx context.Context, svc *service, ls listeners) error {
		made, legacy, err := devseed.Seed(ctx, svc.engine, svc.tenants)
		if err != nil {
			return err
		}
		d := &demo{Tenant: made.Slug, BaseURL: made.BaseURL, Email: devseed.Email, Password: devseed.Password}
		d.WithTOTP = totpDemo{devseed.EmailWithTOTP, devseed.TOTPSecret()}
		d.Legacy = newLegacyDemo(legacy)
		key, err := devseed.SeedAdmin(ctx, svc.engine, svc.tenants)
		if err != nil {
			return err
		}
		base := cfg.PublicURL.String()
		d.Admin = adminDemo{devseed.AdminEmail, devseed.TOTPSecret(), key, base + "/admin/graphql", base + "/admin/"}
		if svc.box != nil {
			d.Mailbox = cfg.PublicURL.String() + mailbox.Path
		}
		if d.fits = fitting(made); d.fits != "" {
			d.issuer = made.Issuer
		}
		if d.exports, err = exportsOf(cfg); err != nil {
			return err
		}
		if err := ls.announce(sh.out, cfg.PublicURL.String(), d); err != nil {
			return err
		}
		if person := sh.person(); person != nil {
			return written(person, d.welcome)
		}
		if d.fits != "" {
			warnOfIssuer(made, cfg.PublicURL.String(), d.fits)
		}
		return nil
	})
}

// welcome prints what to try first.
func (d *demo) welcome(w io.Writer) {
	fmt.Fprintf(w, "\nTenantgate for development. Everything is kept in memory and in the data dir; stop it with Ctrl-C.\n\n")
	fmt.Fprintf(w, "  tenant    %s\n", d.BaseURL)
	fmt.Fprintf(w, "  user      %s, password %s\n", d.Email, d.Password)
	fmt.Fprintf(w, "  with TOTP %s, same password, secret %s\n", d.WithTOTP.Email, d.WithTOTP.Secret)
	fmt.Fprintf(w, "  admin     %s, at %s with the same password and secret\n", d.Admin.Email, d.Admin.Console)
	if d.Admin.APIKey != "" {
		fmt.Fprintf(w, "            API key %s\n", d.Admin.APIKey)
	}
	if d.Mailbox != "" {
		fmt.Fprintf(w, "  mailbox   %s\n", d.Mailbox)
	}
	fmt.Fprintf(w, "  dialects  %s/dialects/…: %s\n", d.Legacy.BaseURL, strings.Join(d.Legacy.Dialects, ", "))
	fmt.Fprintf(w, "            user %s (username %s), same password\n", d.Legacy.Email, d.Legacy.Username)
	if d.fits != "" {
		fmt.Fprintf(w, "\nWarning: the tokens of this tenant name the issuer %s.\n", d.issuer)
		fmt.Fprintf(w, "A tenant's issuer is fixed when it is made; --public-url %s would match, or another --data-dir.\n", d.fits)
	}
	if d.exports != "" {
		fmt.Fprintf(w, "\nIn other terminals, tell commands such as `tenantgate tenant` where this server keeps its data, and its URL:\n\n")
		fmt.Fprintf(w, "  %s\n", d.exports)
	}
	fmt.Fprintf(w, "\nSign in:\n\n  %s\n\n", d.curl())
}

func (d *demo) curl() string {
	return fmt.Sprintf(`curl -s %s/v1/login -H 'Content-Type: application/json' -d '{"identifier":"%s","password":"%s"}'`,
		d.BaseURL, d.Email, d.Password)
}

// exportsOf returns the line of shell by which commands find the database of this server and make issuers that fit it. It is
// empty where the defaults do that, in the same folder.
func exportsOf(cfg *config.Config) (string, error) {
	defaults := map[string]string{}
	rows, err := config.Explain(config.Sources{Dev: true})
	if err != nil {
		return "", fmt.Errorf("look up the default settings: %w", err)
	}
	for _, row := range rows {
		defaults[row.Name] = row.Value
	}
	if cfg.DataDir == filepath.Clean(defaults["data_dir"]) && cfg.PublicURL.String() == defaults["public_url"] {
		return "", nil
	}
	dir, err := filepath.Abs(cfg.DataDir)
	if err != nil {
		return "", fmt.Errorf("find the data dir: %w", err)
	}
	return "export TENANTGATE_DATA_DIR=" + shellWord(dir) + " TENANTGATE_PUBLIC_URL=" + shellWord(cfg.PublicURL.String()), nil
}

var plainWord = regexp.MustCompile(`^[A-Za-z0-9_./:@%+,=-]+$`)

// shellWord writes a text as one word of a POSIX shell.
func shellWord(text string) string {
	if plainWord.MatchString(text) {
		return text
	}
	return "'" + strings.ReplaceAll(text, "'", `'\''`) + "'"
}
