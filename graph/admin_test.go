package graph_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/tenantgate/tenantgate/authflows"
	"github.com/tenantgate/tenantgate/graph/graphtest"
	"github.com/tenantgate/tenantgate/internal/access"
	"github.com/tenantgate/tenantgate/internal/fault"
	"github.com/tenantgate/tenantgate/tenants"
	"github.com/tenantgate/tenantgate/web/webtest"
)

const (
	createAdmin = `mutation($input: CreateAdminInput!) { createAdmin(input: $input) {
  admin { id userId email role tenantId mfaEnrolled createdAt } setupUrl userErrors { field code message } eventId } }`
	updateAdmin = `mutation($input: UpdateAdminRoleInput!) { updateAdminRole(input: $input) {
  admin { email role } userErrors { field code message } eventId } }`
	removeAdmin = `mutation($input: RemoveAdminInput!) { removeAdmin(input: $input) {
  removedId userErrors { field code message } eventId } }`
	someAdmins = `query($first: Int, $after: String, $last: Int, $where: AdminWhere, $orderBy: AdminOrder) {
  admins(first: $first, after: $after, last: $last, where: $where, orderBy: $orderBy) {
    nodes { id email role tenantId mfaEnrolled } pageInfo { hasNextPage hasPreviousPage startCursor endCursor } totalCount } }`
	oneAdmin = `query($id: ID!) { node(id: $id) { id ... on Admin { email role userId } } }`
)

func TestAdmins(t *testing.T) {
	t.Parallel()
	env := graphtest.New(t)
	owner, acme := env.Key(t, access.Owner, ""), env.TenantID(t, graphtest.Acme)
	theirs := env.Key(t, access.Owner, graphtest.Acme)
	tr := env.Transcribe(t, "admins", "Admins: made, listed, given another role, removed, with each user error.")
	none := tr.Do("nobody yet", owner, someAdmins, graphtest.Vars{"first": 2})
	if none.At("admins", "totalCount") != 0.0 {
		t.Errorf("a fresh installation has admins: %s", none.Body)
	}
	first := tr.Do("the first owner", owner, createAdmin, input("email", "ann@example.com", "role", "OWNER", "idempotencyKey", "k"))
	tr.Do("the same again under its key", owner, createAdmin, input("email", "ann@example.com", "role", "OWNER", "idempotencyKey", "k"))
	tr.Do("the key for another", owner, createAdmin, input("email", "bob@example.com", "role", "OWNER", "idempotencyKey", "k"))
	tr.Do("the same again", owner, createAdmin, input("email", "ANN@example.com", "role", "AUDITOR"))
	tr.Do("an auditor of one tenant", owner, createAdmin, input("email", "bob@example.com", "role", "AUDITOR", "tenant", acme))
	second := tr.Do("by an owner of that tenant", theirs, createAdmin, input("email", "carol@example.com", "role", "ADMIN", "tenant", acme))
	globex, others := env.TenantID(t, graphtest.Globex), env.Key(t, access.Owner, graphtest.Globex)
	tr.Do("by an owner of another, though nobody has proven the address", others, createAdmin, input("email", "carol@example.com", "role", "AUDITOR", "tenant", globex))
	tr.Do("more for whom nobody has proven to be", theirs, updateAdmin, input("id", second.Text("createAdmin", "admin", "id"), "role", "OWNER"))
	tr.Do("by who vouches for the address", owner, createAdmin, input("email", "carol@example.com", "role", "AUDITOR", "tenant", globex))
	tr.Do("no address", owner, createAdmin, input("email", "ann", "role", "OWNER"))
	tr.Do("over what is no tenant", owner, createAdmin, input("email", "dan@example.com", "role", "OWNER", "tenant", "x"))
	tr.Do("over every tenant by an owner of one", theirs, createAdmin, input("email", "dan@example.com", "role", "AUDITOR"))
	tr.Do("without the scope", env.Key(t, access.Admin, ""), createAdmin, input("email", "dan@example.com", "role", "AUDITOR"))
	page := tr.Do("list", owner, someAdmins, graphtest.Vars{"first": 2})
	tr.Do("the next page", owner, someAdmins, graphtest.Vars{"first": 2, "after": page.Text("admins", "pageInfo", "endCursor")})
	tr.Do("newest first, of one tenant", owner, someAdmins, graphtest.Vars{
		"first": 5, "where": graphtest.Vars{"tenant": acme, "role": "ADMIN"}, "orderBy": graphtest.Vars{"field": "CREATED_AT", "direction": "DESC"},
	})
	tr.Do("for an owner of one tenant", theirs, someAdmins, graphtest.Vars{"last": 5})
	tr.Do("of a tenant that is none", theirs, someAdmins, graphtest.Vars{"first": 5, "where": graphtest.Vars{"tenant": env.TenantID(t, graphtest.Globex)}})
	tr.Do("too many", owner, someAdmins, graphtest.Vars{"first": 101})
	id, hers := first.Text("createAdmin", "admin", "id"), second.Text("createAdmin", "admin", "id")
	tr.Do("one as a node", owner, oneAdmin, graphtest.Vars{"id": id})
	tr.Do("one who is over more", theirs, oneAdmin, graphtest.Vars{"id": id})
	tr.Do("another role", theirs, updateAdmin, input("id", hers, "role", "SUPPORT"))
	tr.Do("the same role again", theirs, updateAdmin, input("id", hers, "role", "SUPPORT"))
	tr.Do("of who is over more", theirs, updateAdmin, input("id", id, "role", "SUPPORT"))
	tr.Do("the last owner", owner, updateAdmin, input("id", id, "role", "ADMIN"))
	tr.Do("remove the last owner", owner, removeAdmin, input("id", id))
	tr.Do("remove who is over more", theirs, removeAdmin, input("id", id))
	tr.Do("remove", theirs, removeAdmin, input("id", hers, "idempotencyKey", "r"))
	tr.Do("the same again under its key", theirs, removeAdmin, input("id", hers, "idempotencyKey", "r"))
	tr.Do("remove again", theirs, removeAdmin, input("id", hers))
	tr.Do("what is no id", owner, removeAdmin, input("id", "x"))
}

