package authflows

import (
	"context"
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/tenantgate/tenantgate/authflows/accounts"
	"github.com/tenantgate/tenantgate/authflows/devices"
	"github.com/tenantgate/tenantgate/authflows/sessions"
	"github.com/tenantgate/tenantgate/authflows/throttle"
	"github.com/tenantgate/tenantgate/authflows/tokens"
	"github.com/tenantgate/tenantgate/ent"
	"github.com/tenantgate/tenantgate/internal/amr"
	"github.com/tenantgate/tenantgate/internal/events"
	"github.com/tenantgate/tenantgate/internal/fault"
	"github.com/tenantgate/tenantgate/internal/store"
	"github.com/tenantgate/tenantgate/tenants"
)

// attempt is a sign-in that is not finished.
type attempt struct {
	user   *accounts.User
	device Device
	proofs []amr.Method

	// settle does, in the transaction of the decision, what makes the proof count: it uses up the challenge, the code or
	// the step, and makes the user of a sign-up. It returns the user as it is then. It may be nil.
	settle settling
	// signup says that the proof makes the user, claims that it strips the account of all that it had.
	signup, claims bool
	// enrolling is the factor whose first answer the proof is.
	enrolling amr.Method
	// second is the code of a second factor that came with the first, from clients that send both at once.
	second string
	// trust says that the device shall be asked for no second factor for mfa.trust_device_days.
	trust bool
}

// advance alone decides what follows a proof: a session, or the factors still missing. Nothing else opens a session.
func (f *Flows) advance(ctx context.Context, a attempt, proof amr.Method) (*Step, error) {
	a.proofs = append(a.proofs, proof)
	in, err := f.look(ctx, a)
	if err != nil {
		return nil, err
	}
	next := decide(in.inputs)
	if next.Kind != "" && len(next.Factors) == 0 {
		f.noWayIn(ctx, a.user, in) // the tenant allows nothing that could lift these proofs
		return nil, fault.New(fault.FactorNotOffered)
	}
	if next.Kind != "" && f.client.OneRequest {
		if next.Kind != KindMFA || a.second == "" {
			// Nothing waits and nothing is used up: the whole request comes again with what is missing.
			return &Step{Challenge: &Challenge{Kind: next.Kind, Factors: next.Factors, User: a.user}}, nil
		}
		if a, in, err = f.addSecond(ctx, a, next); err != nil {
			return nil, err
		}
		if next = decide(in.inputs); next.Kind != "" {
			f.noWayIn(ctx, a.user, in) // by this client
			return nil, fault.New(fault.FactorNotOffered)
		}
	}
	step, err := store.InTx(ctx, f.DB.Client, func(ctx context.Context, tx *ent.Tx) (*Step, error) {
		// The user before its challenges and throttles, as whatever else changes it: else the two wait for each other. And a
		// proof of what has changed meanwhile must not wait in a challenge for the next factor.
		if a.user != nil && (next.Kind != "" || f.beginsGrace(in.inputs, a.user)) {
			if err := accounts.HoldVersion(ctx, tx, a.user, f.now()); err != nil {
				return nil, err
			}
		}
		if a.settle != nil {
			user, err := a.settle(ctx, tx)
			if err != nil {
				return nil, err
			}
			a.user = user
		}
		if next.Kind != "" {
			c, err := f.askNext(ctx, tx, a, next)
			return &Step{Challenge: c}, err
		}
		return f.open(ctx, tx, a, in)
	})
	if err != nil {
		return nil, err
	}
	if step.SignedIn == nil {
		step.Challenge.User = a.user
		return step, f.mintPending(ctx, step.Challenge)
	}
	return step, f.mint(ctx, step.SignedIn)
}

// addSecond proves the second factor of an attempt that brought both.
func (f *Flows) addSecond(ctx context.Context, a attempt, next verdict) (attempt, decision, error) {
	factor, err := codeFactor(a.second, next.Factors)
	if err != nil {
		return a, decision{}, err
	}
	p, err := f.prove(ctx, nil, a.user, factor, Answer{Code: a.second, Device: a.device})
	if err != nil {
		return a, decision{}, err
	}
	first := a.settle
	a.settle = func(ctx context.Context, tx *ent.Tx) (*accounts.User, error) {
		// The user before its challenges and codes, as whatever else changes it.
		if err := accounts.HoldVersion(ctx, tx, a.user, f.now()); err != nil {
			return nil, err
		}
		user := a.user
		if first != nil {
			if user, err = first(ctx, tx); err != nil {
				return nil, err
			}
		}
		if p.settle == nil {
			return user, nil
		}
		return p.settle(ctx, tx)
	}
	a.proofs = append(a.proofs, p.method)
	in, err := f.look(ctx, a)
	return a, in, err
}

// askNext issues the challenge of a verdict.
func (f *Flows) askNext(ctx context.Context, tx *ent.Tx, a attempt, next verdict) (*Challenge, error) {
	in := issue{
		purpose: purposeSignIn, kind: next.Kind, user: a.user.ID,
		subject: userSubject(a.user.ID), factors: next.Factors, proofs: a.proofs,
	}
	if next.Kind == KindEnrol {
		in.purpose = purposeEnrol
		return f.issueIn(ctx, tx, in)
	}
	if err := f.addAssertion(ctx, tx.Passkey, &in); err != nil {
		return nil, err
	}
	return f.issueIn(ctx, tx, in)
}

