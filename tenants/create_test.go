package tenants

import (
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"github.com/tenantgate/tenantgate/internal/fault"
	"github.com/tenantgate/tenantgate/internal/sealed"
	"github.com/tenantgate/tenantgate/internal/store"
	"github.com/tenantgate/tenantgate/internal/store/storetest"
)

func TestCreateMakesATenantWithItsKeysAndOneEvent(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.Store) {
		r, clk := newOne(t, db)
		made := create(t, r, "acme", "branding.name=Acme Ltd.")
		if made.Slug != "acme" || made.Name != "acme" || made.DisplayName() != "Acme Ltd." || made.Status != Active ||
			made.Issuer != publicURL+"/t/acme" || made.BaseURL != made.Issuer || made.Version != 1 ||
			!made.CreatedAt.Equal(clk.read()) || !strings.HasPrefix(made.PublicID(), "ten_") || made.Usable() != nil {
			t.Errorf("made %+v", made)
		}
		found := find(t, r, "acme")
		byID, err := r.ByID(t.Context(), made.ID)
		if err != nil {
			t.Fatal(err)
		}
		for _, same := range []*Tenant{found, byID} {
			if same.ID != made.ID || same.Signing.ActiveKid() != made.Signing.ActiveKid() ||
				same.DisplayName() != "Acme Ltd." || string(same.Signing.JWKS()) != string(made.Signing.JWKS()) {
				t.Errorf("found %+v, made %+v", same, made)
			}
		}
		if got := facts(t, db, made.ID); !slices.Equal(got, []string{"tenant.created"}) {
			t.Errorf("events %v", got)
		}
		if d := create(t, r, "another").DisplayName(); d != "another" {
			t.Errorf("without a name it is known as %q", d)
		}
	})
}

func TestCreateRefusesWhatIsReservedTakenOrMalformed(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.Store) {
		r, _ := newOne(t, db)
		create(t, r, "acme")
		try := func(in CreateInput) error {
			_, err := r.Create(t.Context(), in)
			return err
		}
		expectFault(t, "reserved", try(CreateInput{Slug: Reserved}), fault.TenantReserved)
		expectFault(t, "taken", try(CreateInput{Slug: "acme"}), fault.SlugTaken)
		for _, slug := range []string{
			"", "-", "-a", "a-", "A", "a b", "a_b", "a.b", "a:b", "a/b", "a%3Ab", "a%2fb", "ä", "a\n", "a\x00", "..",
			strings.Repeat("a", 64),
		} {
			expectFault(t, slug, try(CreateInput{Slug: slug, Name: "Acme"}), fault.InvalidInput)
			if _, err := r.BySlug(t.Context(), slug); fault.CodeOf(err) != fault.TenantNotFound {
				t.Errorf("BySlug(%q): %v", slug, err)
			}
		}
		for _, name := range []string{strings.Repeat("é", 101), "a\nb", "a\x7fb", "a\xffb"} {
			err := try(CreateInput{Slug: "fine", Name: name})
			expectFault(t, name, err, fault.InvalidInput)
			if f := fieldsOf(err); len(f) != 1 || f[0].Field != "name" {
				t.Errorf("%q: fields %v", name, f)
			}
		}
		err := try(CreateInput{Slug: "Not fine", Name: "a\nb", Settings: parseChanges(t, "signup.mode=sometimes")})
		expectFault(t, "all of it", err, fault.InvalidInput)
		if f := fieldsOf(err); len(f) != 3 || f[0].Field != "slug" || f[1].Field != "name" || f[2].Field != "signup.mode" {
			t.Errorf("all of it: fields %v", f)
		}
		for _, slug := range []string{"a", "0", "a-b", "a--b", "xn--fa", strings.Repeat("a", 63)} {
			if err := try(CreateInput{Slug: slug, Name: strings.Repeat("é", 100)}); err != nil {
				t.Errorf("%q: %v", slug, err)
			}
		}
		list, err := r.List(t.Context(), "a-b", 2)
		if err != nil || len(list) != 2 || list[0].Slug <= "a-b" || list[1].Slug <= list[0].Slug {
			t.Errorf("List behind a-b: %v, %v", list, err)
		}
		if n, err := db.Tenant.Query().Count(t.Context()); err != nil || n != 8 {
			t.Errorf("%d tenants, %v; want 8", n, err)
		}
	})
}

