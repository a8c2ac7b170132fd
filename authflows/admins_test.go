package authflows_test

import (
	"context"
	"encoding/json"
	"net/url"
	"strings"
	"testing"

	"github.com/google/uuid"

	"github.com/tenantgate/tenantgate/authflows"
	"github.com/tenantgate/tenantgate/authflows/flowtest"
	"github.com/tenantgate/tenantgate/ent/event"
	"github.com/tenantgate/tenantgate/internal/access"
	"github.com/tenantgate/tenantgate/internal/events"
	"github.com/tenantgate/tenantgate/internal/fault"
	"github.com/tenantgate/tenantgate/internal/ids"
	"github.com/tenantgate/tenantgate/tenants"
)

func adminsOf(t testing.TB, env *flowtest.Env) *authflows.Admins {
	t.Helper()
	return env.Engine.Admins(env.Tenant(t, tenants.Reserved))
}

// told are the data of a tenant's events of a type.
func told(t testing.TB, env *flowtest.Env, slug string, kind events.Type) []string {
	t.Helper()
	rows, err := env.DB.Event.Query().Where(event.Type(string(kind))).All(within(t, env, slug))
	if err != nil {
		t.Fatal(err)
	}
	out := []string{}
	for _, row := range rows {
		out = append(out, string(row.Data))
	}
	return out
}

func TestAGrantOverATenantIsToldInThatTenantsAudit(t *testing.T) {
	t.Parallel()
	flowtest.Each(t, func(t *testing.T, env *flowtest.Env) {
		admins, acme := adminsOf(t, env), env.Tenant(t, flowtest.Acme).ID
		made, link, err := admins.Create(t.Context(), authflows.NewAdmin{Email: "Ann@Ex.test", Role: access.Support, Over: acme})
		mustDo(t, err)
		if link == nil || made.Over != acme || made.Email != "Ann@Ex.test" || made.MFAEnrolled {
			t.Fatalf("made %+v, %+v", made, link)
		}
		must[*authflows.Admin](t)(admins.ChangeRole(t.Context(), acme, made.ID, access.Auditor))
		must[*authflows.Admin](t)(admins.ChangeRole(t.Context(), acme, made.ID, access.Auditor))
		mustDo(t, admins.Remove(t.Context(), acme, made.ID))
		for _, kind := range []events.Type{events.AdminCreated, events.AdminChanged, events.AdminRemoved} {
			here, there := told(t, env, flowtest.Acme, kind), told(t, env, tenants.Reserved, kind)
			if len(here) != 1 || len(there) != 0 {
				t.Errorf("%s: %d events in acme, %d in the reserved tenant", kind, len(here), len(there))
				continue
			}
			var data map[string]any
			mustDo(t, json.Unmarshal([]byte(here[0]), &data))
			delete(data, events.Personal)
			rest, err := json.Marshal(data)
			mustDo(t, err)
			if strings.Contains(strings.ToLower(string(rest)), "ann@") || strings.Contains(here[0], "s=") {
				t.Errorf("%s tells an address or a link: %s", kind, here[0])
			}
		}
		if n := told(t, env, tenants.Reserved, events.UserCreated); len(n) != 1 {
			t.Errorf("%d users were made in the reserved tenant", len(n))
		}
		boss, _, err := admins.Create(t.Context(), authflows.NewAdmin{Email: "boss@ex.test", Role: access.Owner})
		mustDo(t, err)
		if boss.Over != uuid.Nil || len(told(t, env, tenants.Reserved, events.AdminCreated)) != 1 {
			t.Errorf("an owner of every tenant: %+v", boss)
		}
	})
}

