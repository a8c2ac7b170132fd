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
)

// feeds lists the facts that caches on every replica must hear of.
var feeds = map[Type]bool{
	TenantCreated: true, TenantChanged: true, TenantSuspended: true, TenantResumed: true, TenantDeleted: true,
	KeysRotated: true, KeyRetired: true, DataKeyRewrapped: true,
	DomainVerified: true, DomainRemoved: true,
	UserChanged: true, UserDeleted: true, UserClaimed: true, PasswordChanged: true, PasswordReset: true,
	IdentifierAdded: true, IdentifierVerified: true, IdentifierPrimary: true, IdentifierRemoved: true,
	FactorAdded: true, FactorRemoved: true, RecoveryCodesMade: true, RecoveryCodeUsed: true,
	SessionRaised: true, SessionEnded: true, SessionsEnded: true, RefreshTokenReused: true,
}

// Actor says who did it.
type Actor string

// The actors so far.
const (
	ActorUser     Actor = "user"
	ActorOperator Actor = "operator"
	ActorSystem   Actor = "system"
)

// Event is one fact about the tenant of the context. Data holds no secret, code, token or address of mail.
type Event struct {
	Type    Type
	Actor   Actor
	User    uuid.UUID // the user it is about, if any
	Session uuid.UUID // the session it is about, if any
	Data    map[string]any
}

// Log appends events and announces changes to the feed once they are committed.
type Log struct {
	feed *Feed
	now  clock.Clock
}

// NewLog returns a log that announces to feed.
func NewLog(feed *Feed, now clock.Clock) *Log { return &Log{feed: feed, now: now} }

// Append writes an event within tx.
func (l *Log) Append(ctx context.Context, tx *ent.Tx, e Event) error {
	if err := l.write(ctx, tx.Event, e); err != nil {
		return err
	}
	if feeds[e.Type] {
		tenant, _ := tenancy.From(ctx)
		change := Change{Tenant: tenant, User: e.User, Session: e.Session, Type: e.Type}
		tx.OnCommit(func(next ent.Committer) ent.Committer {
			return ent.CommitFunc(func(ctx context.Context, tx *ent.Tx) error {
				err := next.Commit(ctx, tx)
				if err == nil {
					l.feed.Announce(change)
				}
				return err
			})
		})
	}
	return nil
}

// Note writes an event that stands alone: a refusal, which no transaction makes true.
func (l *Log) Note(ctx context.Context, db *ent.Client, e Event) error {
	return l.write(ctx, db.Event, e)
}

func (l *Log) write(ctx context.Context, client *ent.EventClient, e Event) error {
	create := client.Create().
		SetID(ids.New()).
		SetType(string(e.Type)).
		SetActor(string(e.Actor)).
		SetAt(l.now()).
		SetFeeds(feeds[e.Type])
	if e.User != uuid.Nil {
		create.SetUserID(e.User)
	}
	if e.Session != uuid.Nil {
		create.SetSessionID(e.Session)
	}
	if len(e.Data) > 0 {
		data, err := json.Marshal(e.Data)
		if err != nil {
			return fmt.Errorf("append event %s: %w", e.Type, err)
		}
		create.SetData(data)
	}
	if err := create.Exec(ctx); err != nil {
		return fmt.Errorf("append event %s: %w", e.Type, err)
	}
	return nil
}
