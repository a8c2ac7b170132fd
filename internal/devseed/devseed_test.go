package devseed_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/pquerna/otp/totp"

	"github.com/tenantgate/tenantgate/authflows"
	"github.com/tenantgate/tenantgate/authflows/factors/password"
	"github.com/tenantgate/tenantgate/internal/access"
	"github.com/tenantgate/tenantgate/internal/amr"
	"github.com/tenantgate/tenantgate/internal/clock"
	"github.com/tenantgate/tenantgate/internal/devseed"
	"github.com/tenantgate/tenantgate/internal/ephemeral/memory"
	"github.com/tenantgate/tenantgate/internal/events"
	"github.com/tenantgate/tenantgate/internal/fault"
	"github.com/tenantgate/tenantgate/internal/jobs"
	"github.com/tenantgate/tenantgate/internal/sealed"
	"github.com/tenantgate/tenantgate/internal/store/storetest"
	"github.com/tenantgate/tenantgate/tenants"
)

func newEngine(t *testing.T) (*authflows.Engine, *tenants.Registry) {
	t.Helper()
	db := storetest.SQLite(t)
	feed := events.NewFeed(db, nil)
	log := events.NewLog(feed, clock.Now)
	ring := sealed.Ring{{ID: "k1", Key: [32]byte{1}}}
	registry := tenants.NewRegistry(db, ring, feed, log, func() string { return "http://localhost:8080" }, clock.Now)
	if err := registry.EnsureReserved(t.Context()); err != nil {
		t.Fatal(err)
	}
	engine := authflows.NewEngine(authflows.Deps{
		DB: db, Feed: feed, Events: log, Jobs: jobs.NewQueue(clock.Now), Now: clock.Now,
		Hasher:  password.NewHasher(password.Options{Params: password.Params{MemoryKiB: 64, Time: 1, Parallelism: 1}}),
		Rates:   memory.New(clock.Now, 100),
		CanMail: func(*tenants.Tenant) bool { return true },
	})
	return engine, registry
}

func seed(t *testing.T, e *authflows.Engine, r *tenants.Registry) *tenants.Tenant {
	t.Helper()
	made, _, err := devseed.Seed(t.Context(), e, r)
	if err != nil {
		t.Fatalf("seed: %v", err)
	}
	return made
}

func TestTheLegacyTenantSpeaksEveryDialectAndItsUserSignsInByUsername(t *testing.T) {
	t.Parallel()
	engine, registry := newEngine(t)
	_, legacy, err := devseed.Seed(t.Context(), engine, registry)
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range tenants.Dialects() {
		if !legacy.Settings.Dialects.Of(name).Enabled {
			t.Errorf("%s is off", name)
		}
	}
	flows, err := engine.For(legacy)
	if err != nil {
		t.Fatal(err)
	}
	for _, identifier := range []string{devseed.LegacyEmail, devseed.LegacyUsername} {
		step, err := flows.Login(t.Context(), authflows.LoginInput{Identifier: identifier, Password: devseed.Password})
		if err != nil || step.SignedIn == nil {
			t.Errorf("%s: %v", identifier, err)
		}
	}
}

func TestTheDemoUserSignsInWithThePrintedPassword(t *testing.T) {
	t.Parallel()
	engine, registry := newEngine(t)
	flows, err := engine.For(seed(t, engine, registry))
	if err != nil {
		t.Fatal(err)
	}
	step, err := flows.Login(t.Context(), authflows.LoginInput{Identifier: devseed.Email, Password: devseed.Password})
	if err != nil {
		t.Fatalf("sign in: %v", err)
	}
	if step.SignedIn == nil || !step.SignedIn.User.EmailVerified {
		t.Fatalf("got %+v, want a session of a user whose address is proven", step)
	}
}

func TestTheSecondDemoUserIsAskedForACodeOfThePrintedSecret(t *testing.T) {
	t.Parallel()
	engine, registry := newEngine(t)
	flows, err := engine.For(seed(t, engine, registry))
	if err != nil {
		t.Fatal(err)
	}
	step, err := flows.Login(t.Context(), authflows.LoginInput{Identifier: devseed.EmailWithTOTP, Password: devseed.Password})
	if err != nil || step.Challenge == nil || step.Challenge.Kind != authflows.KindMFA {
		t.Fatalf("sign in: %+v, %v; want a challenge of kind mfa", step, err)
	}
	code, err := totp.GenerateCode(devseed.TOTPSecret(), clock.Now())
	if err != nil {
		t.Fatal(err)
	}
	step, err = flows.Answer(t.Context(), authflows.Answer{Challenge: step.Challenge.ID, Factor: amr.TOTP, Code: code})
	if err != nil || step.SignedIn == nil || step.SignedIn.Session.Level() != amr.AAL2 {
		t.Errorf("answer: %+v, %v; want a session at aal2", step, err)
	}
}

