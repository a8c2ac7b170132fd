package web

import (
	"strings"

	"github.com/gin-gonic/gin"

	"github.com/tenantgate/tenantgate/internal/access"
	"github.com/tenantgate/tenantgate/internal/fault"
	"github.com/tenantgate/tenantgate/tenants"
	"github.com/tenantgate/tenantgate/web/httpx"
)

// byKey lets a request through that shows an API key, and makes the key its actor. What the key may do is for the flow to ask.
// Faults: unauthenticated, invalid_token, rate_limited.
func (s *Server) byKey(c *gin.Context) error {
	r := httpx.From(c.Request.Context())
	key, err := r.Bearer()
	switch {
	case err != nil:
		return err
	case key == "":
		return fault.New(fault.Unauthenticated)
	case !strings.HasPrefix(key, tenants.KeyPrefix):
		return fault.New(fault.InvalidToken)
	}
	actor, err := s.deps.Engine.KeyActor(c.Request.Context(), s.deps.Tenants, key, r.Address)
	if err != nil {
		return err
	}
	c.Request = c.Request.WithContext(access.With(c.Request.Context(), actor))
	return nil
}
