package config

import (
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/url"
	"strings"
)

// hidden stands for a secret, masked for a part of a URL.
const (
	hidden = "set, hidden"
	notSet = "not set"
	masked = "xxxxx"
)

// SecretURL is a URL that may hold a password. Every way to print, log or encode it shows it masked.
type SecretURL struct {
	// A pointer, since fmt prints the fields of unexported values without asking their methods.
	text *string
}

// NewSecretURL hides a text. The empty text is the same as none.
func NewSecretURL(text string) SecretURL {
	if text == "" {
		return SecretURL{}
	}
	return SecretURL{&text}
}

// IsSet reports whether there is a URL.
func (s SecretURL) IsSet() bool { return s.text != nil }

// Reveal returns the URL with its secrets, empty where none is set.
func (s SecretURL) Reveal() string {
	if s.text == nil {
		return ""
	}
	return *s.text
}

// String returns the URL without its secrets.
func (s SecretURL) String() string { return maskURL(s.Reveal()) }

// Format prints the URL without its secrets, whatever the verb.
func (s SecretURL) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, s.String()) }

// LogValue logs the URL without its secrets.
func (s SecretURL) LogValue() slog.Value { return slog.StringValue(s.String()) }

// MarshalText encodes the URL without its secrets.
func (s SecretURL) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// MasterKey wraps the data keys of tenants. Printed, logged and encoded it is its id only.
type MasterKey struct {
	ID  string
	Key [32]byte
}

// String returns the id and that there is more.
func (k MasterKey) String() string { return k.ID + " (hidden)" }

// Format prints what String returns, whatever the verb.
func (k MasterKey) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, k.String()) }

// LogValue logs what String returns.
func (k MasterKey) LogValue() slog.Value { return slog.StringValue(k.String()) }

// MarshalJSON encodes the id only.
func (k MasterKey) MarshalJSON() ([]byte, error) {
	return json.Marshal(struct {
		ID string `json:"id"`
	}{k.ID})
}

// shownParameters are the URL parameters that hold no secret and help to understand a connection.
var shownParameters = map[string]bool{
	"sslmode": true, "default_query_exec_mode": true, "connect_timeout": true, "application_name": true,
	"pool_max_conns": true, "db": true, "protocol": true, "starttls": true,
}

// maskURL returns a URL without its secrets: the password, the user's name too except for Postgres (mail services
// and Redis take tokens as names), and the values of parameters that are not known to be harmless. What cannot
// be taken apart for certain is hidden altogether.
func maskURL(text string) string {
	if text == "" {
		return notSet
	}
	scheme, rest, ok := strings.Cut(text, "://")
	if !ok || strayAt(rest) {
		return hidden
	}
	if scheme == SQLite && !strings.ContainsAny(rest, "@?#") {
		return text
	}
	u, err := url.Parse(text)
	if err != nil {
		return hidden
	}
	if u.User != nil {
		_, secret := u.User.Password()
		switch {
		case !isPostgres(u.Scheme):
			u.User = url.User(masked)
		case secret:
			u.User = url.UserPassword(u.User.Username(), masked)
		}
	}
	query := u.Query()
	for name := range query {
		if !shownParameters[name] {
			query.Set(name, masked)
		}
	}
	u.RawQuery, u.Fragment, u.RawFragment = query.Encode(), "", ""
	return u.String()
}

// strayAt reports whether an @ follows the host of a URL, given without its scheme. Then a / ? or # in the password
// has most likely cut it in two, and its second half poses as a path.
func strayAt(rest string) bool {
	end := strings.IndexAny(rest, "/?#")
	return end >= 0 && strings.Contains(rest[end:], "@")
}
