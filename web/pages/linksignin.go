package pages

import (
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/gin-gonic/gin"
	"github.com/google/uuid"

	"github.com/tenantgate/tenantgate/authflows"
	"github.com/tenantgate/tenantgate/internal/amr"
	"github.com/tenantgate/tenantgate/internal/fault"
	"github.com/tenantgate/tenantgate/internal/ids"
	"github.com/tenantgate/tenantgate/tenants"
	"github.com/tenantgate/tenantgate/web/httpx"
)

// factorForm asks for one factor.
type factorForm struct {
	Factor                   amr.Method
	Label, Hint, Instead     string
	Type, Mode, Autocomplete string
	MaxLength                int
}

// Spared reports whether a trusted browser is not asked for the factor: a second one, which no password is.
func (f factorForm) Spared() bool { return f.Factor != amr.Password }

// factorForms are the factors that a page without script can ask for, in the order of how likely they are at hand.
var factorForms = []factorForm{
	{
		amr.TOTP, "Code of your authenticator app", "Six digits.", "Use the authenticator app instead",
		"text", "numeric", "one-time-code", 40,
	},
	{amr.Password, "Password", "", "Use the password instead", "password", "text", "current-password", 256},
	{
		amr.RecoveryCode, "Recovery code", "One of the codes that you were shown when you set up the second factor. Each works once.",
		"Use a recovery code instead", "text", "text", "off", 80,
	},
}

func showSignIn(c *gin.Context, form url.Values, status int, problems ...string) error {
	t := httpx.From(c.Request.Context()).Tenant
	page := newLinkPage(c, "Sign in to "+t.DisplayName(), form, problems)
	return render(c, status, "signin.html", page.Nonce, page)
}

// signIn signs in the browser that presses the button, which need not be the one that asked for the link.
func signIn(c *gin.Context, id uuid.UUID, form url.Values) error {
	r := httpx.From(c.Request.Context())
	step, err := r.Flows.Answer(c.Request.Context(), authflows.Answer{
		Challenge: id, Factor: amr.EmailCode, Secret: form.Get("s"), Device: r.Device(),
	})
	switch fault.CodeOf(err) {
	case fault.WrongCode, fault.InvalidInput:
		return over(c)
	}
	if err != nil {
		return again(c, err, func(status int, problems ...string) error { return showSignIn(c, form, status, problems...) })
	}
	return goOn(c, step)
}

// goOn shows what follows a proof.
func goOn(c *gin.Context, step *authflows.Step) error {
	r := httpx.From(c.Request.Context())
	brand := r.Tenant.DisplayName()
	switch {
	case step.SignedIn != nil:
		for _, cookie := range httpx.Cookies(r, step.SignedIn) {
			c.Writer.Header().Add("Set-Cookie", cookie)
		}
		return tell(c, http.StatusOK, "You are signed in", "You can close this page and go on in "+brand+".")
	case step.Challenge.Kind == authflows.KindEnrol:
		return tell(c, http.StatusOK, "Set up a second factor",
			brand+" asks you for a second factor, and you have none yet. Sign in in the app, which will lead you through it.")
	}
	offered := askable(step.Challenge.Factors)
	if len(offered) == 0 {
		return tell(c, http.StatusOK, "Use your passkey",
			"A passkey is asked for next, and this page cannot take one. Sign in in the app with your passkey.")
	}
	return showFactor(c, step.Challenge.PublicID(), offered, http.StatusOK)
}

// answerFactor takes the answer to a challenge that followed the link.
func answerFactor(c *gin.Context, form url.Values) error {
	r := httpx.From(c.Request.Context())
	id, ok := ids.Parse(ids.Challenge, form.Get("c"))
	factor := amr.Method(form.Get("factor"))
	if !ok || !signsIn(r.Tenant) || len(askable([]amr.Method{factor})) == 0 {
		return over(c)
	}
	in := authflows.Answer{
		Challenge: id, Factor: factor, Code: form.Get("answer"), TrustDevice: form.Get("trust_device") != "", Device: r.Device(),
	}
	if factor == amr.Password {
		in.Code, in.Password = "", form.Get("answer")
	}
	step, err := r.Flows.Answer(c.Request.Context(), in)
	switch {
	case err != nil:
		return again(c, err, func(status int, problems ...string) error {
			return showFactor(c, form.Get("c"), offeredFirst(form.Get("offered"), factor), status, problems...)
		})
	case step == nil || step.Identifier != nil: // the challenge of something else
		return over(c)
	default:
		return goOn(c, step)
	}
}

// askable returns the factors of a challenge that this page can ask for, in its order.
func askable(factors []amr.Method) (out []amr.Method) {
	for _, f := range factorForms {
		if slices.Contains(factors, f.Factor) {
			out = append(out, f.Factor)
		}
	}
	return out
}

// offeredFirst reads the factors that a form was shown with, and puts the one that was used first.
func offeredFirst(offered string, used amr.Method) []amr.Method {
	out := []amr.Method{used}
	var listed []amr.Method
	for text := range strings.SplitSeq(offered, " ") {
		listed = append(listed, amr.Method(text))
	}
	for _, m := range askable(listed) {
		if m != used {
			out = append(out, m)
		}
	}
	return out
}

func showFactor(c *gin.Context, challenge string, offered []amr.Method, status int, problems ...string) error {
	settings := httpx.From(c.Request.Context()).Tenant.Settings
	page := newLinkPage(c, "One more step", url.Values{"c": {challenge}}, problems)
	page.Offered = strings.Join(amr.Texts(offered), " ")
	if settings.MFA.Policy != tenants.MFARequired {
		page.TrustDays = settings.MFA.TrustDeviceDays
	}
	for _, m := range offered {
		i := slices.IndexFunc(factorForms, func(f factorForm) bool { return f.Factor == m })
		page.Forms = append(page.Forms, factorForms[i])
	}
	return render(c, status, "factor.html", page.Nonce, page)
}
