package waanversemagic

import (
	"net/http"

	"github.com/gin-gonic/gin"

	"github.com/tenantgate/tenantgate/authflows"
	"github.com/tenantgate/tenantgate/internal/fault"
	"github.com/tenantgate/tenantgate/web/dialects"
	"github.com/tenantgate/tenantgate/web/httpx"
)

// accessToken returns the token of the header, else of the cookie, and whether it is the cookie's. Where there is a header it
// alone counts.
func accessToken(c *gin.Context) (token string, kept bool, err error) {
	token, sent := dialects.Token(c, "Bearer")
	if !sent {
		token = dialects.Cookie(c, accessCookie)
	}
	switch {
	case token != "":
		return token, !sent, nil
	case sent:
		return "", false, fault.New(fault.InvalidToken)
	default:
		return "", false, fault.New(fault.Unauthenticated)
	}
}

// caller returns who is signed in.
func caller(c *gin.Context) (*authflows.Caller, error) {
	token, kept, err := accessToken(c)
	if err != nil {
		return nil, err
	}
	if kept {
		return dialects.Flows(c).TokenCookie(c.Request.Context(), token)
	}
	return dialects.Flows(c).Bearer(c.Request.Context(), token)
}

// optional reads a text that may be left out.
func optional(f *dialects.Form, field string) (string, error) {
	got := f.Get(field)
	if got.Kind == dialects.Other {
		return "", dialects.OneError(field, dialects.NotAString)
	}
	return got.Text, nil
}

// me shows who is signed in.
func me(c *gin.Context) error {
	who, err := caller(c)
	if err != nil {
		return err
	}
	return httpx.JSON(c, http.StatusOK, userOf(who.User))
}

// logout ends the session of the token in the body, else of the one that signs in.
func logout(c *gin.Context) error {
	form, err := dialects.Read(c, bodies)
	if err != nil {
		return err
	}
	token, err := optional(form, "access_token")
	if err == nil && token == "" {
		token, _, err = accessToken(c)
	}
	if err != nil {
		return err
	}
	ended, err := dialects.Flows(c).LogoutToken(c.Request.Context(), token)
	if err != nil {
		return err
	}
	dialects.ClearCookies(c, name, accessCookie, refreshCookie)
	return httpx.JSON(c, http.StatusOK, loggedOut{"success", dialects.Flows(c).SessionKey(ended)})
}

// refresh makes a new access token. The refresh token stays.
func refresh(c *gin.Context) error {
	form, err := dialects.Read(c, bodies)
	if err != nil {
		return err
	}
	token, err := optional(form, "refresh_token")
	if err != nil {
		return err
	}
	if token == "" {
		token = dialects.Cookie(c, refreshCookie)
	}
	if token == "" {
		return onRefresh.refuse(fault.New(fault.Unauthenticated))
	}
	step, err := dialects.Flows(c).Refresh(c.Request.Context(), token)
	if err != nil {
		return onRefresh.refuse(err)
	}
	in := step.SignedIn
	dialects.SetCookie(c, name, accessCookie, in.AccessToken, in.ExpiresIn)
	return httpx.JSON(c, http.StatusOK, refreshed{"The access token is new.", in.AccessToken})
}

// sessions lists the caller's.
func sessions(c *gin.Context) error {
	who, err := caller(c)
	if err != nil {
		return err
	}
	live, err := dialects.Flows(c).Sessions(c.Request.Context(), who)
	if err != nil {
		return err
	}
	out := make([]session, 0, len(live))
	for _, s := range live {
		out = append(out, sessionOf(dialects.Flows(c), s))
	}
	return httpx.JSON(c, http.StatusOK, out)
}

// endSession ends a session: for its owner, or where nobody is signed in for whoever names it twice.
func endSession(c *gin.Context) error {
	form, err := dialects.Read(c, bodies)
	if err != nil {
		return err
	}
	sid, err := optional(form, "sid")
	if err != nil {
		return err
	}
	if sid != "" && sid != c.Param("id") {
		return onSession.refuse(fault.New(fault.InvalidInput))
	}
	if err := endNamed(c, sid); err != nil {
		return onSession.refuse(err)
	}
	return httpx.JSON(c, http.StatusOK, success)
}

func endNamed(c *gin.Context, sid string) error {
	flows := dialects.Flows(c)
	who, err := caller(c)
	switch fault.CodeOf(err) {
	case fault.InvalidToken, fault.Unauthenticated:
		return flows.EndByKey(c.Request.Context(), sid)
	}
	if err != nil {
		return err
	}
	id, ok := flows.ReadSessionKey(c.Param("id"))
	if !ok {
		return fault.New(fault.NotFound)
	}
	return flows.RevokeSession(c.Request.Context(), who, id)
}
