package jobs

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
	"unicode/utf8"

	"github.com/tenantgate/tenantgate/internal/store"
	"github.com/tenantgate/tenantgate/internal/store/storetest"
	"github.com/tenantgate/tenantgate/internal/tenancy"
)

var errDown = errors.New("the mail server is down")

func failing(context.Context, []byte) error { return errDown }

func TestAFailingJobIsTriedAgainLaterAndLater(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.Store) {
		o := newOffice(t, db)
		w := o.worker(failing)
		o.enqueue(t, Job{Kind: "note", Payload: 1})
		for attempt, want := range []time.Duration{1, 2, 4, 8, 16, 30, 30} {
			want *= time.Second
			runDue(t, w, 1)
			runDue(t, w, 0)
			j := o.only(t)
			in := o.dueIn(t, j)
			if j.Attempts != attempt+1 || j.Status != "ready" || j.LastError != errDown.Error() ||
				in > want || in < want-10*time.Second {
				t.Fatalf("after attempt %d: %s, %d attempts, due in %v (want %v), %q",
					attempt+1, j.Status, j.Attempts, in, want, j.LastError)
			}
			o.makeDue(t)
		}
		runDue(t, o.worker(o.note), 1)
		o.expectNone(t)
	})
}

func TestTheWaitIsBoundedForAnyNumberOfAttempts(t *testing.T) {
	t.Parallel()
	for attempts := 1; attempts < 200; attempts++ {
		if d := wait(attempts); d < time.Second || d > longestWait {
			t.Errorf("wait(%d) = %v", attempts, d)
		}
	}
}

func TestAJobOfAWorkerThatDiedIsDoneByAnother(t *testing.T) { // OPS-05
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.Store) {
		o := newOffice(t, db)
		w := o.worker(o.note)
		o.enqueue(t, Job{Kind: "note", Payload: 1})
		leased, err := w.lease(tenancy.Across(o.ctx, tenancy.JobWorker), batch)
		if err != nil || len(leased) != 1 {
			t.Fatalf("leased %d, %v", len(leased), err)
		}
		if in := o.dueIn(t, o.only(t)); in > lease || in < lease-10*time.Second {
			t.Errorf("the lease lasts %v", in)
		}
		runDue(t, w, 0) // while the lease lasts nobody else has it
		o.makeDue(t)
		runDue(t, w, 1)
		o.expectNone(t)
		if got := o.noted(); len(got) != 1 {
			t.Errorf("done %q", got)
		}
	})
}

func TestAWorkerThatLostItsLeaseRecordsNothing(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.Store) {
		o := newOffice(t, db)
		w := o.worker(o.note)
		o.enqueue(t, Job{Kind: "note", Payload: 1})
		first, err := w.lease(tenancy.Across(o.ctx, tenancy.JobWorker), batch)
		if err != nil {
			t.Fatal(err)
		}
		o.makeDue(t)
		second, err := w.lease(tenancy.Across(o.ctx, tenancy.JobWorker), batch)
		if err != nil || len(second) != 1 {
			t.Fatalf("leased %d, %v", len(second), err)
		}
		before := o.only(t)
		for _, outcome := range []string{outcomeDone, outcomeExpired, outcomeRetry, outcomeDead} {
			if err := w.record(o.ctx, first[0], outcome, errDown); err != nil {
				t.Fatal(err)
			}
			if after := o.only(t); after.Status != before.Status || after.DueAt != before.DueAt || after.LastError != "" {
				t.Errorf("%s of the first worker changed the job to %+v", outcome, after)
			}
		}
		if err := w.record(o.ctx, second[0], outcomeDone, nil); err != nil {
			t.Fatal(err)
		}
		o.expectNone(t)
	})
}

func TestAnExpiredJobIsDroppedUndone(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.Store) {
		o := newOffice(t, db)
		o.enqueue(t, Job{Kind: "note", Payload: "code", ExpiresAt: o.now().Add(10 * time.Minute)})
		runDue(t, o.worker(failing), 1)
		o.makeDue(t)
		o.advance(10*time.Minute + time.Microsecond)
		runDue(t, o.worker(o.note), 1)
		o.expectNone(t)
		if got := o.noted(); len(got) > 0 {
			t.Errorf("done after it expired: %q", got)
		}
	})
}

