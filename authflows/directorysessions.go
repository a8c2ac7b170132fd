package authflows

import (
	"context"

	"github.com/google/uuid"

	"github.com/tenantgate/tenantgate/authflows/sessions"
	"github.com/tenantgate/tenantgate/ent"
	"github.com/tenantgate/tenantgate/internal/events"
	"github.com/tenantgate/tenantgate/internal/fault"
	"github.com/tenantgate/tenantgate/internal/page"
	"github.com/tenantgate/tenantgate/internal/store"
)

// SessionQuery says which sessions. All that is given must hold.
type SessionQuery = sessions.Query

// Sessions returns a page of sessions in the order in which they were opened.
func (d *Directory) Sessions(ctx context.Context, q SessionQuery, at page.Request) (_ page.Of[*Session], err error) {
	ctx, end := d.flows.begin(ctx, "directory_sessions")
	defer end(&err)
	if wrong := checkSessions(q); wrong != nil {
		return page.Of[*Session]{}, wrong
	}
	return sessions.Search(ctx, d.flows.DB.Client, q, d.flows.idle(), d.flows.now(), at)
}

// CountSessions counts the sessions of a list.
func (d *Directory) CountSessions(ctx context.Context, q SessionQuery) (_ int, err error) {
	ctx, end := d.flows.begin(ctx, "directory_count")
	defer end(&err)
	if wrong := checkSessions(q); wrong != nil {
		return 0, wrong
	}
	return sessions.Count(ctx, d.flows.DB.Client, q, d.flows.idle(), d.flows.now())
}

func checkSessions(q SessionQuery) error {
	if searchable(q.Client) {
		return nil
	}
	return fault.Invalid(fault.Field{Field: "where.client", Code: "invalid", Message: "Give native or the name of a dialect."})
}

// Session returns a session. The fault is not_found.
func (d *Directory) Session(ctx context.Context, id uuid.UUID) (_ *Session, err error) {
	ctx, end := d.flows.begin(ctx, "directory_session")
	defer end(&err)
	s, err := sessions.Get(ctx, d.flows.DB.Session, id)
	if err == nil && s == nil {
		err = fault.New(fault.NotFound)
	}
	return s, err
}

// LatestSessions returns the newest n sessions of each of some users, newest first, in one statement.
func (d *Directory) LatestSessions(ctx context.Context, users []uuid.UUID, n int) (_ map[uuid.UUID][]*Session, err error) {
	ctx, end := d.flows.begin(ctx, "directory_sessions")
	defer end(&err)
	return sessions.Latest(ctx, d.flows.DB.Client, users, n)
}

// CountSessionsOf counts the sessions of each of some users, in one statement.
func (d *Directory) CountSessionsOf(ctx context.Context, users []uuid.UUID) (_ map[uuid.UUID]int, err error) {
	ctx, end := d.flows.begin(ctx, "directory_count")
	defer end(&err)
	return sessions.CountOf(ctx, d.flows.DB.Client, users)
}

// Live reports whether a session has neither ended nor expired.
func (d *Directory) Live(s *Session) bool { return s.LiveAt(d.flows.now(), d.flows.idle()) }

// EndSession ends a session. One that has ended stays as it is. The fault is not_found.
func (d *Directory) EndSession(ctx context.Context, id uuid.UUID) (_ *Session, err error) {
	f := d.flows
	ctx, end := f.begin(ctx, "directory_session_end")
	defer end(&err)
	return store.InTx(ctx, f.DB.Client, func(ctx context.Context, tx *ent.Tx) (*Session, error) {
		ended, err := sessions.End(ctx, tx, id, sessions.Revoked, f.now())
		if err != nil {
			return nil, err
		}
		s, err := sessions.Get(ctx, tx.Session, id)
		if err == nil && s == nil {
			err = fault.New(fault.NotFound)
		}
		if err != nil || !ended {
			return s, err
		}
		return s, f.Events.Append(ctx, tx, events.Event{
			Type: events.SessionEnded, Actor: events.ActorOperator, User: s.UserID, Session: id,
			Data: map[string]any{"reason": sessions.Revoked},
		})
	})
}

// EndSessionsOf ends all live sessions of a user in one statement, and returns the user and how many. The fault is not_found.
func (d *Directory) EndSessionsOf(ctx context.Context, user uuid.UUID) (u *User, n int, err error) {
	f := d.flows
	ctx, end := f.begin(ctx, "directory_sessions_end")
	defer end(&err)
	u, err = store.InTx(ctx, f.DB.Client, func(ctx context.Context, tx *ent.Tx) (*User, error) {
		u, err := existing(ctx, tx.User, user)
		if err != nil {
			return nil, err
		}
		if n, err = sessions.EndOfUser(ctx, tx, user, uuid.Nil, sessions.Revoked, f.now()); err != nil || n == 0 {
			return u, err
		}
		return u, f.sessionsEnded(ctx, tx, user, n)
	})
	return u, n, err
}

// EndAllSessions ends all live sessions of the tenant in one statement, and returns how many.
func (d *Directory) EndAllSessions(ctx context.Context) (_ int, err error) {
	f := d.flows
	ctx, end := f.begin(ctx, "directory_sessions_end")
	defer end(&err)
	return store.InTx(ctx, f.DB.Client, func(ctx context.Context, tx *ent.Tx) (int, error) {
		n, err := sessions.EndOfTenant(ctx, tx, sessions.Revoked, f.now())
		if err != nil || n == 0 {
			return 0, err
		}
		return n, f.sessionsEnded(ctx, tx, uuid.Nil, n)
	})
}

func (f *Flows) sessionsEnded(ctx context.Context, tx *ent.Tx, user uuid.UUID, n int) error {
	return f.Events.Append(ctx, tx, events.Event{
		Type: events.SessionsEnded, Actor: events.ActorOperator, User: user,
		Data: map[string]any{"reason": sessions.Revoked, "count": n},
	})
}
