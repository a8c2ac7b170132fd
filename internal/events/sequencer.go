package events

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"entgo.io/ent/dialect"
	"github.com/google/uuid"

	"github.com/tenantgate/tenantgate/ent"
	"github.com/tenantgate/tenantgate/ent/event"
	"github.com/tenantgate/tenantgate/ent/eventsequence"
	"github.com/tenantgate/tenantgate/internal/clock"
	"github.com/tenantgate/tenantgate/internal/ids"
	"github.com/tenantgate/tenantgate/internal/store"
	"github.com/tenantgate/tenantgate/internal/tenancy"
)

const (
	// placeEvery is how often events without a position are looked for, placeApart how close the appends of this process may
	// bring two looks: under load they are placed together, for far less than one by one.
	placeEvery = 250 * time.Millisecond
	placeApart = 100 * time.Millisecond

	// placeAtOnce is how many events get their position in one transaction. SQLite's only writer is held for shorter.
	placeAtOnce       = 500
	placeAtOnceSQLite = 50
)

// errRaced says that another sequencer was faster: nothing was placed, and what it placed is committed or will be.
var errRaced = errors.New("events: another sequencer placed these events")

// Sequencer gives the committed events of every tenant their positions: from 1, without a gap, each once. Ids and times are not
// in the order of commits; positions become visible in their own order, to every reader alike.
//
// Any number of sequencers may run at once. The lease saves work only: of two that place the same events, the conditional update
// of the tenant's sequence lets one commit, and the unique key of positions stands behind it.
type Sequencer struct {
	db       *store.Store
	appended <-chan struct{}
	lease    *work
	atOnce   int
}

// NewSequencer returns a sequencer of a database's events, which what log appends hastens. home returns the tenant that leases
// for the whole service.
func NewSequencer(db *store.Store, log *Log, home func(context.Context) (uuid.UUID, error)) *Sequencer {
	s := &Sequencer{db: db, appended: log.appended, atOnce: placeAtOnce}
	if db.Dialect() == dialect.SQLite {
		s.atOnce = placeAtOnceSQLite
		return s // one server has the file: there is nobody to share the work with
	}
	s.lease = newLease(db, "sequencer", home)
	return s
}

// Run places events until ctx ends.
func (s *Sequencer) Run(ctx context.Context) {
	tick := time.NewTicker(placeEvery)
	defer tick.Stop()
	failing := false
	for {
		began := clock.Elapsed()
		err := s.round(ctx)
		if failing != (err != nil) && ctx.Err() == nil {
			failing = err != nil
			slog.WarnContext(ctx, "event sequencer", "working", !failing, "error", err)
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		case <-s.appended:
			if rest := placeApart - (clock.Elapsed() - began); rest > 0 {
				select {
				case <-ctx.Done():
				case <-time.After(rest):
				}
			}
		}
	}
}

// round places all that there is, where this sequencer holds the lease.
func (s *Sequencer) round(ctx context.Context) error {
	for ctx.Err() == nil {
		if s.lease != nil {
			if held, err := s.lease.hold(ctx); err != nil || !held {
				return err
			}
		}
		n, err := s.Place(ctx)
		if err != nil || n < s.atOnce {
			return err
		}
	}
	return nil
}

// Place gives a batch of events their positions, the oldest first, and returns how many it looked at: fewer than a batch where
// no more are waiting.
func (s *Sequencer) Place(ctx context.Context) (int, error) {
	ctx, cancel := context.WithTimeout(ctx, store.TxLimit)
	defer cancel()
	rows, err := s.db.Event.Query().
		Where(event.PositionIsNil()).
		Order(event.ByRecordedAt(), event.ByID()).
		Limit(s.atOnce).
		All(tenancy.Across(ctx, tenancy.Sequencer))
	if err != nil {
		return 0, fmt.Errorf("look for events without a position: %w", err)
	}
	if len(rows) == 0 {
		return 0, nil
	}
	_, err = store.InTx(ctx, s.db.Client, func(ctx context.Context, tx *ent.Tx) (struct{}, error) {
		return struct{}{}, place(ctx, tx, rows)
	})
	if errors.Is(err, errRaced) {
		err = nil // the next look finds what is left
	}
	return len(rows), err
}

// place gives events positions within tx: tenant by tenant, in the order in which they come.
func place(ctx context.Context, tx *ent.Tx, rows []*ent.Event) error {
	byTenant := map[uuid.UUID][]*ent.Event{}
	for _, row := range rows {
		byTenant[row.TenantID] = append(byTenant[row.TenantID], row)
	}
	tenants := make([]uuid.UUID, 0, len(byTenant))
	for tenant := range byTenant {
		tenants = append(tenants, tenant)
	}
	// Two sequencers lock sequences in one order: neither can wait for the other forever.
	slices.SortFunc(tenants, func(a, b uuid.UUID) int { return cmp.Compare(a.String(), b.String()) })
	for _, tenant := range tenants {
		if err := placeOf(tenancy.With(ctx, tenant), tx, byTenant[tenant]); err != nil {
			return err
		}
	}
	return nil
}

// placeOf places the events of the tenant of ctx. Whoever has moved the sequence holds its row until the commit: a second
// sequencer waits for it and then finds the sequence moved, so that positions become visible in their order.
func placeOf(ctx context.Context, tx *ent.Tx, rows []*ent.Event) error {
	last, err := advance(ctx, tx, int64(len(rows)))
	if err != nil {
		return err
	}
	for i, row := range rows {
		position := last + int64(i) + 1
		n, err := tx.Event.Update().
			Where(event.ID(row.ID), event.PositionIsNil()).
			SetPosition(position).
			Save(ctx)
		if err != nil {
			return fmt.Errorf("give an event its position: %w", err)
		}
		if n != 1 {
			return errRaced
		}
		row.Position = &position
	}
	return countSignIns(ctx, tx, rows)
}

// advance moves the sequence of the tenant of ctx by n and returns where it was.
func advance(ctx context.Context, tx *ent.Tx, n int64) (int64, error) {
	row, err := tx.EventSequence.Query().Only(ctx)
	if ent.IsNotFound(err) {
		err = tx.EventSequence.Create().SetID(ids.New()).SetLast(n).Exec(ctx)
		if ent.IsConstraintError(err) {
			return 0, errRaced
		}
		if err != nil {
			return 0, fmt.Errorf("begin a sequence of events: %w", err)
		}
		return 0, nil
	}
	if err != nil {
		return 0, fmt.Errorf("read a sequence of events: %w", err)
	}
	moved, err := tx.EventSequence.Update().Where(eventsequence.Last(row.Last)).SetLast(row.Last + n).Save(ctx)
	if err != nil {
		return 0, fmt.Errorf("move a sequence of events: %w", err)
	}
	if moved != 1 {
		return 0, errRaced
	}
	return row.Last, nil
}

// Last returns the highest position that the tenant of ctx has given, 0 for none.
func Last(ctx context.Context, db *ent.Client) (int64, error) {
	row, err := db.EventSequence.Query().Only(ctx)
	if ent.IsNotFound(err) {
		return 0, nil
	}
	if err != nil {
		return 0, fmt.Errorf("read a sequence of events: %w", err)
	}
	return row.Last, nil
}
