package store_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tenantgate/tenantgate/ent"
	"github.com/tenantgate/tenantgate/ent/throttle"
	"github.com/tenantgate/tenantgate/internal/clock"
	"github.com/tenantgate/tenantgate/internal/fault"
	"github.com/tenantgate/tenantgate/internal/store"
	"github.com/tenantgate/tenantgate/internal/store/storetest"
)

func countUsers(ctx context.Context, tx *ent.Tx) (int, error) { return tx.User.Query().Count(ctx) }

// rename returns a transaction that changes the user's name and then answers err.
func rename(to string, err error) func(context.Context, *ent.Tx) (string, error) {
	return func(ctx context.Context, tx *ent.Tx) (string, error) {
		if _, err := tx.User.Update().SetName(to).Save(ctx); err != nil {
			return "", err
		}
		return to, err
	}
}

func TestATransactionCommitsWhatSucceedsAndUndoesWhatFails(t *testing.T) {
	t.Parallel()
	refused := fault.New(fault.RefreshTokenReused)
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx, _ := fill(t, s, entities(t))
		name := func() string { return s.User.Query().OnlyX(ctx).Name }

		got, err := store.InTx(ctx, s.Client, rename("one", nil))
		if got != "one" || err != nil || name() != "one" {
			t.Errorf("success: %q, %v, stored %q", got, err, name())
		}
		got, err = store.InTx(ctx, s.Client, rename("two", refused))
		if got != "" || !errors.Is(err, refused) || name() != "one" {
			t.Errorf("failure: %q, %v, stored %q", got, err, name())
		}
		got, err = store.InTx(ctx, s.Client, rename("three", store.Commit(refused)))
		if got != "" || fault.CodeOf(err) != fault.RefreshTokenReused || name() != "three" {
			t.Errorf("refusal that is remembered: %q, %v, stored %q", got, err, name())
		}
		func() {
			defer func() {
				if p := recover(); p != "boom" {
					t.Errorf("recovered %v", p)
				}
			}()
			_, _ = store.InTx(ctx, s.Client, func(ctx context.Context, tx *ent.Tx) (string, error) {
				_, _ = rename("four", nil)(ctx, tx)
				panic("boom")
			})
		}()
		if name() != "three" {
			t.Errorf("after a panic %q is stored", name())
		}
		if got, err = store.InTx(ctx, s.Client, rename("five", nil)); got != "five" || err != nil {
			t.Errorf("the next transaction: %q, %v", got, err)
		}
	})
}

func TestATransactionOutlivesNeitherItsLimitNorItsContext(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx, _ := fill(t, s, entities(t))
		given, cancel := context.WithCancel(ctx)
		_, err := store.InTx(given, s.Client, func(ctx context.Context, tx *ent.Tx) (string, error) {
			if deadline, ok := ctx.Deadline(); !ok || time.Until(deadline) > store.TxLimit {
				t.Errorf("deadline %v, %v; want at most the limit", deadline, ok)
			}
			name, err := rename("late", nil)(ctx, tx)
			cancel()
			return name, err
		})
		isUnavailable(t, "commit", err)
		if name := s.User.Query().OnlyX(ctx).Name; name == "late" {
			t.Error("a cancelled transaction was committed")
		}
	})
}

func TestReadsDoNotWaitForAnOpenTransaction(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx, _ := fill(t, s, entities(t))
		before := s.User.Query().OnlyX(ctx).Name
		_, err := store.InTx(ctx, s.Client, func(inner context.Context, tx *ent.Tx) (string, error) {
			name, err := rename("new", nil)(inner, tx)
			outside, outsideErr := s.User.Query().Only(ctx)
			if outsideErr != nil || outside.Name != before {
				t.Errorf("outside: %+v, %v; want the name before", outside, outsideErr)
			}
			if inside := tx.User.Query().OnlyX(inner).Name; inside != "new" {
				t.Errorf("inside: %q, want what it wrote", inside)
			}
			return name, err
		})
		if err != nil {
			t.Fatal(err)
		}
	})
}

func TestTimesComeBackAsTheyWereWrittenAndSort(t *testing.T) {
	t.Parallel()
	base := time.Date(2026, 3, 29, 1, 59, 59, 0, time.UTC)
	var times []time.Time
	for _, micros := range []int{0, 1, 9, 10, 100_000, 490_000, 500_000, 999_999, 1_000_000, 3_600_000_000} {
		times = append(times, base.Add(time.Duration(micros)*time.Microsecond))
	}
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx, _ := fill(t, s, entities(t)[:1])
		zones := []*time.Location{time.UTC, time.FixedZone("east", 5*3600+1800), time.FixedZone("west", -8*3600)}
		for i, at := range times {
			// A zone is the caller's fault; it must not turn into another instant.
			err := s.Throttle.Create().SetID(newID()).SetSubject(at.String()).SetCount(1).
				SetWindowEndsAt(at.In(zones[i%len(zones)])).Exec(ctx)
			if err != nil {
				t.Fatal(err)
			}
		}
		var got []time.Time
		for _, row := range s.Throttle.Query().Order(ent.Asc(throttle.FieldWindowEndsAt)).AllX(ctx) {
			got = append(got, row.WindowEndsAt.UTC())
			if clock.Normal(row.WindowEndsAt) != row.WindowEndsAt.UTC() {
				t.Errorf("%v is not whole microseconds", row.WindowEndsAt)
			}
		}
		if diff := cmp.Diff(times, got); diff != "" {
			t.Errorf("times (-written +read):\n%s", diff)
		}
		for i, at := range times {
			if n := s.Throttle.Query().Where(throttle.WindowEndsAtLT(at)).CountX(ctx); n != i {
				t.Errorf("%d times are before %v, want %d", n, at, i)
			}
		}
	})
}
