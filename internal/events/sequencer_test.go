package events

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"github.com/tenantgate/tenantgate/ent"
	"github.com/tenantgate/tenantgate/ent/event"
	"github.com/tenantgate/tenantgate/ent/lease"
	"github.com/tenantgate/tenantgate/internal/clock"
	"github.com/tenantgate/tenantgate/internal/ids"
	"github.com/tenantgate/tenantgate/internal/store"
	"github.com/tenantgate/tenantgate/internal/store/storetest"
)

func newSequencer(db *store.Store, home uuid.UUID) *Sequencer {
	return NewSequencer(db, NewLog(NewFeed(db, nil), clock.Now), func(context.Context) (uuid.UUID, error) { return home, nil })
}

// placeAll gives everything a position.
func placeAll(t testing.TB, s *Sequencer) {
	t.Helper()
	for {
		n, err := s.Place(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if n == 0 {
			return
		}
	}
}

// positions returns the ids of the events of the tenant of ctx by their positions, which must be 1, 2, 3 and so on.
func positions(ctx context.Context, t testing.TB, db *store.Store) []uuid.UUID {
	t.Helper()
	rows, err := db.Event.Query().Where(event.PositionNotNil()).Order(ent.Asc(event.FieldPosition)).All(ctx)
	if err != nil {
		t.Fatal(err)
	}
	var out []uuid.UUID
	for i, row := range rows {
		if *row.Position != int64(i)+1 {
			t.Fatalf("the event at %d has the position %d", i+1, *row.Position)
		}
		out = append(out, row.ID)
	}
	return out
}

// noted stores events that stand alone.
func noted(ctx context.Context, t testing.TB, db *store.Store, n int) {
	t.Helper()
	log := NewLog(NewFeed(db, nil), clock.Now)
	for range n {
		if err := log.Note(ctx, db.Client, Event{Type: SignInRefused, Actor: ActorUser}); err != nil {
			t.Fatal(err)
		}
	}
}

func TestEventsGetPositionsTenantByTenantInTheOrderTheyWereRecorded(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.Store) {
		acme, id := newTenant(t, db)
		globex, _ := newTenant(t, db)
		noted(acme, t, db, 60) // more than a batch of SQLite
		noted(globex, t, db, 3)
		s := newSequencer(db, id)
		placeAll(t, s)
		noted(acme, t, db, 1)
		placeAll(t, s)
		for ctx, want := range map[context.Context]int{acme: 61, globex: 3} {
			if got := len(positions(ctx, t, db)); got != want {
				t.Errorf("%d events have a position, want %d", got, want)
			}
			if last, err := Last(ctx, db.Client); err != nil || last != int64(want) {
				t.Errorf("the sequence is at %d, %v; want %d", last, err, want)
			}
		}
	})
}

func TestASequencerThatComesSecondPlacesNothingTwice(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.Store) {
		ctx, _ := newTenant(t, db)
		noted(ctx, t, db, 2)
		rows, err := db.Event.Query().Order(ent.Asc(event.FieldID)).All(ctx)
		if err != nil {
			t.Fatal(err)
		}
		run := func(rows []*ent.Event) error {
			_, err := store.InTx(ctx, db.Client, func(ctx context.Context, tx *ent.Tx) (struct{}, error) {
				return struct{}{}, place(ctx, tx, rows)
			})
			return err
		}
		if err := run(rows); err != nil {
			t.Fatal(err)
		}
		if err := run(rows); !errors.Is(err, errRaced) {
			t.Errorf("the second one: %v, want errRaced", err)
		}
		if got := positions(ctx, t, db); len(got) != 2 {
			t.Errorf("%d events have a position", len(got))
		}
	})
}

func TestSequencersThatRunIntoEachOtherWhileEventsAreCommittedPlaceEachOnce(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.Store) {
		acme, id := newTenant(t, db)
		globex, _ := newTenant(t, db)
		const writers, each = 4, 60
		var writing, running sync.WaitGroup
		for i := range writers {
			ctx := []context.Context{acme, globex}[i%2]
			writing.Go(func() { noted(ctx, t, db, each) })
		}
		written, stop := context.WithCancel(t.Context())
		for range 4 {
			running.Go(func() {
				s := newSequencer(db, id)
				s.atOnce = 7
				for written.Err() == nil {
					if _, err := s.Place(t.Context()); err != nil {
						t.Error(err)
					}
				}
			})
		}
		writing.Wait()
		stop()
		running.Wait()
		placeAll(t, newSequencer(db, id))
		for _, ctx := range []context.Context{acme, globex} {
			if got := positions(ctx, t, db); len(got) != writers*each/2 {
				t.Errorf("%d events have a position, want %d", len(got), writers*each/2)
			}
		}
	})
}

