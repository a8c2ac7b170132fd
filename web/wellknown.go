package web

import (
	"fmt"
	"net/http"
	"slices"

	"github.com/gin-gonic/gin"

	"github.com/tenantgate/tenantgate/tenants"
	"github.com/tenantgate/tenantgate/web/httpx"
)

// jwks publishes the tenant's keys (RFC 7517), also while the tenant is suspended: tokens out there must stay verifiable.
func jwks(c *gin.Context) error {
	keys := httpx.From(c.Request.Context()).Tenant.Signing
	public(c)
	c.Header("ETag", keys.ETag())
	if c.GetHeader("If-None-Match") == keys.ETag() {
		c.Status(http.StatusNotModified)
		return nil
	}
	c.Data(http.StatusOK, "application/jwk-set+json", slices.Concat(keys.JWKS(), []byte("\n"))) // what it returns is shared
	return nil
}

// discovery is the part of OpenID Connect discovery and RFC 8414 that holds without a provider: who issues, and with which
// keys.
func discovery(c *gin.Context) error {
	t := httpx.From(c.Request.Context()).Tenant
	public(c)
	return httpx.JSON(c, http.StatusOK, map[string]any{
		"issuer":                                t.Issuer,
		"jwks_uri":                              t.BaseURL + "/.well-known/jwks.json",
		"id_token_signing_alg_values_supported": []tenants.Algorithm{t.Settings.Tokens.Algorithm},
		"acr_values_supported":                  []string{"aal1", "aal2"},
		"subject_types_supported":               []string{"public"},
		"response_types_supported":              []string{},
	})
}

// public lets anybody's browser and caches have the answer, which is the same for all.
func public(c *gin.Context) {
	c.Header("Access-Control-Allow-Origin", "*")
	c.Header("Cache-Control", fmt.Sprintf("public, max-age=%d", int(tenants.JWKSMaxAge.Seconds())))
}
