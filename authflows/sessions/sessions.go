// Package sessions keeps sessions as rows: one for each sign-in, with a counter that every refresh raises.
//
// It does not decide who may have one; advance does, and nothing else calls Open.
package sessions

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"

	"github.com/tenantgate/tenantgate/ent"
	"github.com/tenantgate/tenantgate/ent/predicate"
	"github.com/tenantgate/tenantgate/ent/session"
	"github.com/tenantgate/tenantgate/internal/amr"
	"github.com/tenantgate/tenantgate/internal/fault"
	"github.com/tenantgate/tenantgate/internal/ids"
)

// Session is one sign-in of a user on one device.
type Session struct {
	ID, UserID uuid.UUID
	Client     string // the API that opened it
	Generation int
	// Raised is the generation that the last further proof began, 0 if there was none.
	Raised int
	// CredentialVersion is that of the user when the sign-in began: under a later one the session is dead.
	CredentialVersion int
	Proofs            []amr.Method
	AuthTime          time.Time // when the last proof was given
	CreatedAt         time.Time
	RotatedAt         time.Time
	LastSeenAt        time.Time
	ExpiresAt         time.Time // absolute
	EndedAt           *time.Time
	EndReason         string
	UserAgent         string
	Address           string
}

// PublicID returns ses_….
func (s *Session) PublicID() string { return ids.Format(ids.Session, s.ID) }

// Level is the assurance level that the session has reached.
func (s *Session) Level() amr.Level { return amr.LevelOf(s.Proofs) }

// LiveAt reports whether the session has neither ended nor passed a limit.
func (s *Session) LiveAt(now time.Time, idle time.Duration) bool {
	return s.EndedAt == nil && now.Before(s.ExpiresAt) && now.Before(s.LastSeenAt.Add(idle))
}

// Why a session ended.
const (
	LoggedOut       = "logged_out"
	Revoked         = "revoked"
	PasswordChanged = "password_changed"
	PasswordReset   = "password_reset"
	TokenReused     = "refresh_token_reused"
	TooMany         = "too_many"
	AccountClaimed  = "account_claimed"
	PolicyChanged   = "policy_changed"
	UserSuspended   = "user_suspended"
	FactorsReset    = "factors_reset"
)

func newSession(row *ent.Session) *Session {
	s := &Session{
		ID: row.ID, UserID: row.UserID, Client: row.Client, Generation: row.Generation, CredentialVersion: row.CredentialVersion, Raised: row.RaisedGeneration,
		AuthTime: row.AuthTime, CreatedAt: row.CreatedAt, RotatedAt: row.RotatedAt, LastSeenAt: row.LastSeenAt,
		ExpiresAt: row.ExpiresAt, EndedAt: row.EndedAt, EndReason: row.EndReason, UserAgent: row.UserAgent, Address: row.Address,
	}
	for _, p := range row.Proofs {
		s.Proofs = append(s.Proofs, amr.Method(p))
	}
	return s
}

// NewSession is what opens a session.
type NewSession struct {
	User      uuid.UUID
	Client    string
	Version   int // the user's credential version when the sign-in began
	Proofs    []amr.Method
	Absolute  time.Duration
	UserAgent string
	Address   string
}

// Open stores a new session.
func Open(ctx context.Context, tx *ent.Tx, in NewSession, now time.Time) (*Session, error) {
	row, err := tx.Session.Create().SetID(ids.New()).SetUserID(in.User).SetClient(in.Client).
		SetGeneration(1).SetCredentialVersion(in.Version).SetProofs(amr.Texts(in.Proofs)).
		SetAuthTime(now).SetCreatedAt(now).SetRotatedAt(now).SetLastSeenAt(now).
		SetExpiresAt(now.Add(in.Absolute)).
		SetUserAgent(in.UserAgent).SetAddress(in.Address).
		Save(ctx)
	if ent.IsConstraintError(err) {
		return nil, fault.New(fault.InvalidCredentials) // the user was deleted while signing in
	}
	if err != nil {
		return nil, fmt.Errorf("open session: %w", err)
	}
	return newSession(row), nil
}

// Get returns a session, nil if there is none.
func Get(ctx context.Context, db *ent.SessionClient, id uuid.UUID) (*Session, error) {
	row, err := db.Get(ctx, id)
	if ent.IsNotFound(err) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read session: %w", err)
	}
	return newSession(row), nil
}

