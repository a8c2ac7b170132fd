// Package events keeps the facts: one event each, written in the transaction that makes it true. Audit, notices and
// caches on every replica read the same events.
//
// It owns the list of types and the change feed. It does not decide what happens; flows do.
package events

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/google/uuid"

	"github.com/tenantgate/tenantgate/ent"
	"github.com/tenantgate/tenantgate/internal/access"
	"github.com/tenantgate/tenantgate/internal/clock"
	"github.com/tenantgate/tenantgate/internal/ids"
	"github.com/tenantgate/tenantgate/internal/tenancy"
)

// Type names a fact, in the past tense.
type Type string

// The facts. Types are permanent: stored events keep them.
const (
	TenantCreated      Type = "tenant.created"
	TenantChanged      Type = "tenant.settings_changed"
	TenantRenamed      Type = "tenant.renamed"
	TenantSuspended    Type = "tenant.suspended"
	TenantResumed      Type = "tenant.resumed"
	TenantDeleted      Type = "tenant.deleted"
	KeysRotated        Type = "keys.rotated"
	KeyRetired         Type = "keys.retired"
	DataKeyRewrapped   Type = "keys.rewrapped"
	DomainAdded        Type = "domain.added"
	DomainVerified     Type = "domain.verified"
	DomainRemoved      Type = "domain.removed"
	UserSignedUp       Type = "user.signed_up"
	UserSignedIn       Type = "user.signed_in"
	UserChanged        Type = "user.changed"
	UserDeleted        Type = "user.deleted"
	UserClaimed        Type = "user.claimed"
	SignInRefused      Type = "user.sign_in_refused"
	SignInBlocked      Type = "user.sign_in_blocked"
	IdentifierAdded    Type = "identifier.added"
	IdentifierVerified Type = "identifier.verified"
	IdentifierPrimary  Type = "identifier.made_primary"
	IdentifierRemoved  Type = "identifier.removed"
	FactorAdded        Type = "factor.added"
	FactorRenamed      Type = "factor.renamed"
	FactorRemoved      Type = "factor.removed"
	RecoveryCodesMade  Type = "recovery_codes.made"
	RecoveryCodeUsed   Type = "recovery_codes.used"
	RecoveryCodesShown Type = "recovery_codes.shown"
	PasskeyRegressed   Type = "passkey.counter_regressed"
	DeviceTrusted      Type = "device.trusted"
	DeviceForgotten    Type = "device.forgotten"
	PasswordChanged    Type = "password.changed"
	PasswordReset      Type = "password.reset"
	SessionRaised      Type = "session.raised"
	SessionEnded       Type = "session.ended"
	SessionsEnded      Type = "sessions.ended"
	RefreshTokenReused Type = "session.refresh_token_reused"

	// What admins do.
	UserCreated        Type = "user.created"
	UserSuspended      Type = "user.suspended"
	UserRestored       Type = "user.restored"
	FactorsReset       Type = "factors.reset"
	PasswordResetSent  Type = "password.reset_sent"
	RecoveryLinkIssued Type = "user.recovery_link_issued"
	AdminCreated       Type = "admin.created"
	AdminChanged       Type = "admin.role_changed"
	AdminRemoved       Type = "admin.removed"
	APIKeyCreated      Type = "api_key.created"
	APIKeyRevoked      Type = "api_key.revoked"
	AuditExported      Type = "audit.exported"
)

// feeds lists the facts that caches on every replica must hear of.
var feeds = map[Type]bool{
	TenantCreated: true, TenantChanged: true, TenantRenamed: true, TenantSuspended: true, TenantResumed: true, TenantDeleted: true,
	KeysRotated: true, KeyRetired: true, DataKeyRewrapped: true,
	DomainVerified: true, DomainRemoved: true,
	UserChanged: true, UserDeleted: true, UserClaimed: true, PasswordChanged: true, PasswordReset: true,
	IdentifierAdded: true, IdentifierVerified: true, IdentifierPrimary: true, IdentifierRemoved: true,
	FactorAdded: true, FactorRemoved: true, RecoveryCodesMade: true, RecoveryCodeUsed: true,
	SessionRaised: true, SessionEnded: true, SessionsEnded: true, RefreshTokenReused: true,
	UserSuspended: true, UserRestored: true, FactorsReset: true,
}