func TestAJobBecomesADeadLetterWhenTryingIsHopelessOrADayHasPassed(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.Store) {
		o := newOffice(t, db)
		o.enqueue(t, Job{Kind: "note", Payload: 1})
		runDue(t, o.worker(failing), 1)
		o.makeDue(t)
		o.advance(giveUpAfter)
		runDue(t, o.worker(failing), 1)
		if j := o.only(t); j.Status != "ready" {
			t.Errorf("after a day: %s", j.Status)
		}
		o.makeDue(t)
		o.advance(time.Microsecond)
		runDue(t, o.worker(failing), 1)
		if j := o.only(t); j.Status != "dead" || j.LastError != errDown.Error() {
			t.Errorf("after more than a day: %s, %q", j.Status, j.LastError)
		}
		o.makeDue(t)
		runDue(t, o.worker(o.note), 0) // the dead stay so

		if err := db.Job.Update().SetStatus("ready").Exec(o.ctx); err != nil {
			t.Fatal(err)
		}
		runDue(t, o.worker(o.note), 1) // until somebody revives them
		o.enqueue(t, Job{Kind: "note", Payload: 2})
		runDue(t, o.worker(func(context.Context, []byte) error {
			return fmt.Errorf("send mail: %w", GiveUp(errDown))
		}), 1)
		if j := o.only(t); j.Status != "dead" || j.Attempts != 1 || j.LastError != "send mail: "+errDown.Error() {
			t.Errorf("hopeless: %s after %d, %q", j.Status, j.Attempts, j.LastError)
		}
	})
	if !errors.Is(GiveUp(errDown), errDown) {
		t.Error("GiveUp hides the error")
	}
}

func TestAKindOfANewerVersionWaitsForIt(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.Store) {
		o := newOffice(t, db)
		o.enqueue(t, Job{Kind: "from the future", Payload: 1})
		runDue(t, o.worker(o.note), 1)
		if j := o.only(t); j.Status != "ready" || j.LastError == "" {
			t.Errorf("unknown kind: %s, %q", j.Status, j.LastError)
		}
		o.makeDue(t)
		newer := o.worker(o.note)
		newer.handlers["from the future"] = o.note
		runDue(t, newer, 1)
		o.expectNone(t)
	})
}

func TestAHandlerThatHangsOrPanicsFailsAlone(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.Store) {
		o := newOffice(t, db)
		for name, h := range map[string]Handler{
			"hangs":  func(ctx context.Context, _ []byte) error { <-ctx.Done(); return ctx.Err() },
			"panics": func(context.Context, []byte) error { panic("canary") },
		} {
			o.enqueue(t, Job{Kind: "note", Payload: 1})
			w := o.worker(h)
			w.limit = time.Millisecond
			runDue(t, w, 1)
			j := o.only(t)
			if j.Status != "ready" || j.LastError == "" || strings.Contains(j.LastError, "canary") || o.dueIn(t, j) > time.Second {
				t.Errorf("one that %s: %s, due in %v, %q", name, j.Status, o.dueIn(t, j), j.LastError)
			}
			o.makeDue(t)
			o.advance(giveUpAfter + time.Second)
			runDue(t, w, 1)
			if j := o.only(t); j.Status != "dead" {
				t.Errorf("one that %s for a day is %s", name, j.Status)
			}
			if _, err := db.Job.Delete().Exec(o.ctx); err != nil {
				t.Fatal(err)
			}
		}
	})
}

func TestAnyErrorCanBeRecorded(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.Store) {
		o := newOffice(t, db)
		for _, text := range []string{
			"nul \x00 within", "broken \xff UTF-8", strings.Repeat("é", 400) + "x", "x" + strings.Repeat("é", 400),
		} {
			o.enqueue(t, Job{Kind: "note", Payload: 1})
			runDue(t, o.worker(func(context.Context, []byte) error { return GiveUp(errors.New(text)) }), 1)
			j := o.only(t)
			if j.Status != "dead" || j.LastError == "" || len(j.LastError) > 500 || !utf8.ValidString(j.LastError) {
				t.Errorf("%q is recorded as %s, %q", text, j.Status, j.LastError)
			}
			if _, err := db.Job.Delete().Exec(o.ctx); err != nil {
				t.Fatal(err)
			}
		}
	})
}

