package credentials_test

import (
	"bytes"
	"context"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"github.com/tenantgate/tenantgate/authflows/credentials"
	"github.com/tenantgate/tenantgate/ent"
	"github.com/tenantgate/tenantgate/internal/fault"
	"github.com/tenantgate/tenantgate/internal/store"
	"github.com/tenantgate/tenantgate/internal/store/storetest"
)

// WAN-01 and WAN-06: a counter is used once, and none as low after it. Who does not count stays at 0.
func TestACounterOfAPasskeyIsUsedOnce(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.Store) {
		s := newShelf(t, db, "acme")
		key := s.addPasskey(s.passkey(s.ann, "one"))
		use := func(p *credentials.Passkey, count uint32) func(context.Context, *ent.Tx) (bool, error) {
			return func(ctx context.Context, tx *ent.Tx) (bool, error) {
				return credentials.UsePasskey(ctx, tx, p, count, true, now)
			}
		}
		n := s.fiftyAtOnce(func(ctx context.Context, tx *ent.Tx, _ int) (bool, error) { return use(key, 6)(ctx, tx) })
		got, err := credentials.PasskeyOf(s.ctx, db.Passkey, []byte("one"))
		if n != 1 || err != nil || got.SignCount != 6 || !got.BackedUp || got.LastUsedAt == nil {
			t.Errorf("%d passed, then %+v, %v", n, got, err)
		}
		for _, count := range []uint32{0, 3, 5, 6} {
			if s.did(use(key, count)) {
				t.Errorf("counter %d passes after 6", count)
			}
		}
		if !s.did(use(got, 1<<32-1)) {
			t.Error("the highest counter does not pass")
		}
		if got, err = credentials.PasskeyOf(s.ctx, db.Passkey, []byte("one")); err != nil || got.SignCount != 1<<32-1 {
			t.Errorf("the highest counter is read as %d, %v", got.SignCount, err)
		}
		still := s.passkey(s.ann, "two")
		still.SignCount = 0
		s.addPasskey(still)
		for range 2 {
			if !s.did(use(still, 0)) {
				t.Error("who does not count does not pass")
			}
		}
		if s.did(use(s.passkey(s.ann, "none"), 9)) {
			t.Error("one that is gone passes")
		}
	})
}

// WAN-07: one credential is one user's at a tenant.
func TestACredentialIsRegisteredOnceATenant(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.Store) {
		s, other := newShelf(t, db, "acme"), newShelf(t, db, "globex")
		want := s.addPasskey(s.passkey(s.ann, "one"))
		for _, who := range []uuid.UUID{s.ann, s.bob} {
			_, err := store.InTx(s.ctx, db.Client, func(ctx context.Context, tx *ent.Tx) (bool, error) {
				return false, credentials.AddPasskey(ctx, tx, s.passkey(who, "one"))
			})
			if fault.CodeOf(err) != fault.PasskeyTaken {
				t.Errorf("got %v", err)
			}
		}
		if got, err := credentials.PasskeyOf(other.ctx, db.Passkey, []byte("one")); got != nil || err != nil {
			t.Errorf("another tenant finds it: %+v, %v", got, err)
		}
		other.addPasskey(other.passkey(other.ann, "one"))
		got, err := credentials.PasskeyOf(s.ctx, db.Passkey, []byte("one"))
		if diff := cmp.Diff(want, got, cmp.Comparer(bytes.Equal), cmp.Comparer(time.Time.Equal)); diff != "" || err != nil {
			t.Errorf("%s, %v", diff, err)
		}
	})
}

func TestOnlyItsUserChangesACredential(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.Store) {
		s, other := newShelf(t, db, "acme"), newShelf(t, db, "globex")
		key, app := s.addPasskey(s.passkey(s.ann, "one")).ID, s.addTOTP(s.ann, 1)
		type change = func(ctx context.Context, tx *ent.Tx, user uuid.UUID) (bool, error)
		for name, do := range map[string]change{
			"rename": func(ctx context.Context, tx *ent.Tx, user uuid.UUID) (bool, error) {
				return credentials.RenamePasskey(ctx, tx, user, key, "New")
			},
			"remove a passkey": func(ctx context.Context, tx *ent.Tx, user uuid.UUID) (bool, error) {
				return credentials.RemovePasskey(ctx, tx, user, key)
			},
			"remove an app": func(ctx context.Context, tx *ent.Tx, user uuid.UUID) (bool, error) {
				return credentials.RemoveTOTP(ctx, tx, user, app)
			},
		} {
			of := func(user uuid.UUID) func(context.Context, *ent.Tx) (bool, error) {
				return func(ctx context.Context, tx *ent.Tx) (bool, error) { return do(ctx, tx, user) }
			}
			if s.did(of(s.bob)) || other.did(of(s.ann)) || other.did(of(other.ann)) {
				t.Errorf("%s: by somebody else", name)
			}
			if name == "rename" && !s.did(of(s.ann)) {
				t.Errorf("%s: not by its user", name)
			}
		}
		if keys, err := credentials.Passkeys(s.ctx, db.Passkey, s.ann); err != nil || len(keys) != 1 || keys[0].Name != "New" {
			t.Errorf("%+v, %v", keys, err)
		}
	})
}
