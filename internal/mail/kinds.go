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
	IdentifierChanged    Kind = "identifier_changed"     // notice to the old address
	AccountDeleted       Kind = "account_deleted"        // notice
)

// content says what a mail carries beside its words.
type content struct {
	code bool // a code and how long it lasts, always
	link bool // a link that does the same, where the caller has one
}

var catalogue = map[Kind]content{
	SignupCode:           {code: true},
	SignupTaken:          {},
	PasswordReset:        {code: true, link: true},
	PasswordChanged:      {},
	PasswordResetDone:    {},
	SessionsRevokedReuse: {},
	EmailCode:            {code: true, link: true},
	IdentifierCode:       {code: true},
	IdentifierChanged:    {},
	AccountDeleted:       {},
}

// Kinds returns every kind, sorted.
func Kinds() []Kind { return slices.Sorted(maps.Keys(catalogue)) }
