package axor

import (
	"net/http"

	"github.com/gin-gonic/gin"
	"github.com/google/uuid"

	"github.com/tenantgate/tenantgate/authflows"
	"github.com/tenantgate/tenantgate/internal/fault"
	"github.com/tenantgate/tenantgate/tenants"
	"github.com/tenantgate/tenantgate/web/dialects"
)

func logout(c *gin.Context, flows *authflows.Flows, who *authflows.Caller) error {
	if err := flows.Logout(c.Request.Context(), who); err != nil {
		return err
	}
	if !inAppMode(flows) {
		dialects.ClearCookies(c, tenants.Axor, cookieName)
	}
	return done(c, http.StatusOK)
}

func me(c *gin.Context, flows *authflows.Flows, who *authflows.Caller) error {
	if inAppMode(flows) {
		dialects.Answer(c, http.StatusOK, viewUser(who.User))
	} else {
		dialects.Answer(c, http.StatusOK, meView{viewUser(who.User)})
	}
	return nil
}

func activeSessions(c *gin.Context, flows *authflows.Flows, who *authflows.Caller) error {
	live, err := flows.Sessions(c.Request.Context(), who)
	if err == nil {
		dialects.Answer(c, http.StatusOK, viewSessions(live))
	}
	return err
}

var sessionFaults = table{
	fault.NotFound: bad("SessionTokenNotFound", "Session not found", "You have no session or token of this id."),
}

func closeSession(c *gin.Context, flows *authflows.Flows, who *authflows.Caller) error {
	form, err := dialects.Read(c, accepts)
	if err != nil {
		return err
	}
	id, err := uuid.Parse(form.Text("id"))
	if err != nil {
		err = fault.New(fault.NotFound)
	} else {
		err = flows.RevokeSession(c.Request.Context(), who, id)
	}
	if err != nil {
		return sessionFaults.say(err)
	}
	return done(c, http.StatusNoContent)
}

func closeOthers(c *gin.Context, flows *authflows.Flows, who *authflows.Caller) error {
	if _, err := flows.LogoutOthersLike(c.Request.Context(), who, appClient); err != nil {
		return err
	}
	return done(c, http.StatusNoContent)
}
