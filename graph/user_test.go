package graph_test

import (
	"encoding/base64"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tenantgate/tenantgate/graph/graphtest"
	"github.com/tenantgate/tenantgate/internal/access"
	"github.com/tenantgate/tenantgate/tenants"
	"github.com/tenantgate/tenantgate/web/webtest"
)

const (
	createUser = `mutation($input: CreateUserInput!) { createUser(input: $input) {
  user { userId status email emailVerified username phone name profile roles mfaEnrolled identifiers { kind value primary verifiedAt } factors { kind } }
  userErrors { field code message } eventId } }`
	updateUser = `mutation($input: UpdateUserInput!) { updateUser(input: $input) {
  user { userId name profile roles } userErrors { field code message } eventId } }`
	deleteUser = `mutation($input: UserInput!) { deleteUser(input: $input) {
  deletedId userErrors { field code message } eventId } }`
	recoveryLink = `mutation($input: UserInput!) { issueRecoveryLink(input: $input) {
  url expiresAt user { userId } userErrors { field code message } eventId } }`
	revokeUser = `mutation($input: UserInput!) { revokeUserSessions(input: $input) {
  user { userId } count userErrors { field code message } eventId } }`
	oneUser = `query($id: ID!) { user(id: $id) {
  id userId tenantId status email emailVerified username phone name profile roles mfaEnrolled createdAt updatedAt
  identifiers { identifierId kind value primary verifiedAt }
  factors { factorId kind name remaining createdAt lastUsedAt }
  sessions(first: 2) { nodes { sessionId live user { userId } } pageInfo { hasNextPage endCursor } totalCount }
  events(first: 2) { nodes { type user { userId } } pageInfo { hasNextPage endCursor } totalCount } } }`
	someUsers = `query($tenant: ID!, $first: Int, $after: String, $last: Int, $before: String, $where: UserWhere, $orderBy: UserOrder) {
  users(tenant: $tenant, first: $first, after: $after, last: $last, before: $before, where: $where, orderBy: $orderBy) {
    nodes { email userId } edges { cursor } pageInfo { hasNextPage hasPreviousPage startCursor endCursor } totalCount } }`
)

// ofUser is a mutation that takes a user and answers with it.
func ofUser(name string) string {
	return `mutation($input: UserInput!) { ` + name + `(input: $input) {
  user { userId status mfaEnrolled factors { kind } } userErrors { field code message } eventId } }`
}

func input(fields ...any) graphtest.Vars {
	in := graphtest.Vars{}
	for i := 0; i < len(fields); i += 2 {
		in[fields[i].(string)] = fields[i+1]
	}
	return graphtest.Vars{"input": in}
}

// newcomer makes a user by the API and returns its id.
func newcomer(t testing.TB, env *graphtest.Env, as graphtest.Caller, tenant, email string) string {
	t.Helper()
	const create = `mutation($input: CreateUserInput!) { createUser(input: $input) { user { id } userErrors { field code message } } }`
	made := env.Must(t, as, create, input("tenant", tenant, "email", email, "emailVerified", true))
	id := made.Text("createUser", "user", "id")
	if id == "" {
		t.Fatalf("make a user: %s", made.Body)
	}
	return id
}

// idOf is the global id of a user of an address.
func idOf(t testing.TB, env *graphtest.Env, as graphtest.Caller, tenant, email string) string {
	t.Helper()
	const find = `query($tenant: ID!, $who: String!) { users(tenant: $tenant, first: 1, where: {identifier: $who}) { nodes { id } } }`
	id := env.Must(t, as, find, graphtest.Vars{"tenant": tenant, "who": email}).Text("users", "nodes", 0, "id")
	if id == "" {
		t.Fatal("there is no such user")
	}
	return id
}

