package events

import (
	"context"
	"errors"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"entgo.io/ent/dialect"
	"github.com/google/uuid"
	"pgregory.net/rapid"

	"github.com/tenantgate/tenantgate/ent"
	"github.com/tenantgate/tenantgate/ent/event"
	"github.com/tenantgate/tenantgate/internal/clock"
	"github.com/tenantgate/tenantgate/internal/store"
	"github.com/tenantgate/tenantgate/internal/store/storetest"
	"github.com/tenantgate/tenantgate/internal/tenancy"
)

// death ends a context before its n-th statement.
type death struct {
	left   atomic.Int64
	cancel context.CancelFunc
}

type deathKey struct{}

func dying(ctx context.Context, after int) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancel(ctx)
	d := &death{cancel: cancel}
	d.left.Store(int64(after))
	return context.WithValue(ctx, deathKey{}, d), cancel
}

func mayDie(ctx context.Context, _ store.Statement) {
	if d, ok := ctx.Value(deathKey{}).(*death); ok && d.left.Add(-1) < 0 {
		d.cancel()
	}
}

// Replicas commit, roll back and commit late, sequencers run, run into each other and die at any statement: whoever reads meanwhile
// sees positions without a gap, and later only more of them; in the end every committed event has one, and no other has.
func TestNoInterleavingOfCommitsAndSequencersMakesAGapOrPlacesAnEventTwice(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.Store) {
		rapid.Check(t, func(rt *rapid.T) { newPlacement(rt, t, db).check() })
	}, store.Watch(mayDie))
}

// placement is one run of the property test.
type placement struct {
	*rapid.T
	t       *testing.T
	db      *store.Store
	log     *Log
	tenants [2]context.Context
	seen    [2][]uuid.UUID // by readers, in the order of positions
	atOnce  int
	open    []pending
	held    *ent.Tx // of a sequencer that is about to commit
	fresh   func() *Sequencer
	commits [2]int
}

type pending struct {
	tx     *ent.Tx
	tenant int
	n      int
}

func newPlacement(rt *rapid.T, t *testing.T, db *store.Store) *placement {
	p := &placement{T: rt, t: t, db: db, log: NewLog(NewFeed(db, nil), clock.Now), atOnce: 3}
	var home uuid.UUID
	for i := range p.tenants {
		p.tenants[i], home = newTenant(t, db)
	}
	p.fresh = func() *Sequencer {
		s := newSequencer(db, home)
		s.atOnce = rapid.IntRange(1, 5).Draw(rt, "batch")
		return s
	}
	if db.Dialect() == dialect.SQLite {
		p.atOnce = 1 // one writer
	}
	return p
}

func (p *placement) must(err error) {
	if err != nil {
		p.Fatal(err)
	}
}

// busy reports that the one writer of SQLite is taken.
func (p *placement) busy() bool { return p.atOnce == 1 && (len(p.open) > 0 || p.held != nil) }

func (p *placement) check() {
	defer p.clean()
	p.Repeat(map[string]func(*rapid.T){
		"begin": func(rt *rapid.T) {
			if len(p.open) == p.atOnce || p.busy() {
				rt.Skip("enough are open")
			}
			tenant := rapid.IntRange(0, 1).Draw(rt, "tenant")
			tx, err := p.db.Tx(p.tenants[tenant])
			p.must(err)
			p.open = append(p.open, pending{tx: tx, tenant: tenant})
		},
		"append": func(rt *rapid.T) {
			if len(p.open) == 0 {
				rt.Skip("no transaction")
			}
			o := &p.open[rapid.IntRange(0, len(p.open)-1).Draw(rt, "which")]
			p.must(p.log.Append(p.tenants[o.tenant], o.tx, Event{Type: UserSignedIn, Actor: ActorUser}))
			o.n++
		},
		"commit":    func(rt *rapid.T) { p.end(rt, true) },
		"roll back": func(rt *rapid.T) { p.end(rt, false) },
		"place": func(rt *rapid.T) {
			if p.busy() {
				rt.Skip("SQLite has one writer")
			}
			if p.held == nil {
				_, err := p.fresh().Place(p.t.Context())
				p.must(err)
				return
			}
			// It may have to wait for the one that is about to commit, and is given up then.
			ctx, cancel := context.WithTimeout(p.t.Context(), 10*time.Millisecond)
			defer cancel()
			_, _ = p.fresh().Place(ctx)
		},
		"die while placing": func(rt *rapid.T) {
			if p.busy() || p.held != nil {
				rt.Skip("another one places")
			}
			ctx, cancel := dying(p.t.Context(), rapid.IntRange(0, 12).Draw(rt, "statements"))
			defer cancel()
			_, _ = p.fresh().Place(ctx)
		},
		"place and do not commit yet": func(rt *rapid.T) {
			if p.busy() || p.held != nil {
				rt.Skip("another one places")
			}
			p.hold()
		},
		"commit the placing": func(rt *rapid.T) {
			if p.held == nil {
				rt.Skip("none")
			}
			p.must(p.held.Commit())
			p.held = nil
		},
		"read": func(*rapid.T) { p.read() },
	})
	p.settle()
}

