package authflows_test

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"github.com/tenantgate/tenantgate/authflows"
	"github.com/tenantgate/tenantgate/authflows/flowtest"
	"github.com/tenantgate/tenantgate/internal/access"
	"github.com/tenantgate/tenantgate/internal/amr"
	"github.com/tenantgate/tenantgate/internal/events"
	"github.com/tenantgate/tenantgate/internal/fault"
	"github.com/tenantgate/tenantgate/internal/ids"
	"github.com/tenantgate/tenantgate/tenants"
)

// acting is the context of an API key with a grant.
func acting(t testing.TB, env *flowtest.Env, g access.Grant) context.Context {
	t.Helper()
	platform := env.Tenant(t, tenants.Reserved).ID
	home := g.Over
	if home == uuid.Nil {
		home = platform
	}
	return access.With(t.Context(), &access.Actor{
		Kind: access.KindAPIKey, ID: uuid.New(), Home: home, Platform: platform, Grants: []access.Grant{g},
	})
}

// setPassword answers a link that was handed over with flowtest.Password.
func setPassword(t testing.TB, env *flowtest.Env, link *authflows.RecoveryLink) error {
	t.Helper()
	if link == nil {
		t.Fatal("no link was handed over")
	}
	u := must[*url.URL](t)(url.Parse(link.URL))
	c, _ := ids.Parse(ids.Challenge, u.Query().Get("c"))
	_, err := env.Flows(t, tenants.Reserved).
		Answer(t.Context(), authflows.Answer{Challenge: c, Secret: u.Query().Get("s"), NewPassword: flowtest.Password})
	return err
}

// ready is an admin who has set its password.
func ready(t testing.TB, env *flowtest.Env, email string, role access.Role, over uuid.UUID) *authflows.Admin {
	t.Helper()
	a, link, err := adminsOf(t, env).Create(t.Context(), authflows.NewAdmin{Email: email, Role: role, Over: over})
	mustDo(t, err)
	mustDo(t, setPassword(t, env, link))
	return a
}

func TestADM02WhoHoldsLessChangesNothingOfAnAdmin(t *testing.T) {
	t.Parallel()
	env := flowtest.New(t)
	boss := ready(t, env, "boss@ex.test", access.Owner, uuid.Nil)
	help := ready(t, env, "help@ex.test", access.Support, uuid.Nil)
	d := env.Engine.Directory(env.Tenant(t, tenants.Reserved))
	few := append(access.Admin.Scopes(), access.AdminsWrite)
	lesser := acting(t, env, access.Grant{Role: access.Owner, Scopes: few})
	owner := acting(t, env, access.Grant{Role: access.Owner})
	name, roles := "Eve", []string{"exempt"}
	ways := map[string]func(context.Context, uuid.UUID) error{
		"rename": func(ctx context.Context, id uuid.UUID) error {
			return second(d.Change(ctx, id, authflows.UserChange{Name: &name}))
		},
		"give other roles": func(ctx context.Context, id uuid.UUID) error {
			return second(d.Change(ctx, id, authflows.UserChange{Roles: &roles}))
		},
		"reset factors": func(ctx context.Context, id uuid.UUID) error { return second(d.ResetFactors(ctx, id)) },
		"mail a reset":  func(ctx context.Context, id uuid.UUID) error { return second(d.SendReset(ctx, id)) },
		"suspend":       func(ctx context.Context, id uuid.UUID) error { return second(d.Suspend(ctx, id)) },
		"restore":       func(ctx context.Context, id uuid.UUID) error { return second(d.Restore(ctx, id)) },
	}
	for what, way := range ways {
		if err := way(lesser, boss.User); fault.CodeOf(err) != fault.Forbidden {
			t.Errorf("%s an owner: %v", what, err)
		}
		if err := way(lesser, help.User); err != nil && what != "mail a reset" || fault.CodeOf(err) == fault.Forbidden {
			t.Errorf("%s who holds less: %v", what, err)
		}
	}
	mustDo(t, second(d.Restore(t.Context(), help.User)))
	// What lets somebody in, or is waited for in, is for who holds everything: the account may be given more some day.
	enter := map[string]func(context.Context) error{
		"a link for an owner": func(ctx context.Context) error { _, _, err := d.IssueRecoveryLink(ctx, boss.User); return err },
		"a link for support":  func(ctx context.Context) error { _, _, err := d.IssueRecoveryLink(ctx, help.User); return err },
		"another first link":  func(ctx context.Context) error { return second(adminsOf(t, env).NewLink(ctx, "help@ex.test")) },
		"an account to wait in": func(ctx context.Context) error {
			return second(d.Create(ctx, authflows.NewUser{Email: uuid.NewString()[:8] + "@ex.test", EmailVerified: true, Password: flowtest.Password}))
		},
	}
	for what, way := range enter {
		if err := way(lesser); fault.CodeOf(err) != fault.Forbidden {
			t.Errorf("%s: %v", what, err)
		}
		if err := way(owner); err != nil {
			t.Errorf("%s by an owner: %v", what, err)
		}
	}
	if err := d.Delete(lesser, boss.User); fault.CodeOf(err) != fault.Forbidden {
		t.Errorf("delete an owner: %v", err)
	}
	mustDo(t, d.Delete(lesser, help.User))
}