func TestAnAdminSignsInAndStepsUp(t *testing.T) {
	t.Parallel()
	env := graphtest.New(t)
	ann := env.Admin(t, access.Owner, "")
	who := env.Must(t, ann, `{ viewer { kind grants { role tenantId } } }`, nil)
	if who.Text("viewer", "kind") != "admin" || who.Text("viewer", "grants", 0, "role") != "OWNER" {
		t.Fatal(who.Body)
	}
	made := env.Must(t, ann, createAdmin, input("email", "bob@example.com", "role", "AUDITOR"))
	if made.Text("createAdmin", "setupUrl") == "" {
		t.Fatal(made.Body)
	}
	env.Clock.Advance(10 * time.Minute)
	carol := input("email", "carol@example.com", "role", "AUDITOR")
	if late := env.Do(t, ann, createAdmin, carol); late.Code() != "STEP_UP_REQUIRED" {
		t.Fatalf("an old proof: %s", late.Body)
	}
	if read := env.Must(t, ann, someAdmins, graphtest.Vars{"first": 5}); read.At("admins", "totalCount") != 2.0 {
		t.Errorf("an old proof is enough to read: %s", read.Body)
	}
	raised := env.StepUp(t, ann)
	if fresh := env.Must(t, raised, createAdmin, carol); fresh.Text("createAdmin", "admin", "email") != "carol@example.com" {
		t.Errorf("after the step-up: %s", fresh.Body)
	}
	if old := env.Do(t, ann, `{ viewer { kind } }`, nil); old.Status != 401 {
		t.Errorf("the cookie from before the step-up: %s", old.Body)
	}
	if key := env.Must(t, env.Key(t, access.Owner, ""), createAdmin, input("email", "dan@example.com", "role", "AUDITOR")); key.Text("createAdmin", "eventId") == "" {
		t.Errorf("a key has no proof to give: %s", key.Body)
	}
}

func TestWithTheLastRoleGoTheSessions(t *testing.T) {
	t.Parallel()
	env := graphtest.New(t)
	ann, bob := env.Admin(t, access.Owner, ""), env.Admin(t, access.Auditor, graphtest.Acme)
	list := graphtest.Vars{"first": 5, "where": graphtest.Vars{"role": "AUDITOR"}}
	id := env.Must(t, ann, someAdmins, list).Text("admins", "nodes", 0, "id")
	env.Must(t, bob, `{ viewer { kind } }`, nil)
	env.Must(t, ann, removeAdmin, input("id", id))
	if after := env.Do(t, bob, `{ viewer { kind } }`, nil); after.Status != 401 {
		t.Errorf("the session goes on: %d %s", after.Status, after.Body)
	}
	in := env.SignInAs(t, bob)
	if after := env.Do(t, in, `{ viewer { kind } }`, nil); after.Status != 403 {
		t.Errorf("somebody who is no admin any more: %d %s", after.Status, after.Body)
	}
}

