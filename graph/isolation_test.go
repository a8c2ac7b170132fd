package graph_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tenantgate/tenantgate/graph"
	"github.com/tenantgate/tenantgate/graph/graphtest"
	"github.com/tenantgate/tenantgate/graph/model"
	"github.com/tenantgate/tenantgate/internal/access"
	"github.com/tenantgate/tenantgate/web/webtest"
)

// intruder is somebody who holds a role over one tenant and asks with ids of another.
type intruder struct {
	name string
	role access.Role
	ask  func(t *testing.T, document string, vars graphtest.Vars) (status int, body string)
}

// TestNoFieldReachesAnotherTenant puts ids of another tenant into every place of the schema that takes one, as each role. Cases
// TEN-03, TEN-09 and GQL-05.
func TestNoFieldReachesAnotherTenant(t *testing.T) {
	t.Parallel()
	if entities := os.Getenv(unnarrow); entities != "" {
		for _, entity := range strings.Split(entities, ",") {
			t.Run(entity, func(t *testing.T) { reachesNoOther(t, entity) })
		}
		return
	}
	reachesNoOther(t, "")
}

// reachesNoOther is the test, and without the tenant predicate of an entity the test of the test: that ends with what it is to find.
func reachesNoOther(t *testing.T, entity string) {
	t.Helper()
	env := graphtest.New(t)
	a, b := fill(t, env, graphtest.Acme), fill(t, env, graphtest.Globex)
	env.Place(t)
	probes, bare := probesOf(t, apiSchema())
	all := intruders(t, env)
	leaveOut(t, entity)
	enough := func(part *testing.T) bool {
		return withoutPredicate[entity] == answers && part.Failed() || withoutPredicate[entity] == statements && t.Failed()
	}
	for _, part := range []struct {
		name string
		run  func(t *testing.T, enough func(*testing.T) bool)
	}{
		{"TEN-03 TEN-09 GQL-05 ids of another tenant are answered as those of nothing", func(t *testing.T, enough func(*testing.T) bool) {
			answersAsNothing(t, env, all, probes, bare, a, b, enough)
		}},
		{"TEN-09 lists and counts hold nothing of another tenant", func(t *testing.T, _ func(*testing.T) bool) {
			seesOnlyItsOwn(t, env, all[0], probes, a, b)
		}},
		{"what is done to one's own changes nothing of another tenant", func(t *testing.T, enough func(*testing.T) bool) {
			changesOnlyItsOwn(t, env, all[0], probes, a, b, enough)
		}},
	} {
		if !t.Run(part.name, func(t *testing.T) { part.run(t, enough) }) && entity != "" || withoutPredicate[entity] == statements && t.Failed() {
			return
		}
	}
}

func answersAsNothing(
	t *testing.T, env *graphtest.Env, all []intruder, probes []probe, bare []string, a, b *holding, enough func(*testing.T) bool,
) {
	t.Helper()
	rows := env.Rows(t, b.tenant.ID)
	before := rows.Digests(t)
	for _, who := range all {
		for _, document := range bare {
			_, body := who.ask(t, document, nil)
			b.mustNotShow(t, who.name, document, body)
		}
		for _, p := range probes {
			try(t, who, p, a, b)
			after := rows.Digests(t)
			if diff := cmp.Diff(before, after); diff != "" {
				t.Errorf("isolation: %s as %s changed rows of the other tenant:\n%s", p.place, who.name, diff)
				before = after
			}
			if enough(t) {
				return
			}
		}
	}
}

var times = regexp.MustCompile(`\d{4}-\d\d-\d\dT[\d:.]+Z`)

