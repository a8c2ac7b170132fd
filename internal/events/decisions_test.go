package events

import (
	"context"
	"slices"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/tenantgate/tenantgate/ent"
	"github.com/tenantgate/tenantgate/ent/event"
	"github.com/tenantgate/tenantgate/internal/clock"
	"github.com/tenantgate/tenantgate/internal/ids"
	"github.com/tenantgate/tenantgate/internal/store"
	"github.com/tenantgate/tenantgate/internal/store/storetest"
)

// placeTo gives the oldest events of the tenant their positions, until so many have one.
func placeTo(ctx context.Context, t *testing.T, db *store.Store, want int) {
	t.Helper()
	all, err := db.Event.Query().Order(event.ByAt()).All(ctx)
	if err != nil {
		t.Fatal(err)
	}
	_, err = store.InTx(ctx, db.Client, func(ctx context.Context, tx *ent.Tx) (struct{}, error) {
		for i, row := range all[:want] {
			if row.Position != nil {
				continue
			}
			if err := tx.Event.Update().Where(event.ID(row.ID)).SetPosition(int64(i + 1)).Exec(ctx); err != nil {
				return struct{}{}, err
			}
		}
		return struct{}{}, nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestTheNewestDecisionsAreReadWithAndWithoutPositions(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.Store) {
		ctx, _ := newTenant(t, db)
		other, _ := newTenant(t, db)
		start := time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)
		kinds := []Type{UserSignedIn, SignInBlocked, SignInRefused}
		var rows []*ent.EventCreate
		for i := range 3300 { // one a minute
			rows = append(rows, db.Event.Create().SetID(ids.New()).SetType(string(kinds[i%3])).SetActor(string(ActorUser)).
				SetUserID(ids.New()).SetAt(start.Add(time.Duration(i)*time.Minute)))
		}
		for some := range slices.Chunk(rows, 300) {
			if err := db.Event.CreateBulk(some...).Exec(ctx); err != nil {
				t.Fatal(err)
			}
		}
		foreign := db.Event.Create().SetID(ids.New()).SetType(string(UserSignedIn)).SetActor(string(ActorUser)).SetAt(start.Add(time.Hour))
		if err := foreign.Exec(other); err != nil {
			t.Fatal(err)
		}
		check := func(what string, since time.Time, most, want int, more bool) {
			t.Helper()
			got, cut, err := Decisions(ctx, db.Client, since, most)
			if err != nil {
				t.Fatal(err)
			}
			if len(got) != want || cut != more {
				t.Errorf("%s: %d decisions, more is %v; want %d and %v", what, len(got), cut, want, more)
			}
			for i, d := range got {
				if i > 0 && d.At.Before(got[i-1].At) || d.At.Before(since) || d.User == uuid.Nil {
					t.Fatalf("%s: %+v in place %d", what, d, i)
				}
			}
			if len(got) > 0 && !got[len(got)-1].At.Equal(start.Add(3298*time.Minute)) {
				t.Errorf("%s: the newest is of %s", what, got[len(got)-1].At)
			}
		}
		for _, placed := range []int{0, 2000, 3300} {
			placeTo(ctx, t, db, placed)
			check("all", start, 20_000, 2200, false)
			check("half", start.Add(1650*time.Minute), 20_000, 1100, false)
			check("the newest", start, 300, 300, true)
			check("as many as there are", start, 2200, 2200, false)
			check("none", clock.Now().Add(1e6*time.Hour), 10, 0, false)
		}
	})
}
