package graph_test

import (
	"testing"

	"github.com/tenantgate/tenantgate/authflows"
	"github.com/tenantgate/tenantgate/graph/graphtest"
	"github.com/tenantgate/tenantgate/internal/access"
	"github.com/tenantgate/tenantgate/internal/fault"
	"github.com/tenantgate/tenantgate/tenants"
	"github.com/tenantgate/tenantgate/web/webtest"
)

// goer is an owner with what names it.
type goer struct {
	graphtest.Caller
	user, grant string
}

// owners are n who own every tenant and have just signed in.
func owners(t *testing.T, env *graphtest.Env, n int) []goer {
	t.Helper()
	var out []goer
	for range n {
		out = append(out, goer{Caller: env.Admin(t, access.Owner, "")})
	}
	key, platform := env.Key(t, access.Owner, ""), env.TenantID(t, tenants.Reserved)
	list := env.Must(t, key, someAdmins, graphtest.Vars{"first": 100})
	for i := range out {
		out[i].user = idOf(t, env, key, platform, out[i].Email)
		for _, node := range list.At("admins", "nodes").([]any) {
			if node := node.(map[string]any); node["email"] == out[i].Email {
				out[i].grant = node["id"].(string)
			}
		}
	}
	return out
}

// leave are the ways in which an owner ceases to be one who can sign in, by its own hand or by another's.
var leave = map[string]func(t *testing.T, env *graphtest.Env, by, of goer){
	"removed": func(t *testing.T, env *graphtest.Env, by, of goer) {
		env.Do(t, by.Caller, removeAdmin, input("id", of.grant))
	},
	"given another role": func(t *testing.T, env *graphtest.Env, by, of goer) {
		env.Do(t, by.Caller, updateAdmin, input("id", of.grant, "role", "AUDITOR"))
	},
	"suspended": func(t *testing.T, env *graphtest.Env, by, of goer) {
		env.Do(t, by.Caller, ofUser("suspendUser"), input("id", of.user))
	},
	"deleted": func(t *testing.T, env *graphtest.Env, by, of goer) {
		env.Do(t, by.Caller, deleteUser, input("id", of.user))
	},
	"gone by itself": func(t *testing.T, env *graphtest.Env, _, of goer) {
		env.Env.Do(t, "DELETE", webtest.API(tenants.Reserved)+"/me", nil, webtest.Header{Name: "Cookie", Value: of.Cookie})
	},
}

// left counts the owners who can sign in. Everybody here has a password.
func left(t *testing.T, env *graphtest.Env) int {
	t.Helper()
	key, platform := env.Key(t, access.Owner, ""), env.TenantID(t, tenants.Reserved)
	list := env.Must(t, key, someAdmins, graphtest.Vars{"first": 100, "where": graphtest.Vars{"role": "OWNER"}})
	n := 0
	for _, node := range list.At("admins", "nodes").([]any) {
		user := env.Must(t, key, `query($t: ID!, $who: String!) { users(tenant: $t, first: 1, where: {identifier: $who, status: ACTIVE}) { nodes { id } } }`,
			graphtest.Vars{"t": platform, "who": node.(map[string]any)["email"]})
		if user.Text("users", "nodes", 0, "id") != "" {
			n++
		}
	}
	return n
}

func TestRAC03OfTwoOwnersWhoGoInTurnOneStays(t *testing.T) {
	t.Parallel()
	for first, way := range leave {
		for second, other := range leave {
			t.Run(first+" then "+second, func(t *testing.T) {
				t.Parallel()
				env := graphtest.New(t)
				two := owners(t, env, 2)
				way(t, env, two[1], two[0])
				other(t, env, two[1], two[1])
				if n := left(t, env); n != 1 {
					t.Errorf("%d owners are left", n)
				}
			})
		}
	}
}

func TestRAC03OfTwoOwnersWhoGoAtOnceOneStays(t *testing.T) {
	t.Parallel()
	graphtest.Each(t, func(t *testing.T, env *graphtest.Env) {
		env.Set(t, tenants.Reserved, "abuse.address=0") // all sign in from here
		replicas := env.Replicas(t, 2)
		var before []goer
		for first, way := range leave {
			for second, other := range leave {
				two := owners(t, env, 2)
				for _, of := range before { // who was left goes first
					leave["deleted"](t, env, two[0], of)
				}
				done := make(chan struct{}, 2)
				go func() { way(t, replicas[0], two[1], two[0]); done <- struct{}{} }()
				go func() { other(t, replicas[1], two[0], two[1]); done <- struct{}{} }()
				<-done
				<-done
				if n := left(t, env); n != 1 {
					t.Fatalf("one %s, one %s: %d owners are left", first, second, n)
				}
				before = two
			}
		}
	})
}

func TestRAC03TheLastOwnerDoesNotDeleteItself(t *testing.T) {
	t.Parallel()
	env := graphtest.New(t)
	ann := env.Admin(t, access.Owner, "")
	me, cookie := webtest.API(tenants.Reserved)+"/me", webtest.Header{Name: "Cookie", Value: ann.Cookie}
	env.Env.Do(t, "DELETE", me, nil, cookie).Refused(t, 409, fault.LastOwner)
	n, err := env.Engine.Admins(env.Tenant(t, tenants.Reserved)).Count(t.Context(), authflows.AdminQuery{Role: access.Owner})
	if err != nil || n != 1 {
		t.Errorf("%d owners are left, %v", n, err)
	}
	env.Admin(t, access.Owner, "")
	env.Env.Do(t, "DELETE", me, nil, cookie).Want(t, 204)
}
