package events

import (
	"context"
	"encoding/json"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tenantgate/tenantgate/ent"
	"github.com/tenantgate/tenantgate/internal/store"
	"github.com/tenantgate/tenantgate/internal/store/storetest"
)

// placing counts events as the sequencer does, in one transaction.
func placing(ctx context.Context, t *testing.T, db *store.Store, placed ...*ent.Event) {
	t.Helper()
	_, err := store.InTx(ctx, db.Client, func(ctx context.Context, tx *ent.Tx) (struct{}, error) {
		return struct{}{}, countSignIns(ctx, tx, placed)
	})
	if err != nil {
		t.Fatal(err)
	}
}

func counted(ctx context.Context, t *testing.T, db *store.Store) map[SignIns]int {
	t.Helper()
	rows, err := db.SignInCount.Query().All(ctx)
	if err != nil {
		t.Fatal(err)
	}
	out := map[SignIns]int{}
	for _, row := range rows {
		out[SignIns{row.Hour, SignInOutcome(row.Outcome), row.Factor}] += row.Count
	}
	return out
}

func TestSignInsAreCountedByHourOutcomeAndFactor(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.Store) {
		ctx, _ := newTenant(t, db)
		other, _ := newTenant(t, db)
		at := time.Date(2026, 3, 1, 9, 59, 59, 0, time.UTC)
		fact := func(kind Type, data string) *ent.Event {
			return &ent.Event{Type: string(kind), At: at, Data: json.RawMessage(data)}
		}
		placing(ctx, t, db,
			fact(UserSignedIn, `{"client":"native","decision":{"proofs":["password"]}}`),
			fact(UserSignedIn, `{"client":"wolf","decision":{"proofs":["password","totp"]}}`),
			fact(UserSignedIn, `{"decision":{"proofs":["email_code","passkey_touch"]}}`),
			fact(UserSignedUp, `{"proof":"email_code"}`),
			fact(UserSignedIn, `{"signup":true,"decision":{"proofs":["password","email_code"]}}`), // the same person's
			fact(UserSignedUp, ``),
			fact(SignInRefused, `{"proof":"password","known_device":false}`),
			fact(SignInBlocked, `{"decision":{"proofs":["email_code"]}}`),
			fact(SignInBlocked, `{"known_device":true}`),
			fact(SignInRefused, `[]`),
			fact(SessionEnded, `{"proof":"password"}`))
		at = at.Add(time.Second)
		placing(ctx, t, db, fact(UserSignedIn, `{"decision":{"proofs":["password"]}}`))
		placing(ctx, t, db, fact(UserSignedIn, `{"decision":{"proofs":["password"]}}`), fact(UserSignedIn, `{"decision":{"proofs":["password"]}}`))
		placing(other, t, db, fact(UserSignedIn, `{"decision":{"proofs":["password"]}}`))
		placing(ctx, t, db)

		hour := HourOf(at) - 1
		want := map[SignIns]int{
			{hour, CountedSignedIn, "password"}:     1,
			{hour, CountedSignedIn, "totp"}:         1,
			{hour, CountedSignedIn, "passkey"}:      1,
			{hour, CountedSignedUp, "email_code"}:   1,
			{hour, CountedSignedUp, ""}:             1,
			{hour, CountedRefused, "password"}:      1,
			{hour, CountedRefused, ""}:              1,
			{hour, CountedBlocked, "email_code"}:    1,
			{hour, CountedBlocked, ""}:              1,
			{hour + 1, CountedSignedIn, "password"}: 3,
		}
		if diff := cmp.Diff(want, counted(ctx, t, db)); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
		if got := counted(other, t, db); len(got) != 1 {
			t.Errorf("the other tenant has %v", got)
		}
		if got := (SignIns{Hour: hour + 1}).At(); !got.Equal(at) {
			t.Errorf("the hour begins at %s, not %s", got, at)
		}
	})
}
