package graph_test

import (
	"strings"
	"testing"

	"github.com/tenantgate/tenantgate/graph/graphtest"
	"github.com/tenantgate/tenantgate/internal/access"
	"github.com/tenantgate/tenantgate/tenants"
)

func TestWhoIsAsking(t *testing.T) {
	t.Parallel()
	env := graphtest.New(t)
	tr := env.Transcribe(t, "viewer", "viewer says who is asking and what it may do.")
	tr.Do("an auditor of one tenant", env.Key(t, access.Auditor, graphtest.Acme), `{ viewer { kind actorId grants { role tenantId scopes } } }`, nil)
	tr.Do("nobody", graphtest.Nobody(), `{ viewer { kind } }`, nil)
}

func TestReadingTenants(t *testing.T) {
	t.Parallel()
	env := graphtest.New(t)
	env.SignUp(t, graphtest.Acme, "ann@acme.test")
	env.Set(t, graphtest.Acme, "signup.mode=closed", "abuse.turnstile.site_key=site", "abuse.turnstile.secret=canary-8231",
		"cors.origins=[\"https://app.acme.test\"]", "dialects.axor.enabled=true", "dialects.root=axor", "mail.templates.signup_taken.en.subject=Hello")
	if _, err := env.Tenants.AddDomain(t.Context(), graphtest.Acme, "login.acme.test"); err != nil {
		t.Fatal(err)
	}
	owner, auditor := env.Key(t, access.Owner, ""), env.Key(t, access.Auditor, graphtest.Acme)
	acme, globex := env.TenantID(t, graphtest.Acme), env.TenantID(t, graphtest.Globex)
	tr := env.Transcribe(t, "tenants", "tenant and tenants read what an actor may see of tenants.")
	tr.Do("one with all that hangs on it", auditor, `query($id: ID!) { tenant(id: $id) {
  id tenantId slug name status issuer baseUrl createdAt version
  mfaPolicy { requirement factors version }
  dialects { name enabled url atRoot }
  domains { id host verified recordName recordValue verifiedAt createdAt }
  signingKeys { id kid algorithm status compromised publishedAt activatedAt retiringAt publishUntil }
  counts { users liveSessions }
} }`, graphtest.Vars{"id": acme})
	tr.Do("its settings that differ from the defaults", auditor, `{ tenant(slug: "acme") { settings(changed: true) { path value isDefault isSecret } } }`, nil)
	tr.Do("a group of settings", auditor, `{ tenant(slug: "acme") {
  password: settings(under: "password") { path value isDefault }
  secret: settings(under: "abuse.turnstile.secret") { path value isDefault isSecret }
  mails: settings(under: "mail.templates") { path value }
  none: settings(under: "mail.templates.signup_taken.de") { path value }
} }`, nil)
	tr.Do("settings that there are none", auditor, `{ tenant(slug: "acme") { settings(under: "signup.mod") { path } } }`, nil)
	tr.Do("another tenant by id and by slug", auditor, `query($id: ID!) { byId: tenant(id: $id) { slug } bySlug: tenant(slug: "globex") { slug } nobody: tenant(slug: "nobody") { slug } }`,
		graphtest.Vars{"id": globex})
	tr.Do("neither id nor slug", auditor, `{ tenant { slug } }`, nil)
	tr.Do("both", auditor, `query($id: ID!) { tenant(id: $id, slug: "acme") { slug } }`, graphtest.Vars{"id": acme})
	tr.Do("a scope that a key lacks", env.Key(t, access.Owner, graphtest.Acme, access.UsersRead), `{ tenant(slug: "acme") { slug } }`, nil)
	tr.Do("fields that ask for more", env.Key(t, access.Support, graphtest.Acme), `{ tenant(slug: "acme") { slug signingKeys { kid } } }`, nil)

	const list = `query($first: Int, $after: String, $last: Int, $before: String, $where: TenantWhere, $orderBy: TenantOrder) {
  tenants(first: $first, after: $after, last: $last, before: $before, where: $where, orderBy: $orderBy) {
    nodes { slug } edges { cursor } pageInfo { hasNextPage hasPreviousPage startCursor endCursor } totalCount } }`
	first := tr.Do("the first page of all", owner, list, graphtest.Vars{"first": 2})
	end := first.Text("tenants", "pageInfo", "endCursor")
	tr.Do("the next page", owner, list, graphtest.Vars{"first": 2, "after": end})
	tr.Do("the last page", owner, list, graphtest.Vars{"last": 1})
	tr.Do("one's own", auditor, list, graphtest.Vars{"first": 10})
	tr.Do("the newest first", owner, list, graphtest.Vars{"first": 1, "orderBy": graphtest.Vars{"field": "CREATED_AT", "direction": "DESC"}})
	tr.Do("by what is given", owner, list, graphtest.Vars{"first": 5, "where": graphtest.Vars{"slugPrefix": "ac", "nameContains": "CM", "status": "ACTIVE"}})
	tr.Do("a cursor of another order", owner, list, graphtest.Vars{"first": 2, "after": end, "orderBy": graphtest.Vars{"field": "SLUG", "direction": "DESC"}})
	tr.Do("a cursor of another filter", owner, list, graphtest.Vars{"first": 2, "after": end, "where": graphtest.Vars{"status": "ACTIVE"}})
	tr.Do("too many", owner, list, graphtest.Vars{"first": 101})
	tr.Do("first and last", owner, list, graphtest.Vars{"first": 1, "last": 1})
	tr.Do("neither first nor last", owner, list, graphtest.Vars{})
}