func TestNobodyGivesOrTakesMoreThanItHolds(t *testing.T) {
	t.Parallel()
	env := flowtest.New(t)
	admins, acme, globex := adminsOf(t, env), env.Tenant(t, flowtest.Acme).ID, env.Tenant(t, flowtest.Globex).ID
	owner, _, err := admins.Create(t.Context(), authflows.NewAdmin{Email: "boss@ex.test", Role: access.Owner, Over: acme})
	mustDo(t, err)
	support, _, err := admins.Create(t.Context(), authflows.NewAdmin{Email: "help@ex.test", Role: access.Support, Over: acme})
	mustDo(t, err)
	// Of no role that exists: an admin of acme who may also make admins.
	scopes := append(access.Admin.Scopes(), access.AdminsWrite)
	as := access.With(t.Context(), &access.Actor{
		Kind: access.KindAPIKey, ID: uuid.New(), Home: acme, Platform: env.Tenant(t, tenants.Reserved).ID,
		Grants: []access.Grant{{Role: access.Owner, Over: acme, Scopes: scopes}},
	})
	try := func(ctx context.Context, role access.Role, over uuid.UUID) error {
		_, _, err := admins.Create(ctx, authflows.NewAdmin{Email: uuid.NewString()[:8] + "@ex.test", Role: role, Over: over})
		return err
	}
	change := func(id uuid.UUID, role access.Role) error {
		_, err := admins.ChangeRole(as, acme, id, role)
		return err
	}
	for what, err := range map[string]error{
		"an owner":             try(as, access.Owner, acme),
		"over another tenant":  try(as, access.Auditor, globex),
		"over every tenant":    try(as, access.Auditor, uuid.Nil),
		"raise to owner":       change(support.ID, access.Owner),
		"lower an owner":       change(owner.ID, access.Auditor),
		"remove an owner":      admins.Remove(as, acme, owner.ID),
		"a link for the owner": func() error { _, err := admins.NewLink(as, "boss@ex.test"); return err }(),
	} {
		if fault.CodeOf(err) != fault.Forbidden {
			t.Errorf("%s: %v", what, err)
		}
	}
	mustDo(t, try(as, access.Admin, acme))
	mustDo(t, change(support.ID, access.Auditor))
	mustDo(t, admins.Remove(as, acme, support.ID))
	if err := admins.Remove(t.Context(), globex, owner.ID); fault.CodeOf(err) != fault.NotFound {
		t.Errorf("by the name of another tenant: %v", err)
	}
	if err := try(t.Context(), "king", acme); fault.CodeOf(err) != fault.InvalidInput {
		t.Errorf("a role that is none: %v", err)
	}
	if err := try(t.Context(), access.Auditor, uuid.New()); fault.CodeOf(err) != fault.TenantNotFound {
		t.Errorf("over a tenant that is none: %v", err)
	}
}

func TestAHandedLinkIsNeverMailedAndProvesNoAddress(t *testing.T) {
	t.Parallel()
	env := flowtest.New(t)
	admins, acme := adminsOf(t, env), env.Tenant(t, flowtest.Acme).ID
	theirs := access.With(t.Context(), &access.Actor{
		Kind: access.KindAPIKey, ID: uuid.New(), Home: acme, Platform: env.Tenant(t, tenants.Reserved).ID,
		Grants: []access.Grant{{Role: access.Owner, Over: acme}},
	})
	_, link, err := admins.Create(theirs, authflows.NewAdmin{Email: "ann@ex.test", Role: access.Admin, Over: acme})
	mustDo(t, err)
	u := must[*url.URL](t)(url.Parse(link.URL))
	c, _ := ids.Parse(ids.Challenge, u.Query().Get("c"))
	secret := u.Query().Get("s")
	f := env.Flows(t, tenants.Reserved)
	if _, err := f.Resend(t.Context(), c, authflows.Device{}); fault.CodeOf(err) != fault.FactorNotOffered {
		t.Errorf("it is mailed: %v", err)
	}
	if _, err := f.Answer(t.Context(), authflows.Answer{Challenge: c, Code: "000000", NewPassword: flowtest.Password}); fault.CodeOf(err) != fault.WrongCode {
		t.Errorf("a code: %v", err)
	}
	_, err = f.Answer(t.Context(), authflows.Answer{Challenge: c, Secret: secret, NewPassword: flowtest.Password})
	mustDo(t, err)
	users := must[[]*authflows.Admin](t)(admins.Of(t.Context(), "ann@ex.test"))
	step := must[*authflows.Step](t)(f.Login(t.Context(), authflows.LoginInput{Identifier: "ann@ex.test", Password: flowtest.Password}))
	if step.Challenge == nil || step.Challenge.Kind != authflows.KindEnrol || step.Challenge.User.EmailVerified || len(users) != 1 {
		t.Errorf("got %+v", step.Challenge)
	}
}
