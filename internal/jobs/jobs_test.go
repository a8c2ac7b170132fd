package jobs

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"go.uber.org/goleak"

	"github.com/tenantgate/tenantgate/ent"
	"github.com/tenantgate/tenantgate/ent/tenant"
	"github.com/tenantgate/tenantgate/internal/clock"
	"github.com/tenantgate/tenantgate/internal/ids"
	"github.com/tenantgate/tenantgate/internal/sealed"
	"github.com/tenantgate/tenantgate/internal/store"
	"github.com/tenantgate/tenantgate/internal/store/storetest"
	"github.com/tenantgate/tenantgate/internal/tenancy"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// office is a database with one tenant, its queue, and workers that share it.
type office struct {
	db     *store.Store
	queue  *Queue
	keys   *sealed.Keys
	tenant uuid.UUID
	ctx    context.Context //nolint:containedctx // of the tenant, for this test

	mu   sync.Mutex
	time time.Time
	done []string // payloads, as they were handled
}

func newOffice(t testing.TB, db *store.Store) *office {
	t.Helper()
	o := &office{db: db, tenant: ids.New(), time: clock.Now()}
	o.queue = NewQueue(o.now)
	o.keys = sealed.NewKeys(o.tenant, map[int][sealed.KeySize]byte{1: {1}})
	o.ctx = tenancy.With(context.Background(), o.tenant)
	err := db.Tenant.Create().SetID(o.tenant).SetSlug(o.tenant.String()).SetName("Acme").
		SetStatus(tenant.StatusActive).SetIssuer("https://auth.test/t/acme").SetSettings(json.RawMessage(`{}`)).
		SetCreatedAt(o.time).SetUpdatedAt(o.time).
		Exec(o.ctx)
	if err != nil {
		t.Fatal(err)
	}
	return o
}

func (o *office) now() time.Time {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.time
}

func (o *office) advance(d time.Duration) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.time = o.time.Add(d)
}

// note is a handler that writes down what it was given.
func (o *office) note(_ context.Context, payload []byte) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.done = append(o.done, string(payload))
	return nil
}

func (o *office) noted() []string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return slices.Sorted(slices.Values(o.done))
}

// worker returns a worker whose only kind is "note".
func (o *office) worker(h Handler) *Worker {
	find := func(_ context.Context, id uuid.UUID) (*sealed.Keys, error) {
		if id != o.tenant {
			return nil, errors.New("another tenant")
		}
		return o.keys, nil
	}
	return NewWorker(o.db, o.queue, find, map[string]Handler{"note": h})
}

func (o *office) enqueue(t testing.TB, j Job) {
	t.Helper()
	if err := o.tryEnqueue(j, nil); err != nil {
		t.Fatal(err)
	}
}

// tryEnqueue leaves a job in a transaction that ends with the error given.
func (o *office) tryEnqueue(j Job, end error) error {
	_, err := store.InTx(o.ctx, o.db.Client, func(ctx context.Context, tx *ent.Tx) (struct{}, error) {
		if err := o.queue.Enqueue(ctx, tx, o.keys, j); err != nil {
			return struct{}{}, err
		}
		return struct{}{}, end
	})
	return err
}

// runDue runs what is due and expects n jobs.
func runDue(t testing.TB, w *Worker, n int) {
	t.Helper()
	if got, err := w.RunDue(context.Background()); err != nil || got != n {
		t.Fatalf("RunDue leased %d jobs, %v; want %d", got, err, n)
	}
}

// makeDue moves the jobs' time back, as if it had passed on the database's clock.
func (o *office) makeDue(t testing.TB) {
	t.Helper()
	if err := o.db.Job.Update().SetDueAt(1).Exec(o.ctx); err != nil {
		t.Fatal(err)
	}
}

// only returns the one job that is stored.
func (o *office) only(t testing.TB) *ent.Job {
	t.Helper()
	j, err := o.db.Job.Query().Only(o.ctx)
	if err != nil {
		t.Fatal(err)
	}
	return j
}

