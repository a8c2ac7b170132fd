package main

import (
	"log/slog"
	"strings"

	"github.com/tenantgate/tenantgate/tenants"
)

// fitting returns the public URL that a tenant's issuer was made of, empty where it is the one in effect.
func fitting(t *tenants.Tenant) string {
	if t.Issuer == t.BaseURL {
		return ""
	}
	return strings.TrimSuffix(t.Issuer, "/t/"+t.Slug)
}

// warnOfIssuer logs that the tokens of a tenant name an issuer that is not where clients find it.
func warnOfIssuer(t *tenants.Tenant, publicURL, fits string) {
	slog.Warn("a tenant's issuer, fixed when it was made, is not below the public URL",
		"tenant", t.Slug, "issuer", t.Issuer, "public_url", publicURL, "fix", "--public-url "+fits+" would match")
}
