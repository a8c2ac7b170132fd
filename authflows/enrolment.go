package authflows

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/tenantgate/tenantgate/authflows/accounts"
	"github.com/tenantgate/tenantgate/authflows/credentials"
	"github.com/tenantgate/tenantgate/authflows/factors/emailcode"
	"github.com/tenantgate/tenantgate/authflows/factors/passkey"
	"github.com/tenantgate/tenantgate/authflows/factors/totp"
	"github.com/tenantgate/tenantgate/ent"
	"github.com/tenantgate/tenantgate/internal/amr"
	"github.com/tenantgate/tenantgate/internal/events"
	"github.com/tenantgate/tenantgate/internal/fault"
	"github.com/tenantgate/tenantgate/internal/ids"
	"github.com/tenantgate/tenantgate/internal/mail"
	"github.com/tenantgate/tenantgate/tenants"
)

// Enrolment is a factor that is about to be enrolled: what its owner needs to answer with it for the first time. Until then
// it is a challenge and no factor.
type Enrolment struct {
	Challenge uuid.UUID
	Factor    amr.Method
	ExpiresAt time.Time

	Secret     string          // of an authenticator app, as it is typed in
	OTPAuthURI string          // the same as a URI
	QR         []byte          // the URI as a PNG
	PublicKey  json.RawMessage // options for navigator.credentials.create

	// RecoveryCodes count from the first answer on, with clients that show them this early.
	RecoveryCodes []string
}

// PublicID returns chl_….
func (e *Enrolment) PublicID() string { return ids.Format(ids.Challenge, e.Challenge) }

// FactorID returns fac_…: what the factor is called once it is one.
func (e *Enrolment) FactorID() string { return ids.Format(ids.Factor, e.Challenge) }

// pendingEnrolment is the payload of an enrolment's challenge.
type pendingEnrolment struct {
	Factor   amr.Method `json:"factor"`
	Name     string     `json:"name,omitempty"`
	Secret   []byte     `json:"secret,omitempty"`   // of an authenticator app
	Ceremony []byte     `json:"ceremony,omitempty"` // of a passkey
	Handle   []byte     `json:"handle,omitempty"`   // that the passkey is made for

	RecoveryCodes []string `json:"recovery_codes,omitempty"` // shown already
}

// maxFactors is how many of a kind a user may have.
const maxFactors = 20

const maxFactorName = 100

// prepare makes what a user needs to enrol a factor beside those that proofs show. The fault is method_disabled where the
// tenant does not have the factor, limit_reached where the user has enough of them.
func (f *Flows) prepare(ctx context.Context, user *accounts.User, m amr.Method, name string, proofs []amr.Method) (*pendingEnrolment, *Enrolment, error) {
	name, err := factorName(m, name)
	if err != nil {
		return nil, nil, err
	}
	pending, shown := &pendingEnrolment{Factor: m, Name: name}, &Enrolment{Factor: m}
	switch {
	case m == amr.TOTP && f.takes(amr.TOTP):
		err = f.prepareTOTP(ctx, user, pending, shown)
	case m == amr.Passkey && f.tenant.Settings.Passkeys.Enabled:
		err = f.preparePasskey(ctx, user, pending, shown, proofs)
	default:
		err = fault.New(fault.MethodDisabled)
	}
	return pending, shown, err
}

// takes reports whether users of the tenant may have a second factor.
func (f *Flows) takes(m amr.Method) bool {
	return f.tenant.Settings.MFA.Policy != policyOff && slices.Contains(f.allowed(), m)
}

