package jobs

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"
	"strings"
	"sync"
	"time"

	"entgo.io/ent/dialect"
	"entgo.io/ent/dialect/sql"
	"github.com/google/uuid"

	"github.com/tenantgate/tenantgate/ent"
	"github.com/tenantgate/tenantgate/ent/job"
	"github.com/tenantgate/tenantgate/ent/predicate"
	"github.com/tenantgate/tenantgate/internal/clock"
	"github.com/tenantgate/tenantgate/internal/sealed"
	"github.com/tenantgate/tenantgate/internal/store"
	"github.com/tenantgate/tenantgate/internal/telemetry"
	"github.com/tenantgate/tenantgate/internal/tenancy"
)

const (
	// lease is how long a job stays with a worker. One that died is followed by another after that.
	lease = 30 * time.Second
	// limit bounds a handler, so that its lease outlives it.
	limit = 25 * time.Second

	batch       = 8  // leased in one transaction
	atOnce      = 32 // done at a time
	pollEvery   = time.Second
	longestWait = 30 * time.Second
	// giveUpAfter turns a job that keeps failing into a dead letter.
	giveUpAfter = 24 * time.Hour
)

// Worker does the jobs of all tenants.
type Worker struct {
	db       *store.Store
	queue    *Queue
	keys     func(ctx context.Context, tenant uuid.UUID) (*sealed.Keys, error)
	handlers map[string]Handler
	limit    time.Duration
}

// NewWorker returns a worker. keys finds a tenant's data keys; handlers are by kind.
func NewWorker(db *store.Store, queue *Queue, keys func(context.Context, uuid.UUID) (*sealed.Keys, error), handlers map[string]Handler) *Worker {
	return &Worker{db: db, queue: queue, keys: keys, handlers: handlers, limit: limit}
}

// Run does jobs until ctx ends; those in hand are finished, the others stay for the next worker. Each has a slot of its own:
// a mail server that hangs holds up its own mails, not those of others.
func (w *Worker) Run(ctx context.Context) {
	tick := time.NewTicker(pollEvery)
	defer tick.Stop()
	slots := make(chan struct{}, atOnce)
	var inHand sync.WaitGroup
	defer inHand.Wait()
	failing := false
	for {
		leased, err := w.due(ctx, min(atOnce-len(slots), batch))
		if failing != (err != nil) && ctx.Err() == nil {
			failing = err != nil
			slog.WarnContext(ctx, "job worker", "working", !failing, "error", err)
		}
		for _, j := range leased {
			slots <- struct{}{}
			inHand.Go(func() {
				defer func() { <-slots; w.queue.signal() }() // there may be more
				w.do(context.WithoutCancel(ctx), j)
			})
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		case <-w.queue.wake:
		}
	}
}

// RunDue leases what is due, at most a batch, and does it. It returns how many it leased.
func (w *Worker) RunDue(ctx context.Context) (int, error) {
	leased, err := w.due(ctx, batch)
	var done sync.WaitGroup
	for _, j := range leased {
		done.Go(func() { w.do(context.WithoutCancel(ctx), j) })
	}
	done.Wait()
	return len(leased), err
}

// Backlog counts the jobs that are ready, leased ones among them, and those that are dead.
func (w *Worker) Backlog(ctx context.Context) (ready, dead int64) {
	all := tenancy.Across(ctx, tenancy.JobWorker)
	count := func(status job.Status) int64 {
		n, err := w.db.Job.Query().Where(job.StatusEQ(status)).Count(all)
		if err != nil {
			return -1 // unknown
		}
		return int64(n)
	}
	return count(job.StatusReady), count(job.StatusDead)
}

// due leases at most so many jobs that are due.
func (w *Worker) due(ctx context.Context, most int) ([]*ent.Job, error) {
	if most == 0 {
		return nil, nil
	}
	all := tenancy.Across(ctx, tenancy.JobWorker)
	due, err := w.db.Job.Query().Where(job.StatusEQ(job.StatusReady), w.db.DueBy(job.FieldDueAt)).Exist(all)
	if err != nil {
		return nil, fmt.Errorf("look for due jobs: %w", err)
	}
	if !due {
		return nil, nil
	}
	return w.lease(all, most)
}

