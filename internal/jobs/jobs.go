// Package jobs is the outbox: work that a transaction leaves behind, done after it at least once, also when the process
// dies in between.
//
// It owns leases, retries and dead letters. What a job does is its handler's, and handlers are idempotent.
package jobs

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/tenantgate/tenantgate/ent"
	"github.com/tenantgate/tenantgate/internal/clock"
	"github.com/tenantgate/tenantgate/internal/ids"
	"github.com/tenantgate/tenantgate/internal/sealed"
)

// Job is work for later.
type Job struct {
	Kind      string
	Payload   any       // JSON; sealed under the tenant's data key
	ExpiresAt time.Time // not worth doing later; zero for always
}

// Queue takes jobs from transactions and wakes the worker once they are committed.
type Queue struct {
	now  clock.Clock
	wake chan struct{}
}

// NewQueue returns a queue.
func NewQueue(now clock.Clock) *Queue {
	return &Queue{now: now, wake: make(chan struct{}, 1)}
}

// Enqueue leaves a job for the tenant of ctx within tx.
func (q *Queue) Enqueue(ctx context.Context, tx *ent.Tx, keys *sealed.Keys, j Job) error {
	plain, err := json.Marshal(j.Payload)
	if err != nil {
		return fmt.Errorf("enqueue %s: %w", j.Kind, err)
	}
	id := ids.New()
	payload, err := keys.Seal(place(id.String()), plain)
	if err != nil {
		return fmt.Errorf("enqueue %s: %w", j.Kind, err)
	}
	create := tx.Job.Create().SetID(id).SetKind(j.Kind).SetPayload(payload).SetCreatedAt(q.now())
	if !j.ExpiresAt.IsZero() {
		create.SetExpiresAt(j.ExpiresAt)
	}
	if err := create.Exec(ctx); err != nil {
		return fmt.Errorf("enqueue %s: %w", j.Kind, err)
	}
	tx.OnCommit(func(next ent.Committer) ent.Committer {
		return ent.CommitFunc(func(ctx context.Context, tx *ent.Tx) error {
			err := next.Commit(ctx, tx)
			if err == nil {
				q.signal()
			}
			return err
		})
	})
	return nil
}

func (q *Queue) signal() {
	select {
	case q.wake <- struct{}{}:
	default:
	}
}

func place(row string) sealed.Place { return sealed.Place{Table: "jobs", Column: "payload", Row: row} }

// Handler does jobs of one kind for the tenant of ctx. It may be called again for a job that it has done.
type Handler func(ctx context.Context, payload []byte) error

// GiveUp marks an error that trying again cannot mend.
func GiveUp(err error) error { return &hopeless{err} }

type hopeless struct{ error }

func (h *hopeless) Unwrap() error { return h.error }

func isHopeless(err error) bool {
	var h *hopeless
	return errors.As(err, &h)
}
