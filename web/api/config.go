package api

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

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
	Methods  []string       `json:"methods" doc:"Ways to sign in that are on: password"`
	Password PasswordConfig `json:"password"`
	Codes    CodesConfig    `json:"codes"`
	// Transport says where tokens travel.
	Transport tenants.Transport `json:"transport" enum:"body,cookie" doc:"Where tokens travel"`
	Branding  BrandingConfig    `json:"branding"`
}

// SignupConfig says who may sign up and with what.
type SignupConfig struct {
	Mode        tenants.SignupMode    `json:"mode" enum:"open,invite,closed"`
	Required    []tenants.SignupField `json:"required"`
	VerifyEmail tenants.VerifyEmail   `json:"verify_email" enum:"before_session,after_session,off"`
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
	methods := []string{}
	if s.Password.Enabled {
		methods = append(methods, "password")
	}
	return &configReply{CacheControl: "public, max-age=60", Body: Config{
		Tenant: t.Slug, Issuer: t.Issuer,
		Signup:    SignupConfig{s.Signup.Mode, s.Signup.Required, s.Signup.VerifyEmail},
		Methods:   methods,
		Password:  PasswordConfig{s.PasswordMinLength(), maxPassword},
		Codes:     CodesConfig{s.Codes.Digits},
		Transport: s.Tokens.Transport,
		Branding:  BrandingConfig{t.DisplayName(), s.Branding.Logo, s.Branding.Color, s.Branding.Background},
	}}, nil
}

// maxPassword is the longest password that the flows take.
const maxPassword = 256
