package authflows

import (
	"context"
	"encoding/json"
	"errors"
	"reflect"
	"regexp"
	"slices"
	"strings"

	"github.com/google/uuid"

	"github.com/tenantgate/tenantgate/authflows/accounts"
	"github.com/tenantgate/tenantgate/authflows/sessions"
	"github.com/tenantgate/tenantgate/authflows/throttle"
	"github.com/tenantgate/tenantgate/ent"
	"github.com/tenantgate/tenantgate/internal/events"
	"github.com/tenantgate/tenantgate/internal/fault"
	"github.com/tenantgate/tenantgate/internal/mail"
	"github.com/tenantgate/tenantgate/internal/store"
)

// NewUser is a user that an admin makes.
type NewUser struct {
	Email, Username, Phone string
	EmailVerified          bool
	Name                   string
	Profile                json.RawMessage
	Password               string // none by the empty one
	Roles                  []string
}

// Create makes a user by the rules of a sign-up, whatever signup.mode says. Faults: invalid_input, identifier_taken, busy, and
// forbidden for a user of the reserved tenant whom somebody makes who does not hold everything.
func (d *Directory) Create(ctx context.Context, in NewUser) (_ *User, err error) {
	f := d.flows
	ctx, end := f.begin(ctx, "directory_create")
	defer end(&err)
	if err := d.mayEnter(ctx); err != nil {
		return nil, err
	}
	reg, roles, err := f.checkNewUser(in)
	if err != nil {
		return nil, err
	}
	if in.Password != "" {
		if reg.PasswordHash, err = f.Hasher.Hash(ctx, in.Password); err != nil {
			return nil, err
		}
	}
	user, err := store.InTx(ctx, f.DB.Client, func(ctx context.Context, tx *ent.Tx) (*User, error) {
		user, err := accounts.Create(ctx, tx, accounts.NewUser{
			Identifiers: reg.Identifiers, EmailVerified: in.EmailVerified,
			PasswordHash: reg.PasswordHash, Name: reg.Name, Profile: reg.Profile,
		}, f.now())
		if err != nil {
			return nil, err
		}
		if err := throttle.Prepare(ctx, tx, user.ID, f.now()); err != nil {
			return nil, err
		}
		if err := accounts.SetRoles(ctx, tx, user.ID, roles, f.now()); err != nil {
			return nil, err
		}
		user.Roles = roles
		return user, f.Events.Append(ctx, tx, events.Event{
			Type: events.UserCreated, Actor: events.ActorOperator, User: user.ID,
			Data: map[string]any{
				events.After:    map[string]any{"roles": roles, "email_verified": in.EmailVerified, "password": in.Password != ""},
				events.Personal: map[string]any{events.After: personalOf(user)},
			},
		})
	})
	if fault.CodeOf(err) == fault.IdentifierTaken {
		return nil, f.whichTaken(ctx, reg, err)
	}
	return user, err
}

// checkNewUser reads the input, all faults at once, before anything is hashed.
func (f *Flows) checkNewUser(in NewUser) (*registration, []string, error) {
	reg, wrong := readSignup(SignupInput{
		Email: in.Email, Username: in.Username, Phone: in.Phone, Name: in.Name, Profile: in.Profile,
	}, f.tenant.Settings.Signup.Required)
	switch {
	case in.Password == "":
	case f.tenant.Settings.Password.Enabled:
		wrong = append(wrong, f.checkPassword("password", in.Password, in.Email, in.Username)...)
	default:
		wrong = append(wrong, fault.Field{Field: "password", Code: "method_disabled", Message: "The tenant's users have no passwords."})
	}
	if in.EmailVerified && strings.TrimSpace(in.Email) == "" {
		wrong = append(wrong, fault.Field{Field: "emailVerified", Code: "invalid", Message: "There is no address to count as proven."})
	}
	roles, bad := checkRoles(in.Roles)
	if wrong = append(wrong, bad...); len(wrong) > 0 {
		return nil, nil, fault.Invalid(wrong...)
	}
	return reg, roles, nil
}

const maxRoles = 50

// roleShape is that of mfa.required_roles.
var roleShape = regexp.MustCompile(`^[a-z0-9][a-z0-9_.:-]{0,63}$`)