// seesOnlyItsOwn: lists and counts of one tenant stay what they are while the other grows.
func seesOnlyItsOwn(t *testing.T, env *graphtest.Env, who intruder, probes []probe, a, b *holding) {
	t.Helper()
	look := func() map[string]string {
		seen := map[string]string{}
		for _, p := range probes {
			if strings.HasPrefix(p.place, "Query.") {
				_, body := who.ask(t, p.document, p.in(a).with(a.id(p.kind)))
				seen[p.place+" "+p.kind] = times.ReplaceAllString(body, "<time>") // the clock moves while the other tenant grows
			}
		}
		return seen
	}
	env.Place(t) // what the making of the intruders wrote
	before := look()
	second := env.Join(t, b.slug, "second@"+b.slug+".test")
	passkey, _ := env.EnrolPasskey(t, second)
	second.AccessToken = strings.TrimPrefix(env.RaiseByPasskey(t, second, passkey).Value, "Bearer ")
	env.EnrolTOTP(t, second)
	env.Place(t)
	if diff := cmp.Diff(before, look()); diff != "" {
		t.Errorf("isolation: what %s sees changes with the other tenant:\n%s", who.name, diff)
	}
}

// changesOnlyItsOwn: what is done to one tenant's own objects leaves the other's rows as they are.
func changesOnlyItsOwn(
	t *testing.T, env *graphtest.Env, who intruder, probes []probe, a, b *holding, enough func(*testing.T) bool,
) {
	t.Helper()
	rows := env.Rows(t, b.tenant.ID)
	before := rows.Digests(t)
	late := func(p probe) bool {
		return strings.Contains(p.place, ".delete") || strings.Contains(p.place, ".suspend")
	}
	for _, now := range []bool{false, true} {
		for _, p := range probes {
			if !strings.HasPrefix(p.place, "Mutation.") || late(p) != now {
				continue
			}
			in := p.in(a)
			in.values = place(in.values, []string{"input", "idempotencyKey"}, p.place)
			_, body := who.ask(t, in.document, in.with(a.id(p.kind)))
			b.mustNotShow(t, who.name, p.place, body)
			after := rows.Digests(t)
			if diff := cmp.Diff(before, after); diff != "" {
				t.Errorf("isolation: %s of its own tenant's %s as %s changed rows of the other tenant:\n%s", p.place, p.kind, who.name, diff)
				before = after
			}
			if enough(t) {
				return
			}
		}
	}
}

// intruders are all roles over one tenant, as API keys and as admins. Where a tenant predicate is left out, an owner's key
// shows enough.
func intruders(t *testing.T, env *graphtest.Env) []intruder {
	t.Helper()
	server := graph.New(graph.Deps{Engine: env.Engine, Tenants: env.Tenants, Now: env.Clock.Now})
	t.Cleanup(server.Drain)
	var out []intruder
	for _, role := range access.Roles() {
		key := env.Key(t, role, graphtest.Acme)
		out = append(out, intruder{"API key, " + string(role), role, func(t *testing.T, document string, vars graphtest.Vars) (int, string) {
			return send(t, env, key, document, vars)
		}})
		if os.Getenv(unnarrow) != "" {
			return out
		}
		handler := server.As(adminOver(env, t, role, env.Tenant(t, graphtest.Acme)))
		out = append(out, intruder{"admin, " + string(role), role, func(t *testing.T, document string, vars graphtest.Vars) (int, string) {
			r := request(t, "/admin/graphql", document, vars)
			w := httptest.NewRecorder()
			handler.ServeHTTP(w, r)
			return w.Code, withoutCost(w.Body.String())
		}})
	}
	return out
}

func request(t *testing.T, url, document string, vars graphtest.Vars) *http.Request {
	t.Helper()
	body, err := json.Marshal(map[string]any{"query": document, "variables": vars})
	must(t, err)
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, url, strings.NewReader(string(body)))
	must(t, err)
	r.Header.Set("Content-Type", "application/json")
	if strings.HasPrefix(document, "subscription") {
		r.Header.Set("Accept", "text/event-stream")
	}
	return r
}

func send(t *testing.T, env *graphtest.Env, as graphtest.Caller, document string, vars graphtest.Vars) (int, string) {
	t.Helper()
	r := request(t, env.AdminURL+"/admin/graphql", document, vars)
	r.Header.Set(webtest.Bearer(as.Bearer).Name, webtest.Bearer(as.Bearer).Value)
	answer := env.Send(t, r)
	return answer.Status, withoutCost(answer.Body)
}

