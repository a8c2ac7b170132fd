package config

import (
	"net/url"
	"strconv"
	"strings"

	"github.com/tenantgate/tenantgate/internal/turnstile"
)

func (r *reading) database(dataDir string) Database {
	if r.missing("database_url") {
		db := defaultDatabase(dataDir)
		r.derive("database_url", db.URL.Reveal(), fromDefault)
		return db
	}
	return parsed(r, "database_url", parseDatabase)
}

func parseDatabase(text string) (Database, *wrong) {
	if path, ok := strings.CutPrefix(text, SQLite+"://"); ok {
		switch {
		case path == "":
			return Database{}, &wrong{"has no path", "write sqlite:///absolute/path.db or sqlite://relative/path.db"}
		case path == ":memory:":
			return Database{}, &wrong{"is in memory, where nothing outlives the process", "name a file"}
		case strings.ContainsAny(path, "?#") || control(path):
			return Database{}, &wrong{"has more than a path", "leave out ?, # and what follows; there are no options"}
		}
		return Database{SQLite, path, NewSecretURL(text)}, nil
	}
	const form = "write postgres://user:password@host:5432/NAME"
	u, bad := parseURL(text, "use sqlite://PATH or postgres://user:password@host:5432/NAME",
		Postgres, "postgresql")
	if bad != nil {
		return Database{}, bad
	}
	query := u.Query()
	if strings.Trim(u.Path, "/") == "" && query.Get("dbname") == "" {
		return Database{}, &wrong{"names no database", form}
	}
	if u.Host == "" && query.Get("host") == "" {
		return Database{}, &wrong{"has no host", form}
	}
	return Database{Scheme: Postgres, URL: NewSecretURL(text)}, nil
}

func isPostgres(scheme string) bool { return scheme == Postgres || scheme == "postgresql" }

func parseRedis(text string) (SecretURL, *wrong) {
	const form = "write redis://user:password@host:6379/0, or rediss:// for TLS"
	u, bad := parseURL(text, form, "redis", "rediss")
	if bad != nil {
		return SecretURL{}, bad
	}
	if u.Hostname() == "" {
		return SecretURL{}, &wrong{"has no host", form}
	}
	if db := strings.Trim(u.Path, "/"); db != "" {
		if n, err := strconv.Atoi(db); err != nil || n < 0 {
			return SecretURL{}, &wrong{"has a path that is no database number", form}
		}
	}
	return NewSecretURL(text), nil
}

// parseSMTP refuses whatever the sender would, so that it is reported with the other problems.
func parseSMTP(text string) (SecretURL, *wrong) {
	const form = "write smtp://user:password@host:587?starttls=required or smtps://user:password@host:465"
	u, bad := parseURL(text, form, "smtp", "smtps")
	if bad != nil {
		return SecretURL{}, bad
	}
	password, _ := u.User.Password()
	query, err := url.ParseQuery(u.RawQuery)
	mode, modes := query.Get("starttls"), len(query["starttls"])
	switch {
	case u.Hostname() == "":
		bad = &wrong{"has no host", form}
	case u.Path != "" && u.Path != "/":
		bad = &wrong{"has a path", form}
	case (u.User.Username() == "") != (password == ""):
		bad = &wrong{"has a user or a password without the other", "give both, or neither"}
	case err != nil || modes > 1 || len(query) > modes:
		bad = &wrong{"has parameters other than one starttls", form}
	case modes == 1 && u.Scheme == "smtps":
		bad = &wrong{"has starttls, yet smtps:// encrypts from the first byte", "leave out starttls"}
	case modes == 1 && mode != "required" && mode != "optional" && mode != "off":
		bad = &wrong{"has an unknown starttls", "use required, optional or off"}
	case mode == "off" && password != "" && !LoopbackHost(u.Hostname()):
		bad = &wrong{"would send its password in the clear", "use starttls=required"}
	}
	if bad != nil {
		return SecretURL{}, bad
	}
	return NewSecretURL(text), nil
}

func parseTurnstile(text string) (*url.URL, *wrong) {
	const form = "write it like " + turnstile.DefaultURL
	u, bad := parseURL(text, form, "https", "http")
	switch {
	case bad != nil:
	case u.Hostname() == "":
		bad = &wrong{"has no host", form}
	case u.User != nil:
		bad = &wrong{"holds a user name or password", "leave out what stands before the @"}
	case strings.Contains(text, "?"):
		bad = &wrong{"has a query", "leave out ? and what follows"}
	case u.Scheme == "http" && !LoopbackHost(u.Hostname()):
		bad = &wrong{"is http, so tenants' secrets would travel in the clear", "use https"}
	}
	if bad != nil {
		return nil, bad
	}
	return u, nil
}

// parseURL takes a URL with a password apart. Nothing of the text, not even its scheme, is repeated in what is wrong,
// since it may be another secret set in the wrong place.
func parseURL(text, form string, schemes ...string) (*url.URL, *wrong) {
	const encode = "write / ? # @ and % in a password as %2F %3F %23 %40 %25"
	scheme, rest, ok := strings.Cut(text, "://")
	known := false
	for _, s := range schemes {
		known = known || ok && strings.EqualFold(scheme, s)
	}
	if !known {
		return nil, &wrong{"has a scheme that is not supported", form}
	}
	if strayAt(rest) {
		return nil, &wrong{"has an @ behind its host", encode}
	}
	u, err := url.Parse(text)
	if err != nil {
		return nil, &wrong{"is no URL", encode}
	}
	if strings.Contains(text, "#") {
		return nil, &wrong{"has a fragment", encode}
	}
	if n, err := strconv.Atoi(u.Port()); u.Port() != "" && (err != nil || n < 1 || n > 65535) {
		return nil, &wrong{"has a port that is no number from 1 to 65535", form}
	}
	return u, nil
}