func TestALeaseHasOneHolderAtATimeAndPassesOnWhenItEnds(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.Store) {
		ctx, id := newTenant(t, db)
		home := func(context.Context) (uuid.UUID, error) { return id, nil }
		first, second := newLease(db, "sequencer", home), newLease(db, "sequencer", home)
		hold := func(w *work) bool {
			w.until = 0 // nobody remembers
			held, err := w.hold(ctx)
			if err != nil {
				t.Fatal(err)
			}
			return held
		}
		got := []bool{hold(first), hold(second), hold(first)}
		// Its holder has died.
		if err := db.Lease.Update().Where(lease.Name("sequencer")).SetUntil(0).Exec(ctx); err != nil {
			t.Fatal(err)
		}
		got = append(got, hold(second), hold(first))
		if diff := cmp.Diff([]bool{true, false, true, true, false}, got); diff != "" {
			t.Errorf("who holds it (-want +got):\n%s", diff)
		}
	})
}

func TestARunningSequencerPlacesWhatThisProcessAppendsAndEndsWithItsContext(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.Store) {
		acme, id := newTenant(t, db)
		log := NewLog(NewFeed(db, nil), clock.Now)
		s := NewSequencer(db, log, func(context.Context) (uuid.UUID, error) { return id, nil })
		ctx, stop := context.WithCancel(t.Context())
		ended := make(chan struct{})
		go func() {
			defer close(ended)
			s.Run(ctx)
		}()
		streams := NewStreams(db)
		stream, err := streams.Open(acme, Reader{Tenant: id, Home: id, Actor: ids.New()}, nil, nil)
		if err != nil {
			t.Fatal(err)
		}
		defer stream.Close()
		for range 3 {
			if err := inTx(acme, db, log, nil, Event{Type: SessionEnded, Actor: ActorUser}); err != nil {
				t.Fatal(err)
			}
			if got, err := stream.Next(acme, time.Minute); err != nil || len(got) != 1 {
				t.Fatalf("%d events came, %v", len(got), err)
			}
		}
		stop()
		<-ended
	})
}

func TestEventsAreRemovedOldestFirstAndNeverYoungOrUnplacedOnes(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.Store) {
		ctx, id := newTenant(t, db)
		other, _ := newTenant(t, db)
		now := clock.Now()
		at := func(ctx context.Context, ago ...time.Duration) {
			for _, d := range ago {
				err := db.Event.Create().SetID(ids.New()).SetType(string(SignInRefused)).SetActor(string(ActorUser)).
					SetAt(now.Add(-d)).Exec(ctx)
				if err != nil {
					t.Fatal(err)
				}
			}
		}
		day := 24 * time.Hour
		for range expireAtOnce {
			at(ctx, 3*day)
		}
		at(ctx, 2*day, 30*time.Minute, 2*day, 0)
		at(other, 3*day)
		placeAll(t, newSequencer(db, id))
		at(ctx, 3*day) // not placed yet

		if n, err := Expire(ctx, db.Client, now, day); err != nil || n != expireAtOnce+1 {
			t.Errorf("%d events removed, %v; want %d", n, err, expireAtOnce+1)
		}
		if n, err := Expire(ctx, db.Client, now, time.Second); err != nil || n != 0 {
			t.Errorf("%d events of less than an hour removed, %v", n, err)
		}
		left, err := db.Event.Query().Count(ctx)
		if err != nil || left != 4 {
			t.Errorf("%d events are left, %v; want 4", left, err)
		}
		if n, err := db.Event.Query().Count(other); err != nil || n != 1 {
			t.Errorf("the other tenant has %d events left, %v", n, err)
		}
		if last, err := Last(ctx, db.Client); err != nil || last != expireAtOnce+4 {
			t.Errorf("the sequence fell to %d, %v", last, err)
		}
	})
}
