package graph_test

import (
	"strings"
	"testing"
	"time"

	"entgo.io/ent/dialect/sql"
	"github.com/google/uuid"

	"github.com/tenantgate/tenantgate/authflows"
	"github.com/tenantgate/tenantgate/ent/event"
	"github.com/tenantgate/tenantgate/graph/graphtest"
	"github.com/tenantgate/tenantgate/graph/model"
	"github.com/tenantgate/tenantgate/internal/access"
	"github.com/tenantgate/tenantgate/internal/ids"
	"github.com/tenantgate/tenantgate/internal/tenancy"
	"github.com/tenantgate/tenantgate/tenants"
)

// idKinds is what the id of a place names: by the place, else by the name of its last step.
var idKinds = map[string][]string{
	"tenant": {"Tenant"}, "user": {"User"}, "target": {"User", "Session", "SigningKey", "Domain", "ApiKey", "Admin"},
	"userId": {"usr"}, "sessionId": {"ses"}, "actorId": {"usr", "key"}, "slug": {"slug"},

	"Query.node(id)":    {"Tenant", "User", "Session", "Event", "SigningKey", "Domain", "Admin", "ApiKey"},
	"Query.nodes(ids)":  {"Tenant", "User", "Session", "Event", "SigningKey", "Domain", "Admin", "ApiKey"},
	"Query.tenant(id)":  {"Tenant"},
	"Query.user(id)":    {"User"},
	"Query.session(id)": {"Session"},

	"Mutation.updateTenant(input.id)":         {"Tenant"},
	"Mutation.updateTenantSettings(input.id)": {"Tenant"},
	"Mutation.suspendTenant(input.id)":        {"Tenant"},
	"Mutation.resumeTenant(input.id)":         {"Tenant"},
	"Mutation.deleteTenant(input.id)":         {"Tenant"},
	"Mutation.revokeTenantSessions(input.id)": {"Tenant"},
	"Mutation.updateUser(input.id)":           {"User"},
	"Mutation.suspendUser(input.id)":          {"User"},
	"Mutation.restoreUser(input.id)":          {"User"},
	"Mutation.deleteUser(input.id)":           {"User"},
	"Mutation.resetUserFactors(input.id)":     {"User"},
	"Mutation.sendPasswordReset(input.id)":    {"User"},
	"Mutation.issueRecoveryLink(input.id)":    {"User"},
	"Mutation.revokeUserSessions(input.id)":   {"User"},
	"Mutation.revokeSession(input.id)":        {"Session"},
	"Mutation.updateAdminRole(input.id)":      {"Admin"},
	"Mutation.removeAdmin(input.id)":          {"Admin"},
	"Mutation.revokeApiKey(input.id)":         {"ApiKey"},
}

// samples are values of arguments and input fields that are no ids, by the place, else by the name. The tenant that a list is
// asked of is put in by the test.
var samples = map[string]any{
	"tenant": "the test's own", "idempotencyKey": "a key",

	"first": 10, "from": "2026-01-01T00:00:00Z", "policy": graphtest.Vars{"requirement": "REQUIRED"},
	"name": "New Name", "role": "AUDITOR", "host": "new.example.com", "email": "new@ex.test",
	"confirmSlug": graphtest.Globex, "changes": []any{graphtest.Vars{"path": "branding.name", "value": "X"}},

	"Mutation.createUser(input.email)": "new@ex.test", "Mutation.updateUser(input.name)": "New Name",
}

// kindOf is the kind of global ids of a type.
var kindOf = map[string]model.Kind{
	"Tenant": model.KindTenant, "User": model.KindUser, "Session": model.KindSession, "Event": model.KindEvent,
	"SigningKey": model.KindSigningKey, "Domain": model.KindDomain, "Admin": model.KindAdmin, "ApiKey": model.KindAPIKey,
}

// holding is one object of every kind of one tenant.
type holding struct {
	slug    string
	tenant  *tenants.Tenant
	ids     map[string]model.GlobalID // by type
	texts   map[string]string         // by prefix
	markers []string                  // what must turn up in no answer for another tenant
}

