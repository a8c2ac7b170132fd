package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/tenantgate/tenantgate/internal/clock"
	"github.com/tenantgate/tenantgate/internal/config"
	"github.com/tenantgate/tenantgate/internal/ephemeral/redis"
	"github.com/tenantgate/tenantgate/internal/mail/smtp"
	"github.com/tenantgate/tenantgate/tenants"
)

type doctorCommand struct{}

// finding is the outcome of one check.
type finding struct {
	Check  string `json:"check"`
	OK     bool   `json:"ok"`
	Detail string `json:"detail"`
	Fix    string `json:"fix,omitempty"`
	// Warning marks what is all right here and will not be elsewhere. It fails nothing.
	Warning bool `json:"warning,omitempty"`
}

const (
	// checkLimit bounds each check, so that what does not answer is said soon.
	checkLimit = 10 * time.Second
	// mostSkew is how far the database's clock may be from ours. Tokens allow for a minute.
	mostSkew = 5 * time.Second
)

// Run checks everything, prints what it found, and fails where something is to be mended.
func (*doctorCommand) Run(sh *shell) error {
	found := sh.examine()
	failed := 0
	for _, f := range found {
		if !f.OK {
			failed++
		}
	}
	err := sh.print(map[string]any{"ok": failed == 0, "checks": found}, func(w io.Writer) {
		var rows [][]string
		for _, f := range found {
			rows = append(rows, []string{f.status(), f.Check, f.Detail})
			if f.Fix != "" {
				rows = append(rows, []string{"", "fix:", f.Fix})
			}
		}
		sh.table(w, "", rows)
	})
	if err == nil && failed > 0 {
		return errReported
	}
	return err
}

func (f finding) status() string {
	switch {
	case !f.OK:
		return "fail"
	case f.Warning:
		return "warn"
	}
	return "ok"
}

// examine makes the checks in the order in which they build on each other.
func (s *shell) examine() []finding {
	cfg, err := s.load()
	if err != nil {
		return findings("configuration", err)
	}
	out := []finding{{Check: "configuration", OK: true, Detail: fmt.Sprintf("%d settings, nothing wrong", len(config.Settings))}}
	if source, found := cfg.DevKey(); found {
		detail := "development key from " + source + ": `tenantgate serve` will refuse it"
		out = append(out, finding{Check: "master keys", OK: true, Detail: detail, Fix: config.DevKeyFix, Warning: true})
	}
	check := func(name string, do func(context.Context) (string, error)) bool {
		ctx, cancel := context.WithTimeout(s.ctx, checkLimit)
		defer cancel()
		detail, err := do(ctx)
		if err != nil {
			out = append(out, findings(name, err)...)
			return false
		}
		out = append(out, finding{Check: name, OK: true, Detail: detail})
		return true
	}
	if a, err := connect(cfg, nil); err != nil {
		out = append(out, findings("database", err)...)
	} else {
		defer func() { _ = a.db.Close() }()
		if check("migrations", a.checkSchema) {
			check("database", a.checkDatabase)
			check("clock", a.checkClock)
			if check("keys", a.checkKeys) {
				out = append(out, s.checkReserved(a)...)
			}
		}
	}
	check("redis", func(ctx context.Context) (string, error) { return checkRedis(ctx, cfg) })
	check("smtp", func(ctx context.Context) (string, error) { return checkSMTP(ctx, cfg) })
	return out
}

// findings words a failed check, one for each thing to mend.
func findings(check string, err error) []finding {
	var out []finding
	for _, p := range explain(err) {
		out = append(out, finding{Check: check, Detail: p.what, Fix: p.fix})
	}
	return out
}

// checkSchema comes first: it makes no SQLite file, and without a schema nothing else can be asked.
func (a *app) checkSchema(ctx context.Context) (string, error) {
	status, err := a.db.MigrationStatus(ctx)
	if err != nil {
		return "", err
	}
	return describeSchema(status), schemaFits(status)
}

func (a *app) checkDatabase(ctx context.Context) (string, error) {
	return a.cfg.Database.Scheme + " answers", a.db.Ping(ctx)
}

func (a *app) checkClock(ctx context.Context) (string, error) {
	before := clock.Now()
	millis, err := a.db.NowMillis(ctx)
	if err != nil {
		return "", err
	}
	after := clock.Now()
	skew := time.UnixMilli(millis).Sub(before.Add(after.Sub(before) / 2)).Abs().Round(time.Millisecond)
	if skew > mostSkew {
		return "", &problem{
			what: fmt.Sprintf("the database's clock and ours are %s apart", skew),
			fix:  "synchronise the clocks of both machines, such as with NTP",
		}
	}
	return fmt.Sprintf("within %s of the database's", max(skew, time.Millisecond)), nil
}

func (a *app) checkKeys(ctx context.Context) (string, error) {
	if err := a.keysFit(a.tenants.CheckMasterKeys(ctx)); err != nil {
		return "", err
	}
	return fmt.Sprintf("the master keys fit (%d set, %s wraps)", len(a.cfg.MasterKeys), a.cfg.MasterKeys[0].ID), nil
}

func checkRedis(ctx context.Context, cfg *config.Config) (_ string, err error) {
	if !cfg.RedisURL.IsSet() {
		return "not set: limits count in this process, which is right for a single node", nil
	}
	r, err := redis.Open(ctx, cfg.RedisURL.Reveal())
	if err != nil {
		return "", err
	}
	defer func() { err = errors.Join(err, r.Close()) }()
	if err := r.Ping(ctx); err != nil {
		return "", &problem{
			what:  "Redis does not answer: " + err.Error(),
			fix:   "check that it runs and that redis_url is right; until then every node counts limits by itself",
			cause: err,
		}
	}
	return "answers", nil
}

func checkSMTP(ctx context.Context, cfg *config.Config) (string, error) {
	if !cfg.SMTPURL.IsSet() {
		return "not set: flows that mail answer 503 mail_unavailable, unless a tenant has its own", nil
	}
	sender, err := smtp.Open(cfg.SMTPURL.Reveal())
	if err != nil {
		return "", err
	}
	if err := sender.Check(ctx); err != nil {
		return "", &problem{
			what:  err.Error(),
			fix:   "check that the mail server runs and that smtp_url is right, with its user and password",
			cause: err,
		}
	}
	return sender.String() + " takes mail", nil
}

// checkReserved warns of what a new reserved tenant would have set and this one has not.
func (s *shell) checkReserved(a *app) []finding {
	ctx, cancel := context.WithTimeout(s.ctx, checkLimit)
	defer cancel()
	lacks, err := a.tenants.ReservedLacks(ctx)
	switch {
	case err != nil:
		return findings("admins", err)
	case len(lacks) == 0:
		return []finding{{Check: "admins", OK: true, Detail: "sign-up is closed, a second factor is required, sessions are cookies"}}
	}
	return []finding{{
		Check: "admins", OK: true, Warning: true,
		Detail: "the tenant " + tenants.Reserved + " lacks " + strings.Join(lacks, ", "),
		Fix:    "run `tenantgate tenant set " + tenants.Reserved + " " + strings.Join(lacks, " ") + "`, unless that is meant",
	}}
}
