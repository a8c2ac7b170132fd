package authflows

import (
	"context"

	"github.com/tenantgate/tenantgate/internal/amr"
	"github.com/tenantgate/tenantgate/internal/fault"
	"github.com/tenantgate/tenantgate/internal/mail"
	"github.com/tenantgate/tenantgate/tenants"
)

// LoginCode mails a code, and a link where there is somewhere for it to lead, by which a user signs in. Unknown users get the
// same answer at the same cost, and no mail. Faults: method_disabled, mail_unavailable, rate_limited, invalid_input.
func (f *Flows) LoginCode(ctx context.Context, identifier string, d Device) (_ *Step, err error) {
	ctx, end := f.begin(ctx, "login_code")
	defer end(&err)
	if !f.tenant.Settings.Magic.Enabled {
		return nil, fault.New(fault.MethodDisabled)
	}
	if wrong := checkIdentifier(identifier); len(wrong) > 0 {
		return nil, fault.Invalid(wrong...)
	}
	if err := f.limitAddress(ctx, d); err != nil {
		return nil, err
	}
	if err := f.mailable(); err != nil {
		return nil, err
	}
	if err := f.limitAsks(ctx, ForLogin, normalText(identifier)); err != nil {
		return nil, err
	}
	user, err := f.find(ctx, identifier)
	if err != nil {
		return nil, err
	}
	pending := pendingProof{Identifier: normalText(identifier)}
	in := issue{
		purpose: purposeSignIn, kind: KindEmailCode, subject: pending.Identifier,
		factors: []amr.Method{amr.EmailCode}, link: f.linkLeads(),
	}
	if user != nil && !user.Suspended && user.Email != "" {
		pending.To = user.Email
		in.user = user.ID
	}
	in.payload = pending
	in.letter = f.letter(mail.EmailCode, pending.To, d)
	_, known := f.known(user, d)
	if err := f.limitMail(ctx, in.letter, pending.Identifier, known); err != nil {
		return nil, err
	}
	c, err := f.issue(ctx, in)
	return &Step{Challenge: c}, err
}

// linkLeads reports whether a mailed link can sign in the browser that opens it: by a cookie, or at the tenant's own app.
func (f *Flows) linkLeads() bool {
	return f.isNative() && (f.tenant.Settings.Tokens.Transport == tenants.TransportCookie || f.tenant.Settings.Mail.LinkURL != "")
}