func (o *office) expectNone(t testing.TB) {
	t.Helper()
	if n, err := o.db.Job.Query().Count(o.ctx); err != nil || n > 0 {
		t.Errorf("%d jobs are left, %v", n, err)
	}
}

// dueIn is how far from now a job is due by the database's clock.
func (o *office) dueIn(t testing.TB, j *ent.Job) time.Duration {
	t.Helper()
	now, err := o.db.NowMillis(o.ctx)
	if err != nil {
		t.Fatal(err)
	}
	return time.Duration(j.DueAt-now) * time.Millisecond
}

func TestAJobIsDoneOnceForItsTenantAndGone(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.Store) {
		o := newOffice(t, db)
		var at uuid.UUID
		w := o.worker(func(ctx context.Context, payload []byte) error {
			at, _ = tenancy.From(ctx)
			return o.note(ctx, payload)
		})
		runDue(t, w, 0)
		o.enqueue(t, Job{Kind: "note", Payload: map[string]string{"to": "canary"}})
		runDue(t, w, 1)
		runDue(t, w, 0)
		if got := o.noted(); !slices.Equal(got, []string{`{"to":"canary"}`}) || at != o.tenant {
			t.Errorf("done %q for %v", got, at)
		}
		o.expectNone(t)
	})
}

func TestAJobOfATransactionThatRollsBackIsNeverDone(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.Store) {
		o := newOffice(t, db)
		refused := errors.New("refused")
		if err := o.tryEnqueue(Job{Kind: "note", Payload: 1}, refused); !errors.Is(err, refused) {
			t.Fatal(err)
		}
		select {
		case <-o.queue.wake:
			t.Error("a rollback wakes the worker")
		default:
		}
		o.expectNone(t)
		if err := o.tryEnqueue(Job{Kind: "note", Payload: 1}, store.Commit(refused)); !errors.Is(err, refused) {
			t.Fatal(err)
		}
		select {
		case <-o.queue.wake:
		default:
			t.Error("a commit does not wake the worker")
		}
		runDue(t, o.worker(o.note), 1)
		if err := o.tryEnqueue(Job{Kind: "note", Payload: func() {}}, nil); err == nil {
			t.Error("a payload that is no JSON was taken")
		}
	})
}

func TestAPayloadIsSealedAndBoundToItsRow(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.Store) {
		o := newOffice(t, db)
		o.enqueue(t, Job{Kind: "note", Payload: "canary-7391"})
		stored := o.only(t)
		if bytes.Contains(stored.Payload, []byte("canary")) {
			t.Errorf("the payload is in clear: %x", stored.Payload)
		}
		if text := stored.String(); strings.Contains(text, "canary") || !strings.Contains(text, "sensitive") {
			t.Errorf("printed as %s", text)
		}
		// Under another id it does not open, and no later attempt could open it.
		err := db.Job.Create().SetID(ids.New()).SetKind("note").SetPayload(stored.Payload).SetCreatedAt(o.now()).
			Exec(o.ctx)
		if err != nil {
			t.Fatal(err)
		}
		runDue(t, o.worker(o.note), 2)
		if got := o.noted(); !slices.Equal(got, []string{`"canary-7391"`}) {
			t.Errorf("done: %q", got)
		}
		if dead := o.only(t); dead.Status != "dead" || dead.LastError == "" {
			t.Errorf("the moved payload is %s: %q", dead.Status, dead.LastError)
		}
	})
}

func TestNoFileOfTheDatabaseShowsAPayload(t *testing.T) {
	t.Parallel()
	path := strings.TrimPrefix(storetest.SQLiteURL(t), "sqlite://")
	db, err := store.Open("sqlite://" + path)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	newOffice(t, db).enqueue(t, Job{Kind: "visible-kind", Payload: "canary-7391"})
	files, err := filepath.Glob(path + "*") // with the write-ahead log
	if err != nil {
		t.Fatal(err)
	}
	var all []byte
	for _, f := range files {
		content, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, content...)
	}
	if !bytes.Contains(all, []byte("visible-kind")) {
		t.Errorf("the job is in none of %v", files)
	}
	if bytes.Contains(all, []byte("canary")) {
		t.Error("a file holds the payload in clear")
	}
}
