package web

import (
	"net/http"

	"github.com/gin-gonic/gin"

	"github.com/tenantgate/tenantgate/internal/fault"
	"github.com/tenantgate/tenantgate/web/dialects"
	"github.com/tenantgate/tenantgate/web/dialects/axor"
	"github.com/tenantgate/tenantgate/web/dialects/spaces"
	"github.com/tenantgate/tenantgate/web/dialects/waanverse"
	"github.com/tenantgate/tenantgate/web/dialects/waanversemagic"
	"github.com/tenantgate/tenantgate/web/dialects/wolf"
	"github.com/tenantgate/tenantgate/web/httpx"
	"github.com/tenantgate/tenantgate/web/pages"
)

// Dialects returns every dialect that a tenant can speak.
func Dialects() []*dialects.Dialect {
	return []*dialects.Dialect{waanverse.New(), waanversemagic.New(), axor.New(), wolf.New(), spaces.New()}
}

// mountDialects serves the dialects and returns their descriptions.
func (s *Server) mountDialects(r *gin.Engine) []pages.Description {
	s.dialects = Dialects()
	group := r.Group("/t/:" + httpx.SlugParam + "/dialects")
	var descriptions []pages.Description
	for _, d := range s.dialects {
		dialects.Mount(group, d, s.deps.Tenants, s.deps.Engine)
		body, err := dialects.Describe(d, s.deps.Version)
		if err != nil {
			panic(err) // a type of ours that has no schema
		}
		name := string(d.Name)
		descriptions = append(descriptions, pages.Description{Name: name, Title: d.Title, File: "openapi-" + name + ".json", Body: body})
	}
	return descriptions
}

// noRoute answers a path that nobody serves, in the words of the dialect that it is below.
func (s *Server) noRoute(c *gin.Context) {
	if !dialects.Stray(c, s.dialects, s.deps.Tenants, fault.NotFound) {
		httpx.NoRoute(c)
	}
}

// noMethod answers preflights, which have no routes of their own, and otherwise refuses.
func (s *Server) noMethod(c *gin.Context) {
	switch {
	case dialects.Stray(c, s.dialects, s.deps.Tenants, fault.MethodNotAllowed):
	case c.Request.Method == http.MethodOptions && s.preflight(c):
	default:
		httpx.NoMethod(c)
	}
}