func TestOfAHundredCreationsOfOneSlugOneSucceeds(t *testing.T) { // RAC-02
	t.Parallel()
	eachURL(t, func(t *testing.T, url string) {
		db := open(t, url)
		all, _ := newReplicas(t, db, 3)
		before := contents(t, url, uuid.Nil)
		var (
			group sync.WaitGroup
			mu    sync.Mutex
			codes = map[fault.Code]int{}
			made  []*Tenant
		)
		for i := range 100 {
			group.Go(func() {
				one, err := all[i%3].Create(t.Context(), CreateInput{Slug: "acme"})
				mu.Lock()
				defer mu.Unlock()
				if err == nil {
					made = append(made, one)
					return
				}
				codes[fault.CodeOf(err)]++
			})
		}
		group.Wait()
		if len(made) != 1 || codes[fault.SlugTaken] != 99 {
			t.Fatalf("%d made, refusals %v", len(made), codes)
		}
		after := contents(t, url, uuid.Nil)
		for table, more := range map[string]int{"tenants": 1, "data_keys": 1, "signing_keys": 2, "events": 1} {
			if got := len(after[table]) - len(before[table]); got != more {
				t.Errorf("%s: %d rows more, want %d", table, got, more)
			}
		}
		if got := find(t, all[1], "acme"); got.ID != made[0].ID {
			t.Errorf("found %v, made %v", got.ID, made[0].ID)
		}
	})
}

func TestThreeProcessesMakeOneReservedTenant(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.Store) {
		clk := newHands()
		expectFault(t, "an empty database",
			newReplica(db, clk.read, ringOf("a")).CheckMasterKeys(t.Context()), fault.TenantNotFound)
		for range 2 {
			var group sync.WaitGroup
			for range 3 {
				group.Go(func() {
					if err := newReplica(db, clk.read, ringOf("a")).EnsureReserved(t.Context()); err != nil {
						t.Error(err)
					}
				})
			}
			group.Wait()
		}
		row, err := db.Tenant.Query().Only(t.Context())
		if err != nil || *row.Slug != Reserved {
			t.Fatalf("tenants: %v, %v", row, err)
		}
		r := newReplica(db, clk.read, ringOf("a"))
		if got := find(t, r, Reserved); got.Settings.Signup.Mode != SignupClosed {
			t.Errorf("its sign-up is %s", got.Settings.Signup.Mode)
		}
		expectFault(t, "delete", r.Delete(t.Context(), Reserved, nil), fault.TenantReserved)
	})
}

func TestWrongMasterKeysAreRefusedAndNothingIsMadeAnew(t *testing.T) { // KEY-04
	t.Parallel()
	eachURL(t, func(t *testing.T, url string) {
		db := open(t, url)
		r, clk := newOne(t, db)
		create(t, r, "acme")
		before := contents(t, url, uuid.Nil)
		wrong := ringOf("a")
		wrong[0].Key[0] ^= 1
		for name, ring := range map[string][]string{"other": {"b"}, "none": {}} {
			stranger := newReplica(db, clk.read, ringOf(ring...))
			for _, err := range []error{stranger.EnsureReserved(t.Context()), stranger.CheckMasterKeys(t.Context())} {
				if err == nil || fault.CodeOf(err) != fault.Internal {
					t.Errorf("%s master key: %v", name, err)
				}
			}
		}
		stranger := newReplica(db, clk.read, wrong)
		for _, err := range []error{stranger.EnsureReserved(t.Context()), stranger.CheckMasterKeys(t.Context())} {
			if !errors.Is(err, sealed.ErrWrongKey) {
				t.Errorf("same id, other key: %v", err)
			}
		}
		if found, err := stranger.BySlug(t.Context(), "acme"); err == nil {
			t.Errorf("found %v without its key", found)
		}
		if _, err := stranger.Rotate(t.Context(), "acme", RotateInput{Compromised: true}); err == nil {
			t.Error("keys were rotated without the data key")
		}
		if diff := cmp.Diff(before, contents(t, url, uuid.Nil)); diff != "" {
			t.Errorf("the database changed:\n%s", diff)
		}
		if err := newReplica(db, clk.read, ringOf("b", "a")).EnsureReserved(t.Context()); err != nil {
			t.Errorf("with a further key in front: %v", err)
		}
	})
}
