// Package totp owns the time-based one-time passwords of authenticator apps (RFC 6238): their secrets, how a secret
// reaches an app, and which codes are right at a moment.
//
// It stores nothing and reads no clock. Whoever keeps the secret also keeps the last step that was used, and counts
// wrong answers.
package totp

import (
	"crypto/rand"
	"crypto/subtle"
	"encoding/base32"
	"time"

	"github.com/pquerna/otp"
	"github.com/pquerna/otp/hotp"
)

// What every authenticator app does, with SHA-1. Many ignore other values in a URI and show wrong codes.
const (
	Digits = 6
	Period = 30 * time.Second
)

// secretLen is the size of a secret, in bytes: that of the hash, as RFC 4226, section 4, recommends.
const secretLen = 20

// skew is how many steps a phone's clock may be off, either way (RFC 6238, section 5.2).
const skew = 1

var secretText = base32.StdEncoding.WithPadding(base32.NoPadding)

// NewSecret returns 160 random bits.
func NewSecret() []byte {
	secret := make([]byte, secretLen)
	rand.Read(secret)
	return secret
}

// Text returns a secret as people type it into an app: base32 in upper case, without padding.
func Text(secret []byte) string { return secretText.EncodeToString(secret) }

// Step returns the number of the step that t lies in, counted from the beginning of 1970.
func Step(t time.Time) int64 {
	const seconds = int64(Period / time.Second)
	unix := t.Unix()
	step := unix / seconds
	if unix%seconds < 0 {
		step-- // division rounds towards zero, and steps before 1970 begin at their lower end too
	}
	return step
}

// Match reports whether code is right at now, and for which step: the one of now, the one before or the one after.
// last is the last step that was ever used, 0 if none was; it and the steps before it never match again. The caller
// stores step as the new last in one conditional update, so that of two racing answers one passes.
//
// A code is six ASCII digits. Anything else never matches, and nothing matches an empty secret, whose codes all
// can compute.
func Match(secret []byte, code string, now time.Time, last int64) (step int64, ok bool) {
	if len(secret) == 0 || !wellFormed(code) {
		return 0, false
	}
	current := Step(now)
	for s := current - skew; s <= current+skew; s++ {
		same := subtle.ConstantTimeCompare([]byte(generate(secret, s, Digits)), []byte(code)) == 1
		// The latest step wins. Two steps may share a code, which would serve twice if the earlier one were used up.
		if same && s > last {
			step, ok = s, true
		}
	}
	return step, ok
}

func wellFormed(code string) bool {
	if len(code) != Digits {
		return false
	}
	for _, c := range []byte(code) {
		if c < '0' || c > '9' {
			return false
		}
	}
	return true
}

// generate returns the code of a step in so many digits.
func generate(secret []byte, step int64, digits int) string {
	code, err := hotp.GenerateCodeCustom(Text(secret), uint64(step), hotp.ValidateOpts{
		Digits:    otp.Digits(digits),
		Algorithm: otp.AlgorithmSHA1,
	})
	if err != nil {
		return "" // equal to no code
	}
	return code
}