func (f *Flows) prepareTOTP(ctx context.Context, user *accounts.User, pending *pendingEnrolment, shown *Enrolment) error {
	has, err := credentials.TOTPs(ctx, f.DB.TOTPDevice, user.ID)
	if err != nil {
		return err
	}
	if len(has) >= maxFactors || f.client.Enrols.One && len(has) > 0 {
		return fault.New(fault.LimitReached)
	}
	if len(pending.Secret) == 0 {
		pending.Secret = totp.NewSecret()
	}
	if f.client.Enrols.Early && f.takes(amr.RecoveryCode) {
		pending.RecoveryCodes = f.client.Enrols.Codes.New()
		shown.RecoveryCodes = pending.RecoveryCodes
	}
	shown.Secret = totp.Text(pending.Secret)
	shown.OTPAuthURI = totp.URI(f.tenant.DisplayName(), f.owner(user).Name, pending.Secret)
	if shown.QR, err = totp.QR(shown.OTPAuthURI); err != nil {
		return fmt.Errorf("draw QR code: %w", err)
	}
	return nil
}

func (f *Flows) preparePasskey(
	ctx context.Context, user *accounts.User, pending *pendingEnrolment, shown *Enrolment, proofs []amr.Method,
) error {
	has, err := credentials.Passkeys(ctx, f.DB.Passkey, user.ID)
	if err != nil {
		return err
	}
	if len(has) >= maxFactors {
		return fault.New(fault.LimitReached)
	}
	owner := f.owner(user)
	if len(owner.Handle) == 0 {
		owner.Handle = passkey.NewHandle()
	}
	pending.Handle = owner.Handle
	rp := f.relyingParty(proofs)
	// A sign-in enrols to reach aal2. A touch that does not would bind it to a passkey which cannot answer what comes next.
	if len(proofs) > 0 && amr.LevelOf(append(slices.Clone(proofs), amr.PasskeyTouch)) != amr.AAL2 {
		rp.UserVerification = string(tenants.UserVerificationRequired)
	}
	shown.PublicKey, pending.Ceremony, err = rp.Create(owner, storedCredentials(has))
	if err != nil {
		return fmt.Errorf("begin passkey registration: %w", err)
	}
	return nil
}

// enrolled is a factor whose first answer was right; add stores it.
type enrolled struct {
	factor *Factor
	codes  []string // recovery codes that were shown before
	add    func(context.Context, *ent.Tx) error
}

// firstAnswer checks the first answer with a factor that is about to be enrolled, counting a try.
func (f *Flows) firstAnswer(
	ctx context.Context, row *ent.Challenge, user *accounts.User, pending *pendingEnrolment, in Answer,
) (*enrolled, error) {
	factor := &Factor{ID: row.ID, Kind: pending.Factor, Name: pending.Name, CreatedAt: f.now()}
	if in.Name != "" {
		var err error
		if factor.Name, err = factorName(pending.Factor, in.Name); err != nil {
			return nil, err
		}
	}
	if pending.Factor == amr.TOTP {
		return f.firstCode(ctx, row, user, pending, factor, in.Code)
	}
	return f.firstCredential(ctx, row, user, pending, factor, in.Credential)
}

func (f *Flows) firstCode(
	ctx context.Context, row *ent.Challenge, user *accounts.User, pending *pendingEnrolment, factor *Factor, typed string,
) (*enrolled, error) {
	code, ok := emailcode.Normalize(typed, totp.Digits)
	if !ok {
		return nil, fault.Invalid(fault.Field{Field: "code", Code: "invalid", Message: "Give the six digits that the authenticator app shows."})
	}
	if _, err := f.try(ctx, row.ID); err != nil {
		return nil, err
	}
	step, ok := totp.Match(pending.Secret, code, f.now(), 0)
	if !ok {
		return nil, fault.New(fault.WrongCode)
	}
	return &enrolled{factor, pending.RecoveryCodes, func(ctx context.Context, tx *ent.Tx) error {
		box, err := f.tenant.Keys.Seal(credentials.TOTPPlace(row.ID), pending.Secret)
		if err != nil {
			return err
		}
		// The step of this answer is used: the same code signs nobody in.
		return credentials.AddTOTP(ctx, tx, &credentials.TOTP{
			ID: row.ID, UserID: user.ID, Name: factor.Name, Secret: box, LastStep: step, CreatedAt: factor.CreatedAt,
		})
	}}, nil
}

