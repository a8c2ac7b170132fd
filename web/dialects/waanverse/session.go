package waanverse

import (
	"net/http"
	"strings"

	"github.com/gin-gonic/gin"

	"github.com/tenantgate/tenantgate/authflows"
	"github.com/tenantgate/tenantgate/internal/fault"
	"github.com/tenantgate/tenantgate/web/dialects"
	"github.com/tenantgate/tenantgate/web/httpx"
)

// maxToken is the longest token that is looked at, in bytes.
const maxToken = 2000

// signed serves whoever is signed in.
func signed(serve func(*gin.Context, *authflows.Caller) error) httpx.HandlerFunc {
	return func(c *gin.Context) error {
		me, err := caller(c)
		if err == nil && me == nil {
			err = fault.New(fault.Unauthenticated)
		}
		if err != nil {
			return err
		}
		return serve(c, me)
	}
}

// caller returns who a request comes from, nil where it carries no credential. The header counts before the cookie, whatever
// it holds.
func caller(c *gin.Context) (*authflows.Caller, error) {
	token, sent := dialects.Token(c, "Bearer")
	check := dialects.Flows(c).Bearer
	if !sent {
		check = dialects.Flows(c).TokenCookie
		if token = dialects.Cookie(c, accessCookie); token == "" {
			return nil, nil
		}
	}
	if len(token) > maxToken {
		return nil, fault.New(fault.InvalidToken)
	}
	return check(c.Request.Context(), token)
}

func refresh(c *gin.Context) error {
	token, err := refreshToken(c)
	if err != nil {
		return err
	}
	switch {
	case token == "":
		return lacking(refreshNeeded)
	case len(token) > maxToken:
		return refreshFaults.say(fault.New(fault.InvalidToken))
	}
	step, err := dialects.Flows(c).Refresh(c.Request.Context(), token)
	if err != nil {
		return refreshFaults.say(err)
	}
	setAccess(c, step.SignedIn)
	return httpx.JSON(c, http.StatusOK, accessView{"The access token was renewed.", step.SignedIn.AccessToken})
}

// refreshToken returns the token of the cookie, else of the body, else of the header, empty where there is none.
func refreshToken(c *gin.Context) (string, error) {
	if token := dialects.Cookie(c, refreshCookie); token != "" {
		return token, nil
	}
	form, err := read(c)
	if err != nil {
		return "", err
	}
	if token := strings.TrimSpace(form.Text(refreshCookie)); token != "" {
		return token, nil
	}
	token, _ := dialects.Token(c, "Bearer")
	return token, nil
}

func me(c *gin.Context, me *authflows.Caller) error {
	return httpx.JSON(c, http.StatusOK, viewUser(me.User))
}

func home(c *gin.Context, _ *authflows.Caller) error {
	return httpx.JSON(c, http.StatusOK, homeView{success, "You are signed in."})
}

func logout(c *gin.Context, me *authflows.Caller) error {
	if err := dialects.Flows(c).Logout(c.Request.Context(), me); err != nil {
		return err
	}
	dialects.ClearCookies(c, name, accessCookie, refreshCookie)
	return httpx.JSON(c, http.StatusOK, statusView{success})
}

func sessions(c *gin.Context, me *authflows.Caller) error {
	live, err := dialects.Flows(c).Sessions(c.Request.Context(), me)
	if err != nil {
		return err
	}
	out := make([]sessionView, 0, len(live))
	for _, s := range live {
		out = append(out, viewSession(s))
	}
	return httpx.JSON(c, http.StatusOK, out)
}