// ByID returns sessions by their ids, in one statement; those that do not exist are left out.
func ByID(ctx context.Context, db *ent.Client, ids []uuid.UUID) ([]*Session, error) {
	rows, err := db.Session.Query().Where(session.IDIn(ids...)).All(ctx)
	if err != nil {
		return nil, fmt.Errorf("read sessions: %w", err)
	}
	out := make([]*Session, 0, len(rows))
	for _, row := range rows {
		out = append(out, newSession(row))
	}
	return out, nil
}

// Rotate raises the generation of a live session from the one given. It reports false where it is another one by now, or
// the session is not live.
func Rotate(ctx context.Context, db *ent.Client, id uuid.UUID, generation int, idle time.Duration, now time.Time) (bool, error) {
	n, err := db.Session.Update().
		Where(
			session.ID(id), session.Generation(generation), session.EndedAtIsNil(),
			session.ExpiresAtGT(now), session.LastSeenAtGT(now.Add(-idle)),
		).
		SetGeneration(generation + 1).SetRotatedAt(now).SetLastSeenAt(now).
		Save(ctx)
	if err != nil {
		return false, fmt.Errorf("rotate session: %w", err)
	}
	return n == 1, nil
}

// Raise records a further proof in a live session: its generation grows, so that what was handed out before it is
// succeeded. It reports false where the session changed since it was read.
func Raise(ctx context.Context, tx *ent.Tx, s *Session, proofs []amr.Method, now time.Time) (bool, error) {
	n, err := tx.Session.Update().
		Where(session.ID(s.ID), session.Generation(s.Generation), session.EndedAtIsNil()).
		SetGeneration(s.Generation + 1).SetRaisedGeneration(s.Generation + 1).SetProofs(amr.Texts(proofs)).
		SetAuthTime(now).SetRotatedAt(now).SetLastSeenAt(now).
		Save(ctx)
	if err != nil {
		return false, fmt.Errorf("raise session: %w", err)
	}
	return n == 1, nil
}

// AddProof records a further proof in a live session whose tokens stay as they are. It reports false where the session has
// ended.
func AddProof(ctx context.Context, tx *ent.Tx, id uuid.UUID, proofs []amr.Method, now time.Time) (bool, error) {
	n, err := tx.Session.Update().
		Where(session.ID(id), session.EndedAtIsNil()).
		SetProofs(amr.Texts(proofs)).SetAuthTime(now).SetLastSeenAt(now).
		Save(ctx)
	if err != nil {
		return false, fmt.Errorf("add proof to session: %w", err)
	}
	return n == 1, nil
}

// Before returns the session that a client opened for a user last before a given one, live or not, nil if there is none.
func Before(ctx context.Context, db *ent.Client, s *Session, client string) (*Session, error) {
	row, err := db.Session.Query().
		Where(session.UserID(s.UserID), session.Client(client), session.IDNEQ(s.ID), session.CreatedAtLTE(s.CreatedAt)).
		Order(ent.Desc(session.FieldCreatedAt), ent.Desc(session.FieldID)).
		First(ctx)
	if ent.IsNotFound(err) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read session before: %w", err)
	}
	return newSession(row), nil
}

// End ends a session. It reports false where it had ended before.
func End(ctx context.Context, tx *ent.Tx, id uuid.UUID, reason string, now time.Time) (bool, error) {
	n, err := tx.Session.Update().
		Where(session.ID(id), session.EndedAtIsNil()).
		SetEndedAt(now).SetEndReason(reason).
		Save(ctx)
	if err != nil {
		return false, fmt.Errorf("end session: %w", err)
	}
	return n == 1, nil
}

// EndOfUser ends all live sessions of a user but one, or none if except is uuid.Nil; with conditions, only those that meet
// them. It returns how many.
func EndOfUser(
	ctx context.Context, tx *ent.Tx, user, except uuid.UUID, reason string, now time.Time, only ...predicate.Session,
) (int, error) {
	n, err := tx.Session.Update().
		Where(session.UserID(user), session.IDNEQ(except), session.EndedAtIsNil(), session.ExpiresAtGT(now)).
		Where(only...).
		SetEndedAt(now).SetEndReason(reason).
		Save(ctx)
	if err != nil {
		return 0, fmt.Errorf("end sessions: %w", err)
	}
	return n, nil
}