// checkRoles sorts roles, each once.
func checkRoles(in []string) ([]string, []fault.Field) {
	out := slices.Compact(slices.Sorted(slices.Values(in)))
	if out == nil {
		out = []string{}
	}
	if len(out) > maxRoles || slices.ContainsFunc(out, func(r string) bool { return !roleShape.MatchString(r) }) {
		return nil, []fault.Field{{
			Field: "roles", Code: "invalid", Message: "Name at most 50 roles, each of up to 64 of a-z, 0-9 and _ . : -, a letter or digit first.",
		}}
	}
	return out, nil
}

// personalOf is what an event tells of a user to who may see personal values.
func personalOf(u *User) map[string]any {
	out := map[string]any{}
	for name, value := range map[string]string{"email": u.Email, "username": u.Username, "phone": u.Phone, "name": u.Name} {
		if value != "" {
			out[name] = value
		}
	}
	if len(u.Profile) > 0 {
		out["profile"] = u.Profile
	}
	return out
}

// UserChange is what an admin changes of a user; nil leaves as it is.
type UserChange struct {
	Name    *string
	Profile *json.RawMessage // nothing, or null, removes it
	Roles   *[]string
}

// errUnchanged undoes a transaction that would change nothing.
var errUnchanged = errors.New("nothing changes")

// Change changes a user. Where all is so already nothing is written. Faults: invalid_input, not_found, forbidden.
func (d *Directory) Change(ctx context.Context, id uuid.UUID, in UserChange) (_ *User, err error) {
	f := d.flows
	ctx, end := f.begin(ctx, "directory_change")
	defer end(&err)
	if in, err = checkChange(in); err != nil {
		return nil, err
	}
	user, err := store.InTx(ctx, f.DB.Client, func(ctx context.Context, tx *ent.Tx) (*User, error) {
		if err := d.guard(ctx, tx, id); err != nil {
			return nil, err
		}
		before, err := accounts.Held(ctx, tx, id, f.now())
		if err != nil {
			return nil, err
		}
		data, err := f.applyChange(ctx, tx, before, in)
		if err != nil {
			return nil, err
		}
		err = f.Events.Append(ctx, tx, events.Event{Type: events.UserChanged, Actor: events.ActorOperator, User: id, Data: data})
		if err != nil {
			return nil, err
		}
		return accounts.Get(ctx, tx.User, id)
	})
	if errors.Is(err, errUnchanged) {
		return d.user(ctx, id)
	}
	return user, err
}

func checkChange(in UserChange) (UserChange, error) {
	var wrong []fault.Field
	if in.Name != nil {
		trimmed := strings.TrimSpace(*in.Name)
		in.Name = &trimmed
		wrong = append(wrong, checkName(trimmed)...)
	}
	if in.Profile != nil && (len(*in.Profile) == 0 || string(*in.Profile) == "null") {
		in.Profile = &json.RawMessage{}
	} else if in.Profile != nil {
		wrong = append(wrong, checkProfile(*in.Profile)...)
	}
	if in.Roles != nil {
		roles, bad := checkRoles(*in.Roles)
		in.Roles = &roles
		wrong = append(wrong, bad...)
	}
	if len(wrong) > 0 {
		return in, fault.Invalid(wrong...)
	}
	return in, nil
}

// applyChange stores what differs and returns what the event tells of it, or errUnchanged.
func (f *Flows) applyChange(ctx context.Context, tx *ent.Tx, u *User, in UserChange) (map[string]any, error) {
	changed := []string{}
	open, closed := [2]map[string]any{{}, {}}, [2]map[string]any{{}, {}}
	note := func(field string, in [2]map[string]any, before, after any) {
		changed = append(changed, field)
		in[0][field], in[1][field] = before, after
	}
	if in.Name != nil && *in.Name != u.Name {
		note("name", closed, u.Name, *in.Name)
		if err := accounts.SetName(ctx, tx, u.ID, *in.Name, f.now()); err != nil {
			return nil, err
		}
	}
	if in.Profile != nil && !sameJSON(*in.Profile, u.Profile) {
		note("profile", closed, orNull(u.Profile), orNull(*in.Profile))
		if err := accounts.SetProfile(ctx, tx, u.ID, *in.Profile, f.now()); err != nil {
			return nil, err
		}
	}
	if in.Roles != nil && !slices.Equal(*in.Roles, u.Roles) {
		note("roles", open, append([]string{}, u.Roles...), *in.Roles)
		if err := accounts.SetRoles(ctx, tx, u.ID, *in.Roles, f.now()); err != nil {
			return nil, err
		}
	}
	if len(changed) == 0 {
		return nil, errUnchanged
	}
	data := map[string]any{"changed": changed}
	if len(open[0]) > 0 {
		data[events.Before], data[events.After] = open[0], open[1]
	}
	if len(closed[0]) > 0 {
		data[events.Personal] = map[string]any{events.Before: closed[0], events.After: closed[1]}
	}
	return data, nil
}

