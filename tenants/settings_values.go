package tenants

import (
	"reflect"
	"slices"
)

// SignupMode says who may sign up.
type SignupMode string

// The sign-up modes.
const (
	SignupOpen   SignupMode = "open"   // everybody
	SignupInvite SignupMode = "invite" // who was invited
	SignupClosed SignupMode = "closed" // nobody; admins make users
)

// VerifyEmail says when an address must be verified.
type VerifyEmail string

// When an address must be verified.
const (
	VerifyBeforeSession VerifyEmail = "before_session" // no user exists before
	VerifyAfterSession  VerifyEmail = "after_session"  // asked for, the session opens at once
	VerifyOff           VerifyEmail = "off"            // never asked for
)

// SignupField is something that a sign-up can ask for.
type SignupField string

// What a sign-up can ask for.
const (
	SignupEmail    SignupField = "email"
	SignupUsername SignupField = "username"
	SignupPhone    SignupField = "phone"
	SignupName     SignupField = "name"
)

// UserVerification says whether an authenticator must verify its user (WebAuthn, 5.8.6). There is no "discouraged": a
// passkey counts as two factors because its user was verified.
type UserVerification string

// The forms of user verification.
const (
	UserVerificationRequired  UserVerification = "required"
	UserVerificationPreferred UserVerification = "preferred"
)

// Attestation says what is asked of a new passkey's maker (WebAuthn, 5.4.7).
type Attestation string

// The forms of attestation.
const (
	AttestationNone     Attestation = "none"
	AttestationIndirect Attestation = "indirect"
	AttestationDirect   Attestation = "direct"
)

// MFAPolicy says whether a second factor is asked for.
type MFAPolicy string

// The policies.
const (
	MFAOff      MFAPolicy = "off"      // never, and none can be enrolled
	MFAOptional MFAPolicy = "optional" // of users who enrolled one, and of the required roles
	MFARequired MFAPolicy = "required" // of everybody
)

// MFAFactor is a second factor that a tenant may offer. A mailed code is none (NIST SP 800-63B-4, 3.1.3.1).
type MFAFactor string

// The second factors.
const (
	MFATOTP         MFAFactor = "totp"
	MFAPasskey      MFAFactor = "passkey"
	MFARecoveryCode MFAFactor = "recovery_code"
)

// Algorithm is a signature algorithm of tokens, by its JOSE name.
type Algorithm string

// The algorithms.
const (
	ES256 Algorithm = "ES256"
	EdDSA Algorithm = "EdDSA"
	RS256 Algorithm = "RS256"
)

// Transport says how clients of the native API get and send tokens.
type Transport string

// The transports.
const (
	TransportBody   Transport = "body"   // in bodies and the Authorization header
	TransportCookie Transport = "cookie" // in an HttpOnly cookie only
)

// CaptchaMode says when a captcha is asked for.
type CaptchaMode string

// The captcha modes.
const (
	CaptchaOff      CaptchaMode = "off"
	CaptchaOptional CaptchaMode = "optional" // checked where it is sent
	CaptchaRequired CaptchaMode = "required"
)

// Dialect names one of the foreign APIs.
type Dialect string

// The dialects, and NoDialect where one may be named.
const (
	NoDialect      Dialect = "none"
	Waanverse      Dialect = "waanverse"
	WaanverseMagic Dialect = "waanverse-magic"
	Axor           Dialect = "axor"
	Wolf           Dialect = "wolf"
	Spaces         Dialect = "spaces"
)

// settingEnums lists the values of every type that has a closed list of them.
var settingEnums = map[reflect.Type][]string{
	reflect.TypeFor[SignupMode]():       listed(SignupOpen, SignupInvite, SignupClosed),
	reflect.TypeFor[VerifyEmail]():      listed(VerifyBeforeSession, VerifyAfterSession, VerifyOff),
	reflect.TypeFor[SignupField]():      listed(SignupEmail, SignupUsername, SignupPhone, SignupName),
	reflect.TypeFor[UserVerification](): listed(UserVerificationRequired, UserVerificationPreferred),
	reflect.TypeFor[Attestation]():      listed(AttestationNone, AttestationIndirect, AttestationDirect),
	reflect.TypeFor[MFAPolicy]():        listed(MFAOff, MFAOptional, MFARequired),
	reflect.TypeFor[MFAFactor]():        listed(MFATOTP, MFAPasskey, MFARecoveryCode),
	reflect.TypeFor[Algorithm]():        listed(ES256, EdDSA, RS256),
	reflect.TypeFor[Transport]():        listed(TransportBody, TransportCookie),
	reflect.TypeFor[CaptchaMode]():      listed(CaptchaOff, CaptchaOptional, CaptchaRequired),
	reflect.TypeFor[Dialect]():          listed(append([]Dialect{NoDialect}, Dialects()...)...),
	reflect.TypeFor[MailKind]():         listed(MailKinds()...),
}

func listed[T ~string](values ...T) []string {
	out := make([]string, 0, len(values))
	for _, v := range values {
		out = append(out, string(v))
	}
	return out
}

// Dialects returns every dialect.
func Dialects() []Dialect {
	return []Dialect{Waanverse, WaanverseMagic, Axor, Wolf, Spaces}
}

// isEnum reports whether a type has a closed list of values, and whether text is one of them.
func isEnum(t reflect.Type, text string) (enum, known bool) {
	values, enum := settingEnums[t]
	return enum, slices.Contains(values, text)
}
