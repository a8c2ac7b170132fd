package waanversemagic

import (
	"net/http"
	"strings"

	"github.com/gin-gonic/gin"

	"github.com/tenantgate/tenantgate/authflows"
	"github.com/tenantgate/tenantgate/internal/fault"
	"github.com/tenantgate/tenantgate/web/dialects"
	"github.com/tenantgate/tenantgate/web/httpx"
)

// login mails a code, or takes it.
func login(c *gin.Context) error {
	form, err := dialects.Read(c, bodies)
	if err != nil {
		return err
	}
	email := strings.TrimSpace(form.Text("email_address"))
	if code, sent := mailedCode(form); sent {
		step, err := dialects.Flows(c).AnswerMailed(c.Request.Context(), authflows.ForLogin, email,
			authflows.Answer{Code: code, Device: dialects.Device(c)})
		return enter(c, step, err, onLoginCode)
	}
	if !authflows.IsEmail(email) {
		return onLogin.refuse(fault.New(fault.InvalidInput))
	}
	if _, err := dialects.Flows(c).LoginCode(c.Request.Context(), email, dialects.Device(c)); err != nil {
		return onLogin.refuse(err)
	}
	return httpx.JSON(c, http.StatusOK, success)
}