func TestOneUser(t *testing.T) {
	t.Parallel()
	env := graphtest.New(t)
	owner, acme := env.Key(t, access.Owner, ""), env.TenantID(t, graphtest.Acme)
	user := env.Join(t, graphtest.Acme, "ann@ex.test")
	env.SignIn(t, graphtest.Acme, "ann@ex.test")
	key, _ := env.EnrolPasskey(t, user)
	user.AccessToken = strings.TrimPrefix(env.RaiseByPasskey(t, user, key).Value, "Bearer ")
	env.EnrolTOTP(t, user)
	env.Place(t)
	id := idOf(t, env, owner, acme, "ann@ex.test")
	tr := env.Transcribe(t, "user", "One user with all that hangs on it, and who may see what of it.")
	tr.Do("an owner", owner, oneUser, graphtest.Vars{"id": id})
	blind := env.Key(t, access.Auditor, graphtest.Acme, access.UsersRead)
	for _, field := range []string{ // each alone: errors of several come in any order
		"userId status roles emailVerified mfaEnrolled", "email", "username", "phone", "name", "profile", "identifiers { value }",
		"factors { kind }", "sessions(first: 1) { nodes { ipAddress } }", "events(first: 1) { nodes { personal } }",
	} {
		tr.Do("a key that may not see who they are: "+field, blind, `query($id: ID!) { user(id: $id) { `+field+` } }`, graphtest.Vars{"id": id})
	}
	tr.Do("another tenant's owner", env.Key(t, access.Owner, graphtest.Globex), oneUser, graphtest.Vars{"id": id})
	tr.Do("an id of another type", owner, oneUser, graphtest.Vars{"id": acme})
	tr.Do("no id", owner, oneUser, graphtest.Vars{"id": "usr_1"})
	tr.Do("too many sessions", owner, `query($id: ID!) { user(id: $id) { sessions(first: 21) { nodes { id } } } }`, graphtest.Vars{"id": id})
	tr.Do("no events", owner, `query($id: ID!) { user(id: $id) { events(first: 0) { nodes { id } } } }`, graphtest.Vars{"id": id})
	tr.Do("as a node", owner, `query($id: ID!) { node(id: $id) { id ... on User { userId } } }`, graphtest.Vars{"id": id})
}

func TestUsers(t *testing.T) {
	t.Parallel()
	env := graphtest.New(t)
	owner, acme := env.Key(t, access.Owner, ""), env.TenantID(t, graphtest.Acme)
	for _, email := range []string{"ann@ex.test", "bob@ex.test", "ann.b@ex.test"} {
		newcomer(t, env, owner, acme, email)
	}
	list := func(more ...any) graphtest.Vars {
		return input(append([]any{"tenant", acme}, more...)...)["input"].(graphtest.Vars)
	}
	tr := env.Transcribe(t, "users", "The users of a tenant in pages, by filter and order, and what is refused.")
	first := tr.Do("the newest", owner, someUsers, list("first", 2))
	tr.Do("the next", owner, someUsers, list("first", 2, "after", first.Text("users", "pageInfo", "endCursor")))
	tr.Do("the last", owner, someUsers, list("last", 1))
	tr.Do("by a prefix", owner, someUsers, list("first", 1, "where", graphtest.Vars{"emailPrefix": "ANN"}))
	byMail := tr.Do("by address, backwards", owner, someUsers, list("first", 1, "orderBy", graphtest.Vars{"field": "EMAIL", "direction": "DESC"}))
	tr.Do("who is suspended", owner, someUsers, list("first", 1, "where", graphtest.Vars{"status": "SUSPENDED"}))
	tr.Do("a prefix in another order", owner, someUsers,
		list("first", 1, "where", graphtest.Vars{"emailPrefix": "a"}, "orderBy", graphtest.Vars{"field": "CREATED_AT"}))
	tr.Do("an empty prefix", owner, someUsers, list("first", 1, "where", graphtest.Vars{"emailPrefix": ""}))
	tr.Do("an identifier with NUL", owner, someUsers, list("first", 1, "where", graphtest.Vars{"identifier": "a\x00"}))
	tr.Do("an id that is none", owner, someUsers, list("first", 1, "where", graphtest.Vars{"userId": "42"}))
	tr.Do("a cursor of another order", owner, someUsers, list("first", 1, "after", byMail.Text("users", "edges", 0, "cursor")))
	tr.Do("neither first nor last", owner, someUsers, list())
	reader := env.Key(t, access.Auditor, graphtest.Acme, access.UsersRead)
	for _, vars := range []graphtest.Vars{
		list("first", 1, "where", graphtest.Vars{"emailPrefix": "a"}), list("first", 1, "where", graphtest.Vars{"identifier": "a"}),
		list("first", 1, "orderBy", graphtest.Vars{"field": "EMAIL"}),
	} {
		tr.Do("what looks at addresses, without the scope", reader, someUsers, vars)
	}
	tr.Do("another tenant's owner", env.Key(t, access.Owner, graphtest.Globex), someUsers, list("first", 1))
}

