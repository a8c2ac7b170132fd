package events

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"
	"go.uber.org/goleak"

	"github.com/tenantgate/tenantgate/ent"
	"github.com/tenantgate/tenantgate/ent/event"
	"github.com/tenantgate/tenantgate/ent/tenant"
	"github.com/tenantgate/tenantgate/internal/clock"
	"github.com/tenantgate/tenantgate/internal/ids"
	"github.com/tenantgate/tenantgate/internal/store"
	"github.com/tenantgate/tenantgate/internal/store/storetest"
	"github.com/tenantgate/tenantgate/internal/tenancy"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// newTenant stores a tenant and returns a context of it.
func newTenant(t testing.TB, db *store.Store) (context.Context, uuid.UUID) {
	t.Helper()
	id, now := ids.New(), clock.Now()
	err := db.Tenant.Create().SetID(id).SetSlug(id.String()).SetName("Acme").SetStatus(tenant.StatusActive).
		SetIssuer("https://auth.test/t/acme").SetSettings(json.RawMessage(`{}`)).
		SetCreatedAt(now).SetUpdatedAt(now).
		Exec(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	return tenancy.With(context.Background(), id), id
}

// inTx appends events in one transaction that ends with the error given.
func inTx(ctx context.Context, db *store.Store, log *Log, end error, facts ...Event) error {
	_, err := store.InTx(ctx, db.Client, func(ctx context.Context, tx *ent.Tx) (struct{}, error) {
		for _, e := range facts {
			if err := log.Append(ctx, tx, e); err != nil {
				return struct{}{}, err
			}
		}
		return struct{}{}, end
	})
	return err
}

// hearing is what a feed told.
type hearing struct {
	mu      sync.Mutex
	changes []Change
}

func listen(f *Feed) *hearing {
	h := &hearing{}
	f.Listen(func(c Change) {
		h.mu.Lock()
		defer h.mu.Unlock()
		h.changes = append(h.changes, c)
	})
	return h
}

func (h *hearing) all() []Change {
	h.mu.Lock()
	defer h.mu.Unlock()
	return slices.Clone(h.changes)
}

func poll(t testing.TB, f *Feed) {
	t.Helper()
	if err := f.Poll(context.Background()); err != nil {
		t.Fatal(err)
	}
}

func TestAnEventCommitsWithItsTransactionAndIsAnnouncedAfterIt(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.Store) {
		ctx, id := newTenant(t, db)
		feed := NewFeed(db, nil)
		heard := listen(feed)
		stored := -1
		feed.Listen(func(Change) { stored, _ = db.Event.Query().Count(ctx) })
		at := time.Date(2026, 1, 2, 3, 4, 5, 6000, time.UTC)
		log := NewLog(feed, func() time.Time { return at })
		user, session := ids.New(), ids.New()
		_, err := store.InTx(ctx, db.Client, func(ctx context.Context, tx *ent.Tx) (struct{}, error) {
			err := log.Append(ctx, tx, Event{
				Type: SessionEnded, Actor: ActorUser, User: user, Session: session, Data: map[string]any{"reason": "logout"},
			})
			if len(heard.all()) > 0 {
				t.Error("announced before the commit")
			}
			return struct{}{}, err
		})
		if err != nil {
			t.Fatal(err)
		}
		want := []Change{{Tenant: id, User: user, Session: session, Type: SessionEnded}}
		if diff := cmp.Diff(want, heard.all()); diff != "" {
			t.Errorf("announced (-want +got):\n%s", diff)
		}
		if stored != 1 {
			t.Errorf("when it was announced, %d events could be read", stored)
		}
		row, err := db.Event.Query().Only(ctx)
		if err != nil {
			t.Fatal(err)
		}
		var data map[string]string
		if err := json.Unmarshal(row.Data, &data); err != nil || data["reason"] != "logout" || len(data) != 1 {
			t.Errorf("data is %s, %v", row.Data, err)
		}
		now, err := db.NowMillis(ctx)
		if err != nil {
			t.Fatal(err)
		}
		if row.TenantID != id || row.Type != "session.ended" || row.Actor != "user" || *row.UserID != user ||
			*row.SessionID != session || !row.At.Equal(at) || !row.Feeds || now-row.RecordedAt > 60_000 {
			t.Errorf("stored %+v", row)
		}
	})
}

func TestARolledBackEventIsNeitherStoredNorAnnounced(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.Store) {
		ctx, _ := newTenant(t, db)
		feed, other := NewFeed(db, nil), NewFeed(db, nil)
		heard, heardThere := listen(feed), listen(other)
		log, refusal := NewLog(feed, clock.Now), errors.New("refused")
		if err := inTx(ctx, db, log, refusal, Event{Type: UserDeleted, Actor: ActorUser}); !errors.Is(err, refusal) {
			t.Fatal(err)
		}
		poll(t, feed)
		poll(t, other)
		if n, err := db.Event.Query().Count(ctx); err != nil || n+len(heard.all())+len(heardThere.all()) > 0 {
			t.Errorf("%d events stored, %v announced, %v polled, %v", n, heard.all(), heardThere.all(), err)
		}
		// A refusal that must be remembered commits, and so does its event.
		err := inTx(ctx, db, log, store.Commit(refusal), Event{Type: RefreshTokenReused, Actor: ActorUser})
		if !errors.Is(err, refusal) || len(heard.all()) != 1 {
			t.Errorf("with store.Commit: %v announced, %v", heard.all(), err)
		}
	})
}

func TestANoteStandsAloneAndFeedsNobody(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.Store) {
		ctx, _ := newTenant(t, db)
		feed := NewFeed(db, nil)
		heard := listen(feed)
		err := NewLog(feed, clock.Now).Note(ctx, db.Client, Event{Type: SignInRefused, Actor: ActorUser})
		if err != nil {
			t.Fatal(err)
		}
		poll(t, feed)
		row, err := db.Event.Query().Where(event.Feeds(false)).Only(ctx)
		if err != nil || row.Type != string(SignInRefused) || len(row.Data) > 0 || row.UserID != nil || row.SessionID != nil {
			t.Errorf("stored %+v, %v", row, err)
		}
		if len(heard.all()) > 0 {
			t.Errorf("heard %v", heard.all())
		}
	})
}

func TestAnEventNeedsATenantAndDataThatIsJSON(t *testing.T) {
	t.Parallel()
	db := storetest.SQLite(t)
	ctx, _ := newTenant(t, db)
	log := NewLog(NewFeed(db, nil), clock.Now)
	if err := log.Note(t.Context(), db.Client, Event{Type: SignInRefused}); !errors.Is(err, tenancy.ErrNone) {
		t.Errorf("without a tenant: %v", err)
	}
	across := tenancy.Across(ctx, tenancy.ChangeFeed)
	if err := inTx(across, db, log, nil, Event{Type: UserDeleted}); !errors.Is(err, tenancy.ErrNone) {
		t.Errorf("across tenants: %v", err)
	}
	bad := Event{Type: SignInRefused, Data: map[string]any{"f": func() {}}}
	if err := log.Note(ctx, db.Client, bad); err == nil {
		t.Error("data that is no JSON was stored")
	}
}