func withoutCost(body string) string {
	head, tail, found := strings.Cut(body, `,"extensions":{"cost":{`)
	if !found {
		return body
	}
	_, tail, _ = strings.Cut(tail, "}}")
	return head + tail
}

// try asks with the other tenant's own id, with one forged from it, and with some that name nothing. All are answered alike.
func try(t *testing.T, who intruder, p probe, a, b *holding) {
	t.Helper()
	in := p.in(a)
	status, nothing := who.ask(t, in.document, in.with(unknown(p.kind, b.tenant.ID)))
	wantsNothing(t, who, p, status, nothing)
	tries := map[string]string{"the other tenant's id": b.id(p.kind), "an id of nothing in its own tenant": unknown(p.kind, a.tenant.ID)}
	if g, ok := b.ids[p.kind]; ok {
		tries["a forged id"] = model.GlobalID{Kind: g.Kind, Tenant: a.tenant.ID, Object: g.Object}.String()
		tries["the object under another type"] = model.GlobalID{Kind: g.Kind%8 + 1, Tenant: a.tenant.ID, Object: g.Object}.String()
	}
	for what, id := range tries {
		gotStatus, got := who.ask(t, in.document, in.with(id))
		if gotStatus != status || got != nothing {
			t.Errorf("isolation: %s as %s: %s is answered %d %s, and one of nothing %d %s", p.place, who.name, what, gotStatus, got, status, nothing)
		}
		b.mustNotShow(t, who.name, p.place, got)
	}
	if who.role == access.Owner && strings.HasPrefix(p.place, "Query.") && !hasNoneOfItsOwn[p.place+" "+p.kind] {
		if _, found := who.ask(t, in.document, in.with(a.id(p.kind))); found == nothing {
			t.Errorf("isolation: %s as %s: its own tenant's %s is not found: the sample shows nothing", p.place, who.name, p.kind)
		}
	}
}

// in returns the probe with its own tenant among the arguments, where they want one.
func (p probe) in(own *holding) probe {
	if p.values["tenant"] != nil {
		p.values = place(p.values, []string{"tenant"}, own.id("Tenant"))
	}
	return p
}

// hasNoneOfItsOwn are places where the tenant's own id finds nothing either.
var hasNoneOfItsOwn = map[string]bool{
	"Query.events(where.actorId) usr": true, // no admin has done anything to the tenant
	"Query.events(where.actorId) key": true,

	"Query.events(where.target) SigningKey": true, // a tenant's first key is part of its making
}

// wantsNothing fails where the way to the id was closed before it: then the probe shows nothing.
func wantsNothing(t *testing.T, who intruder, p probe, status int, body string) {
	t.Helper()
	if who.role != access.Owner {
		return
	}
	if status != http.StatusOK || strings.Contains(body, `"errors"`) && !strings.HasPrefix(p.place, "Subscription.") {
		t.Errorf("isolation: %s as %s: an id of nothing is answered %d %s", p.place, who.name, status, body)
	}
	if strings.HasPrefix(p.place, "Mutation.") && !strings.Contains(body, `"code":"NOT_FOUND"`) {
		t.Errorf("isolation: %s as %s: an id of nothing is answered %s", p.place, who.name, body)
	}
}

func (h *holding) mustNotShow(t *testing.T, who, where, body string) {
	t.Helper()
	for _, marker := range h.markers {
		if strings.Contains(body, marker) {
			t.Errorf("isolation: %s as %s shows %q of the other tenant: %s", where, who, marker, body)
		}
	}
}

func TestTheIsolationTestFailsForWhatItDoesNotKnow(t *testing.T) {
	t.Parallel()
	probes, _ := probesOf(t, apiSchema())
	places := map[string]bool{}
	for _, p := range probes {
		places[p.place] = true
	}
	for place := range idKinds {
		if strings.Contains(place, ".") && !places[place] {
			t.Errorf("there is a sample for %s, which takes no id", place)
		}
	}
	if len(places) < 40 {
		t.Errorf("only %d places take an id", len(places))
	}
}
