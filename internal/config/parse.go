package config

import (
	"log/slog"
	"net/mail"
	"path/filepath"
	"strconv"
	"strings"
	"unicode"

	"github.com/tenantgate/tenantgate/internal/ephemeral"
)

// Names for the sources of values that nobody gave.
const (
	fromDefault    = "default"
	fromDevDefault = "development default"
)

// parse makes a Config of what was found, and notes what is wrong. With problems the result is incomplete.
func (r *reading) parse() *Config {
	for _, name := range []string{
		"listen", "admin_listen", "metrics_listen", "data_dir", "log_level", "log_format",
		"migrate", "allow_private_targets", "failure_limit", "admin_limit", "turnstile_url",
	} {
		r.derive(name, defaultOf(name), fromDefault)
	}
	cfg := &Config{Dev: r.src.Dev}
	cfg.DataDir = parsed(r, "data_dir", parseDataDir)
	cfg.Database = r.database(cfg.DataDir)
	cfg.RedisURL = parsed(r, "redis_url", parseRedis)
	cfg.MasterKeys = r.masterKeys(cfg.DataDir)
	public := r.listeners(cfg)
	cfg.PublicURL = r.publicURL(public)
	cfg.TrustedProxies = r.trustedProxies()
	cfg.FailureLimit = parsed(r, "failure_limit", parseLimit)
	cfg.AdminLimit = parsed(r, "admin_limit", parseBudget)
	cfg.SMTPURL = parsed(r, "smtp_url", parseSMTP)
	cfg.MailFrom = r.mailFrom()
	cfg.TurnstileURL = parsed(r, "turnstile_url", parseTurnstile)
	cfg.LogLevel = parsed(r, "log_level", parseLevel)
	cfg.LogFormat = parsed(r, "log_format", parseFormat)
	cfg.Migrate = parsed(r, "migrate", parseBool)
	cfg.AllowPrivateTargets = parsed(r, "allow_private_targets", parseBool)
	return cfg
}

// parsed applies a parser to a setting and notes what it finds wrong. What is not set stays zero.
func parsed[T any](r *reading, name string, parse func(string) (T, *wrong)) T {
	var zero T
	f := r.found[name]
	if !f.set {
		return zero
	}
	value, bad := parse(f.text)
	if bad != nil {
		r.note(name, f.source, bad.what, bad.fix)
		return zero
	}
	return value
}

// derive gives a setting a text where no source gave one.
func (r *reading) derive(name, text, source string) {
	if _, given := r.found[name]; !given {
		r.found[name] = found{text, source, text != ""}
	}
}

// source is where a setting came from; what nobody gave is at its default.
func (r *reading) source(name string) string {
	if f, given := r.found[name]; given {
		return f.source
	}
	return fromDefault
}

// missing reports whether no source gave a setting. One that was given but could not be read is not missing.
func (r *reading) missing(name string) bool {
	_, given := r.found[name]
	return !given
}

func defaultOf(name string) string {
	for _, s := range Settings {
		if s.Name == name {
			return s.Default
		}
	}
	return ""
}

// mailFrom reads the sender. The mailbox of dev needs one too, but a real mail server never gets its default.
func (r *reading) mailFrom() *mail.Address {
	if r.src.Dev && r.missing("smtp_url") {
		r.derive("mail_from", "Tenantgate <no-reply@localhost>", fromDevDefault)
	}
	if r.missing("mail_from") && !r.missing("smtp_url") {
		r.note("mail_from", r.source("mail_from"), "is not set, but smtp_url is",
			"set the sender, such as Example <no-reply@example.com>")
	}
	return parsed(r, "mail_from", parseMailFrom)
}

func parseMailFrom(text string) (*mail.Address, *wrong) {
	from, err := mail.ParseAddress(text)
	if err != nil || control(text) {
		return nil, &wrong{"is no mail address", "write no-reply@example.com or Example <no-reply@example.com>"}
	}
	return from, nil
}

func parseDataDir(text string) (string, *wrong) {
	if control(text) {
		return "", &wrong{"holds a control character", "name a folder"}
	}
	return filepath.Clean(text), nil
}

func parseLevel(text string) (slog.Level, *wrong) {
	for _, level := range []slog.Level{slog.LevelDebug, slog.LevelInfo, slog.LevelWarn, slog.LevelError} {
		if strings.EqualFold(text, level.String()) {
			return level, nil
		}
	}
	return 0, &wrong{quote(text) + " is no level", "use debug, info, warn or error"}
}

func parseFormat(text string) (LogFormat, *wrong) {
	switch format := LogFormat(strings.ToLower(text)); format {
	case LogAuto, LogJSON, LogText:
		return format, nil
	}
	return "", &wrong{quote(text) + " is no format", "use json, text or auto"}
}

func parseBool(text string) (bool, *wrong) {
	value, err := strconv.ParseBool(text)
	if err != nil {
		return false, &wrong{quote(text) + " is neither true nor false", "use true or false"}
	}
	return value, nil
}

func parseLimit(text string) (ephemeral.Limit, *wrong) {
	limit, err := ephemeral.ParseLimit(text)
	if err != nil {
		return limit, &wrong{quote(text) + " is no limit", "write events/period such as 6000/1m, or 0 for none"}
	}
	return limit, nil
}

// parseBudget reads a limit that cannot be switched off.
func parseBudget(text string) (ephemeral.Limit, *wrong) {
	limit, err := ephemeral.ParseLimit(text)
	if err != nil || limit.Events == 0 {
		return limit, &wrong{quote(text) + " is no limit", "write points/period such as 20000/1m"}
	}
	return limit, nil
}

// quote repeats a value that is no secret, on one line and not at any length.
func quote(text string) string {
	if len(text) > 60 {
		text = text[:60] + "…"
	}
	return strconv.QuoteToASCII(text)
}

func control(text string) bool { return strings.ContainsFunc(text, unicode.IsControl) }
