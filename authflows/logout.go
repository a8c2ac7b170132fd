package authflows

import (
	"context"

	"github.com/google/uuid"

	"github.com/tenantgate/tenantgate/authflows/sessions"
	"github.com/tenantgate/tenantgate/ent"
	"github.com/tenantgate/tenantgate/ent/predicate"
	"github.com/tenantgate/tenantgate/ent/session"
	"github.com/tenantgate/tenantgate/internal/events"
	"github.com/tenantgate/tenantgate/internal/fault"
	"github.com/tenantgate/tenantgate/internal/store"
)

// Logout ends the caller's session.
func (f *Flows) Logout(ctx context.Context, c *Caller) (err error) {
	ctx, end := f.begin(ctx, "logout")
	defer end(&err)
	err = f.endSession(ctx, c, c.Session.ID, sessions.LoggedOut)
	if fault.CodeOf(err) == fault.NotFound {
		return nil // ended in the same moment by another request: as asked
	}
	return err
}

// LogoutAll ends every session of the caller and returns how many.
func (f *Flows) LogoutAll(ctx context.Context, c *Caller) (n int, err error) {
	ctx, end := f.begin(ctx, "logout_all")
	defer end(&err)
	return f.endSessions(ctx, c, uuid.Nil)
}

// LogoutOthers ends every session of the caller but this one and returns how many.
func (f *Flows) LogoutOthers(ctx context.Context, c *Caller) (n int, err error) {
	ctx, end := f.begin(ctx, "logout_others")
	defer end(&err)
	return f.endSessions(ctx, c, c.Session.ID)
}

// LogoutOthersLike ends the caller's other sessions that stand on the same side of a client: those that it opened, where it
// opened this one too, else those of all others. It returns how many.
func (f *Flows) LogoutOthersLike(ctx context.Context, c *Caller, client string) (n int, err error) {
	ctx, end := f.begin(ctx, "logout_others")
	defer end(&err)
	if c.Session.Client == client {
		return f.endSessions(ctx, c, c.Session.ID, session.Client(client))
	}
	return f.endSessions(ctx, c, c.Session.ID, session.ClientNEQ(client))
}

// Sessions lists the caller's live sessions, most recently seen first.
func (f *Flows) Sessions(ctx context.Context, c *Caller) (_ []*sessions.Session, err error) {
	ctx, end := f.begin(ctx, "session_list")
	defer end(&err)
	return sessions.List(ctx, f.DB.Client, c.User.ID, f.idle(), f.now())
}

// RevokeSession ends one of the caller's sessions. The fault not_found stands for another user's too.
func (f *Flows) RevokeSession(ctx context.Context, c *Caller, id uuid.UUID) (err error) {
	ctx, end := f.begin(ctx, "session_revoke")
	defer end(&err)
	s, err := sessions.Get(ctx, f.DB.Session, id)
	if err != nil {
		return err
	}
	if s == nil || s.UserID != c.User.ID {
		return fault.New(fault.NotFound)
	}
	return f.endSession(ctx, c, id, sessions.Revoked)
}

func (f *Flows) endSession(ctx context.Context, c *Caller, id uuid.UUID, reason string) error {
	return f.endSessionAs(ctx, events.ActorUser, c, id, reason)
}

func (f *Flows) endSessionAs(ctx context.Context, by events.Actor, c *Caller, id uuid.UUID, reason string) error {
	_, err := store.InTx(ctx, f.DB.Client, func(ctx context.Context, tx *ent.Tx) (struct{}, error) {
		var none struct{}
		ended, err := sessions.End(ctx, tx, id, reason, f.now())
		if err != nil {
			return none, err
		}
		if !ended {
			return none, fault.New(fault.NotFound)
		}
		return none, f.Events.Append(ctx, tx, events.Event{
			Type: events.SessionEnded, Actor: by, User: c.User.ID, Session: id,
			Data: map[string]any{"reason": reason},
		})
	})
	return err
}

func (f *Flows) endSessions(ctx context.Context, c *Caller, except uuid.UUID, only ...predicate.Session) (int, error) {
	return store.InTx(ctx, f.DB.Client, func(ctx context.Context, tx *ent.Tx) (int, error) {
		n, err := sessions.EndOfUser(ctx, tx, c.User.ID, except, sessions.LoggedOut, f.now(), only...)
		if err != nil || n == 0 {
			return 0, err
		}
		return n, f.Events.Append(ctx, tx, events.Event{
			Type: events.SessionsEnded, Actor: events.ActorUser, User: c.User.ID, Session: c.Session.ID,
			Data: map[string]any{"reason": sessions.LoggedOut, "count": n},
		})
	})
}