func TestChangingTenants(t *testing.T) {
	t.Parallel()
	env := graphtest.New(t)
	owner := env.Key(t, access.Owner, "")
	tr := env.Transcribe(t, "tenants-change", "The mutations of tenants, with each of their user errors.")
	const create = `mutation($input: CreateTenantInput!) { createTenant(input: $input) {
  tenant { id slug name status version settings(changed: true) { path value } } userErrors { field code message } eventId } }`
	made := tr.Do("create", owner, create, graphtest.Vars{"input": graphtest.Vars{
		"slug": "initech", "name": "Initech", "dialects": []string{"wolf"}, "idempotencyKey": "make-1", "settings": []graphtest.Vars{
			{"path": "sessions", "value": graphtest.Vars{"idle": "7d", "max_per_user": 3}}, {"path": "signup.mode", "value": "closed"},
		},
	}})
	id := made.Text("createTenant", "tenant", "id")
	tr.Do("a slug that is taken", owner, create, graphtest.Vars{"input": graphtest.Vars{"slug": "initech"}})
	tr.Do("the platform's own slug", owner, create, graphtest.Vars{"input": graphtest.Vars{"slug": "tenantgate"}})
	tr.Do("a slug that is none", owner, create, graphtest.Vars{"input": graphtest.Vars{"slug": "Initech!"}})
	tr.Do("a name that is none", owner, create, graphtest.Vars{"input": graphtest.Vars{"slug": "other", "name": "two\nlines"}})
	tr.Do("settings and dialects that are wrong", owner, create, graphtest.Vars{"input": graphtest.Vars{
		"slug": "other", "dialects": []string{"klingon"}, "settings": []graphtest.Vars{
			{"path": "signup.mode", "value": "sometimes"}, {"path": "codes.digits", "value": 99}, {"path": "nonsense", "value": true},
		},
	}})
	tr.Do("all of it wrong", owner, create, graphtest.Vars{"input": graphtest.Vars{
		"slug": "Other!", "name": "two\nlines", "dialects": []string{"klingon"}, "settings": []graphtest.Vars{{"path": "codes.digits", "value": 99}},
	}})
	tr.Do("a setting without a value", owner, create, graphtest.Vars{"input": graphtest.Vars{
		"slug": "other", "settings": []graphtest.Vars{{"path": "sessions"}},
	}})
	tr.Do("without the scope over every tenant", env.Key(t, access.Admin, graphtest.Acme), create, graphtest.Vars{"input": graphtest.Vars{"slug": "other"}})

	const update = `mutation($input: UpdateTenantInput!) { updateTenant(input: $input) {
  tenant { slug name version } userErrors { field code message } eventId } }`
	tr.Do("rename", owner, update, graphtest.Vars{"input": graphtest.Vars{"id": id, "name": "Initrode"}})
	tr.Do("rename to the name that it has", owner, update, graphtest.Vars{"input": graphtest.Vars{"id": id, "name": "Initrode"}})
	tr.Do("rename to nothing", owner, update, graphtest.Vars{"input": graphtest.Vars{"id": id, "name": " "}})
	tr.Do("rename another's", env.Key(t, access.Owner, graphtest.Globex), update, graphtest.Vars{"input": graphtest.Vars{"id": id, "name": "Mine"}})

	const set = `mutation($input: UpdateTenantSettingsInput!) { updateTenantSettings(input: $input) {
  tenant { version settings(under: "abuse.turnstile") { path value isDefault isSecret } } userErrors { field code message } eventId } }`
	change := func(version any, changes ...graphtest.Vars) graphtest.Vars {
		return graphtest.Vars{"input": graphtest.Vars{"id": id, "expectedVersion": version, "changes": changes}}
	}
	tr.Do("set", owner, set, change(1,
		graphtest.Vars{"path": "abuse.turnstile", "value": graphtest.Vars{"site_key": "site", "secret": "canary-4471", "mode": "required"}}))
	tr.Do("set for a version that is over", owner, set, change(1, graphtest.Vars{"path": "codes.digits", "value": 8}))
	tr.Do("set for a version that never was", owner, set, change(0, graphtest.Vars{"path": "codes.digits", "value": 8}))
	tr.Do("set what contradicts", owner, set, change(nil, graphtest.Vars{"path": "abuse.turnstile.secret", "value": nil}))
	tr.Do("set without a value", owner, set, change(nil, graphtest.Vars{"path": "codes.digits", "value": 8}, graphtest.Vars{"path": "abuse.turnstile"}))
	tr.Do("set what is so already", owner, set, change(nil, graphtest.Vars{"path": "abuse.turnstile", "value": graphtest.Vars{"mode": "required"}}))
	tr.Do("set what is unknown, twice and of another type", owner, set, change(2, graphtest.Vars{"path": "codes.digit", "value": 8},
		graphtest.Vars{"path": "codes.tries", "value": 3}, graphtest.Vars{"path": "codes.tries", "value": 4}, graphtest.Vars{"path": "magic.enabled", "value": "yes"}))
	tr.Do("set back to the default", owner, set, change(2, graphtest.Vars{"path": "abuse.turnstile", "value": nil}))
	tr.Do("set the policy without its scope", env.Key(t, access.Owner, "", access.TenantsWrite, access.AdminsWrite), set,
		change(nil, graphtest.Vars{"path": "mfa.policy", "value": "off"}))

	const suspend = `mutation($input: TenantInput!) { suspendTenant(input: $input) { tenant { status } userErrors { field code message } eventId } }`
	const resume = `mutation($input: TenantInput!) { resumeTenant(input: $input) { tenant { status } userErrors { field code message } eventId } }`
	one := graphtest.Vars{"input": graphtest.Vars{"id": id}}
	platform := graphtest.Vars{"input": graphtest.Vars{"id": env.TenantID(t, tenants.Reserved)}}
	tr.Do("suspend", owner, suspend, one)
	tr.Do("suspend again", owner, suspend, one)
	tr.Do("suspend the platform", owner, suspend, platform)
	tr.Do("resume", owner, resume, one)
	tr.Do("resume again", owner, resume, one)
	tr.Do("resume with an id that is none", owner, resume, graphtest.Vars{"input": graphtest.Vars{"id": "nonsense"}})

	const remove = `mutation($input: DeleteTenantInput!) { deleteTenant(input: $input) { deletedId userErrors { field code message } eventId } }`
	deletion := func(id, slug string) graphtest.Vars {
		return graphtest.Vars{"input": graphtest.Vars{"id": id, "confirmSlug": slug, "idempotencyKey": "delete-" + slug}}
	}
	tr.Do("delete with another slug", owner, remove, deletion(id, "acme"))
	tr.Do("delete the platform", owner, remove, deletion(env.TenantID(t, tenants.Reserved), tenants.Reserved))
	tr.Do("delete as an admin, who may not", env.Key(t, access.Admin, ""), remove, deletion(id, "initech"))
	tr.Do("delete", owner, remove, deletion(id, "initech"))
	tr.Do("delete again under the key", owner, remove, deletion(id, "initech"))
	tr.Do("delete what is gone", owner, remove, graphtest.Vars{"input": graphtest.Vars{"id": id, "confirmSlug": "initech"}})
	tr.Do("create again under the key", owner, create, graphtest.Vars{"input": graphtest.Vars{
		"slug": "initech", "name": "Initech", "dialects": []string{"wolf"}, "idempotencyKey": "make-1", "settings": []graphtest.Vars{
			{"path": "sessions", "value": graphtest.Vars{"idle": "7d", "max_per_user": 3}}, {"path": "signup.mode", "value": "closed"},
		},
	}})
	tr.Do("another input under the key", owner, create, graphtest.Vars{"input": graphtest.Vars{"slug": "other", "idempotencyKey": "make-1"}})
}

