package credentials_test

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"github.com/tenantgate/tenantgate/authflows/credentials"
	"github.com/tenantgate/tenantgate/ent"
	"github.com/tenantgate/tenantgate/ent/tenant"
	"github.com/tenantgate/tenantgate/internal/amr"
	"github.com/tenantgate/tenantgate/internal/ids"
	"github.com/tenantgate/tenantgate/internal/store"
	"github.com/tenantgate/tenantgate/internal/store/storetest"
	"github.com/tenantgate/tenantgate/internal/tenancy"
)

var now = time.Date(2026, 3, 14, 15, 9, 26, 0, time.UTC)

// shelf is a tenant with two users.
type shelf struct {
	t        *testing.T
	db       *store.Store
	ctx      context.Context
	ann, bob uuid.UUID
}

func newShelf(t *testing.T, db *store.Store, slug string) *shelf {
	t.Helper()
	s := &shelf{t: t, db: db, ann: ids.New(), bob: ids.New()}
	id := ids.New()
	err := db.Tenant.Create().SetID(id).SetSlug(slug).SetName(slug).SetStatus(tenant.StatusActive).SetIssuer(slug).
		SetSettings([]byte("{}")).SetCreatedAt(now).SetUpdatedAt(now).Exec(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	s.ctx = tenancy.With(t.Context(), id)
	for _, user := range []uuid.UUID{s.ann, s.bob} {
		if err := db.User.Create().SetID(user).SetName("").SetCreatedAt(now).SetUpdatedAt(now).Exec(s.ctx); err != nil {
			t.Fatal(err)
		}
	}
	return s
}

// did runs what reports whether it happened, in a transaction of its own.
func (s *shelf) did(do func(context.Context, *ent.Tx) (bool, error)) bool {
	s.t.Helper()
	done, err := store.InTx(s.ctx, s.db.Client, do)
	if err != nil {
		s.t.Fatal(err)
	}
	return done
}

func (s *shelf) tx(do func(context.Context, *ent.Tx) error) {
	s.t.Helper()
	s.did(func(ctx context.Context, tx *ent.Tx) (bool, error) { return true, do(ctx, tx) })
}

// fiftyAtOnce counts how many of fifty parallel transactions report that it happened.
func (s *shelf) fiftyAtOnce(do func(ctx context.Context, tx *ent.Tx, i int) (bool, error)) int {
	s.t.Helper()
	var n atomic.Int32
	var all sync.WaitGroup
	for i := range 50 {
		all.Go(func() {
			done, err := store.InTx(s.ctx, s.db.Client, func(ctx context.Context, tx *ent.Tx) (bool, error) { return do(ctx, tx, i) })
			if err != nil {
				s.t.Error(err)
			}
			if done {
				n.Add(1)
			}
		})
	}
	all.Wait()
	return int(n.Load())
}

func (s *shelf) addTOTP(of uuid.UUID, step int64) uuid.UUID {
	s.t.Helper()
	d := &credentials.TOTP{ID: ids.New(), UserID: of, Name: "App", Secret: []byte{1}, LastStep: step, CreatedAt: now}
	s.tx(func(ctx context.Context, tx *ent.Tx) error { return credentials.AddTOTP(ctx, tx, d) })
	return d.ID
}

func (s *shelf) passkey(of uuid.UUID, credential string) *credentials.Passkey {
	return &credentials.Passkey{
		ID: ids.New(), UserID: of, Name: "Key", CredentialID: []byte(credential), PublicKey: []byte{2}, SignCount: 5,
		BackupEligible: true, UserVerified: true, Transports: []string{"internal"}, AAGUID: make([]byte, 16),
		Attestation: "none", CreatedAt: now,
	}
}

func (s *shelf) addPasskey(p *credentials.Passkey) *credentials.Passkey {
	s.t.Helper()
	s.tx(func(ctx context.Context, tx *ent.Tx) error { return credentials.AddPasskey(ctx, tx, p) })
	return p
}

func (s *shelf) summary(of uuid.UUID) (out []amr.Method) {
	s.t.Helper()
	s.tx(func(ctx context.Context, tx *ent.Tx) (err error) {
		out, err = credentials.Summary(ctx, tx, of)
		return err
	})
	return out
}

func digests(prefix string) (out [][]byte) {
	for i := range 10 {
		out = append(out, fmt.Appendf(nil, "%s %d", prefix, i))
	}
	return out
}

// MFA-02 and MFA-04: a time step is used once, and none before it after it.
func TestATimeStepIsUsedOnce(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.Store) {
		s := newShelf(t, db, "acme")
		id, other := s.addTOTP(s.ann, 100), s.addTOTP(s.ann, 100)
		use := func(id uuid.UUID, step int64) func(context.Context, *ent.Tx) (bool, error) {
			return func(ctx context.Context, tx *ent.Tx) (bool, error) {
				return credentials.UseTOTP(ctx, tx, id, step, now)
			}
		}
		if n := s.fiftyAtOnce(func(ctx context.Context, tx *ent.Tx, _ int) (bool, error) { return use(id, 101)(ctx, tx) }); n != 1 {
			t.Errorf("%d used it, want 1", n)
		}
		if s.did(use(id, 101)) || s.did(use(id, 100)) || s.did(use(id, 0)) || s.did(use(ids.New(), 200)) {
			t.Error("a step that is used, or an app that is gone, passes")
		}
		if !s.did(use(id, 102)) || !s.did(use(other, 101)) {
			t.Error("a later step, or another app's, does not pass")
		}
		// Of different steps at once each passes at most once, and the highest is what stays.
		s.fiftyAtOnce(func(ctx context.Context, tx *ent.Tx, i int) (bool, error) { return use(id, 200+int64(i%3))(ctx, tx) })
		apps, err := credentials.TOTPs(s.ctx, db.TOTPDevice, s.ann)
		if err != nil || len(apps) != 2 || apps[0].LastStep != 202 || apps[0].LastUsedAt == nil || s.did(use(id, 202)) {
			t.Errorf("%v, %v", apps, err)
		}
	})
}