func TestASearchTakesAnyText(t *testing.T) {
	t.Parallel()
	env := graphtest.New(t)
	owner, acme := env.Key(t, access.Owner, ""), env.TenantID(t, graphtest.Acme)
	newcomer(t, env, owner, acme, "ann@ex.test")
	search := func(field, text string) *graphtest.Answer {
		t.Helper()
		where := graphtest.Vars{"tenant": acme, "first": 5, "where": graphtest.Vars{field: text}}
		return env.Do(t, owner, someUsers, where)
	}
	for _, field := range []string{"emailPrefix", "identifier"} {
		t.Run("INP-07 "+field, func(t *testing.T) {
			for _, text := range []string{"%", "_", `\`, `"`, "'", "an%", "a_n", "' OR 1=1 --"} {
				a := search(field, text)
				if len(a.Errors) > 0 || len(a.At("users", "nodes").([]any)) > 0 {
					t.Errorf("%q: %s", text, a.Body)
				}
			}
		})
		t.Run("INP-05 "+field, func(t *testing.T) {
			for _, text := range []string{"a\x00", "\ufffd", strings.Repeat("a", 1000)} {
				if a := search(field, text); a.Code() != "INVALID_INPUT" {
					t.Errorf("%q: %s", text, a.Body)
				}
			}
			lone := `{"query":"{ users(tenant: \"` + acme + `\", first: 1, where: {` + field + `: \"a\ud800\"}) { nodes { id } } }"}`
			raw := env.Env.Do(t, "POST", env.AdminURL+"/admin/graphql", lone, webtest.Bearer(owner.Bearer))
			if raw.Status >= 500 || strings.Contains(raw.Body, "INTERNAL") {
				t.Errorf("half a pair: %d %s", raw.Status, raw.Body)
			}
		})
		t.Run("INP-08 "+field, func(t *testing.T) {
			for _, text := range []string{"a\nlevel=error", "a\x1b[31m", `a","level":"error`} {
				if a := search(field, text); a.Status >= 500 || a.Code() == "INTERNAL" {
					t.Errorf("%q: %s", text, a.Body)
				}
			}
		})
	}
}

func TestUsersAreMadeAndChanged(t *testing.T) {
	t.Parallel()
	env := graphtest.New(t)
	owner, acme := env.Key(t, access.Owner, ""), env.TenantID(t, graphtest.Acme)
	tr := env.Transcribe(t, "user_changes", "Users made and changed, with each user error.")
	tr.Do("make", owner, createUser, input(
		"tenant", acme, "email", "ann@ex.test", "emailVerified", true, "username", "Ann", "phone", "+49 151 1234567", "name", "Ann",
		"profile", graphtest.Vars{"plan": "gold"}, "password", "copper lantern under nine hills", "roles", []string{"staff"}))
	tr.Do("make again", owner, createUser, input("tenant", acme, "email", "ANN@ex.test", "username", "ann"))
	tr.Do("make wrongly", owner, createUser, input(
		"tenant", acme, "email", "ann", "username", "-", "phone", "1", "name", "a\nb", "profile", 1, "password", "short", "roles", []string{"Not one"}))
	tr.Do("make without an address", owner, createUser, input("tenant", acme, "emailVerified", true))
	tr.Do("make at another's", env.Key(t, access.Owner, graphtest.Globex), createUser, input("tenant", acme, "email", "bob@ex.test"))
	tr.Do("make without the scope", env.Key(t, access.Support, graphtest.Acme), createUser, input("tenant", acme, "email", "bob@ex.test"))
	id := idOf(t, env, owner, acme, "ann@ex.test")
	tr.Do("change", owner, updateUser, input("id", id, "name", "Anna", "profile", graphtest.Vars{"plan": "silver"}, "roles", []string{"b", "a"}))
	tr.Do("change nothing", owner, updateUser, input("id", id))
	tr.Do("change to the same", owner, updateUser, input("id", id, "name", "Anna"))
	tr.Do("empty", owner, updateUser, input("id", id, "name", nil, "profile", nil, "roles", nil))
	tr.Do("change wrongly", owner, updateUser, input("id", id, "name", strings.Repeat("a", 201), "profile", []int{1}, "roles", []string{""}))
	tr.Do("change nobody", owner, updateUser, input("id", acme, "name", "x"))
	env.Place(t)
	tr.Do("what events tell", owner, `query($id: ID!) { user(id: $id) { events(first: 3) { nodes { type actor data personal } } } }`,
		graphtest.Vars{"id": id})
}

