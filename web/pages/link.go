package pages

import (
	"errors"
	"maps"
	"net/http"
	"net/url"
	"strings"

	"github.com/gin-gonic/gin"
	"github.com/google/uuid"

	"github.com/tenantgate/tenantgate/authflows"
	"github.com/tenantgate/tenantgate/internal/fault"
	"github.com/tenantgate/tenantgate/internal/ids"
	"github.com/tenantgate/tenantgate/tenants"
	"github.com/tenantgate/tenantgate/web/httpx"
)

// linkPage is a page behind a mailed link, whose form leads back to it.
type linkPage struct {
	frame
	Challenge, Secret string
	Problems          []string

	MinLength int // of a new password

	// Of a second factor:
	Forms     []factorForm
	Offered   string // the factors of Forms, to show them again
	TrustDays int    // 0 where the device cannot be trusted
}

// Link shows what a mailed link is for; opening it, however often, acts on nothing, for mail scanners open links too.
func Link(c *gin.Context) error {
	_, kind, err := linkOf(c, c.Query("c"), c.Query("s"))
	switch {
	case err != nil:
		return err
	case kind == authflows.KindReset:
		return showReset(c, c.Request.URL.Query(), http.StatusOK)
	case kind == authflows.KindEmailCode:
		return showSignIn(c, c.Request.URL.Query(), http.StatusOK)
	default:
		return over(c)
	}
}

// UseLink acts on the button of the form.
func UseLink(c *gin.Context) error {
	if err := httpx.CheckOrigin(c.Request, nil); err != nil {
		return err
	}
	form, err := readForm(c)
	if err != nil {
		return err
	}
	if form.Has("factor") {
		return answerFactor(c, form)
	}
	id, kind, err := linkOf(c, form.Get("c"), form.Get("s"))
	switch {
	case err != nil:
		return err
	case kind == authflows.KindReset:
		return resetPassword(c, id, form)
	case kind == authflows.KindEmailCode:
		return signIn(c, id, form)
	default:
		return over(c)
	}
}

func readForm(c *gin.Context) (url.Values, error) {
	c.Request.Body = http.MaxBytesReader(c.Writer, c.Request.Body, httpx.MaxBody)
	var large *http.MaxBytesError
	switch err := c.Request.ParseForm(); {
	case errors.As(err, &large):
		return nil, fault.New(fault.BodyTooLarge)
	case err != nil:
		return nil, fault.Invalid(fault.Field{Field: "body", Code: "invalid", Message: "Send a form."})
	}
	return c.Request.PostForm, nil
}

// linkOf reads the challenge of a link and what it is for, which is nothing for a link that is over.
func linkOf(c *gin.Context, challenge, secret string) (uuid.UUID, authflows.Kind, error) {
	id, ok := ids.Parse(ids.Challenge, challenge)
	if !ok || secret == "" {
		return id, "", nil
	}
	r := httpx.From(c.Request.Context())
	kind, err := r.Flows.LinkKind(c.Request.Context(), id)
	if fault.CodeOf(err) == fault.ChallengeExpired || err == nil && kind == authflows.KindEmailCode && !signsIn(r.Tenant) {
		return id, "", nil
	}
	return id, kind, err
}

// signsIn reports whether this page can sign anybody in: a session needs somewhere to go, and tokens have no place in a
// page. Links of other tenants lead to their own apps.
func signsIn(t *tenants.Tenant) bool { return t.Settings.Tokens.Transport == tenants.TransportCookie }

// resetPassword sets the password that was typed.
func resetPassword(c *gin.Context, id uuid.UUID, form url.Values) error {
	r := httpx.From(c.Request.Context())
	_, err := r.Flows.Answer(c.Request.Context(), authflows.Answer{
		Challenge: id, Secret: form.Get("s"), NewPassword: form.Get("new_password"), Device: r.Device(),
	})
	switch {
	case err == nil:
		return tell(c, http.StatusOK, "Your password is set", "Sign in with it. Sessions that were open are signed out.")
	case fault.CodeOf(err) == fault.WrongCode:
		return over(c)
	default:
		return again(c, err, func(status int, problems ...string) error { return showReset(c, form, status, problems...) })
	}
}

// again answers a refusal: the page once more with what was wrong, or that the link is over.
func again(c *gin.Context, err error, show func(status int, problems ...string) error) error {
	code := fault.CodeOf(err)
	if code == fault.ChallengeExpired || code == fault.FactorNotOffered {
		return over(c)
	}
	p := httpx.ProblemOf(c.Request.Context(), err)
	var problems []string
	switch {
	case code == fault.InvalidInput:
		for _, f := range p.Fields {
			problems = append(problems, f.Message)
		}
	case code == fault.WrongCode:
		problems = []string{"The code is wrong."}
	case code == fault.InvalidCredentials:
		problems = []string{"The password is wrong."}
	case p.Status == http.StatusTooManyRequests || p.Status >= http.StatusInternalServerError:
		problems = []string{p.Title + ". Try again in a moment."}
	default:
		return err
	}
	maps.Copy(c.Writer.Header(), p.Headers())
	return show(p.Status, problems...)
}

func showReset(c *gin.Context, form url.Values, status int, problems ...string) error {
	page := newLinkPage(c, "Choose a new password", form, problems)
	page.MinLength = httpx.From(c.Request.Context()).Tenant.Settings.PasswordMinLength()
	return render(c, status, "link.html", page.Nonce, page)
}

func newLinkPage(c *gin.Context, title string, form url.Values, problems []string) linkPage {
	t := httpx.From(c.Request.Context()).Tenant
	return linkPage{
		frame:     newFrame(title, t.DisplayName(), t.Settings.Branding.Color),
		Challenge: strings.ToValidUTF8(form.Get("c"), ""), Secret: strings.ToValidUTF8(form.Get("s"), ""), Problems: problems,
	}
}

func over(c *gin.Context) error {
	return tell(c, http.StatusGone, "This link is over", "It was used, it has expired, or a newer one was mailed. Ask for a new one.")
}

func tell(c *gin.Context, status int, title, text string) error {
	t := httpx.From(c.Request.Context()).Tenant
	f := newFrame(title, t.DisplayName(), t.Settings.Branding.Color)
	return render(c, status, "message.html", f.Nonce, message{frame: f, Text: text})
}