func codesOf(digests [][]byte) []credentials.RecoveryCode {
	var out []credentials.RecoveryCode
	for _, d := range digests {
		out = append(out, credentials.RecoveryCode{ID: ids.New(), Digest: d})
	}
	return out
}

// MFA-08: a recovery code is used once, by its user, and not after its set was replaced.
func TestARecoveryCodeIsUsedOnce(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.Store) {
		s := newShelf(t, db, "acme")
		replace := func(of uuid.UUID, with [][]byte) {
			s.tx(func(ctx context.Context, tx *ent.Tx) error {
				return credentials.ReplaceRecoveryCodes(ctx, tx, of, codesOf(with), now)
			})
		}
		use := func(of uuid.UUID, digest []byte) func(context.Context, *ent.Tx) (bool, error) {
			return func(ctx context.Context, tx *ent.Tx) (bool, error) {
				return credentials.UseRecoveryCode(ctx, tx, of, digest, now)
			}
		}
		first, second := digests("first"), digests("second")
		replace(s.ann, first)
		replace(s.bob, digests("bob"))
		if s.did(use(s.bob, first[0])) || s.did(use(s.ann, []byte("none"))) {
			t.Error("another user's, or none, passes")
		}
		if n := s.fiftyAtOnce(func(ctx context.Context, tx *ent.Tx, _ int) (bool, error) { return use(s.ann, first[0])(ctx, tx) }); n != 1 {
			t.Errorf("%d used it, want 1", n)
		}
		if n := s.fiftyAtOnce(func(ctx context.Context, tx *ent.Tx, i int) (bool, error) { return use(s.ann, first[i%10])(ctx, tx) }); n != 9 {
			t.Errorf("%d used the rest, want 9", n)
		}
		replace(s.ann, second)
		for _, former := range first {
			if has, err := credentials.HasRecoveryCode(s.ctx, db.Client, s.ann, former); has || err != nil || s.did(use(s.ann, former)) {
				t.Errorf("a code of the former set passes: %v", err)
			}
		}
		if !s.did(use(s.ann, second[3])) {
			t.Error("a code of the new set does not pass")
		}
		for of, want := range map[uuid.UUID]int{s.ann: 9, s.bob: 10} {
			if n, err := credentials.RecoveryCodesLeft(s.ctx, db.RecoveryCode, of); err != nil || n != want {
				t.Errorf("%d left, %v; want %d", n, err, want)
			}
		}
	})
}

func TestTheSummaryIsWhatAUserHas(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.Store) {
		s := newShelf(t, db, "acme")
		wantSummary := func(want ...amr.Method) {
			t.Helper()
			if diff := cmp.Diff(want, s.summary(s.ann)); diff != "" {
				t.Error(diff)
			}
		}
		s.tx(func(ctx context.Context, tx *ent.Tx) error {
			return credentials.ReplaceRecoveryCodes(ctx, tx, s.ann, codesOf(digests("a")), now)
		})
		wantSummary() // recovery codes stand in for others and are nothing alone
		s.addTOTP(s.ann, 1)
		wantSummary(amr.TOTP, amr.RecoveryCode)
		s.addPasskey(s.passkey(s.ann, "one"))
		wantSummary(amr.TOTP, amr.Passkey, amr.RecoveryCode)
		for _, d := range digests("a") {
			s.did(func(ctx context.Context, tx *ent.Tx) (bool, error) {
				return credentials.UseRecoveryCode(ctx, tx, s.ann, d, now)
			})
		}
		wantSummary(amr.TOTP, amr.Passkey)
		s.addTOTP(s.bob, 1)
		var n int
		s.tx(func(ctx context.Context, tx *ent.Tx) (err error) {
			n, err = credentials.RemoveAll(ctx, tx, s.ann)
			return err
		})
		if n != 12 {
			t.Errorf("%d removed, want an app, a passkey and ten codes", n)
		}
		wantSummary()
		if diff := cmp.Diff([]amr.Method{amr.TOTP}, s.summary(s.bob)); diff != "" {
			t.Error(diff)
		}
	})
}
