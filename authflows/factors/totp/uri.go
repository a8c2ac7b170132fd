package totp

import (
	"net/url"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// Limits on the names in a URI, in bytes. With them the URI fits a QR code even if each byte becomes an escape
// of three, and every mail address passes whole.
const (
	maxIssuer  = 128
	maxAccount = 256
)

// URI returns the otpauth URI that gives an app the secret and the names to show beside its codes. The names may
// be any text: a dash stands for a colon, which would end the issuer early, and a blank for a control character;
// what is no UTF-8 is replaced, outer blanks are dropped, and an issuer beyond 128 bytes or an account beyond 256
// is cut. An empty issuer is left out. QR can draw every URI of a secret of up to 256 bytes.
func URI(issuer, account string, secret []byte) string {
	issuer, account = escape(name(issuer, maxIssuer)), escape(name(account, maxAccount))
	var b strings.Builder
	b.WriteString("otpauth://totp/")
	if issuer != "" {
		b.WriteString(issuer + ":")
	}
	b.WriteString(account + "?secret=" + Text(secret))
	if issuer != "" {
		b.WriteString("&issuer=" + issuer) // apps refuse or warn where it differs from the label's
	}
	b.WriteString("&algorithm=SHA1&digits=" + strconv.Itoa(Digits))
	b.WriteString("&period=" + strconv.Itoa(int(Period/time.Second)))
	return b.String()
}

// name returns text as a part of a label, in at most limit bytes.
func name(text string, limit int) string {
	text = strings.Map(func(r rune) rune {
		switch {
		case r == ':':
			return '-'
		case unicode.IsControl(r):
			return ' '
		}
		return r // utf8.RuneError for what is no UTF-8: some parsers give up on an escape of such bytes
	}, text)
	text = strings.TrimSpace(text)
	if len(text) > limit {
		for !utf8.RuneStart(text[limit]) {
			limit--
		}
		text = strings.TrimSpace(text[:limit])
	}
	return text
}

// escape encodes all but unreserved characters, for a label and a query alike. Apps show a plus sign as it is, so a
// blank must not become one.
func escape(text string) string { return strings.ReplaceAll(url.QueryEscape(text), "+", "%20") }
