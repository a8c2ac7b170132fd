package telemetry

import (
	"strings"
	"unicode"
)

var (
	// Anywhere in a name, these say that it holds a secret or personal data.
	secretParts = []string{
		"password", "passwd", "passphrase", "secret", "token", "cookie", "authorization", "credential", "email",
		"identifier", "username", "apikey", "otpauth", "recipient",
	}
	// These say so only as a word of their own.
	secretWords = words("pwd pin otp totp code key jwt bearer mail phone seed dsn csrf nonce verifier assertion " +
		"signature captcha query variable body header")
	// A name that ends so describes a secret without holding it: key_id, code_length, token_kind.
	describing = words("id kind type count len length size ttl age at outcome status state version alg algorithm " +
		"ok present verified digit try tries lifetime limit")
	// A code after one of these is no code that signs anybody in: status_code, error_code.
	harmlessCode = words("status error fault exit problem country http reason")
)

// secretKeys remembers which names are secret. Names come from code, so there are few.
var secretKeys = newMemo(maxSeries, func(key string) string { return key }, isSecret)

// isSecret reports whether a value of that name must not be logged. In doubt it must not.
func isSecret(key string) bool {
	parts := split(key)
	if len(parts) == 0 {
		return false
	}
	last := parts[len(parts)-1]
	if len(parts) > 1 && (describing[last] || last == "code" && harmlessCode[parts[len(parts)-2]]) {
		return false
	}
	for _, w := range parts {
		if secretWords[w] {
			return true
		}
	}
	joined := strings.Join(parts, "")
	for _, p := range secretParts {
		if strings.Contains(joined, p) {
			return true
		}
	}
	return false
}

// split cuts a name into lower-case singular words: apiKey, X-Api-Keys and api_key all give api, key.
func split(key string) []string {
	runes := []rune(key)
	var b strings.Builder
	for i, r := range runes {
		switch {
		case !unicode.IsLetter(r) && !unicode.IsDigit(r):
			b.WriteByte(' ')
			continue
		case unicode.IsUpper(r) && i > 0 && (!unicode.IsUpper(runes[i-1]) ||
			i+1 < len(runes) && unicode.IsLower(runes[i+1])):
			b.WriteByte(' ')
		}
		b.WriteRune(unicode.ToLower(r))
	}
	parts := strings.Fields(b.String())
	for i, p := range parts {
		if !strings.HasSuffix(p, "ss") && !describing[p] {
			parts[i] = strings.TrimSuffix(p, "s")
		}
	}
	return parts
}

func words(list string) map[string]bool {
	set := map[string]bool{}
	for _, w := range strings.Fields(list) {
		set[w] = true
	}
	return set
}
