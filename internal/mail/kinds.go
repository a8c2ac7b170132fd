package mail

import (
	"maps"
	"slices"
)

// Kind names one mail of the service.
type Kind string

// The mails that exist. To add one: a constant here, its row in catalogue, templates/<kind>.txt and .html, then
// `go test ./internal/mail -update` and a look at what it wrote. The package's tests name whatever is missing.
const (
	SignupCode           Kind = "signup_code"            // verify the address of a sign-up
	SignupTaken          Kind = "signup_taken"           // somebody signed up with the address of an existing user
	PasswordReset        Kind = "password_reset"         // choose a new password
	PasswordChanged      Kind = "password_changed"       // notice: changed by somebody who knew the old one
	PasswordResetDone    Kind = "password_reset_done"    // notice: changed through a reset
	SessionsRevokedReuse Kind = "sessions_revoked_reuse" // notice: a refresh token came twice, its session ended
	EmailCode            Kind = "email_code"             // sign in
	IdentifierCode       Kind = "identifier_code"        // verify a new address of an existing user
	IdentifierAdded      Kind = "identifier_added"       // notice to the primary address, which names no value
	IdentifierRemoved    Kind = "identifier_removed"     // notice to the primary address, which names no value
	IdentifierChanged    Kind = "identifier_changed"     // notice to the old address
	AccountClaimed       Kind = "account_claimed"        // notice: an address was proven late, what was attached is gone
	AccountDeleted       Kind = "account_deleted"        // notice
	NewDevice            Kind = "new_device"             // notice: signed in from a device not seen before
	SignInBlocked        Kind = "sign_in_blocked"        // notice: too many wrong tries, new devices wait
	FactorAdded          Kind = "factor_added"           // notice
	FactorRemoved        Kind = "factor_removed"         // notice
	RecoveryCodesMade    Kind = "recovery_codes_made"    // notice: the older ones are void
	RecoveryCodeUsed     Kind = "recovery_code_used"     // notice: how many are left
	PasskeyCloned        Kind = "passkey_cloned"         // notice: refused, its counter went back
	FactorsReset         Kind = "factors_reset"          // notice: an admin removed every second factor
)

// The words for a factor, as Data.Factor takes them. Each needs its row in the "factor" of both layouts.
const (
	AuthenticatorApp string = "authenticator app"
	Passkey          string = "passkey"
	RecoveryCodes    string = "recovery codes"
)

var factors = []string{AuthenticatorApp, Passkey, RecoveryCodes}

// content says what a mail carries beside its words.
type content struct {
	code   bool // a code and how long it lasts, always
	halves bool // the code may be the second of two words
	link   bool // a link that does the same, where the caller has one
	factor bool // the word for a factor, always
	left   bool // how many recovery codes are left, always
}

var catalogue = map[Kind]content{
	SignupCode:           {code: true, link: true},
	SignupTaken:          {},
	PasswordReset:        {code: true, halves: true, link: true},
	PasswordChanged:      {},
	PasswordResetDone:    {},
	SessionsRevokedReuse: {},
	EmailCode:            {code: true, link: true},
	IdentifierCode:       {code: true, link: true},
	IdentifierAdded:      {},
	IdentifierRemoved:    {},
	IdentifierChanged:    {},
	AccountClaimed:       {},
	AccountDeleted:       {},
	NewDevice:            {},
	SignInBlocked:        {},
	FactorAdded:          {factor: true},
	FactorRemoved:        {factor: true},
	RecoveryCodesMade:    {},
	RecoveryCodeUsed:     {left: true},
	PasskeyCloned:        {},
	FactorsReset:         {},
}

// Kinds returns every kind, sorted.
func Kinds() []Kind { return slices.Sorted(maps.Keys(catalogue)) }