func TestTheDemoTenantHasTheDefaults(t *testing.T) {
	t.Parallel()
	engine, registry := newEngine(t)
	made := seed(t, engine, registry)
	if diff := cmp.Diff(tenants.Defaults(), made.Settings, cmp.Comparer(tenants.Secret.Equal)); diff != "" {
		t.Errorf("settings (-defaults +acme):\n%s", diff)
	}
}

func TestSeedingAgainChangesNothing(t *testing.T) {
	t.Parallel()
	engine, registry := newEngine(t)
	first := seed(t, engine, registry)
	changes := []tenants.Change{{Path: "codes.digits", Value: []byte("8")}}
	if _, err := registry.Set(t.Context(), devseed.Slug, 0, changes); err != nil {
		t.Fatal(err)
	}
	again := seed(t, engine, registry)
	if again.ID != first.ID || again.Settings.Codes.Digits != 8 {
		t.Errorf("got tenant %s with %d digits, want %s with what was set", again.ID, again.Settings.Codes.Digits, first.ID)
	}
}

func TestThePasswordOfTheDemoUserPassesThePolicyOfTheDemoTenant(t *testing.T) {
	t.Parallel()
	engine, registry := newEngine(t)
	flows, err := engine.For(seed(t, engine, registry))
	if err != nil {
		t.Fatal(err)
	}
	// The same answer as for a free address: the password is not what is refused.
	step, err := flows.Signup(t.Context(), authflows.SignupInput{Email: devseed.Email, Password: devseed.Password})
	if err != nil {
		t.Fatalf("sign up: %v (%s)", err, fault.CodeOf(err))
	}
	if step.Challenge == nil {
		t.Errorf("got %+v, want a challenge", step)
	}
}

func TestTheDemoAdminSignsInAndItsKeyIsTheSameEachTime(t *testing.T) {
	t.Parallel()
	engine, registry := newEngine(t)
	key, err := devseed.SeedAdmin(t.Context(), engine, registry)
	if err != nil {
		t.Fatal(err)
	}
	actor, err := registry.APIKeyActor(t.Context(), key)
	if err != nil || !actor.MayEverywhere(access.AdminsWrite) {
		t.Fatalf("the key is %+v, %v", actor, err)
	}
	if again, err := devseed.SeedAdmin(t.Context(), engine, registry); again != key || err != nil {
		t.Errorf("another key at the next start: %v", err)
	}
	platform, err := registry.BySlug(t.Context(), tenants.Reserved)
	if err != nil {
		t.Fatal(err)
	}
	held, err := engine.Admins(platform).Of(t.Context(), devseed.AdminEmail)
	if err != nil || len(held) != 1 || held[0].Role != access.Owner {
		t.Fatalf("holds %+v, %v", held, err)
	}
	flows, err := engine.For(platform)
	if err != nil {
		t.Fatal(err)
	}
	step, err := flows.Login(t.Context(), authflows.LoginInput{Identifier: devseed.AdminEmail, Password: devseed.Password})
	if err != nil || step.Challenge == nil || step.Challenge.Kind != authflows.KindMFA {
		t.Fatalf("sign in: %+v, %v; want a challenge of kind mfa", step, err)
	}
	code, err := totp.GenerateCode(devseed.TOTPSecret(), clock.Now())
	if err != nil {
		t.Fatal(err)
	}
	step, err = flows.Answer(t.Context(), authflows.Answer{Challenge: step.Challenge.ID, Factor: amr.TOTP, Code: code})
	if err != nil || step.SignedIn == nil || step.SignedIn.Cookie == "" {
		t.Fatalf("answer: %+v, %v; want a cookie", step, err)
	}
	if who, err := engine.Actor(t.Context(), registry, access.Credential{Cookie: step.SignedIn.Cookie}); err != nil || who.Kind != access.KindAdmin {
		t.Errorf("the cookie opens %+v, %v", who, err)
	}
	if _, err := registry.RevokeAPIKey(t.Context(), platform, actor.ID); err != nil {
		t.Fatal(err)
	}
	if after, err := devseed.SeedAdmin(t.Context(), engine, registry); after != "" || err != nil {
		t.Errorf("a key that was revoked came back: %v", err)
	}
}