func TestUsersAreSuspendedResetAndDeleted(t *testing.T) {
	t.Parallel()
	env := graphtest.New(t)
	owner, acme := env.Key(t, access.Owner, ""), env.TenantID(t, graphtest.Acme)
	joined := env.Join(t, graphtest.Acme, "ann@ex.test")
	env.EnrolTOTP(t, joined)
	id := idOf(t, env, owner, acme, "ann@ex.test")
	foreign := env.Key(t, access.Owner, graphtest.Globex)
	tr := env.Transcribe(t, "user_status", "What an admin does to a user who is in trouble, or is trouble, with each user error.")
	tr.Do("reset the factors", owner, ofUser("resetUserFactors"), input("id", id))
	tr.Do("mail a reset", owner, ofUser("sendPasswordReset"), input("id", id))
	tr.Do("issue a link", owner, recoveryLink, input("id", id))
	tr.Do("end the sessions", owner, revokeUser, input("id", id))
	env.SignIn(t, graphtest.Acme, "ann@ex.test")
	tr.Do("end a session", owner, revokeUser, input("id", id))
	tr.Do("suspend", owner, ofUser("suspendUser"), input("id", id))
	tr.Do("suspend again", owner, ofUser("suspendUser"), input("id", id))
	tr.Do("mail a reset to who is suspended", owner, ofUser("sendPasswordReset"), input("id", id))
	tr.Do("issue a link to who is suspended", owner, recoveryLink, input("id", id))
	tr.Do("restore", owner, ofUser("restoreUser"), input("id", id))
	tr.Do("restore again", owner, ofUser("restoreUser"), input("id", id))
	env.MailOff.Store(true)
	tr.Do("mail a reset without mails", owner, ofUser("sendPasswordReset"), input("id", id))
	env.Set(t, graphtest.Acme, "signup.required=[\"username\"]", "signup.verify_email=off")
	env.MailOff.Store(false)
	env.Must(t, owner, createUser, input("tenant", acme, "username", "bob"))
	tr.Do("mail a reset to who has no address", owner, ofUser("sendPasswordReset"), input("id", idOf(t, env, owner, acme, "bob")))
	if _, err := env.Tenants.Suspend(t.Context(), graphtest.Acme); err != nil {
		t.Fatal(err)
	}
	tr.Do("issue a link at a suspended tenant", owner, recoveryLink, input("id", id))
	if _, err := env.Tenants.Resume(t.Context(), graphtest.Acme); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"suspendUser", "restoreUser", "resetUserFactors", "sendPasswordReset"} {
		tr.Do(name+" by another tenant's owner", foreign, ofUser(name), input("id", id))
	}
	tr.Do("issueRecoveryLink by another tenant's owner", foreign, recoveryLink, input("id", id))
	tr.Do("revokeUserSessions by another tenant's owner", foreign, revokeUser, input("id", id))
	tr.Do("deleteUser by another tenant's owner", foreign, deleteUser, input("id", id))
	tr.Do("delete", owner, deleteUser, input("id", id))
	tr.Do("delete again", owner, deleteUser, input("id", id))
	tr.Do("delete without the scope", env.Key(t, access.Support, graphtest.Acme), deleteUser, input("id", id))
	env.Set(t, graphtest.Acme, "magic.enabled=true", "password.enabled=false")
	tr.Do("issue a link where nobody has a password", owner, recoveryLink, input("id", idOf(t, env, owner, acme, "bob")))
}

func TestALinkIsShownOnceUnderAKey(t *testing.T) {
	t.Parallel()
	env := graphtest.New(t)
	owner, acme := env.Key(t, access.Owner, ""), env.TenantID(t, graphtest.Acme)
	id := newcomer(t, env, owner, acme, "ann@ex.test")
	first := env.Must(t, owner, recoveryLink, input("id", id, "idempotencyKey", "k"))
	second := env.Must(t, owner, recoveryLink, input("id", id, "idempotencyKey", "k"))
	if first.Text("issueRecoveryLink", "url") == "" || second.At("issueRecoveryLink", "url") != nil ||
		first.Text("issueRecoveryLink", "eventId") != second.Text("issueRecoveryLink", "eventId") ||
		second.Text("issueRecoveryLink", "user", "userId") == "" {
		t.Errorf("first %s then %s", first.Body, second.Body)
	}
	// What is left out and what is null are two inputs.
	named := env.Must(t, owner, updateUser, input("id", id, "name", nil, "roles", []string{"a"}, "idempotencyKey", "n"))
	other := env.Must(t, owner, updateUser, input("id", id, "roles", []string{"a"}, "idempotencyKey", "n"))
	if named.At("updateUser", "user") == nil || other.At("updateUser", "user") != nil {
		t.Errorf("first %s then %s", named.Body, other.Body)
	}
	gone := env.Must(t, owner, deleteUser, input("id", id, "idempotencyKey", "k"))
	again := env.Must(t, owner, deleteUser, input("id", id, "idempotencyKey", "k"))
	if gone.Body != again.Body || gone.Text("deleteUser", "deletedId") != id {
		t.Errorf("deleted %s then %s", gone.Body, again.Body)
	}
}

