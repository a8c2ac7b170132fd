package tenants

import "github.com/tenantgate/tenantgate/internal/ephemeral"

// Settings is all that a tenant decides. The JSON names, joined by dots, are the paths by which a setting is known
// everywhere: on the command line, in the admin API and in the docs. What each means, and what it may be, says Paths.
//
// Start from Defaults or Decode: the zero Settings are not valid. A Settings may be shared; nobody changes one.
type Settings struct {
	Signup    SignupSettings   `json:"signup"`
	Password  PasswordSettings `json:"password"`
	Codes     CodeSettings     `json:"codes"`
	Magic     MagicSettings    `json:"magic"`
	Passkeys  PasskeySettings  `json:"passkeys"`
	MFA       MFASettings      `json:"mfa"`
	Sessions  SessionSettings  `json:"sessions"`
	Tokens    TokenSettings    `json:"tokens"`
	Keys      KeySettings      `json:"keys"`
	Abuse     AbuseSettings    `json:"abuse"`
	Events    EventSettings    `json:"events"`
	Mail      MailSettings     `json:"mail"`
	Branding  BrandingSettings `json:"branding"`
	Redirects RedirectSettings `json:"redirects"`
	CORS      CORSSettings     `json:"cors"`
	Dialects  DialectsSettings `json:"dialects"`
}

// SignupSettings is the group signup.
type SignupSettings struct {
	Mode        SignupMode    `json:"mode"`
	VerifyEmail VerifyEmail   `json:"verify_email"`
	Required    []SignupField `json:"required"`
}

// PasswordSettings is the group password.
type PasswordSettings struct {
	Enabled   bool `json:"enabled"`
	MinLength int  `json:"min_length"` // 0 where the policy decides; see Settings.PasswordMinLength
	History   int  `json:"history"`
}

// CodeSettings is the group codes: mailed codes of every purpose.
type CodeSettings struct {
	Digits   int      `json:"digits"`
	Lifetime Duration `json:"lifetime"`
	Tries    int      `json:"tries"`
}

// MagicSettings is the group magic: sign-in by a mailed code or link.
type MagicSettings struct {
	Enabled bool `json:"enabled"`
	Signup  bool `json:"signup"`
}

// PasskeySettings is the group passkeys. Where RPID or Origins are empty, those of the public URL count.
type PasskeySettings struct {
	Enabled          bool             `json:"enabled"`
	RPID             string           `json:"rp_id"`
	Origins          []string         `json:"origins"`
	UserVerification UserVerification `json:"user_verification"`
	Attestation      Attestation      `json:"attestation"`
}

// MFASettings is the group mfa.
type MFASettings struct {
	Policy          MFAPolicy   `json:"policy"`
	Factors         []MFAFactor `json:"factors"`
	RequiredRoles   []string    `json:"required_roles"`
	TrustDeviceDays int         `json:"trust_device_days"`
	EnrolGrace      Duration    `json:"enrol_grace"`
}

// SessionSettings is the group sessions. MaxPerUser 0 is no limit.
type SessionSettings struct {
	Access     Duration `json:"access"`
	Idle       Duration `json:"idle"`
	Absolute   Duration `json:"absolute"`
	MaxPerUser int      `json:"max_per_user"`
	StepUpAge  Duration `json:"step_up_age"`
}

// TokenSettings is the group tokens. An empty Audience is the issuer.
type TokenSettings struct {
	Algorithm Algorithm `json:"algorithm"`
	Audience  string    `json:"audience"`
	Transport Transport `json:"transport"`
}

// KeySettings is the group keys.
type KeySettings struct {
	Rotation Duration `json:"rotation"`
}

// EventSettings is the group events. Retention 0 keeps them for good.
type EventSettings struct {
	Retention Duration `json:"retention"`
}

// AbuseSettings is the group abuse.
type AbuseSettings struct {
	AccountFailures ephemeral.Limit   `json:"account_failures"`
	AccountDaily    ephemeral.Limit   `json:"account_daily"`
	TenantFailures  ephemeral.Limit   `json:"tenant_failures"`
	Address         ephemeral.Limit   `json:"address"`
	Mails           ephemeral.Limit   `json:"mails"`
	Turnstile       TurnstileSettings `json:"turnstile"`
}

// TurnstileSettings is the group abuse.turnstile.
type TurnstileSettings struct {
	SiteKey string      `json:"site_key"`
	Secret  Secret      `json:"secret"`
	Mode    CaptchaMode `json:"mode"`
}

// MailSettings is the group mail. Whatever is empty or missing is the server's.
type MailSettings struct {
	From      string                               `json:"from"`
	ReplyTo   string                               `json:"reply_to"`
	SMTPURL   Secret                               `json:"smtp_url"`
	LinkURL   string                               `json:"link_url"`
	Templates map[MailKind]map[Locale]MailTemplate `json:"templates"`
}

// BrandingSettings is the group branding. An empty Name is the tenant's.
type BrandingSettings struct {
	Name       string `json:"name"`
	Logo       string `json:"logo"`
	Color      string `json:"color"`
	Background string `json:"background"`
}

// RedirectSettings is the group redirects.
type RedirectSettings struct {
	Allowed []string `json:"allowed"`
}

// CORSSettings is the group cors.
type CORSSettings struct {
	Origins []string `json:"origins"`
}

// DialectsSettings is the group dialects.
type DialectsSettings struct {
	Root           Dialect         `json:"root"`
	Waanverse      DialectSettings `json:"waanverse"`
	WaanverseMagic DialectSettings `json:"waanverse-magic"`
	Axor           DialectSettings `json:"axor"`
	Wolf           DialectSettings `json:"wolf"`
	Spaces         DialectSettings `json:"spaces"`
}

// DialectSettings is the group of one dialect. Refresh is 0 where the dialect has no refresh tokens. An empty Site is nowhere:
// mails then carry their codes and tokens without links.
type DialectSettings struct {
	Enabled bool     `json:"enabled"`
	Access  Duration `json:"access"`
	Refresh Duration `json:"refresh"`
	Site    string   `json:"site"`
}

// Of returns the settings of a dialect. One that does not exist is not enabled.
func (d DialectsSettings) Of(name Dialect) DialectSettings {
	switch name {
	case Waanverse:
		return d.Waanverse
	case WaanverseMagic:
		return d.WaanverseMagic
	case Axor:
		return d.Axor
	case Wolf:
		return d.Wolf
	case Spaces:
		return d.Spaces
	}
	return DialectSettings{}
}

// The least lengths of passwords that policy allows (NIST SP 800-63B-4, 3.1.1.2).
const (
	minPassword        = 15
	minPasswordWithMFA = 8
)

// PasswordMinLength returns the length that a new password must have, in characters: the tenant's own, else 15, or 8
// where a second factor is required of everybody.
func (s Settings) PasswordMinLength() int {
	if s.Password.MinLength > 0 {
		return s.Password.MinLength
	}
	return s.leastPassword()
}

// leastPassword returns what password.min_length may not be below.
func (s Settings) leastPassword() int {
	if s.MFA.Policy == MFARequired {
		return minPasswordWithMFA
	}
	return minPassword
}
