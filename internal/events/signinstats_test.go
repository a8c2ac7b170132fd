package events

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tenantgate/tenantgate/ent"
	"github.com/tenantgate/tenantgate/internal/store"
	"github.com/tenantgate/tenantgate/internal/store/storetest"
)

func TestCountsOfSignInsAreSummedByHourAndByDay(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.Store) {
		ctx, _ := newTenant(t, db)
		other, _ := newTenant(t, db)
		day := time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)
		fact := func(at time.Time, kind Type, data string) *ent.Event {
			return &ent.Event{Type: string(kind), At: at, Data: []byte(data)}
		}
		const byPassword, byApp = `{"decision":{"proofs":["password"]}}`, `{"decision":{"proofs":["password","totp"]}}`
		placing(ctx, t, db,
			fact(day.Add(-time.Second), UserSignedIn, byPassword),
			fact(day, UserSignedIn, byPassword), fact(day.Add(59*time.Minute), UserSignedIn, byPassword),
			fact(day.Add(time.Hour), UserSignedIn, byPassword), fact(day.Add(23*time.Hour), UserSignedIn, byApp),
			fact(day.Add(24*time.Hour), SignInRefused, `{"proof":"password"}`))
		placing(other, t, db, fact(day, UserSignedIn, byPassword))

		counts := func(from, to time.Time, days bool) []SignInCount {
			t.Helper()
			got, err := CountsOfSignIns(ctx, db.Client, from, to, days)
			if err != nil {
				t.Fatal(err)
			}
			return got
		}
		hourly := []SignInCount{
			{day, CountedSignedIn, "password", 2},
			{day.Add(time.Hour), CountedSignedIn, "password", 1},
			{day.Add(23 * time.Hour), CountedSignedIn, "totp", 1},
		}
		if diff := cmp.Diff(hourly, counts(day, day.Add(24*time.Hour), false)); diff != "" {
			t.Errorf("hours (-want +got):\n%s", diff)
		}
		if got := counts(day, day.Add(time.Hour+time.Minute), false); len(got) != 2 {
			t.Errorf("an hour that has begun counts: got %v", got)
		}
		daily := []SignInCount{
			{day, CountedSignedIn, "password", 3},
			{day, CountedSignedIn, "totp", 1},
			{day.Add(24 * time.Hour), CountedRefused, "password", 1},
		}
		if diff := cmp.Diff(daily, counts(day, day.Add(48*time.Hour), true)); diff != "" {
			t.Errorf("days (-want +got):\n%s", diff)
		}
		if got := counts(day.Add(-1e4*24*time.Hour), day.Add(-24*time.Hour), true); len(got) != 0 {
			t.Errorf("before anything happened: %v", got)
		}
	})
}
