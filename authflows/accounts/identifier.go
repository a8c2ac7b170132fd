package accounts

import (
	"net/mail"
	"strings"
	"unicode"

	"golang.org/x/net/idna"
	"golang.org/x/text/unicode/norm"

	"github.com/tenantgate/tenantgate/ent/identifier"
)

// Identifier is what a user is found by. Value is as typed, Normal the one form used for look-up, uniqueness, limits and
// audit.
type Identifier struct {
	Kind          identifier.Kind
	Value, Normal string
}

const (
	maxEmail    = 254 // RFC 5321, 4.5.3.1.3, less the angle brackets
	maxLocal    = 64
	maxUsername = 64
	maxPhone    = 32 // with blanks, dashes, dots and brackets
)

// Email reads an address. Case of the whole address does not count, nor does the spelling of the domain in Unicode or in
// punycode; anything else does, so look-alike letters and plus-addresses are other addresses.
func Email(text string) (Identifier, bool) {
	value := strings.TrimSpace(text)
	if len(value) > maxEmail || !printable(value) || strings.ContainsAny(value, " \"(),:;<>[\\]") {
		return Identifier{}, false
	}
	at := strings.LastIndexByte(value, '@')
	if at <= 0 || at > maxLocal || strings.ContainsRune(value[:at], '@') {
		return Identifier{}, false
	}
	domain, err := idna.Lookup.ToASCII(norm.NFC.String(value[at+1:]))
	if err != nil || !strings.Contains(domain, ".") || len(domain) > 253 {
		return Identifier{}, false
	}
	normal := Lower(norm.NFC.String(value[:at])) + "@" + strings.ToLower(domain)
	if _, err := mail.ParseAddress(normal); err != nil {
		return Identifier{}, false
	}
	return Identifier{identifier.KindEmail, value, normal}, true
}

// Username reads a username: letters of any script, digits and . _ - inside, the same in any case.
func Username(text string) (Identifier, bool) {
	value := norm.NFC.String(strings.TrimSpace(text))
	runes := []rune(value)
	if len(runes) == 0 || len(runes) > maxUsername {
		return Identifier{}, false
	}
	for i, r := range runes {
		inside := i > 0 && i < len(runes)-1
		if !unicode.IsLetter(r) && !unicode.IsDigit(r) && !unicode.Is(unicode.Mn, r) && !(inside && strings.ContainsRune("._-", r)) {
			return Identifier{}, false
		}
	}
	return Identifier{identifier.KindUsername, value, Lower(norm.NFKC.String(value))}, true
}

// Phone reads a number in the international form, + and 7 to 15 digits; blanks, dashes, dots and brackets are dropped.
func Phone(text string) (Identifier, bool) {
	value := strings.TrimSpace(text)
	normal := strings.NewReplacer(" ", "", "-", "", ".", "", "(", "", ")", "").Replace(value)
	digits, ok := strings.CutPrefix(normal, "+")
	if !ok || len(value) > maxPhone || len(digits) < 7 || len(digits) > 15 || digits[0] == '0' || strings.Trim(digits, "0123456789") != "" {
		return Identifier{}, false
	}
	return Identifier{identifier.KindPhone, value, normal}, true
}

// Any reads an identifier of whatever kind its form tells: an address, a phone number, else a username.
func Any(text string) (Identifier, bool) {
	trimmed := strings.TrimSpace(text)
	switch {
	case strings.Contains(trimmed, "@"):
		return Email(trimmed)
	case strings.HasPrefix(trimmed, "+"):
		return Phone(trimmed)
	default:
		return Username(trimmed)
	}
}

// Lower maps to lower case and keeps a dotted capital I, which would become a plain i, another letter than that.
func Lower(s string) string {
	return strings.ToLower(strings.ReplaceAll(s, "\u0130", "i\u0307"))
}

func printable(s string) bool {
	for _, r := range s {
		if r == unicode.ReplacementChar || !unicode.IsPrint(r) {
			return false
		}
	}
	return true
}
