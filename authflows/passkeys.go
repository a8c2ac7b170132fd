package authflows

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"slices"

	"github.com/google/uuid"

	"github.com/tenantgate/tenantgate/authflows/accounts"
	"github.com/tenantgate/tenantgate/authflows/credentials"
	"github.com/tenantgate/tenantgate/authflows/factors/passkey"
	"github.com/tenantgate/tenantgate/ent"
	"github.com/tenantgate/tenantgate/internal/amr"
	"github.com/tenantgate/tenantgate/internal/events"
	"github.com/tenantgate/tenantgate/internal/fault"
	"github.com/tenantgate/tenantgate/internal/mail"
	"github.com/tenantgate/tenantgate/internal/store"
	"github.com/tenantgate/tenantgate/tenants"
)

// LoginPasskey asks for a passkey: one of the user's who has an identifier, or without one whichever the browser offers,
// also by conditional UI. Who is unknown or has none is asked for passkeys that nobody has. Faults: method_disabled,
// invalid_input, rate_limited.
func (f *Flows) LoginPasskey(ctx context.Context, identifier string, d Device) (_ *Step, err error) {
	ctx, end := f.begin(ctx, "login_passkey")
	defer end(&err)
	if !f.tenant.Settings.Passkeys.Enabled {
		return nil, fault.New(fault.MethodDisabled)
	}
	if err := f.limitAddress(ctx, d); err != nil {
		return nil, err
	}
	in := issue{
		purpose: purposeSignIn, kind: KindPasskey, factors: []amr.Method{amr.Passkey},
	}
	var allowed []passkey.Credential
	if identifier != "" {
		if wrong := checkIdentifier(identifier); len(wrong) > 0 {
			return nil, fault.Invalid(wrong...)
		}
		if in.user, allowed, err = f.passkeysOf(ctx, identifier); err != nil {
			return nil, err
		}
	}
	if err := f.ask(&in, allowed); err != nil {
		return nil, err
	}
	// By itself: there is nothing to guess, and pages ask as they are opened, so nobody's challenge may void another's. It is
	// found again by what the browser will sign.
	if in.subject, err = passkey.Asked(in.publicKey); err != nil {
		return nil, err
	}
	c, err := f.issue(ctx, in)
	return &Step{Challenge: c}, err
}

// ask adds an assertion to a challenge.
func (f *Flows) ask(in *issue, allowed []passkey.Credential) error {
	options, ceremony, err := f.relyingParty(in.proofs).Ask(allowed)
	if err != nil {
		return fmt.Errorf("ask for a passkey: %w", err)
	}
	in.payload, in.publicKey = pendingProof{Ceremony: ceremony}, options
	return nil
}

// addAssertion adds an assertion to a challenge that a passkey of its user may answer.
func (f *Flows) addAssertion(ctx context.Context, db *ent.PasskeyClient, in *issue) error {
	if !slices.Contains(in.factors, amr.Passkey) {
		return nil
	}
	keys, err := credentials.Passkeys(ctx, db, in.user)
	if err != nil {
		return err
	}
	return f.ask(in, storedCredentials(keys))
}

// relyingParty is the tenant as WebAuthn sees it. Where possession would add nothing to the proofs so far, the passkey must
// verify its user whatever the setting.
func (f *Flows) relyingParty(proofs []amr.Method) passkey.RelyingParty {
	s := f.tenant.Settings.Passkeys
	rp := passkey.RelyingParty{
		ID: s.RPID, Name: f.tenant.DisplayName(), Origins: s.Origins,
		UserVerification: string(s.UserVerification), Attestation: string(s.Attestation),
	}
	base, err := url.Parse(f.tenant.BaseURL)
	if err == nil && rp.ID == "" {
		rp.ID = base.Hostname()
	}
	if err == nil && len(rp.Origins) == 0 {
		rp.Origins = []string{base.Scheme + "://" + base.Host}
	}
	if len(proofs) > 0 && !amr.Adds(proofs, amr.PasskeyTouch) {
		rp.UserVerification = string(tenants.UserVerificationRequired)
	}
	return rp
}

// owner is a user as authenticators know it.
func (f *Flows) owner(u *accounts.User) passkey.Owner {
	name := u.Email
	for _, other := range []string{u.Username, u.Phone, u.PublicID()} {
		if name == "" {
			name = other
		}
	}
	o := passkey.Owner{Handle: u.PasskeyHandle, Name: name, DisplayName: u.Name}
	if o.DisplayName == "" {
		o.DisplayName = name
	}
	return o
}

