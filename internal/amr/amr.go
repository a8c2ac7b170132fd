// Package amr names the ways to prove who one is, as factors of the API, as authentication method references
// (RFC 8176) and as authenticator assurance levels (NIST SP 800-63B-4).
package amr

import "slices"

// Method is a kind of proof. Its text is what the API calls a factor.
type Method string

// The methods. Later ones join here and nowhere else.
const (
	Password     Method = "password"
	EmailCode    Method = "email_code"
	TOTP         Method = "totp"
	Passkey      Method = "passkey"
	RecoveryCode Method = "recovery_code"

	// PasskeyTouch is a passkey whose authenticator did not verify its user: it shows possession only. As a factor of the
	// API it is a passkey like any other.
	PasskeyTouch Method = "passkey_touch"
)

// Texts returns methods as they are stored.
func Texts(methods []Method) []string {
	out := make([]string, 0, len(methods))
	for _, m := range methods {
		out = append(out, string(m))
	}
	return out
}

// Level is an authenticator assurance level, in the form of the acr claim.
type Level string

// The levels that sessions reach.
const (
	AAL1 Level = "aal1"
	AAL2 Level = "aal2"
)

// kind is what a method shows of its bearer.
type kind int

const (
	knows kind = iota + 1 // something the user knows
	has                   // something the user has
	both                  // a device unlocked by its user
	reads                 // a mailbox: never a second factor (800-63B-4, 3.1.3.1)
)

var kinds = map[Method]kind{
	Password:     knows,
	EmailCode:    reads,
	TOTP:         has,
	Passkey:      both,
	RecoveryCode: has,
	PasskeyTouch: has,
}

// LevelOf returns the level that a set of proofs reaches: aal2 for two different kinds, or for one that is both.
func LevelOf(proofs []Method) Level {
	var known, had bool
	for _, m := range proofs {
		k := kinds[m]
		known = known || k == knows || k == both
		had = had || k == has || k == both
	}
	if known && had {
		return AAL2
	}
	return AAL1
}

// Adds reports whether a method shows something that the proofs so far do not. A mailbox never does: it is no second
// factor.
func Adds(proofs []Method, m Method) bool {
	var known, had bool
	for _, p := range proofs {
		known = known || kinds[p] == knows || kinds[p] == both
		had = had || kinds[p] == has || kinds[p] == both
	}
	switch kinds[m] {
	case knows:
		return !known
	case has:
		return !had
	case both:
		return !known || !had
	default:
		return false
	}
}

// references are the RFC 8176 values by method. Of a passkey we know neither where its key lives (hwk, swk) nor how its user
// was verified (pin, fpt): what is certain is the proof of possession and the user's presence.
var references = map[Method][]string{
	Password:     {"pwd"},
	EmailCode:    {"otp"},
	TOTP:         {"otp"},
	Passkey:      {"pop", "user"},
	PasskeyTouch: {"pop", "user"},
	RecoveryCode: {"otp"},
}

// References returns the amr claim of a set of proofs, sorted, with "mfa" where they reach aal2.
func References(proofs []Method) []string {
	var out []string
	for _, m := range proofs {
		out = append(out, references[m]...)
	}
	if LevelOf(proofs) == AAL2 {
		out = append(out, "mfa")
	}
	slices.Sort(out)
	return slices.Compact(out)
}