func TestTheUsersOfTheReservedTenantAreForWhoMayMakeAdmins(t *testing.T) {
	t.Parallel()
	env := graphtest.New(t)
	owner, platform := env.Key(t, access.Owner, ""), env.TenantID(t, tenants.Reserved)
	id := newcomer(t, env, owner, platform, "root@ex.test")
	a := env.Must(t, env.Key(t, access.Admin, ""), recoveryLink, input("id", id))
	if a.Text("issueRecoveryLink", "userErrors", 0, "code") != "NOT_FOUND" {
		t.Error(a.Body)
	}
}

func TestAPageOfUsersCostsTheSameStatementsForOneAndForAHundred(t *testing.T) {
	t.Parallel()
	graphtest.Each(t, func(t *testing.T, env *graphtest.Env) {
		owner, acme := env.Key(t, access.Owner, ""), env.TenantID(t, graphtest.Acme)
		for i := range 100 {
			newcomer(t, env, owner, acme, fmt.Sprintf("u%03d@ex.test", i))
			env.Clock.Advance(1e9)
		}
		for i := range 3 {
			env.Join(t, graphtest.Acme, fmt.Sprintf("joined%d@ex.test", i))
			env.SignIn(t, graphtest.Acme, fmt.Sprintf("joined%d@ex.test", i))
		}
		env.Place(t)
		for name, document := range map[string]string{
			"users": `query($t: ID!, $n: Int!, $w: UserWhere) { users(tenant: $t, first: $n, where: $w) { totalCount nodes { email
  identifiers { value } factors { kind } sessions(first: 2) { nodes { user { email } } }
  events(first: 2) { nodes { type user { email } } } } } }`,
			"sessions": `query($t: ID!, $n: Int!) { sessions(tenant: $t, first: $n) { totalCount nodes { sessionId user { email identifiers { value } } } } }`,
		} {
			for _, where := range []graphtest.Vars{nil, {"emailPrefix": "u"}} {
				cost := func(n int) []string {
					var out []string
					for _, s := range env.Warm(t, func() {
						env.Clock.Advance(60e9) // the bucket of points fills
						env.Must(t, owner, document, graphtest.Vars{"t": acme, "n": n, "w": where})
					}) {
						out = append(out, strings.SplitN(s.Query, " WHERE ", 2)[0])
					}
					return out
				}
				if one, many := cost(1), cost(100); len(one) != len(many) || len(one) == 0 {
					t.Errorf("%s: %s", name, cmp.Diff(one, many))
				}
				if name == "sessions" {
					break
				}
			}
		}
	})
}

func TestNoFieldShowsASecretOfAUser(t *testing.T) { // ADM-05
	t.Parallel()
	env := graphtest.New(t)
	owner, acme := env.Key(t, access.Owner, ""), env.TenantID(t, graphtest.Acme)
	user := env.Join(t, graphtest.Acme, "ann@ex.test")
	secret, recovery := env.EnrolTOTP(t, user)
	env.Place(t)
	id := idOf(t, env, owner, acme, "ann@ex.test")
	all := env.Must(t, owner, `query($id: ID!) { user(id: $id) {
  id userId tenantId status email emailVerified username phone name profile roles mfaEnrolled createdAt updatedAt
  identifiers { identifierId kind value primary verifiedAt } factors { factorId kind name remaining createdAt lastUsedAt }
  sessions(first: 20) { edges { cursor node {
    id sessionId client acr amr authTime createdAt lastSeenAt expiresAt live endedAt endReason userAgent ipAddress } } }
  events(first: 20) { edges { cursor node { id eventId type actor actorId data personal cursor } } } } }`, graphtest.Vars{"id": id})
	hidden := append([]string{"$argon2", secret, user.AccessToken, user.RefreshToken, webtest.Password}, recovery...)
	_, body, _ := strings.Cut(user.RefreshToken, ".")
	for _, text := range append(hidden, body) {
		if text != "" && (strings.Contains(all.Body, text) || strings.Contains(all.Body, base64.StdEncoding.EncodeToString([]byte(text)))) {
			t.Errorf("the answer holds %.12q…", text)
		}
	}
}