func ownerOf(p *credentials.Passkey) uuid.UUID {
	if p == nil {
		return uuid.Nil
	}
	return p.UserID
}

func storedCredential(p *credentials.Passkey) passkey.Credential {
	return passkey.Credential{
		ID: p.CredentialID, PublicKey: p.PublicKey, SignCount: p.SignCount, BackupEligible: p.BackupEligible,
		BackedUp: p.BackedUp, UserVerified: p.UserVerified, Transports: p.Transports, AAGUID: p.AAGUID,
		AttestationFormat: p.Attestation,
	}
}

func storedCredentials(list []*credentials.Passkey) []passkey.Credential {
	out := make([]passkey.Credential, 0, len(list))
	for _, p := range list {
		out = append(out, storedCredential(p))
	}
	return out
}

// refusePasskey notes an assertion that is not acceptable.
func (f *Flows) refusePasskey(ctx context.Context, user *accounts.User, d Device) error {
	f.note(ctx, events.Event{Type: events.SignInRefused, Actor: events.ActorUser, User: idOf(user), Data: map[string]any{
		"proof": amr.Passkey, "address": d.addressText(),
	}})
	return fault.New(fault.PasskeyRefused)
}

// regressed refuses a passkey whose counter went back, which is how a copy looks, and tells its owner.
func (f *Flows) regressed(ctx context.Context, user *accounts.User, p *credentials.Passkey, d Device) error {
	_, err := store.InTx(ctx, f.DB.Client, func(ctx context.Context, tx *ent.Tx) (struct{}, error) {
		return struct{}{}, f.tellRegressed(ctx, tx, user, p, d)
	})
	if err != nil {
		return err
	}
	return fault.New(fault.PasskeyRefused)
}

// overtaken refuses a passkey that was removed, or used with a counter as high, since it was read. The latter is told like
// any counter that went back: a copy must not slip by in parallel.
func (f *Flows) overtaken(ctx context.Context, tx *ent.Tx, user *accounts.User, p *credentials.Passkey, d Device) error {
	refused := fault.New(fault.PasskeyRefused)
	still, err := credentials.PasskeyOf(ctx, tx.Passkey, p.CredentialID)
	if err != nil {
		return err
	}
	if still == nil {
		return refused
	}
	if err := f.tellRegressed(ctx, tx, user, p, d); err != nil {
		return err
	}
	return store.Commit(refused)
}

func (f *Flows) tellRegressed(ctx context.Context, tx *ent.Tx, user *accounts.User, p *credentials.Passkey, d Device) error {
	if err := f.notice(ctx, tx, mail.PasskeyCloned, user, d); err != nil {
		return err
	}
	return f.Events.Append(ctx, tx, events.Event{
		Type: events.PasskeyRegressed, Actor: events.ActorSystem, User: user.ID, Data: map[string]any{"factor": p.PublicID()},
	})
}

func malformedCredential(err error) error {
	if !errors.Is(err, passkey.ErrMalformed) {
		return err
	}
	return fault.Invalid(fault.Field{
		Field: "credential", Code: "invalid", Message: "Give the JSON of the credential as the browser returned it.",
	})
}

// passkeysOf returns the user of an identifier and what it may answer with. Who has no passkey is asked for made-up ones,
// always the same for an identifier.
func (f *Flows) passkeysOf(ctx context.Context, identifier string) (uuid.UUID, []passkey.Credential, error) {
	user, err := f.find(ctx, identifier)
	if err != nil {
		return uuid.Nil, nil, err
	}
	keys, err := credentials.Passkeys(ctx, f.DB.Passkey, idOf(user))
	if err != nil {
		return uuid.Nil, nil, err
	}
	if len(keys) == 0 || user.Suspended {
		return uuid.Nil, passkey.Decoy(f.key("passkey decoy"), normalText(identifier)), nil
	}
	return user.ID, storedCredentials(keys), nil
}

// note writes an event of a refusal. The refusal stands even where the event cannot be written.
func (f *Flows) note(ctx context.Context, e events.Event) {
	if err := f.Events.Note(ctx, f.DB.Client, e); err != nil {
		slog.WarnContext(ctx, "refusal not recorded", "type", e.Type, "error", err)
	}
}
