package events

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"github.com/tenantgate/tenantgate/internal/clock"
	"github.com/tenantgate/tenantgate/internal/ephemeral"
	"github.com/tenantgate/tenantgate/internal/ephemeral/memory"
	"github.com/tenantgate/tenantgate/internal/ids"
	"github.com/tenantgate/tenantgate/internal/store"
	"github.com/tenantgate/tenantgate/internal/store/storetest"
	"github.com/tenantgate/tenantgate/internal/tenancy"
)

func TestAFeedHearsTheChangesOfOtherProcessesOnce(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.Store) {
		acme, acmeID := newTenant(t, db)
		other, otherID := newTenant(t, db)
		log, feed := NewLog(NewFeed(db, nil), clock.Now), NewFeed(db, nil)
		heard := listen(feed)
		user, session := ids.New(), ids.New()
		for _, err := range []error{
			inTx(acme, db, log, nil,
				Event{Type: UserSignedIn, Actor: ActorUser, User: user}, // no cache holds what it tells
				Event{Type: SessionEnded, Actor: ActorUser, User: user, Session: session}),
			inTx(other, db, log, nil, Event{Type: KeysRotated, Actor: ActorSystem}),
		} {
			if err != nil {
				t.Fatal(err)
			}
		}
		poll(t, feed)
		want := map[Change]int{
			{Tenant: acmeID, User: user, Session: session, Type: SessionEnded}: 1,
			{Tenant: otherID, Type: KeysRotated}:                               1,
		}
		if diff := cmp.Diff(want, count(heard.all())); diff != "" {
			t.Errorf("first poll (-want +got):\n%s", diff)
		}
		epoch := feed.Epoch()
		poll(t, feed)
		if diff := cmp.Diff(want, count(heard.all())); diff != "" || feed.Epoch() != epoch {
			t.Errorf("second poll hears again (-want +got):\n%s", diff)
		}
	})
}

func count(changes []Change) map[Change]int {
	out := map[Change]int{}
	for _, c := range changes {
		out[c]++
	}
	return out
}

func TestAChangeThatCommitsLateIsNotLost(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.Store) {
		ctx, _ := newTenant(t, db)
		log, feed := NewLog(NewFeed(db, nil), clock.Now), NewFeed(db, nil)
		heard := listen(feed)

		// Recorded before the poll, committed after it.
		tx, err := db.Client.Tx(ctx)
		if err != nil {
			t.Fatal(err)
		}
		late := ids.New()
		if err := log.Append(ctx, tx, Event{Type: SessionEnded, Session: late}); err != nil {
			t.Fatal(err)
		}
		poll(t, feed)
		if len(heard.all()) > 0 {
			t.Fatalf("heard what is not committed: %v", heard.all())
		}
		if err := tx.Commit(); err != nil {
			t.Fatal(err)
		}
		poll(t, feed)
		if len(heard.all()) != 1 || heard.all()[0].Session != late {
			t.Errorf("heard %v, want the late one", heard.all())
		}

		// As late as a transaction can be.
		latest := recordedAgo(ctx, t, db, store.TxLimit)
		poll(t, feed)
		if len(heard.all()) != 2 || heard.all()[1].Session != latest {
			t.Errorf("heard %v, want the latest one too", heard.all())
		}
		// What left the window was heard by every poll before.
		recordedAgo(ctx, t, db, window+time.Second)
		poll(t, feed)
		if len(heard.all()) != 2 {
			t.Errorf("heard %v from outside the window", heard.all()[2:])
		}
	})
}

// recordedAgo stores a change as one that was recorded some time ago, and returns its session.
func recordedAgo(ctx context.Context, t testing.TB, db *store.Store, ago time.Duration) uuid.UUID {
	t.Helper()
	now, err := db.NowMillis(ctx)
	if err != nil {
		t.Fatal(err)
	}
	session := ids.New()
	err = db.Event.Create().SetID(ids.New()).SetType(string(SessionEnded)).SetActor(string(ActorUser)).
		SetAt(clock.Now()).SetFeeds(true).SetSessionID(session).SetRecordedAt(now - ago.Milliseconds()).
		Exec(ctx)
	if err != nil {
		t.Fatal(err)
	}
	return session
}

