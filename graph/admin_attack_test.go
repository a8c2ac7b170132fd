package graph_test

import (
	"strings"
	"testing"

	"github.com/tenantgate/tenantgate/graph/graphtest"
	"github.com/tenantgate/tenantgate/internal/access"
	"github.com/tenantgate/tenantgate/tenants"
	"github.com/tenantgate/tenantgate/web/webtest"
)

const (
	updateName = `mutation($input: UpdateUserInput!) { updateUser(input: $input) { user { name roles } userErrors { code } } }`
	setValues  = `mutation($input: UpdateTenantSettingsInput!) { updateTenantSettings(input: $input) { tenant { version } userErrors { code } } }`
	addHost    = `mutation($input: DomainInput!) { addDomain(input: $input) { domain { host } userErrors { code } } }`
	rotateKeys = `mutation($input: RotateSigningKeyInput!) { rotateSigningKey(input: $input) { userErrors { code } eventId } }`
)

// Every way in which what an actor may do could give it more, for actors who may do much and lack one thing.
func TestADM02NobodyGivesItselfMore(t *testing.T) {
	t.Parallel()
	env := graphtest.New(t)
	owner, boss := env.Key(t, access.Owner, ""), env.Admin(t, access.Owner, "")
	acme, platform := env.TenantID(t, graphtest.Acme), env.TenantID(t, tenants.Reserved)
	bossID := idOf(t, env, owner, platform, boss.Email)
	grants := env.Must(t, owner, someAdmins, graphtest.Vars{"first": 10, "where": graphtest.Vars{"role": "OWNER"}})
	bossGrant := grants.Text("admins", "nodes", 0, "id")
	help := env.Must(t, owner, createAdmin, input("email", "help@example.com", "role", "SUPPORT", "tenant", acme))
	helpGrant := help.Text("createAdmin", "admin", "id")
	helpID := idOf(t, env, owner, platform, "help@example.com")

	ways := map[string]struct {
		document string
		vars     graphtest.Vars
	}{
		"make an owner":                    {createAdmin, input("email", "eve@example.com", "role", "OWNER")},
		"make an owner of the tenant":      {createAdmin, input("email", "eve@example.com", "role", "OWNER", "tenant", acme)},
		"make oneself a key of an owner":   {createKey, input("name", "x", "role", "OWNER")},
		"a key of an owner of the tenant":  {createKey, input("name", "x", "role", "OWNER", "tenant", acme)},
		"raise an admin of the tenant":     {updateAdmin, input("id", helpGrant, "role", "OWNER")},
		"lower the owner":                  {updateAdmin, input("id", bossGrant, "role", "AUDITOR")},
		"remove the owner":                 {removeAdmin, input("id", bossGrant)},
		"reset the owner's factors":        {ofUser("resetUserFactors"), input("id", bossID)},
		"a link for the owner":             {recoveryLink, input("id", bossID)},
		"a link for who may be given more": {recoveryLink, input("id", helpID)},
		"mail the owner a reset":           {ofUser("sendPasswordReset"), input("id", bossID)},
		"suspend the owner":                {ofUser("suspendUser"), input("id", bossID)},
		"restore the owner":                {ofUser("restoreUser"), input("id", bossID)},
		"lift the owner's required factor": {updateName, input("id", bossID, "roles", []string{"exempt"})},
		"delete the owner":                 {deleteUser, input("id", bossID)},
		"make an account to wait in": {createUser, input(
			"tenant", platform, "email", "next@example.com", "emailVerified", true, "password", webtest.Password)},
		"lead the platform's mails elsewhere": {setValues, input(
			"id", platform, "changes", []graphtest.Vars{{"path": "mail.from", "value": "eve@example.com"}})},
		"open the platform's sign-up": {setValues, input(
			"id", platform, "changes", []graphtest.Vars{{"path": "signup.mode", "value": "open"}})},
		"switch the platform's second factor off": {updatePolicy, input("tenant", platform, "policy", graphtest.Vars{"requirement": "OFF"})},
		"serve the platform from one's own host":  {addHost, input("tenant", platform, "host", "eve.example.com")},
		"replace the platform's signing keys":     {rotateKeys, input("tenant", platform)},
	}
	without := func(lacking access.Scope) []access.Scope {
		var out []access.Scope
		for _, s := range access.Scopes() {
			if s != lacking {
				out = append(out, s)
			}
		}
		return out
	}
	actors := []graphtest.Caller{
		env.Key(t, access.Admin, ""), env.Key(t, access.Support, ""), env.Key(t, access.Admin, graphtest.Acme),
		env.Key(t, access.Owner, "", access.AdminsRead, access.AdminsWrite, access.UsersRead, access.UsersPII, access.UsersWrite, access.FactorsReset),
		env.Key(t, access.Owner, "", access.UsersRead, access.UsersWrite, access.APIKeysWrite, access.TenantsWrite),
		env.Admin(t, access.Admin, ""),
	}
	for _, lacking := range []access.Scope{access.TokensInspect, access.TenantsDelete, access.AdminsWrite} {
		as := env.Key(t, access.Owner, "", without(lacking)...)
		as.Name = "all but " + string(lacking)
		actors = append(actors, as)
	}
	for _, as := range actors {
		for what, way := range ways {
			a := env.Do(t, as, way.document, way.vars)
			refused := a.Code() == "FORBIDDEN" || strings.Contains(a.Body, `"code":"NOT_FOUND"`) ||
				strings.Contains(a.Body, `"field":"tenant","code":"REQUIRED"`) // over every tenant it may not
			if !refused || strings.Contains(a.Body, "tg_") || strings.Contains(a.Body, "s=") {
				t.Errorf("%s: %s: %s", as.Name, what, a.Body)
			}
		}
	}
	env.Must(t, boss, whoAmI, nil)
	// Each is a way for who has everything, so none is refused for another reason.
	for _, what := range []string{"a link for who may be given more", "make an account to wait in", "lift the owner's required factor", "open the platform's sign-up"} {
		if a := env.Must(t, owner, ways[what].document, ways[what].vars); strings.Contains(a.Body, `"code"`) {
			t.Errorf("an owner: %s: %s", what, a.Body)
		}
	}
}