// fill gives a tenant one object of every kind.
func fill(t *testing.T, env *graphtest.Env, slug string) *holding {
	t.Helper()
	h := &holding{slug: slug, tenant: env.Tenant(t, slug), ids: map[string]model.GlobalID{}}
	address := "person@" + slug + ".test"
	user := env.Join(t, slug, address)
	passkey, _ := env.EnrolPasskey(t, user)
	user.AccessToken = strings.TrimPrefix(env.RaiseByPasskey(t, user, passkey).Value, "Bearer ")
	env.EnrolTOTP(t, user)
	host := "login." + slug + ".test"
	domain, err := env.Tenants.AddDomain(t.Context(), slug, host)
	must(t, err)
	key, _, err := env.Tenants.CreateAPIKey(t.Context(), h.tenant, tenants.NewAPIKey{Name: "key of " + slug, Role: access.Auditor})
	must(t, err)
	admin := "admin@" + slug + ".test"
	_, _, err = env.Engine.Admins(env.Tenant(t, tenants.Reserved)).Create(t.Context(), authflows.NewAdmin{Email: admin, Role: access.Auditor, Over: h.tenant.ID})
	must(t, err)

	ctx, own := tenancy.With(t.Context(), h.tenant.ID), sql.FieldEQ("tenant_id", h.tenant.ID) // in a changed build, ctx may limit nothing
	person, err := env.DB.User.Query().Where(own).Only(ctx)
	must(t, err)
	session, err := env.DB.Session.Query().Where(own).First(ctx)
	must(t, err)
	about, err := env.DB.Event.Query().Where(own, event.UserID(person.ID)).First(ctx)
	must(t, err)
	signing, err := env.DB.SigningKey.Query().Where(own).First(ctx)
	must(t, err)
	list := env.Must(t, env.Key(t, access.Owner, ""), `query($t: ID) { admins(first: 10, where: {tenant: $t}) { nodes { id userId email } } }`,
		graphtest.Vars{"t": model.TenantID(h.tenant.ID).String()})
	grant, ok := model.ParseID(list.Text("admins", "nodes", 0, "id"))
	if !ok || list.Text("admins", "nodes", 0, "email") != admin {
		t.Fatalf("the admin over %s: %s", slug, list.Body)
	}
	for name, id := range map[string]uuid.UUID{
		"Tenant": h.tenant.ID, "User": person.ID, "Session": session.ID, "Event": about.ID, "SigningKey": signing.ID, "Domain": domain.ID, "ApiKey": key.ID,
	} {
		h.ids[name] = model.GlobalID{Kind: kindOf[name], Tenant: h.tenant.ID, Object: id}
		h.markers = append(h.markers, h.ids[name].String(), id.String())
	}
	h.ids["Admin"] = grant
	h.texts = map[string]string{
		"usr": ids.Format(ids.User, person.ID), "ses": ids.Format(ids.Session, session.ID), "key": ids.Format(ids.APIKey, key.ID), "slug": slug,
	}
	h.markers = append(h.markers, address, host, admin, grant.String(), h.tenant.PublicID(), h.texts["usr"], h.texts["ses"], h.texts["key"], slug,
		signing.Kid, user.SessionID)
	return h
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// id returns the holding's own id of a kind.
func (h *holding) id(kind string) string {
	if g, ok := h.ids[kind]; ok {
		return g.String()
	}
	return h.texts[kind]
}

// unknown returns an id of a kind that names nothing: of no tenant that there is, or of a tenant.
func unknown(kind string, of uuid.UUID) string {
	object := ids.New()
	switch kind {
	case "usr":
		return ids.Format(ids.User, object)
	case "ses":
		return ids.Format(ids.Session, object)
	case "key":
		return ids.Format(ids.APIKey, object)
	case "slug":
		return "nobody"
	case "Tenant":
		return model.TenantID(object).String()
	}
	return model.GlobalID{Kind: kindOf[kind], Tenant: of, Object: object}.String()
}

// adminOver is an admin of a role over a tenant, with a fresh proof.
func adminOver(env *graphtest.Env, t *testing.T, role access.Role, over *tenants.Tenant) *access.Actor {
	platform := env.Tenant(t, tenants.Reserved).ID
	return &access.Actor{
		Kind: access.KindAdmin, ID: ids.New(), Home: platform, Platform: platform, Session: ids.New(), ProvenAt: env.Clock.Now().Add(time.Second),
		Grants: []access.Grant{{Role: role, Over: over.ID}},
	}
}
