package model

import (
	"context"
	"time"

	"github.com/google/uuid"

	"github.com/tenantgate/tenantgate/internal/events"
	"github.com/tenantgate/tenantgate/internal/ids"
)

// Event is a fact of the audit log.
type Event struct {
	of   *events.Entry
	with *EventBatch
}

// EventBatch holds what events have in common, and loads what hangs on those of a page.
type EventBatch struct {
	Users  *Batch[*User]
	Cursor func(position int64) string
}

// NewEvent returns an event with what loads the rest.
func NewEvent(of *events.Entry, with *EventBatch) *Event { return &Event{of, with} }

// Owner is the tenant.
func (e *Event) Owner() uuid.UUID { return e.of.Tenant }

// IsNode marks an object that can be fetched by its id.
func (e *Event) IsNode() {}

// ID is the global id.
func (e *Event) ID() string { return GlobalID{KindEvent, e.of.Tenant, e.of.ID}.String() }

// EventID returns evt_….
func (e *Event) EventID() string { return e.of.PublicID() }

// TenantID is the global id of the tenant.
func (e *Event) TenantID() string { return TenantID(e.of.Tenant).String() }

// Type is what happened.
func (e *Event) Type() string { return string(e.of.Type) }

// Actor is who did it.
func (e *Event) Actor() string { return string(e.of.Actor) }

// ActorID is the admin or API key that did it.
func (e *Event) ActorID() *string { return filled(e.of.ActorPublicID()) }

// UserID is the user it is about, usr_….
func (e *Event) UserID() *string { return prefixed(ids.User, e.of.User) }

// User is the user it is about.
func (e *Event) User(ctx context.Context) (*User, error) {
	if e.of.User == uuid.Nil {
		return nil, nil
	}
	return e.with.Users.Of(ctx, e.of.User)
}

// SessionID is the session it is about, ses_….
func (e *Event) SessionID() *string { return prefixed(ids.Session, e.of.Session) }

// TargetID is what it is about beside user and session, by the id that node takes.
func (e *Event) TargetID() *string {
	kind, ok := targets[e.of.Type]
	if !ok || e.of.Target == uuid.Nil {
		return nil
	}
	id := GlobalID{kind, e.of.Tenant, e.of.Target}
	if kind == KindTenant {
		id.Object = id.Tenant
	}
	return filled(id.String())
}

// targets are the kinds of what events are about beside user and session.
var targets = map[events.Type]Kind{
	events.TenantDeleted: KindTenant,
	events.KeysRotated:   KindSigningKey, events.KeyRetired: KindSigningKey,
	events.DomainAdded: KindDomain, events.DomainVerified: KindDomain, events.DomainRemoved: KindDomain,
	events.AdminCreated: KindAdmin, events.AdminChanged: KindAdmin, events.AdminRemoved: KindAdmin,
	events.APIKeyCreated: KindAPIKey, events.APIKeyRevoked: KindAPIKey,
}

// Data is more about it.
func (e *Event) Data() JSON { return e.of.Data }

// Personal is the personal part of that.
func (e *Event) Personal() JSON { return e.of.Personal }

// At is when it happened.
func (e *Event) At() time.Time { return e.of.At }

// Position is its place among the tenant's events.
func (e *Event) Position() *int {
	if e.of.Position == 0 {
		return nil
	}
	position := int(e.of.Position)
	return &position
}

// Cursor is where a stream, or the whole list in ascending order, goes on behind it.
func (e *Event) Cursor() *string {
	if e.of.Position == 0 {
		return nil
	}
	return filled(e.with.Cursor(e.of.Position))
}

// Mark returns its position, which lists of events are ordered by.
func (e *Event) Mark() int64 { return e.of.Position }

func prefixed(prefix string, id uuid.UUID) *string {
	if id == uuid.Nil {
		return nil
	}
	return filled(ids.Format(prefix, id))
}