// KeepNewest ends the sessions of a user beyond the most recently seen ones. It returns how many.
func KeepNewest(ctx context.Context, tx *ent.Tx, user uuid.UUID, most int, now time.Time) (int, error) {
	beyond, err := tx.Session.Query().
		Where(session.UserID(user), session.EndedAtIsNil()).
		Order(ent.Desc(session.FieldLastSeenAt), ent.Desc(session.FieldID)).
		Offset(most).
		IDs(ctx)
	if err != nil {
		return 0, fmt.Errorf("find sessions beyond the limit: %w", err)
	}
	if len(beyond) == 0 {
		return 0, nil
	}
	n, err := tx.Session.Update().
		Where(session.IDIn(beyond...), session.EndedAtIsNil()).
		SetEndedAt(now).SetEndReason(TooMany).
		Save(ctx)
	if err != nil {
		return 0, fmt.Errorf("end sessions beyond the limit: %w", err)
	}
	return n, nil
}

// Adopt keeps a session alive through the change of password that its own user makes in it.
func Adopt(ctx context.Context, tx *ent.Tx, id uuid.UUID, version int) error {
	err := tx.Session.Update().Where(session.ID(id)).SetCredentialVersion(version).Exec(ctx)
	if err != nil {
		return fmt.Errorf("keep session: %w", err)
	}
	return nil
}

// AdoptAll keeps the sessions of a user alive through a change of factors: those of one credential version go over to the
// next. A sign-in that began under the former and opens its session only now is left behind.
func AdoptAll(ctx context.Context, tx *ent.Tx, user uuid.UUID, version int) error {
	err := tx.Session.Update().
		Where(session.UserID(user), session.CredentialVersion(version), session.EndedAtIsNil()).
		SetCredentialVersion(version + 1).
		Exec(ctx)
	if err != nil {
		return fmt.Errorf("keep sessions: %w", err)
	}
	return nil
}

// FromNewDevice reports whether a user signed in before a session, yet never by the same user agent from the same address. A
// first session is no news to whoever has just signed up.
func FromNewDevice(ctx context.Context, db *ent.Client, s *Session) (bool, error) {
	earlier := db.Session.Query().Where(
		session.UserID(s.UserID),
		// Of two at the same moment one is the earlier: they must not vouch for each other.
		session.Or(session.CreatedAtLT(s.CreatedAt), session.And(session.CreatedAt(s.CreatedAt), session.IDLT(s.ID))),
	)
	returned, err := earlier.Clone().Exist(ctx)
	if err != nil || !returned {
		return false, wrapEarlier(err)
	}
	alike, err := earlier.Where(session.UserAgent(s.UserAgent), session.Address(s.Address)).Exist(ctx)
	return !alike, wrapEarlier(err)
}

func wrapEarlier(err error) error {
	if err != nil {
		return fmt.Errorf("look for earlier sessions: %w", err)
	}
	return nil
}

// List returns the live sessions of a user, most recently seen first, at most 100.
func List(ctx context.Context, db *ent.Client, user uuid.UUID, idle time.Duration, now time.Time) ([]*Session, error) {
	rows, err := db.Session.Query().
		Where(
			session.UserID(user), session.EndedAtIsNil(),
			session.ExpiresAtGT(now), session.LastSeenAtGT(now.Add(-idle)),
		).
		Order(ent.Desc(session.FieldLastSeenAt), ent.Desc(session.FieldID)).
		Limit(100).
		All(ctx)
	if err != nil {
		return nil, fmt.Errorf("list sessions: %w", err)
	}
	out := make([]*Session, 0, len(rows))
	for _, row := range rows {
		out = append(out, newSession(row))
	}
	return out, nil
}

// Touch notes that sessions were in use.
func Touch(ctx context.Context, db *ent.Client, sessions []uuid.UUID, at time.Time) error {
	err := db.Session.Update().
		Where(session.IDIn(sessions...), session.LastSeenAtLT(at)).
		SetLastSeenAt(at).
		Exec(ctx)
	if err != nil {
		return fmt.Errorf("touch sessions: %w", err)
	}
	return nil
}