// rules are the inputs that do not depend on an attempt: what the tenant asks of a user, or of one about to be made.
func (f *Flows) rules(u *accounts.User) inputs { return f.rulesAt(u, f.now()) }

func (f *Flows) rulesAt(u *accounts.User, now time.Time) inputs {
	mfa := f.tenant.Settings.MFA
	in := inputs{Policy: string(mfa.Policy), Allowed: f.allowed(), Grace: mfa.EnrolGrace > 0}
	if u == nil {
		return in
	}
	in.Enrolled = slices.DeleteFunc(slices.Clone(u.Factors), func(m amr.Method) bool {
		return m == amr.Passkey && !f.tenant.Settings.Passkeys.Enabled
	})
	in.Role = slices.ContainsFunc(u.Roles, func(r string) bool { return slices.Contains(mfa.RequiredRoles, r) })
	in.Grace = in.Grace && (u.MFAAskedAt == nil || now.Before(u.MFAAskedAt.Add(mfa.EnrolGrace.Std())))
	return in
}

// allowed are the second factors that users of the tenant may have.
func (f *Flows) allowed() []amr.Method {
	return allowedBy(f.tenant.Settings.MFA, f.tenant.Settings.Passkeys.Enabled)
}

func allowedBy(mfa tenants.MFASettings, passkeys bool) []amr.Method {
	var out []amr.Method
	for _, m := range mfa.Factors {
		if m != tenants.MFAPasskey || passkeys {
			out = append(out, amr.Method(m))
		}
	}
	return out
}

// hasPassword reports whether the attempt could prove a password, or has.
func (f *Flows) hasPassword(ctx context.Context, a attempt) (bool, error) {
	if slices.Contains(a.proofs, amr.Password) || !f.tenant.Settings.Password.Enabled {
		return f.tenant.Settings.Password.Enabled, nil
	}
	hash, err := accounts.PasswordHash(ctx, f.DB.Client, a.user.ID)
	return hash != "", err
}

// trusted reports whether a user's device is trusted.
func (f *Flows) trusted(ctx context.Context, u *accounts.User, device tokens.Device) (bool, error) {
	return devices.Trusted(ctx, f.DB.Client, u.ID, device.ID, f.now())
}

// open stores the session that a decision allows, with its event.
func (f *Flows) open(ctx context.Context, tx *ent.Tx, a attempt, d decision) (*Step, error) {
	settings := f.tenant.Settings.Sessions
	s, err := sessions.Open(ctx, tx, sessions.NewSession{
		User: a.user.ID, Client: f.client.ID, Version: a.user.CredentialVersion, Proofs: a.proofs, Absolute: f.absolute(),
		UserAgent: a.device.agentText(), Address: a.device.addressText(),
	}, f.now())
	if err != nil {
		return nil, err
	}
	if settings.MaxPerUser > 0 {
		if err := f.keepNewest(ctx, tx, a.user.ID, settings.MaxPerUser); err != nil {
			return nil, err
		}
	}
	if !a.signup {
		if err := throttle.Reset(ctx, tx, f.subject(a.user, a.device)); err != nil {
			return nil, err
		}
	}
	if f.beginsGrace(d.inputs, a.user) {
		if err := accounts.AskedForMFA(ctx, tx, a.user.ID, f.now()); err != nil {
			return nil, err
		}
	}
	token, err := f.meet(ctx, tx, a, d.inputs, s)
	if err != nil {
		return nil, err
	}
	err = f.Events.Append(ctx, tx, events.Event{
		Type: events.UserSignedIn, Actor: events.ActorUser, User: a.user.ID, Session: s.ID,
		Data: f.record(d, a.signup),
	})
	return &Step{SignedIn: &SignedIn{User: a.user, Session: s, New: a.signup, DeviceToken: token}}, err
}

// beginsGrace reports whether a sign-in is the first to meet the requirement of a second factor that the user does not have.
func (f *Flows) beginsGrace(in inputs, u *accounts.User) bool {
	return in.Grace && in.required() && !in.hasSecond() && u.MFAAskedAt == nil
}

func (f *Flows) keepNewest(ctx context.Context, tx *ent.Tx, user uuid.UUID, most int) error {
	n, err := sessions.KeepNewest(ctx, tx, user, most, f.now())
	if err != nil || n == 0 {
		return err
	}
	return f.Events.Append(ctx, tx, events.Event{
		Type: events.SessionsEnded, Actor: events.ActorSystem, User: user,
		Data: map[string]any{"reason": sessions.TooMany, "count": n},
	})
}

func userSubject(id uuid.UUID) string { return "user:" + id.String() }

// daysFrom adds whole days.
func daysFrom(t time.Time, n int) time.Time { return t.Add(time.Duration(n) * 24 * time.Hour) }