// Actor says who did it.
type Actor string

// The actors. What the context's access.Actor does as an operator is written down as an admin's or an API key's.
const (
	ActorUser     Actor = "user"
	ActorOperator Actor = "operator"
	ActorSystem   Actor = "system"
)

// Event is one fact about the tenant of the context. Data holds no secret, code or token, and addresses of mail and other
// personal values only under Personal.
type Event struct {
	Type    Type
	Actor   Actor
	User    uuid.UUID // the user it is about, if any
	Session uuid.UUID // the session it is about, if any
	Target  uuid.UUID // what else it is about, such as an API key
	Data    map[string]any
}

// The members of Data that hold what an admin changed, and the personal part of it.
const (
	Before   = "before"
	After    = "after"
	Personal = "personal" // {"before": …, "after": …}, shown to who may see personal values
)

// Log appends events and announces changes to the feed once they are committed.
type Log struct {
	feed     *Feed
	now      clock.Clock
	appended chan struct{} // hastens the sequencer of this process
}

// NewLog returns a log that announces to feed.
func NewLog(feed *Feed, now clock.Clock) *Log {
	return &Log{feed: feed, now: now, appended: make(chan struct{}, 1)}
}

// Append writes an event within tx.
func (l *Log) Append(ctx context.Context, tx *ent.Tx, e Event) error {
	id, err := l.write(ctx, tx.Event, e)
	if err != nil {
		return err
	}
	if err := record(ctx, tx, id, e, l.now()); err != nil {
		return err
	}
	tenant, _ := tenancy.From(ctx)
	change := Change{Tenant: tenant, User: e.User, Session: e.Session, Type: e.Type}
	tx.OnCommit(func(next ent.Committer) ent.Committer {
		return ent.CommitFunc(func(ctx context.Context, tx *ent.Tx) error {
			err := next.Commit(ctx, tx)
			if err == nil {
				if feeds[e.Type] {
					l.feed.Announce(change)
				}
				signal(l.appended)
			}
			return err
		})
	})
	return nil
}

// Note writes an event that stands alone: a refusal, which no transaction makes true.
func (l *Log) Note(ctx context.Context, db *ent.Client, e Event) error {
	_, err := l.write(ctx, db.Event, e)
	if err == nil {
		signal(l.appended)
	}
	return err
}

func (l *Log) write(ctx context.Context, client *ent.EventClient, e Event) (uuid.UUID, error) {
	id := ids.New()
	create := client.Create().
		SetID(id).
		SetType(string(e.Type)).
		SetActor(string(e.Actor)).
		SetAt(l.now()).
		SetFeeds(feeds[e.Type])
	if a := access.From(ctx); a != nil && e.Actor == ActorOperator {
		create.SetActor(string(a.Kind)).SetActorID(a.ID)
	}
	for _, about := range []struct {
		id  uuid.UUID
		set func(uuid.UUID) *ent.EventCreate
	}{{e.User, create.SetUserID}, {e.Session, create.SetSessionID}, {e.Target, create.SetTargetID}} {
		if about.id != uuid.Nil {
			about.set(about.id)
		}
	}
	if len(e.Data) > 0 {
		data, err := json.Marshal(e.Data)
		if err != nil {
			return id, fmt.Errorf("append event %s: %w", e.Type, err)
		}
		create.SetData(data)
	}
	if err := create.Exec(ctx); err != nil {
		return id, fmt.Errorf("append event %s: %w", e.Type, err)
	}
	return id, nil
}