func (f *Flows) firstCredential(
	ctx context.Context, row *ent.Challenge, user *accounts.User, pending *pendingEnrolment, factor *Factor, response []byte,
) (*enrolled, error) {
	owner := f.owner(user)
	owner.Handle = pending.Handle
	// What cannot be read counts as no try; nothing else is told before one is counted.
	made, err := f.relyingParty(methods(row.Proofs)).Register(owner, pending.Ceremony, response)
	if errors.Is(err, passkey.ErrMalformed) {
		return nil, malformedCredential(err)
	}
	if _, err := f.try(ctx, row.ID); err != nil {
		return nil, err
	}
	switch {
	case errors.Is(err, passkey.ErrRefused):
		return nil, fault.New(fault.PasskeyInvalid)
	case err != nil:
		return nil, err
	}
	factor.BackedUp, factor.verified = made.BackedUp, made.UserVerified
	return &enrolled{factor, nil, func(ctx context.Context, tx *ent.Tx) error {
		if len(user.PasskeyHandle) == 0 {
			if err := accounts.SetPasskeyHandle(ctx, tx, user.ID, pending.Handle); err != nil {
				return err
			}
		}
		return credentials.AddPasskey(ctx, tx, &credentials.Passkey{
			ID: row.ID, UserID: user.ID, Name: factor.Name, CredentialID: made.ID, PublicKey: made.PublicKey,
			SignCount: made.SignCount, BackupEligible: made.BackupEligible, BackedUp: made.BackedUp,
			UserVerified: made.UserVerified, Transports: made.Transports, AAGUID: made.AAGUID,
			Attestation: made.AttestationFormat, CreatedAt: factor.CreatedAt,
		})
	}}, nil
}

// enrol stores a factor in a transaction, with recovery codes where an authenticator app is the first thing that could be
// lost, and tells the user. It returns the user as it is then.
func (f *Flows) enrol(ctx context.Context, tx *ent.Tx, user *accounts.User, e *enrolled, d Device) (*accounts.User, []string, error) {
	var codes []string
	user, err := f.changeFactors(ctx, tx, user, func(ctx context.Context, tx *ent.Tx) (err error) {
		if err := e.add(ctx, tx); err != nil {
			return err
		}
		switch {
		case len(e.codes) > 0:
			codes, err = e.codes, f.storeRecoveryCodes(ctx, tx, user.ID, e.codes)
		case e.factor.Kind == amr.TOTP && f.takes(amr.RecoveryCode) && !slices.Contains(user.Factors, amr.RecoveryCode):
			codes, err = f.makeRecoveryCodes(ctx, tx, user.ID)
		}
		return err
	})
	if err != nil {
		return nil, nil, err
	}
	if err := f.noticeOf(ctx, tx, mail.FactorAdded, e.factor.Kind, user, d); err != nil {
		return nil, nil, err
	}
	return user, codes, f.Events.Append(ctx, tx, events.Event{
		Type: events.FactorAdded, Actor: events.ActorUser, User: user.ID,
		Data: map[string]any{"kind": e.factor.Kind, "factor": e.factor.PublicID(), "recovery_codes": len(codes)},
	})
}

// factorName reads the name that a user gives a factor, in default of which it has one.
func factorName(m amr.Method, name string) (string, error) {
	name = strings.TrimSpace(name)
	if name == "" {
		return map[amr.Method]string{amr.TOTP: "Authenticator app", amr.Passkey: "Passkey"}[m], nil
	}
	if len([]rune(name)) > maxFactorName || !printable(name) {
		return "", fault.Invalid(fault.Field{Field: "name", Code: "invalid", Message: "Use at most 100 characters on one line."})
	}
	return name, nil
}
