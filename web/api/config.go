package api

import (
	"context"
	"net/http"
	"net/url"

	"github.com/danielgtaylor/huma/v2"

	"github.com/tenantgate/tenantgate/internal/amr"
	"github.com/tenantgate/tenantgate/tenants"
	"github.com/tenantgate/tenantgate/web/httpx"
)

func registerTenant(a huma.API) {
	register(a, open(tagTenant, http.MethodGet, "/config", "getConfig", "Get what a sign-in form needs",
		"Methods, identifiers, password rules and branding of the tenant."), getConfig)
}

// Config is what a client needs to draw its form.
type Config struct {
	Tenant   string         `json:"tenant" doc:"The slug"`
	Issuer   string         `json:"issuer"`
	Signup   SignupConfig   `json:"signup"`
	Methods  []string       `json:"methods" enum:"password,email_code,passkey" doc:"Ways to sign in that are on"`
	Password PasswordConfig `json:"password"`
	Codes    CodesConfig    `json:"codes"`
	Passkeys PasskeysConfig `json:"passkeys"`
	MFA      MFAConfig      `json:"mfa"`
	Captcha  *CaptchaConfig `json:"captcha,omitempty" doc:"The captcha of POST /signup and POST /login; missing where none is looked at"`
	// Transport says where tokens travel.
	Transport tenants.Transport `json:"transport" enum:"body,cookie" doc:"Where tokens travel"`
	Branding  BrandingConfig    `json:"branding"`
}

// SignupConfig says who may sign up and with what.
type SignupConfig struct {
	Mode         tenants.SignupMode    `json:"mode" enum:"open,invite,closed"`
	Required     []tenants.SignupField `json:"required" enum:"email,username,phone,name"`
	VerifyEmail  tenants.VerifyEmail   `json:"verify_email" enum:"before_session,after_session,off"`
	Passwordless bool                  `json:"passwordless" doc:"The password may be left out; the mailbox is what the user signs in by"`
}

// PasswordConfig is the password rule.
type PasswordConfig struct {
	MinLength int `json:"min_length" doc:"In characters"`
	MaxLength int `json:"max_length" doc:"In characters"`
}

// CodesConfig is the form of mailed codes.
type CodesConfig struct {
	Digits int `json:"digits"`
}

// PasskeysConfig is what passkeys are bound to.
type PasskeysConfig struct {
	RPID string `json:"rp_id,omitempty" doc:"The relying party id; missing where passkeys are off" example:"auth.example.com"`
}

// MFAConfig says who is asked for a second factor, and which there are.
type MFAConfig struct {
	Policy          tenants.MFAPolicy   `json:"policy" enum:"off,optional,required"`
	Factors         []tenants.MFAFactor `json:"factors" enum:"totp,passkey,recovery_code" doc:"Second factors that users may have"`
	TrustDeviceDays int                 `json:"trust_device_days" doc:"How long a device may be trusted; 0 for never, and where two factors are required"`
}

// CaptchaConfig says which captcha is asked for, and when.
type CaptchaConfig struct {
	Provider string              `json:"provider" enum:"turnstile"`
	SiteKey  string              `json:"site_key" doc:"Public key of the widget"`
	Mode     tenants.CaptchaMode `json:"mode" enum:"optional,required" doc:"Checked where its token is sent, or needed"`
}

// BrandingConfig is how the tenant looks.
type BrandingConfig struct {
	Name       string `json:"name"`
	Logo       string `json:"logo,omitempty"`
	Color      string `json:"color,omitempty"`
	Background string `json:"background,omitempty"`
}

type configReply struct {
	CacheControl string `header:"Cache-Control"`
	Body         Config
}

func getConfig(ctx context.Context, _ *struct{}) (*configReply, error) {
	t := httpx.From(ctx).Tenant
	s := t.Settings
	return &configReply{CacheControl: "public, max-age=60", Body: Config{
		Tenant: t.Slug, Issuer: t.Issuer,
		Signup:    SignupConfig{s.Signup.Mode, s.Signup.Required, s.Signup.VerifyEmail, s.Magic.Enabled && s.Magic.Signup},
		Methods:   methods(s),
		Password:  PasswordConfig{s.PasswordMinLength(), maxPassword},
		Codes:     CodesConfig{s.Codes.Digits},
		Passkeys:  PasskeysConfig{relyingParty(t)},
		MFA:       MFAConfig{s.MFA.Policy, secondFactors(s), trustDays(s)},
		Captcha:   captcha(s.Abuse.Turnstile),
		Transport: s.Tokens.Transport,
		Branding:  BrandingConfig{t.DisplayName(), s.Branding.Logo, s.Branding.Color, s.Branding.Background},
	}}, nil
}

// captcha is nil where none is looked at.
func captcha(s tenants.TurnstileSettings) *CaptchaConfig {
	if s.Mode == tenants.CaptchaOff {
		return nil
	}
	return &CaptchaConfig{"turnstile", s.SiteKey, s.Mode}
}

// methods are the ways to sign in that are on.
func methods(s tenants.Settings) []string {
	out := []string{}
	for _, m := range []struct {
		name amr.Method
		on   bool
	}{{amr.Password, s.Password.Enabled}, {amr.EmailCode, s.Magic.Enabled}, {amr.Passkey, s.Passkeys.Enabled}} {
		if m.on {
			out = append(out, string(m.name))
		}
	}
	return out
}

// secondFactors are those that users of the tenant may have.
func secondFactors(s tenants.Settings) []tenants.MFAFactor {
	out := []tenants.MFAFactor{}
	for _, m := range s.MFA.Factors {
		if s.MFA.Policy != tenants.MFAOff && (m != tenants.MFAPasskey || s.Passkeys.Enabled) {
			out = append(out, m)
		}
	}
	return out
}

// trustDays is how long a device may be trusted. Trust spares nobody the second factor where everybody must give two.
func trustDays(s tenants.Settings) int {
	if s.MFA.Policy == tenants.MFARequired {
		return 0
	}
	return s.MFA.TrustDeviceDays
}

// relyingParty is the id that passkeys are bound to: the tenant's own, else the host of its base.
func relyingParty(t *tenants.Tenant) string {
	base, err := url.Parse(t.BaseURL)
	switch s := t.Settings.Passkeys; {
	case !s.Enabled:
		return ""
	case s.RPID != "" || err != nil:
		return s.RPID
	default:
		return base.Hostname()
	}
}

// maxPassword is the longest password that the flows take.
const maxPassword = 256
