package jobs

import (
	"context"
	"fmt"
	"log/slog"
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

	batch       = 8
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
}

// NewWorker returns a worker. keys finds a tenant's data keys; handlers are by kind.
func NewWorker(db *store.Store, queue *Queue, keys func(context.Context, uuid.UUID) (*sealed.Keys, error), handlers map[string]Handler) *Worker {
	return &Worker{db: db, queue: queue, keys: keys, handlers: handlers}
}

// Run does jobs until ctx ends; those in hand are finished, the others stay for the next worker.
func (w *Worker) Run(ctx context.Context) {
	tick := time.NewTicker(pollEvery)
	defer tick.Stop()
	failing := false
	for {
		n, err := w.RunDue(ctx)
		if failing != (err != nil) && ctx.Err() == nil {
			failing = err != nil
			slog.WarnContext(ctx, "job worker", "working", !failing, "error", err)
		}
		if n == batch && err == nil && ctx.Err() == nil {
			continue // there may be more
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
	all := tenancy.Across(ctx, tenancy.JobWorker)
	due, err := w.db.Job.Query().Where(job.StatusEQ(job.StatusReady), w.db.DueBy(job.FieldDueAt)).Exist(all)
	if err != nil {
		return 0, fmt.Errorf("look for due jobs: %w", err)
	}
	if !due {
		return 0, nil
	}
	leased, err := w.lease(all)
	if err != nil {
		return 0, err
	}
	var done sync.WaitGroup
	for _, j := range leased {
		done.Go(func() { w.do(context.WithoutCancel(ctx), j) })
	}
	done.Wait()
	return len(leased), nil
}

func (w *Worker) lease(ctx context.Context) ([]*ent.Job, error) {
	now, err := w.db.NowMillis(ctx)
	if err != nil {
		return nil, err
	}
	return store.InTx(ctx, w.db.Client, func(ctx context.Context, tx *ent.Tx) ([]*ent.Job, error) {
		query := tx.Job.Query().
			Where(job.StatusEQ(job.StatusReady), job.DueAtLTE(now)).
			Order(job.ByDueAt()).
			Limit(batch)
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
	ctx, cancel := context.WithTimeout(tenancy.With(ctx, j.TenantID), limit)
	defer cancel()
	began := clock.Elapsed()
	outcome, err := w.attempt(ctx, j)
	telemetry.JobDone(ctx, j.Kind, outcome, clock.Elapsed()-began)
	if err != nil {
		slog.WarnContext(ctx, "job", "kind", j.Kind, "outcome", outcome, "attempts", j.Attempts, "error", err)
	}
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

func (w *Worker) handle(ctx context.Context, j *ent.Job) error {
	handler, ok := w.handlers[j.Kind]
	if !ok {
		return fmt.Errorf("no handler for this kind in this version")
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

func shorten(s string) string {
	const most = 500
	if len(s) > most {
		return s[:most]
	}
	return s
}