func (p *placement) end(rt *rapid.T, commit bool) {
	if len(p.open) == 0 {
		rt.Skip("no transaction")
	}
	at := rapid.IntRange(0, len(p.open)-1).Draw(rt, "which")
	o := p.open[at]
	p.open = slices.Delete(p.open, at, at+1)
	if !commit {
		p.must(o.tx.Rollback())
		return
	}
	p.must(o.tx.Commit())
	p.commits[o.tenant] += o.n
}

// hold places all that is there, in a transaction that stays open. A sequencer that was given up may have been about to commit,
// and its commit may arrive meanwhile: then nothing is held.
func (p *placement) hold() {
	across := tenancy.Across(p.t.Context(), tenancy.Sequencer)
	rows, err := p.db.Event.Query().Where(event.PositionIsNil()).Order(event.ByRecordedAt(), event.ByID()).All(across)
	p.must(err)
	if len(rows) == 0 {
		return
	}
	tx, err := p.db.Tx(across)
	p.must(err)
	err = place(across, tx, rows)
	if errors.Is(err, errRaced) {
		p.must(tx.Rollback())
		return
	}
	p.held = tx
	p.must(err)
}

func (p *placement) read() {
	for i, ctx := range p.tenants {
		got := positions(ctx, p.t, p.db)
		if len(got) < len(p.seen[i]) || !slices.Equal(got[:len(p.seen[i])], p.seen[i]) {
			p.Fatalf("a reader saw %v, and later %v", p.seen[i], got)
		}
		p.seen[i] = got
	}
}

// settle ends all that is open and compares what readers see with what was committed.
func (p *placement) settle() {
	if p.held != nil {
		p.must(p.held.Rollback())
		p.held = nil
	}
	p.read()
	for _, o := range p.open {
		p.must(o.tx.Commit())
		p.commits[o.tenant] += o.n
	}
	p.open = nil
	placeAll(p.t, p.fresh())
	p.read()
	for i := range p.tenants {
		ids := slices.Clone(p.seen[i])
		slices.SortFunc(ids, func(a, b uuid.UUID) int { return slices.Compare(a[:], b[:]) })
		if n := len(slices.Compact(ids)); n != p.commits[i] {
			p.Fatalf("%d events have a position, %d were committed", n, p.commits[i])
		}
		counted, err := p.db.SignInCount.Query().All(p.tenants[i])
		p.must(err)
		n := 0
		for _, c := range counted {
			n += c.Count
		}
		if n != p.commits[i] {
			p.Fatalf("%d sign-ins were counted, %d were committed", n, p.commits[i])
		}
	}
}

func (p *placement) clean() {
	for _, o := range p.open {
		_ = o.tx.Rollback()
	}
	if p.held != nil {
		_ = p.held.Rollback()
	}
	_, _ = p.db.Event.Delete().Exec(tenancy.Across(context.WithoutCancel(p.t.Context()), tenancy.Sequencer))
}