func TestADM02AKeyOfFewScopesDoesNotBecomeAnOwner(t *testing.T) {
	t.Parallel()
	env := graphtest.New(t)
	boss := env.Admin(t, access.Owner, "")
	few := env.Key(t, access.Owner, "", access.AdminsRead, access.AdminsWrite, access.UsersRead, access.UsersPII, access.UsersWrite, access.FactorsReset)
	id := idOf(t, env, few, env.TenantID(t, tenants.Reserved), boss.Email)
	for what, document := range map[string]string{"the factors": ofUser("resetUserFactors"), "the password": recoveryLink} {
		if a := env.Do(t, few, document, input("id", id)); a.Code() != "FORBIDDEN" {
			t.Errorf("%s: %s", what, a.Body)
		}
	}
	env.Must(t, boss, whoAmI, nil)
}

func TestADM02ATenantsOwnerGetsNoPendingAdminOfThePlatform(t *testing.T) {
	t.Parallel()
	env := graphtest.New(t)
	owner, acme, theirs := env.Key(t, access.Owner, ""), env.TenantID(t, graphtest.Acme), env.Key(t, access.Owner, graphtest.Acme)
	made := env.Must(t, owner, createAdmin, input("email", "boss@example.com", "role", "SUPPORT", "tenant", acme))
	env.Must(t, theirs, removeAdmin, input("id", made.Text("createAdmin", "admin", "id")))
	again := env.Must(t, theirs, createAdmin, input("email", "boss@example.com", "role", "OWNER", "tenant", acme))
	if again.Text("createAdmin", "eventId") == "" || again.At("createAdmin", "setupUrl") != nil {
		t.Errorf("the link of an account that the platform made: %s", again.Body)
	}
	raised := env.Must(t, owner, createAdmin, input("email", "boss@example.com", "role", "OWNER"))
	if raised.Text("createAdmin", "setupUrl") == "" {
		t.Errorf("who vouches gets the link of who has no password: %s", raised.Body)
	}
}

// Whoever made an account that is given more finds nothing of its own in it.
func TestADM02AnAccountThatItsMakerCanEnterIsTakenOver(t *testing.T) {
	t.Parallel()
	env := graphtest.New(t)
	owner, acme, theirs := env.Key(t, access.Owner, ""), env.TenantID(t, graphtest.Acme), env.Key(t, access.Owner, graphtest.Acme)
	planted := env.Must(t, theirs, createAdmin, input("email", "next@example.com", "role", "OWNER", "tenant", acme))
	env.SetPassword(t, planted.Text("createAdmin", "setupUrl")).Want(t, 200)
	eve := env.SignInAdmin(t, "eve", "next@example.com")
	env.Must(t, eve, whoAmI, nil)
	raised := env.Must(t, owner, createAdmin, input("email", "next@example.com", "role", "OWNER"))
	link := raised.Text("createAdmin", "setupUrl")
	if link == "" {
		t.Fatalf("not made: %s", raised.Body)
	}
	if a := env.Do(t, eve, whoAmI, nil); a.Status != 401 {
		t.Errorf("the session of before goes on: %s", a.Body)
	}
	login := map[string]string{"identifier": "next@example.com", "password": webtest.Password}
	env.Env.Do(t, "POST", webtest.API(tenants.Reserved)+"/login", login).Want(t, 401)
	env.SetPassword(t, link).Want(t, 200)
	next := env.SignInAdmin(t, "next", "next@example.com") // enrols anew: the authenticator app of before is gone
	who := env.Must(t, next, `{ viewer { grants { role tenantId } } }`, nil)
	if grants, _ := who.At("viewer", "grants").([]any); len(grants) != 2 {
		t.Errorf("holds %s", who.Body)
	}
}