func TestALinkSetsThePasswordOnce(t *testing.T) {
	t.Parallel()
	env := graphtest.New(t)
	made := env.Must(t, env.Key(t, access.Owner, ""), createAdmin, input("email", "ann@example.com", "role", "OWNER"))
	link := made.Text("createAdmin", "setupUrl")
	env.SetPassword(t, link).Want(t, 200)
	env.SetPassword(t, link).Want(t, 410)
	env.SignInAdmin(t, "owner", "ann@example.com")
	platform := env.Tenant(t, tenants.Reserved)
	again, err := env.Engine.Admins(platform).NewLink(t.Context(), "ann@example.com")
	if err != nil {
		t.Fatal(err)
	}
	newer, err := env.Engine.Admins(platform).NewLink(t.Context(), "ann@example.com")
	if err != nil {
		t.Fatal(err)
	}
	env.SetPassword(t, again.URL).Want(t, 410)
	env.Clock.Advance(24*time.Hour + time.Second)
	env.SetPassword(t, newer.URL).Want(t, 410)
}

func TestAnOwnerOfATenantGetsNoLinkOfAnOwnerOfThePlatform(t *testing.T) {
	t.Parallel()
	env := graphtest.New(t)
	owner, acme, theirs := env.Key(t, access.Owner, ""), env.TenantID(t, graphtest.Acme), env.Key(t, access.Owner, graphtest.Acme)
	env.Must(t, owner, createAdmin, input("email", "boss@example.com", "role", "OWNER"))
	joined := env.Must(t, theirs, createAdmin, input("email", "boss@example.com", "role", "OWNER", "tenant", acme))
	if joined.Text("createAdmin", "eventId") == "" || joined.At("createAdmin", "setupUrl") != nil {
		t.Errorf("the link of an owner of the platform: %s", joined.Body)
	}
}

func TestADM06AFreshInstallationHasNobody(t *testing.T) {
	t.Parallel()
	env := graphtest.New(t)
	for _, c := range []graphtest.Caller{graphtest.Nobody(), {Name: "an empty key", Bearer: "tg_"}} {
		if a := env.Do(t, c, `{ viewer { kind } }`, nil); a.Status != 401 {
			t.Errorf("%s: %s", c.Name, a.Body)
		}
	}
	signup := map[string]string{"email": "eve@example.com", "password": webtest.Password}
	env.Env.Do(t, "POST", webtest.API(tenants.Reserved)+"/signup", signup).Refused(t, 403, fault.SignupClosed)
}

func TestAPageOfAdminsOrKeysTakesAsManyStatementsWhateverItsLength(t *testing.T) {
	t.Parallel()
	env := graphtest.New(t)
	owner, acme := env.Key(t, access.Owner, ""), env.Tenant(t, graphtest.Acme)
	admins := env.Engine.Admins(env.Tenant(t, tenants.Reserved))
	for i := range 100 {
		email := fmt.Sprintf("a%d@example.com", i)
		if _, _, err := admins.Create(t.Context(), authflows.NewAdmin{Email: email, Role: access.Auditor, Over: acme.ID}); err != nil {
			t.Fatal(err)
		}
		env.Key(t, access.Auditor, graphtest.Acme)
	}
	id := env.TenantID(t, graphtest.Acme)
	for noun, document := range map[string]string{"admins": someAdmins, "apiKeys": someKeys} {
		count := func(first int) int {
			vars := graphtest.Vars{"tenant": id, "first": first}
			if noun == "admins" {
				delete(vars, "tenant")
			}
			env.Must(t, owner, document, vars) // warm
			var page *graphtest.Answer
			n := len(env.Statements(func() { page = env.Must(t, owner, document, vars) }))
			if rows, _ := page.At(noun, "nodes").([]any); len(rows) != first {
				t.Fatalf("%d %s of %d", len(rows), noun, first)
			}
			env.Clock.Advance(time.Minute) // for the budget of costs
			return n
		}
		if one, hundred := count(1), count(100); one != hundred {
			t.Errorf("%s: %d statements for one, %d for a hundred", noun, one, hundred)
		}
	}
}