func second[T any](_ T, err error) error { return err }

// An account of one who is to become more is handed to nobody who could wait in it.
func TestADM02NobodyWaitsInAnAccountForWhatItIsGiven(t *testing.T) {
	t.Parallel()
	env := flowtest.New(t)
	admins, over := adminsOf(t, env), env.Tenant(t, flowtest.Acme).ID
	theirs, owner := acting(t, env, access.Grant{Role: access.Owner, Over: over}), acting(t, env, access.Grant{Role: access.Owner})

	// Made by the platform, with no password yet: a tenant's owner takes the role away and gives it again.
	pending, _, err := admins.Create(owner, authflows.NewAdmin{Email: "boss@ex.test", Role: access.Support, Over: over})
	mustDo(t, err)
	mustDo(t, admins.Remove(theirs, over, pending.ID))
	_, link, err := admins.Create(theirs, authflows.NewAdmin{Email: "boss@ex.test", Role: access.Owner, Over: over})
	if err != nil || link != nil {
		t.Errorf("a tenant's owner got the link of the platform's admin: %v", err)
	}
	if _, link, err = admins.Create(owner, authflows.NewAdmin{Email: "boss@ex.test", Role: access.Owner}); err != nil || link == nil {
		t.Errorf("and who vouches got none: %v", err)
	}

	// Made by a key of the tenant that may not delete it, and raised by the tenant's owner.
	scopes := append(access.Admin.Scopes(), access.AdminsWrite)
	lesser := acting(t, env, access.Grant{Role: access.Owner, Over: over, Scopes: scopes})
	planted, link, err := admins.Create(lesser, authflows.NewAdmin{Email: "next@ex.test", Role: access.Auditor, Over: over})
	mustDo(t, err)
	mustDo(t, setPassword(t, env, link))
	for _, role := range []access.Role{access.Owner, access.Admin, access.Support} {
		if _, err := admins.ChangeRole(theirs, over, planted.ID, role); fault.CodeOf(err) != fault.AddressUnverified {
			t.Errorf("raised to %s: %v", role, err)
		}
	}
	if _, _, err := admins.Create(theirs, authflows.NewAdmin{Email: "next@ex.test", Role: access.Owner, Over: over}); fault.CodeOf(err) != fault.AddressUnverified {
		t.Errorf("a second grant: %v", err)
	}
}

func TestWhoVouchesForAnAddressTakesTheAccountOver(t *testing.T) {
	t.Parallel()
	env := flowtest.New(t)
	admins, over := adminsOf(t, env), env.Tenant(t, flowtest.Acme).ID
	theirs, owner := acting(t, env, access.Grant{Role: access.Owner, Over: over}), acting(t, env, access.Grant{Role: access.Owner})
	f := env.Flows(t, tenants.Reserved)
	first, link, err := admins.Create(theirs, authflows.NewAdmin{Email: "ann@ex.test", Role: access.Owner, Over: over})
	mustDo(t, err)
	mustDo(t, setPassword(t, env, link))
	waiting := must[*authflows.Step](t)(f.Login(t.Context(), authflows.LoginInput{Identifier: "ann@ex.test", Password: flowtest.Password}))

	raised, link, err := admins.Create(owner, authflows.NewAdmin{Email: "Ann@ex.test", Role: access.Owner})
	mustDo(t, err)
	if raised.User != first.User || link == nil {
		t.Fatalf("made %+v, %+v", raised, link)
	}
	_, err = f.Login(t.Context(), authflows.LoginInput{Identifier: "ann@ex.test", Password: flowtest.Password})
	wantFault(t, err, fault.InvalidCredentials)
	_, err = f.Enrol(t.Context(), waiting.Challenge.ID, amr.TOTP, "", authflows.Device{})
	wantFault(t, err, fault.ChallengeExpired)
	mustDo(t, setPassword(t, env, link))
	if n := facts(t, env, tenants.Reserved, events.UserClaimed); n != 1 {
		t.Errorf("told %d times", n)
	}
	if held := must[[]*authflows.Admin](t)(admins.Of(t.Context(), "ann@ex.test")); len(held) != 2 {
		t.Errorf("%d grants", len(held))
	}
}