func TestATenantIsSuspendedOnceUnderAKey(t *testing.T) {
	t.Parallel()
	env := graphtest.New(t)
	id, owner := env.TenantID(t, graphtest.Acme), env.Key(t, access.Owner, "")
	const suspend = `mutation($id: ID!, $key: String) { suspendTenant(input: {id: $id, idempotencyKey: $key}) {
  tenant { slug status } userErrors { field code message } eventId } }`
	first := env.Must(t, owner, suspend, graphtest.Vars{"id": id, "key": "k"})
	second := env.Must(t, owner, suspend, graphtest.Vars{"id": id, "key": "k"})
	if first.Body != second.Body || first.Text("suspendTenant", "eventId") == "" {
		t.Errorf("first %s then %s", first.Body, second.Body)
	}
	foreign := env.Must(t, env.Key(t, access.Owner, graphtest.Globex), suspend, graphtest.Vars{"id": id})
	if foreign.Text("suspendTenant", "userErrors", 0, "code") != "NOT_FOUND" {
		t.Error(foreign.Body)
	}
}

func TestASecretSettingIsNeverShownByTheAdminAPI(t *testing.T) {
	t.Parallel()
	env := graphtest.New(t)
	owner, id := env.Key(t, access.Owner, ""), env.TenantID(t, graphtest.Acme)
	const canary = "0x4canary7391"
	const set = `mutation($id: ID!, $changes: [SettingInput!]!) { updateTenantSettings(input: {id: $id, changes: $changes}) {
  tenant { settings { path value isDefault isSecret } } userErrors { field code message } } }`
	for _, changes := range [][]graphtest.Vars{
		{{"path": "abuse.turnstile.site_key", "value": "site"}, {"path": "abuse.turnstile.secret", "value": canary}},
		{{"path": "abuse.turnstile.mode", "value": canary}},
		{{"path": canary, "value": 1}},
		{{"path": "abuse.turnstile.secret", "value": []string{canary}}},
	} {
		if a := env.Must(t, owner, set, graphtest.Vars{"id": id, "changes": changes}); strings.Contains(a.Body, "canary") {
			t.Errorf("%v is shown: %s", changes, a.Body)
		}
	}
}
