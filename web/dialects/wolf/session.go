package wolf

import (
	"net/http"
	"slices"
	"strings"

	"github.com/gin-gonic/gin"

	"github.com/tenantgate/tenantgate/authflows"
	"github.com/tenantgate/tenantgate/internal/amr"
	"github.com/tenantgate/tenantgate/internal/fault"
	"github.com/tenantgate/tenantgate/tenants"
	"github.com/tenantgate/tenantgate/web/dialects"
	"github.com/tenantgate/tenantgate/web/httpx"
)

// handler serves whoever is signed in.
type handler func(*gin.Context, *authflows.Flows, *authflows.Caller) error

func signedIn(serve handler) httpx.HandlerFunc {
	return func(c *gin.Context) error {
		flows := dialects.Flows(c)
		token, _ := dialects.Token(c, "Bearer")
		if token == "" {
			return fault.New(fault.Unauthenticated)
		}
		who, err := flows.Bearer(c.Request.Context(), token)
		if err != nil {
			return err
		}
		return serve(c, flows, who)
	}
}

// activated is signedIn for what asks to activate the account first.
func activated(serve handler) httpx.HandlerFunc {
	return signedIn(func(c *gin.Context, flows *authflows.Flows, who *authflows.Caller) error {
		asked := dialects.Tenant(c).Settings.Signup.VerifyEmail != tenants.VerifyOff
		if asked && who.User.Email != "" && !who.User.EmailVerified {
			return fault.New(fault.AddressUnverified)
		}
		return serve(c, flows, who)
	})
}

func showAccount(c *gin.Context, flows *authflows.Flows, who *authflows.Caller) error {
	u := who.User
	alias, err := flows.Alias(c.Request.Context(), u)
	if err != nil {
		return err
	}
	dialects.Answer(c, http.StatusOK, account{user{
		ID: alias, Username: u.Username, Slug: strings.ToLower(u.Username),
		Email: u.Email, EmailVerified: u.EmailVerified, TwoFactor: slices.Contains(u.Factors, amr.TOTP),
		Role: role(u), CreatedAt: stamp(u.CreatedAt), UpdatedAt: stamp(u.UpdatedAt),
	}})
	return nil
}

// role is the highest of a user's roles that the original has.
func role(u *authflows.User) string {
	for _, r := range []string{"owner", "admin"} {
		if slices.Contains(u.Roles, r) {
			return r
		}
	}
	return "user"
}

func listSessions(c *gin.Context, flows *authflows.Flows, who *authflows.Caller) error {
	live, err := flows.Sessions(c.Request.Context(), who)
	if err != nil {
		return err
	}
	out := sessionList{Sessions: []session{}, Total: len(live)}
	for _, s := range live {
		out.Sessions = append(out.Sessions, newSession(s, flows.Client().Refresh))
	}
	dialects.Answer(c, http.StatusOK, out)
	return nil
}

var revokeWords = words{lines: map[fault.Code]line{
	fault.NotFound: lettered(http.StatusNotFound, "SESSION_NOT_FOUND", "There is no such session of yours."),
}}

func revokeSession(c *gin.Context, flows *authflows.Flows, who *authflows.Caller) error {
	ctx := c.Request.Context()
	live, err := flows.Sessions(ctx, who)
	if err != nil {
		return err
	}
	at := slices.IndexFunc(live, func(s *authflows.Session) bool { return sessionID(s.ID) == c.Param("id") })
	if at < 0 {
		return revokeWords.of(fault.New(fault.NotFound))
	}
	if err := flows.RevokeSession(ctx, who, live[at].ID); err != nil {
		return revokeWords.of(err)
	}
	return tell(c, http.StatusOK, "SESSION_REVOKED", "The session has been revoked.")
}

func revokeSessions(c *gin.Context, flows *authflows.Flows, who *authflows.Caller) error {
	if _, err := flows.LogoutAll(c.Request.Context(), who); err != nil {
		return err
	}
	return tell(c, http.StatusOK, "ALL_SESSIONS_REVOKED", "All sessions have been revoked.")
}