func TestWithTheLastRoleOfWhoIsNotProvenGoesTheUser(t *testing.T) {
	t.Parallel()
	env := flowtest.New(t)
	admins, over := adminsOf(t, env), env.Tenant(t, flowtest.Acme).ID
	theirs := acting(t, env, access.Grant{Role: access.Owner, Over: over})
	planted, _, err := admins.Create(theirs, authflows.NewAdmin{Email: "ann@ex.test", Role: access.Support, Over: over})
	mustDo(t, err)
	mustDo(t, admins.Remove(theirs, over, planted.ID))
	if n := facts(t, env, tenants.Reserved, events.UserDeleted); n != 1 {
		t.Errorf("%d users were deleted", n)
	}
	again, link, err := admins.Create(theirs, authflows.NewAdmin{Email: "ann@ex.test", Role: access.Support, Over: over})
	if err != nil || link == nil || again.User == planted.User {
		t.Errorf("the address is not free: %v", err)
	}
	proven := ready(t, env, "bob@ex.test", access.Support, over)
	mustDo(t, admins.Remove(t.Context(), over, proven.ID))
	must[*authflows.User](t)(env.Engine.Directory(env.Tenant(t, tenants.Reserved)).User(t.Context(), proven.User))
}

func TestTheGrantsOfWhoGoesAreTold(t *testing.T) {
	t.Parallel()
	flowtest.Each(t, func(t *testing.T, env *flowtest.Env) {
		admins, over := adminsOf(t, env), env.Tenant(t, flowtest.Acme).ID
		ready(t, env, "boss@ex.test", access.Owner, uuid.Nil)
		ann := ready(t, env, "ann@ex.test", access.Owner, uuid.Nil)
		_, _, err := admins.Create(t.Context(), authflows.NewAdmin{Email: "ann@ex.test", Role: access.Support, Over: over})
		mustDo(t, err)
		mustDo(t, env.Engine.Directory(env.Tenant(t, tenants.Reserved)).Delete(t.Context(), ann.User))
		here, there := told(t, env, flowtest.Acme, events.AdminRemoved), told(t, env, tenants.Reserved, events.AdminRemoved)
		if len(here) != 1 || len(there) != 1 {
			t.Errorf("%d are told in acme, %d in the reserved tenant", len(here), len(there))
		}
	})
}

func TestRAC03APendingOwnerKeepsNothing(t *testing.T) {
	t.Parallel()
	env := flowtest.New(t)
	admins, d := adminsOf(t, env), env.Engine.Directory(env.Tenant(t, tenants.Reserved))
	boss := ready(t, env, "boss@ex.test", access.Owner, uuid.Nil)
	typo, _, err := admins.Create(t.Context(), authflows.NewAdmin{Email: "tpyo@ex.test", Role: access.Owner})
	mustDo(t, err)
	got := map[string]fault.Code{
		"remove":  fault.CodeOf(admins.Remove(t.Context(), uuid.Nil, boss.ID)),
		"lower":   fault.CodeOf(second(admins.ChangeRole(t.Context(), uuid.Nil, boss.ID, access.Admin))),
		"suspend": fault.CodeOf(second(d.Suspend(t.Context(), boss.User))),
		"delete":  fault.CodeOf(d.Delete(t.Context(), boss.User)),
	}
	want := map[string]fault.Code{"remove": fault.LastOwner, "lower": fault.LastOwner, "suspend": fault.LastOwner, "delete": fault.LastOwner}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	mustDo(t, admins.Remove(t.Context(), uuid.Nil, typo.ID))
	carol := ready(t, env, "carol@ex.test", access.Owner, uuid.Nil)
	mustDo(t, admins.Remove(t.Context(), uuid.Nil, boss.ID))
	wantFault(t, d.Delete(t.Context(), carol.User), fault.LastOwner)
}

func TestADM06OfTenFirstSetUpsOneMakesTheOwner(t *testing.T) {
	t.Parallel()
	for what, address := range map[string]func(int) string{
		"one address":   func(int) string { return "Ann@ex.test" },
		"ten addresses": func(i int) string { return fmt.Sprintf("ann%d@ex.test", i) },
	} {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			flowtest.Each(t, func(t *testing.T, env *flowtest.Env) {
				replicas := env.Replicas(t, 2)
				outcomes := make([]error, 10)
				flowtest.Parallel(len(outcomes), func(i int) {
					_, link, err := adminsOf(t, replicas[i%2]).
						Create(t.Context(), authflows.NewAdmin{Email: address(i), Role: access.Owner, First: true})
					if err == nil && link == nil {
						t.Error("no link for who is new")
					}
					outcomes[i] = err
				})
				owners := 0
				for _, err := range outcomes {
					if err == nil {
						owners++
					} else if !errors.Is(err, authflows.ErrOwned) && fault.CodeOf(err) != fault.AdminTaken {
						t.Error(err)
					}
				}
				n, err := adminsOf(t, env).Count(t.Context(), authflows.AdminQuery{})
				if owners != 1 || n != 1 || err != nil {
					t.Errorf("%d succeeded and left %d grants, %v", owners, n, err)
				}
				if users := facts(t, env, tenants.Reserved, events.UserCreated); users != 1 {
					t.Errorf("%d users were made", users)
				}
				_, _, err = adminsOf(t, env).Create(t.Context(), authflows.NewAdmin{Email: "bob@ex.test", Role: access.Owner})
				mustDo(t, err) // a further one, as asked for
			})
		})
	}
}