// sameJSON compares values: Postgres does not keep the spelling.
func sameJSON(a, b json.RawMessage) bool {
	var x, y any
	_, _ = json.Unmarshal(orNull(a), &x), json.Unmarshal(orNull(b), &y)
	return reflect.DeepEqual(x, y)
}

func orNull(v json.RawMessage) json.RawMessage {
	if len(v) == 0 {
		return json.RawMessage("null")
	}
	return v
}

// Suspend keeps a user from signing in and ends its sessions; what was asked for before is void. Again it changes nothing. The
// faults are not_found, forbidden and last_owner.
func (d *Directory) Suspend(ctx context.Context, id uuid.UUID) (_ *User, err error) {
	f := d.flows
	ctx, end := f.begin(ctx, "directory_suspend")
	defer end(&err)
	return store.InTx(ctx, f.DB.Client, func(ctx context.Context, tx *ent.Tx) (*User, error) {
		if err := d.guard(ctx, tx, id); err != nil {
			return nil, err
		}
		if err := f.keepOwner(ctx, tx, id); err != nil {
			return nil, err
		}
		user, did, err := accounts.SetSuspended(ctx, tx, id, true, f.now())
		if err != nil || !did {
			return user, err
		}
		if err := f.voidAll(ctx, tx, id); err != nil {
			return nil, err
		}
		n, err := sessions.EndOfUser(ctx, tx, id, uuid.Nil, sessions.UserSuspended, f.now())
		if err != nil {
			return nil, err
		}
		return user, f.Events.Append(ctx, tx, statusEvent(events.UserSuspended, id, "active", "suspended", map[string]any{"sessions_ended": n}))
	})
}

// Restore lets a suspended user sign in again. Of a user who is not it changes nothing. The faults are not_found and
// forbidden.
func (d *Directory) Restore(ctx context.Context, id uuid.UUID) (_ *User, err error) {
	f := d.flows
	ctx, end := f.begin(ctx, "directory_restore")
	defer end(&err)
	return store.InTx(ctx, f.DB.Client, func(ctx context.Context, tx *ent.Tx) (*User, error) {
		if err := d.guard(ctx, tx, id); err != nil {
			return nil, err
		}
		user, did, err := accounts.SetSuspended(ctx, tx, id, false, f.now())
		if err != nil || !did {
			return user, err
		}
		return user, f.Events.Append(ctx, tx, statusEvent(events.UserRestored, id, "suspended", "active", map[string]any{}))
	})
}

func statusEvent(kind events.Type, user uuid.UUID, before, after string, data map[string]any) events.Event {
	data[events.Before], data[events.After] = map[string]any{"status": before}, map[string]any{"status": after}
	return events.Event{Type: kind, Actor: events.ActorOperator, User: user, Data: data}
}

// Delete removes a user with all that it has, for good, and mails a notice. The faults are not_found, forbidden and last_owner.
func (d *Directory) Delete(ctx context.Context, id uuid.UUID) (err error) {
	f := d.flows
	ctx, end := f.begin(ctx, "directory_delete")
	defer end(&err)
	_, err = store.InTx(ctx, f.DB.Client, func(ctx context.Context, tx *ent.Tx) (struct{}, error) {
		var none struct{}
		if err := d.guard(ctx, tx, id); err != nil {
			return none, err
		}
		if err := f.keepOwner(ctx, tx, id); err != nil {
			return none, err
		}
		user, err := accounts.Held(ctx, tx, id, f.now())
		if err != nil {
			return none, err
		}
		if err := f.notice(ctx, tx, mail.AccountDeleted, user, Device{}); err != nil {
			return none, err
		}
		return none, f.erase(ctx, tx, events.Event{
			Type: events.UserDeleted, Actor: events.ActorOperator, User: id,
			Data: map[string]any{events.Before: map[string]any{"roles": append([]string{}, user.Roles...), "suspended": user.Suspended}},
		})
	})
	return err
}
