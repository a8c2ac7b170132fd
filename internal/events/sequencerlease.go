package events

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"

	"github.com/tenantgate/tenantgate/ent"
	"github.com/tenantgate/tenantgate/ent/lease"
	"github.com/tenantgate/tenantgate/internal/clock"
	"github.com/tenantgate/tenantgate/internal/ids"
	"github.com/tenantgate/tenantgate/internal/store"
	"github.com/tenantgate/tenantgate/internal/tenancy"
)

// leaseFor is how long a lease lasts: when its holder dies, another takes over after that. It is renewed at half of it.
const leaseFor = 2 * time.Second

// work is a lease of something that one process is enough for. It keeps nobody out: whoever was stopped for a while goes on.
type work struct {
	db     *store.Store
	name   string
	home   func(context.Context) (uuid.UUID, error)
	holder string
	until  time.Duration // by clock.Elapsed
}

func newLease(db *store.Store, name string, home func(context.Context) (uuid.UUID, error)) *work {
	return &work{db: db, name: name, home: home, holder: ids.NewUnguessable().String()}
}

// hold reports whether the lease is this process's, after it has taken or renewed it where it could. It is for one goroutine.
func (w *work) hold(ctx context.Context) (bool, error) {
	if w.until-clock.Elapsed() > leaseFor/2 {
		return true, nil
	}
	home, err := w.home(ctx)
	if err != nil {
		return false, err
	}
	ctx = tenancy.With(ctx, home)
	began := clock.Elapsed()
	now, err := w.db.NowMillis(ctx)
	if err != nil {
		return false, err
	}
	held, err := w.take(ctx, now)
	if err != nil {
		return false, fmt.Errorf("lease the %s: %w", w.name, err)
	}
	if held {
		w.until = began + leaseFor
	}
	return held, nil
}

func (w *work) take(ctx context.Context, now int64) (bool, error) {
	row, err := w.db.Lease.Query().Where(lease.Name(w.name)).Only(ctx)
	until := now + leaseFor.Milliseconds()
	if ent.IsNotFound(err) {
		err = w.db.Lease.Create().SetID(ids.New()).SetName(w.name).SetHolder(w.holder).SetUntil(until).Exec(ctx)
		if ent.IsConstraintError(err) {
			return false, nil
		}
		return err == nil, err
	}
	if err != nil || row.Holder != w.holder && row.Until > now {
		return false, err
	}
	n, err := w.db.Lease.Update().
		Where(lease.Name(w.name), lease.Holder(row.Holder), lease.Until(row.Until)).
		SetHolder(w.holder).SetUntil(until).
		Save(ctx)
	return n == 1, err
}
