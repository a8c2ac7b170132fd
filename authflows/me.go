package authflows

import (
	"context"
	"encoding/json"
	"strings"

	"github.com/tenantgate/tenantgate/authflows/accounts"
	"github.com/tenantgate/tenantgate/ent"
	"github.com/tenantgate/tenantgate/internal/events"
	"github.com/tenantgate/tenantgate/internal/fault"
	"github.com/tenantgate/tenantgate/internal/mail"
	"github.com/tenantgate/tenantgate/internal/store"
)

// ChangeMeInput is what a user changes of itself; nil leaves as it is.
type ChangeMeInput struct {
	Name    *string
	Profile json.RawMessage
}

// ChangeMe changes the caller's name and profile and returns the user as it is then.
func (f *Flows) ChangeMe(ctx context.Context, c *Caller, in ChangeMeInput) (_ *accounts.User, err error) {
	ctx, end := f.begin(ctx, "me_change")
	defer end(&err)
	var wrong []fault.Field
	changed := []string{}
	if in.Name != nil {
		trimmed := strings.TrimSpace(*in.Name)
		in.Name = &trimmed
		wrong = append(wrong, checkName(trimmed)...)
		changed = append(changed, "name")
	}
	if in.Profile != nil {
		wrong = append(wrong, checkProfile(in.Profile)...)
		changed = append(changed, "profile")
	}
	if len(wrong) > 0 {
		return nil, fault.Invalid(wrong...)
	}
	if len(changed) == 0 {
		return c.User, nil
	}
	if err := f.limitUser(ctx, c); err != nil {
		return nil, err
	}
	return store.InTx(ctx, f.DB.Client, func(ctx context.Context, tx *ent.Tx) (*accounts.User, error) {
		if err := accounts.Change(ctx, tx, c.User.ID, accounts.Changes(in), f.now()); err != nil {
			return nil, err
		}
		err := f.Events.Append(ctx, tx, events.Event{
			Type: events.UserChanged, Actor: events.ActorUser, User: c.User.ID, Session: c.Session.ID,
			Data: map[string]any{"changed": changed},
		})
		if err != nil {
			return nil, err
		}
		return accounts.Get(ctx, tx.User, c.User.ID)
	})
}

// DeleteMe deletes the caller with all that hangs on it. It needs a fresh proof, else the fault step_up_required. The last owner
// of the platform stays: the fault is last_owner.
func (f *Flows) DeleteMe(ctx context.Context, c *Caller, d Device) (err error) {
	ctx, end := f.begin(ctx, "me_delete")
	defer end(&err)
	user, err := f.fresh(ctx, c)
	if err != nil {
		return err
	}
	_, err = store.InTx(ctx, f.DB.Client, func(ctx context.Context, tx *ent.Tx) (struct{}, error) {
		var none struct{}
		if err := f.keepOwner(ctx, tx, c.User.ID); err != nil {
			return none, err
		}
		if err := f.notice(ctx, tx, mail.AccountDeleted, user, d); err != nil {
			return none, err
		}
		return none, f.erase(ctx, tx, events.Event{Type: events.UserDeleted, Actor: events.ActorUser, User: c.User.ID})
	})
	return err
}
