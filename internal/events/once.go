package events

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"

	"github.com/tenantgate/tenantgate/ent"
	"github.com/tenantgate/tenantgate/ent/mutationkey"
	"github.com/tenantgate/tenantgate/internal/ids"
	"github.com/tenantgate/tenantgate/internal/tenancy"
)

// Keep is how long an idempotency key counts.
const Keep = 24 * time.Hour

// ErrRepeated ends a transaction whose idempotency key has been used: what it was to do was done before.
var ErrRepeated = errors.New("events: done before under this idempotency key")

// Once names a mutation that must be done at most once. Key and Input are keyed digests: neither can be guessed from the row.
type Once struct {
	Home     uuid.UUID // the actor's tenant
	Actor    uuid.UUID
	Mutation string
	Key      []byte
	Input    []byte
}

// Fact is an event that was written, and the object it is about.
type Fact struct {
	Tenant uuid.UUID // of the event
	Event  uuid.UUID
	Object uuid.UUID
}

// Recorder learns which event each transaction of a mutation appended first. That of the first that is committed is the
// mutation's own.
type Recorder struct {
	once  *Once
	facts []Fact
	in    *ent.Tx // whose first event was recorded
}

type recorderKey struct{}

// Record lets the first event that is appended with ctx store once, if there is one, in its transaction. A second transaction
// with the same key fails with ErrRepeated. A recorder is for one goroutine.
func Record(ctx context.Context, once *Once) (context.Context, *Recorder) {
	r := &Recorder{once: once}
	return context.WithValue(ctx, recorderKey{}, r), r
}

// Fact returns the first event that was committed. It reports false where nothing changed.
func (r *Recorder) Fact() (Fact, bool) {
	if len(r.facts) == 0 {
		return Fact{}, false
	}
	return r.facts[0], true
}

// record tells the recorder of ctx of an event, once it is committed.
func record(ctx context.Context, tx *ent.Tx, id uuid.UUID, e Event, now time.Time) error {
	r, _ := ctx.Value(recorderKey{}).(*Recorder)
	if r == nil {
		return nil
	}
	tenant, _ := tenancy.From(ctx)
	fact := Fact{Tenant: tenant, Event: id, Object: tenant}
	for _, about := range []uuid.UUID{e.User, e.Session, e.Target} {
		if about != uuid.Nil {
			fact.Object = about
		}
	}
	if r.in == tx { // hooks of a commit run last first: each transaction has one
		return nil
	}
	r.in = tx
	tx.OnCommit(func(next ent.Committer) ent.Committer {
		return ent.CommitFunc(func(ctx context.Context, tx *ent.Tx) error {
			err := next.Commit(ctx, tx)
			if err == nil {
				r.facts = append(r.facts, fact)
			}
			return err
		})
	})
	if r.once == nil {
		return nil
	}
	return r.once.store(ctx, tx, fact, now)
}

func (o *Once) store(ctx context.Context, tx *ent.Tx, f Fact, now time.Time) error {
	err := tx.MutationKey.Create().SetID(ids.New()).
		SetActorID(o.Actor).SetMutation(o.Mutation).SetKeyDigest(o.Key).SetInputDigest(o.Input).
		SetEventTenant(f.Tenant).SetEventID(f.Event).SetObjectID(f.Object).SetCreatedAt(now).
		Exec(tenancy.With(ctx, o.Home))
	if ent.IsConstraintError(err) {
		return ErrRepeated
	}
	if err != nil {
		return fmt.Errorf("store idempotency key: %w", err)
	}
	return nil
}

// Done returns what a mutation led to under its key before. sameInput reports whether its input was the same; found whether
// the key was used in the last day.
func (l *Log) Done(ctx context.Context, db *ent.Client, o *Once) (f Fact, sameInput, found bool, err error) {
	row, err := db.MutationKey.Query().Where(
		mutationkey.ActorID(o.Actor), mutationkey.Mutation(o.Mutation), mutationkey.KeyDigest(o.Key),
	).Only(tenancy.With(ctx, o.Home))
	if ent.IsNotFound(err) {
		return Fact{}, false, false, nil
	}
	if err != nil {
		return Fact{}, false, false, fmt.Errorf("read idempotency key: %w", err)
	}
	return Fact{Tenant: row.EventTenant, Event: row.EventID, Object: row.ObjectID}, string(row.InputDigest) == string(o.Input), true, nil
}