func TestTwoWorkersNeverDoOneJobAtOnce(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.Store) {
		o := newOffice(t, db)
		const total = 60
		for i := range total {
			o.enqueue(t, Job{Kind: "note", Payload: i})
		}
		var group sync.WaitGroup
		for range 4 {
			group.Go(func() {
				w := o.worker(o.note)
				for {
					left, err := db.Job.Query().Exist(o.ctx)
					if err == nil && left {
						_, err = w.RunDue(context.Background())
					}
					if err != nil {
						t.Error(err)
						return
					}
					if !left {
						return
					}
				}
			})
		}
		group.Wait()
		if got := o.noted(); len(got) != total || len(slices.Compact(got)) != total {
			t.Errorf("%d jobs were done, %d different ones; want %d once each", len(got), len(slices.Compact(got)), total)
		}
	})
}

func TestAJobThatIsBeingLeasedIsPassedOver(t *testing.T) {
	t.Parallel()
	db := storetest.Postgres(t)
	o := newOffice(t, db)
	o.enqueue(t, Job{Kind: "note", Payload: "held"})
	held := o.only(t)
	tx, err := db.Client.Tx(o.ctx)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = tx.Rollback() }()
	if err := tx.Job.Update().SetAttempts(held.Attempts + 1).Exec(o.ctx); err != nil {
		t.Fatal(err)
	}
	o.enqueue(t, Job{Kind: "note", Payload: "free"})
	runDue(t, o.worker(o.note), 1) // would wait for the lock, or do both
	if got := o.noted(); !slices.Equal(got, []string{`"free"`}) {
		t.Errorf("done %q", got)
	}
}

func TestTheWorkerDoesTheJobInHandBeforeItStops(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.Store) {
		o := newOffice(t, db)
		begun, finish := make(chan struct{}), make(chan struct{})
		w := o.worker(func(ctx context.Context, payload []byte) error {
			close(begun)
			<-finish
			if ctx.Err() != nil {
				return ctx.Err()
			}
			return o.note(ctx, payload)
		})
		ctx, stop := context.WithCancel(context.Background())
		stopped := make(chan struct{})
		go func() { w.Run(ctx); close(stopped) }()
		o.enqueue(t, Job{Kind: "note", Payload: 1})
		<-begun
		stop()
		o.enqueue(t, Job{Kind: "note", Payload: 2})
		select {
		case <-stopped:
			t.Error("stopped with a job in hand")
		default:
		}
		close(finish)
		<-stopped
		if got := o.noted(); !slices.Equal(got, []string{"1"}) {
			t.Errorf("done %q; want the job in hand and no other", got)
		}
		if j := o.only(t); j.Attempts != 0 {
			t.Errorf("the other job was begun %d times", j.Attempts)
		}
	})
}

func TestACommitWakesTheWorkerAndATickFindsTheRest(t *testing.T) {
	t.Parallel()
	url := storetest.SQLiteURL(t)
	synctest.Test(t, func(t *testing.T) {
		db, err := store.Open(url)
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = db.Close() }()
		o := newOffice(t, db)
		ctx, stop := context.WithCancel(context.Background())
		go o.worker(o.note).Run(ctx)
		synctest.Wait()
		began := time.Now()
		for i := range 3 * batch {
			o.enqueue(t, Job{Kind: "note", Payload: i})
		}
		synctest.Wait()
		if n := len(o.noted()); n != 3*batch || time.Since(began) > 0 {
			t.Errorf("%d jobs done after %v, want all at once", n, time.Since(began))
		}
		// Another process's commit wakes nobody here.
		o.queue = NewQueue(o.now)
		o.enqueue(t, Job{Kind: "note", Payload: "elsewhere"})
		synctest.Wait()
		if n := len(o.noted()); n != 3*batch {
			t.Errorf("%d jobs done without a wake", n)
		}
		time.Sleep(pollEvery)
		synctest.Wait()
		if n := len(o.noted()); n != 3*batch+1 {
			t.Errorf("%d jobs done after a tick", n)
		}
		stop()
		synctest.Wait()
	})
}
