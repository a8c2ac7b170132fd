package web

import (
	"net/http"
	"strings"

	"github.com/gin-gonic/gin"

	"github.com/tenantgate/tenantgate/tenants"
	"github.com/tenantgate/tenantgate/web/console"
)

// nativeRoutes and adminsRoutes are where the native API is: of any tenant, and of the one whose users the admins are.
const (
	nativeRoutes = "/t/:slug/v1/"
	adminsRoutes = "/t/" + tenants.Reserved + "/v1/"
)

// mountConsole serves the console beside the admin API. On the admin listener its address leads there.
func (s *Server) mountConsole(r *gin.Engine) {
	console.Mount(r)
	if r == s.admin {
		r.GET("/", func(c *gin.Context) { c.Redirect(http.StatusFound, console.Home) })
	}
}

// withSignIn lets admins sign in where the console is: it hands what is for the native API of the reserved tenant, and nothing
// else, to the routes of the public listener.
func (s *Server) withSignIn(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasPrefix(r.URL.Path, adminsRoutes) {
			s.public.ServeHTTP(w, r)
			return
		}
		next.ServeHTTP(w, r)
	})
}

// signInRoutes are those that withSignIn hands on.
func (s *Server) signInRoutes() []Route {
	var out []Route
	for _, r := range s.public.Routes() {
		if rest, ok := strings.CutPrefix(r.Path, nativeRoutes); ok {
			out = append(out, Route{r.Method, adminsRoutes + rest, "admin"})
		}
	}
	return out
}