func TestAFeedIsFreshForASecondFromTheStartOfAPoll(t *testing.T) {
	t.Parallel()
	url := storetest.SQLiteURL(t)
	synctest.Test(t, func(t *testing.T) {
		db := open(t, url)
		feed := NewFeed(db, nil)
		if feed.Fresh() {
			t.Error("fresh before the first poll")
		}
		poll(t, feed)
		time.Sleep(freshFor)
		if !feed.Fresh() || feed.Age() != freshFor {
			t.Errorf("after a second: age %v", feed.Age())
		}
		time.Sleep(time.Nanosecond)
		if feed.Fresh() {
			t.Errorf("still fresh at %v", feed.Age())
		}
		poll(t, feed)
		ended, cancel := context.WithCancel(t.Context())
		cancel()
		time.Sleep(freshFor + 1)
		if err := feed.Poll(ended); err == nil || feed.Fresh() {
			t.Errorf("fresh after a poll that failed: %v", err)
		}
	})
}

func open(t testing.TB, url string) *store.Store {
	t.Helper()
	db, err := store.Open(url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	return db
}

func TestRunPollsEveryHalfSecondAndGoesStaleInAnOutage(t *testing.T) {
	t.Parallel()
	url := storetest.SQLiteURL(t)
	synctest.Test(t, func(t *testing.T) {
		db := open(t, url)
		ctx, _ := newTenant(t, db)
		feed := NewFeed(db, nil)
		heard := listen(feed)
		run(t, feed)
		synctest.Wait()
		if err := inTx(ctx, db, NewLog(NewFeed(db, nil), clock.Now), nil, Event{Type: KeysRotated}); err != nil {
			t.Fatal(err)
		}
		time.Sleep(pollEvery - 1)
		synctest.Wait()
		if len(heard.all()) > 0 {
			t.Errorf("heard %v without a hint or a poll", heard.all())
		}
		time.Sleep(time.Nanosecond)
		synctest.Wait()
		if len(heard.all()) != 1 || !feed.Fresh() {
			t.Errorf("after a poll: heard %v, age %v", heard.all(), feed.Age())
		}
		if err := db.Close(); err != nil {
			t.Fatal(err)
		}
		time.Sleep(freshFor + 1)
		synctest.Wait()
		if feed.Fresh() {
			t.Errorf("fresh without a database, age %v", feed.Age())
		}
	})
}

// run runs feeds until the test ends.
func run(t *testing.T, feeds ...*Feed) {
	ctx, cancel := context.WithCancel(context.Background())
	for _, f := range feeds {
		go f.Run(ctx)
	}
	t.Cleanup(func() { cancel(); synctest.Wait() })
}

func TestAHintMakesTheOtherReplicasPollAtOnce(t *testing.T) {
	t.Parallel()
	url := storetest.SQLiteURL(t)
	synctest.Test(t, func(t *testing.T) {
		hints := memory.New(clock.Now, 10)
		defer func() { _ = hints.Close() }()
		db := open(t, url)
		ctx, _ := newTenant(t, db)
		here, there, deaf := NewFeed(db, hints), NewFeed(db, hints), NewFeed(db, silent{})
		heard, unheard := listen(there), listen(deaf)
		run(t, here, there, deaf)
		synctest.Wait()
		began := time.Now()
		log := NewLog(here, clock.Now)
		for range 3 {
			if err := inTx(ctx, db, log, nil, Event{Type: SessionsEnded, User: ids.New()}); err != nil {
				t.Fatal(err)
			}
		}
		time.Sleep(leastApart) // after the poll at the start
		synctest.Wait()
		if len(heard.all()) != 3 {
			t.Errorf("heard %d changes after %v, want 3", len(heard.all()), time.Since(began))
		}
		// A store that passes nothing on costs half a second, no change.
		time.Sleep(pollEvery)
		synctest.Wait()
		if len(unheard.all()) != 3 {
			t.Errorf("without hints %d changes were heard", len(unheard.all()))
		}
	})
}

// silent is an ephemeral store that is down.
type silent struct{ ephemeral.Store }

func (silent) Publish(context.Context, string, []byte) error { return ephemeral.ErrClosed }

func (silent) Subscribe(context.Context, string) (<-chan []byte, error) {
	return nil, ephemeral.ErrClosed
}

func TestAFeedReadsEveryTenantOnlyInItsPoll(t *testing.T) {
	t.Parallel()
	db := storetest.SQLite(t)
	if _, err := db.Event.Query().All(t.Context()); err == nil {
		t.Error("events are read without a tenant")
	}
	if err := NewFeed(db, nil).Poll(tenancy.With(t.Context(), ids.New())); err != nil {
		t.Errorf("poll from within a tenant: %v", err)
	}
}
