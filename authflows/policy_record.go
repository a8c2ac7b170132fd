package authflows

import (
	"context"
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/tenantgate/tenantgate/authflows/accounts"
	"github.com/tenantgate/tenantgate/internal/amr"
	"github.com/tenantgate/tenantgate/internal/events"
)

// decision is a decision as its event keeps it: all that was looked at, and what a replay under another policy asks beside.
type decision struct {
	inputs
	At      time.Time  `json:"at"`
	Roles   []string   `json:"roles,omitempty"`    // the user's
	AskedAt *time.Time `json:"asked_at,omitempty"` // when mfa.enrol_grace began for the user
	// Device is the one of the request, where the user had signed in on it before: no other can be trusted.
	Device uuid.UUID `json:"device,omitzero"`
	// Days are mfa.trust_device_days, NoPasskeys says that the tenant had switched passkeys off.
	Days       int  `json:"trust_device_days,omitempty"`
	NoPasskeys bool `json:"no_passkeys,omitempty"`
	// Enrolling is the factor that was enrolled in this sign-in: before its last proof the user did not have it.
	Enrolling amr.Method `json:"enrolling,omitempty"`
	// Unseen names the inputs that could not matter and were not looked at.
	Unseen []unseen `json:"unseen,omitempty"`
	// Follows and OneRequest are what the client could ask for, see Client.
	Follows    *Follows `json:"follows,omitempty"`
	OneRequest bool     `json:"one_request,omitempty"`
}

// unseen names an input.
type unseen string

const (
	unseenPassword unseen = "password"
	unseenTrusted  unseen = "trusted"
)

func (d decision) lacks(what unseen) bool { return slices.Contains(d.Unseen, what) }

// look collects what the decision on an attempt looks at, and looks up no more than can matter.
func (f *Flows) look(ctx context.Context, a attempt) (decision, error) {
	now := f.now()
	mfa := f.tenant.Settings.MFA
	d := decision{
		inputs: f.rulesAt(a.user, now), At: now, Days: mfa.TrustDeviceDays, NoPasskeys: !f.tenant.Settings.Passkeys.Enabled,
		Enrolling: a.enrolling, Follows: f.client.Follows, OneRequest: f.client.OneRequest,
	}
	d.Proofs = a.proofs
	if a.user == nil { // about to be made
		d.Password = slices.Contains(a.proofs, amr.Password)
		return d, nil
	}
	d.Roles, d.AskedAt = a.user.Roles, a.user.MFAAskedAt
	if a.claims {
		return d, nil // nothing is left of what the user had
	}
	device, known := f.known(a.user, a.device)
	if known {
		d.Device = device.ID
	}
	if amr.LevelOf(d.Proofs) == amr.AAL2 || d.Policy == policyOff || !d.required() && !d.hasSecond() {
		d.skip(unseenPassword, f.tenant.Settings.Password.Enabled && !slices.Contains(d.Proofs, amr.Password))
		d.skip(unseenTrusted, known)
		return d, nil
	}
	var err error
	if d.Password, err = f.hasPassword(ctx, a); err != nil {
		return d, err
	}
	if !known || d.Days == 0 || d.required() {
		d.skip(unseenTrusted, known)
		return d, nil
	}
	d.Trusted, err = f.trusted(ctx, a.user, device)
	return d, err
}

// skip records that an input is not looked at, unless it is known all the same.
func (d *decision) skip(what unseen, unknown bool) {
	if unknown {
		d.Unseen = append(d.Unseen, what)
	}
}

// inputs are what the decision on an attempt looks at.
func (f *Flows) inputs(ctx context.Context, a attempt) (inputs, error) {
	d, err := f.look(ctx, a)
	return d.inputs, err
}

// record is what the event of a decision holds.
func (f *Flows) record(d decision, signup bool) map[string]any {
	data := map[string]any{"decision": d, "client": f.client.ID}
	if signup {
		data["signup"] = true // beside user.signed_up, and counted once
	}
	return data
}

// noWayIn notes a sign-in whose proofs were right and that the policy allows nothing to go on by.
func (f *Flows) noWayIn(ctx context.Context, u *accounts.User, d decision) {
	f.note(ctx, events.Event{Type: events.SignInBlocked, Actor: events.ActorSystem, User: idOf(u), Data: f.record(d, false)})
}