func (w *Worker) lease(ctx context.Context, most int) ([]*ent.Job, error) {
	now, err := w.db.NowMillis(ctx)
	if err != nil {
		return nil, err
	}
	return store.InTx(ctx, w.db.Client, func(ctx context.Context, tx *ent.Tx) ([]*ent.Job, error) {
		query := tx.Job.Query().
			Where(job.StatusEQ(job.StatusReady), job.DueAtLTE(now)).
			Order(job.ByDueAt()).
			Limit(most)
		if w.db.Dialect() == dialect.Postgres {
			query.ForUpdate(sql.WithLockAction(sql.SkipLocked))
		}
		rows, err := query.All(ctx)
		if err != nil {
			return nil, fmt.Errorf("lease jobs: %w", err)
		}
		for _, j := range rows {
			j.Attempts++
			err := tx.Job.Update().
				Where(job.ID(j.ID)).
				SetDueAt(now + lease.Milliseconds()).
				SetAttempts(j.Attempts).
				Exec(tenancy.With(ctx, j.TenantID))
			if err != nil {
				return nil, fmt.Errorf("lease job: %w", err)
			}
		}
		return rows, nil
	})
}

// do runs a leased job and records how it went. An error here leaves the job to its lease's end.
func (w *Worker) do(ctx context.Context, j *ent.Job) {
	ctx = tenancy.With(ctx, j.TenantID)
	began := clock.Elapsed()
	outcome, err := w.attempt(ctx, j)
	telemetry.JobDone(ctx, j.Kind, outcome, clock.Elapsed()-began)
	if err != nil {
		slog.WarnContext(ctx, "job", "kind", j.Kind, "outcome", outcome, "attempts", j.Attempts, "error", err)
	}
	// Whatever time the handler took, there is time to record how it went.
	ctx, cancel := context.WithTimeout(ctx, store.TxLimit)
	defer cancel()
	if err := w.record(ctx, j, outcome, err); err != nil {
		slog.WarnContext(ctx, "job outcome not recorded; it will be done again", "kind", j.Kind, "error", err)
	}
}

// The outcomes of an attempt.
const (
	outcomeDone    = "done"
	outcomeExpired = "expired"
	outcomeRetry   = "retry"
	outcomeDead    = "dead"
)

func (w *Worker) attempt(ctx context.Context, j *ent.Job) (string, error) {
	now := w.queue.now()
	if j.ExpiresAt != nil && j.ExpiresAt.Before(now) {
		return outcomeExpired, nil
	}
	err := w.handle(ctx, j)
	switch {
	case err == nil:
		return outcomeDone, nil
	case isHopeless(err), now.Sub(j.CreatedAt) > giveUpAfter:
		return outcomeDead, err
	default:
		return outcomeRetry, err
	}
}

func (w *Worker) handle(ctx context.Context, j *ent.Job) (err error) {
	ctx, cancel := context.WithTimeout(ctx, w.limit)
	defer cancel()
	// A handler that panics fails alone: it must not take the server down, again at each attempt.
	defer func() {
		if p := recover(); p != nil {
			slog.ErrorContext(ctx, "job handler panicked", "kind", j.Kind, "stack", string(debug.Stack()))
			err = errors.New("the handler panicked")
		}
	}()
	handler, ok := w.handlers[j.Kind]
	if !ok {
		return errors.New("no handler for this kind in this version")
	}
	keys, err := w.keys(ctx, j.TenantID)
	if err != nil {
		return err
	}
	payload, err := keys.Open(place(j.ID.String()), j.Payload)
	if err != nil {
		return GiveUp(err)
	}
	return handler(ctx, payload)
}

func (w *Worker) record(ctx context.Context, j *ent.Job, outcome string, cause error) error {
	// Only the holder of the lease records: a later one has another number of attempts.
	mine := []predicate.Job{job.ID(j.ID), job.Attempts(j.Attempts)}
	if outcome == outcomeDone || outcome == outcomeExpired {
		_, err := w.db.Job.Delete().Where(mine...).Exec(ctx)
		return err
	}
	now, err := w.db.NowMillis(ctx)
	if err != nil {
		return err
	}
	update := w.db.Job.Update().
		Where(mine...).
		SetLastError(shorten(cause.Error())).
		SetDueAt(now + wait(j.Attempts).Milliseconds())
	if outcome == outcomeDead {
		update.SetStatus(job.StatusDead)
	}
	return update.Exec(ctx)
}

// wait is the back-off after an attempt: 1, 2, 4 … seconds, at most longestWait.
func wait(attempts int) time.Duration {
	return min(time.Second<<min(attempts-1, 10), longestWait)
}

// shorten makes an error fit for the database: Postgres takes neither NUL nor broken UTF-8, and then the outcome would
// never be recorded.
func shorten(s string) string {
	const most = 500
	s = strings.ReplaceAll(s[:min(len(s), most)], "\x00", "")
	return strings.ToValidUTF8(s, "")
}
