package pages

import (
	"errors"
	"maps"
	"net/http"
	"strings"

	"github.com/gin-gonic/gin"

	"github.com/tenantgate/tenantgate/authflows"
	"github.com/tenantgate/tenantgate/internal/fault"
	"github.com/tenantgate/tenantgate/internal/ids"
	"github.com/tenantgate/tenantgate/web/httpx"
)

// linkPage is the page behind the link of a password reset.
type linkPage struct {
	frame
	Challenge, Secret string
	MinLength         int
	Problems          []string
}

// Link shows a form; opening it, however often, acts on nothing, for mail scanners open links too.
func Link(c *gin.Context) error {
	return showLink(c, http.StatusOK, c.Query("c"), c.Query("s"))
}

// UseLink acts on the button of the form.
func UseLink(c *gin.Context) error {
	r := httpx.From(c.Request.Context())
	if err := httpx.CheckOrigin(c.Request, nil); err != nil {
		return err
	}
	c.Request.Body = http.MaxBytesReader(c.Writer, c.Request.Body, httpx.MaxBody)
	var large *http.MaxBytesError
	switch err := c.Request.ParseForm(); {
	case errors.As(err, &large):
		return fault.New(fault.BodyTooLarge)
	case err != nil:
		return fault.Invalid(fault.Field{Field: "body", Code: "invalid", Message: "Send a form."})
	}
	form := c.Request.PostForm
	id, ok := ids.Parse(ids.Challenge, form.Get("c"))
	if !ok || form.Get("s") == "" {
		return over(c)
	}
	_, err := r.Flows.Answer(c.Request.Context(), authflows.Answer{
		Challenge: id, Secret: form.Get("s"), NewPassword: form.Get("new_password"), Device: r.Device(),
	})
	switch fault.CodeOf(err) {
	case fault.InvalidInput:
		p := httpx.ProblemOf(c.Request.Context(), err)
		var problems []string
		for _, f := range p.Fields {
			problems = append(problems, f.Message)
		}
		return showLink(c, p.Status, form.Get("c"), form.Get("s"), problems...)
	case fault.ChallengeExpired, fault.WrongCode, fault.FactorNotOffered:
		return over(c)
	}
	if err != nil {
		p := httpx.ProblemOf(c.Request.Context(), err)
		maps.Copy(c.Writer.Header(), p.Headers())
		return showLink(c, p.Status, form.Get("c"), form.Get("s"), p.Title+". Try again in a moment.")
	}
	return tell(c, http.StatusOK, "Your password is changed", "Every session was signed out. Sign in with the new password.")
}

func showLink(c *gin.Context, status int, challenge, secret string, problems ...string) error {
	t := httpx.From(c.Request.Context()).Tenant
	f := newFrame("Choose a new password", t.DisplayName(), t.Settings.Branding.Color)
	return render(c, status, "link.html", f.Nonce, linkPage{
		f, strings.ToValidUTF8(challenge, ""), strings.ToValidUTF8(secret, ""), t.Settings.PasswordMinLength(), problems,
	})
}

func over(c *gin.Context) error {
	return tell(c, http.StatusGone, "This link is over", "It was used, it has expired, or a newer one was mailed. Ask for a new one.")
}

func tell(c *gin.Context, status int, title, text string) error {
	t := httpx.From(c.Request.Context()).Tenant
	f := newFrame(title, t.DisplayName(), t.Settings.Branding.Color)
	return render(c, status, "message.html", f.Nonce, message{frame: f, Text: text})
}
