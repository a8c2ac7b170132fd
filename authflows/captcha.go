package authflows

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/tenantgate/tenantgate/internal/fault"
	"github.com/tenantgate/tenantgate/internal/telemetry"
	"github.com/tenantgate/tenantgate/internal/turnstile"
	"github.com/tenantgate/tenantgate/tenants"
)

// Captcha tells whether a person solved a captcha. An error is an outage, never the person's fault.
type Captcha interface {
	Verify(ctx context.Context, c turnstile.Check) (turnstile.Answer, error)
}

// The actions that pages give the widget, so that a captcha solved for one flow is of no use in another.
const (
	captchaLogin  = "login"
	captchaSignup = "signup"
)

// checkCaptcha uses up the captcha of a request, as abuse.turnstile.mode asks. Faults: invalid_input with the field captcha,
// required or refused; unavailable where the captcha cannot be verified, for then nobody passes.
func (f *Flows) checkCaptcha(ctx context.Context, action, token string, d Device) error {
	s := f.tenant.Settings.Abuse.Turnstile
	required := s.Mode == tenants.CaptchaRequired
	switch {
	case s.Mode == tenants.CaptchaOff, !required && token == "", !required && f.Captcha == nil:
		return nil
	case token == "":
		return fault.Invalid(fault.Field{Field: "captcha", Code: "required", Message: "Solve the captcha and send its token."})
	case f.Captcha == nil:
		return fault.New(fault.Unavailable).Because(errors.New("nothing verifies captchas"))
	}
	secret, err := f.tenant.Reveal(s.Secret)
	if err != nil {
		return fmt.Errorf("open the key of the captcha: %w", err)
	}
	answer, err := f.Captcha.Verify(ctx, turnstile.Check{Secret: secret, Token: token, Address: d.addressText()})
	if err != nil {
		return fault.New(fault.Unavailable).After(time.Second).Because(err)
	}
	if wrong := f.wrongCaptcha(action, answer); wrong != "" {
		// People cannot mend a widget on the wrong page: its operator learns of it here.
		telemetry.Note(ctx, slog.String("captcha_outcome", wrong))
		return fault.Invalid(fault.Field{
			Field: "captcha", Code: "refused",
			Message: "The captcha was not accepted, or was used before. Solve it again.",
		})
	}
	return nil
}

// wrongCaptcha says what is wrong with an answer, or nothing.
func (f *Flows) wrongCaptcha(action string, a turnstile.Answer) string {
	switch {
	case !a.OK:
		return "refused"
	case !slices.Contains(f.hosts(), strings.ToLower(a.Hostname)):
		return "solved on another host"
	case a.Action != "" && a.Action != action:
		return "solved for another action"
	}
	return ""
}

// hosts are the names, without ports, of the hosts that the tenant's own pages and those of its apps are on.
func (f *Flows) hosts() []string {
	s := f.tenant.Settings
	var out []string
	for _, page := range slices.Concat([]string{f.tenant.BaseURL, f.client.Site}, s.CORS.Origins, s.Passkeys.Origins, s.Redirects.Allowed) {
		if u, err := url.Parse(page); err == nil && u.Host != "" {
			out = append(out, u.Hostname())
		}
	}
	return out
}
