package graph_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/tenantgate/tenantgate/graph/graphtest"
	"github.com/tenantgate/tenantgate/internal/access"
	"github.com/tenantgate/tenantgate/internal/ids"
)

const follow = `subscription($tenant: ID!, $types: [String!], $after: String) {
  events(tenant: $tenant, types: $types, after: $after) { type position cursor userId } }`

// following is a subscription by server-sent events, as its subscriber sees it.
type following struct {
	t        *testing.T
	lines    *bufio.Scanner
	end      func()
	complete bool // the server said that it is over
}

// told is one message of a subscription.
type told struct {
	Data struct {
		Events struct {
			Type, Cursor, UserID string
			Position             int
		}
	}
	Errors []graphtest.Error
}

func (m told) code() string {
	if len(m.Errors) == 0 {
		return ""
	}
	code, _ := m.Errors[0].Extensions["code"].(string)
	return code
}

// askStream sends a document as one for server-sent events.
func askStream(t *testing.T, env *graphtest.Env, as graphtest.Caller, document string, vars graphtest.Vars) (*http.Response, func()) {
	t.Helper()
	body, err := json.Marshal(map[string]any{"query": document, "variables": vars})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	r, err := http.NewRequestWithContext(ctx, "POST", env.AdminURL+"/admin/graphql", bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	for name, value := range map[string]string{
		"Content-Type": "application/json", "Accept": "text/event-stream", "Authorization": "Bearer " + as.Bearer,
	} {
		r.Header.Set(name, value)
	}
	response, err := env.Client.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	end := func() {
		cancel()
		_ = response.Body.Close()
	}
	t.Cleanup(end)
	return response, end
}

func subscribe(t *testing.T, env *graphtest.Env, as graphtest.Caller, vars graphtest.Vars) *following {
	t.Helper()
	response, end := askStream(t, env, as, follow, vars)
	if response.StatusCode != 200 || response.Header.Get("Content-Type") != "text/event-stream" {
		body, _ := io.ReadAll(response.Body)
		t.Fatalf("status %d, type %s: %s", response.StatusCode, response.Header.Get("Content-Type"), body)
	}
	return &following{t: t, lines: bufio.NewScanner(response.Body), end: end}
}

// next returns the next message. It reports false where the stream is complete or cut off.
func (f *following) next() (told, bool) {
	f.t.Helper()
	for f.lines.Scan() {
		line := f.lines.Text()
		if line == "event: complete" {
			f.complete = true
			return told{}, false
		}
		if data, ok := strings.CutPrefix(line, "data: "); ok {
			var out told
			if err := json.Unmarshal([]byte(data), &out); err != nil {
				f.t.Fatalf("%s: %v", data, err)
			}
			return out, true
		}
	}
	return told{}, false
}

// endsWith fails the test unless the stream ends, whatever events come before, with an error of a code.
func (f *following) endsWith(code string) {
	f.t.Helper()
	for {
		one, ok := f.next()
		if !ok {
			f.t.Errorf("the stream ended without an error, want %s", code)
			return
		}
		if one.code() != "" {
			if _, more := f.next(); one.code() != code || more {
				f.t.Errorf("it ended with %s, want %s; more came: %v", one.code(), code, more)
			}
			return
		}
	}
}

// hears fails the test unless the next event is of a type.
func (f *following) hears(kind string) told {
	f.t.Helper()
	one, ok := f.next()
	if !ok || one.Data.Events.Type != kind {
		f.t.Fatalf("heard %+v, %v; want %s", one, ok, kind)
	}
	return one
}

func TestASubscriptionTellsEventsAsTheyAreCommittedAndGoesOnFromACursor(t *testing.T) {
	t.Parallel()
	env := graphtest.New(t)
	acme, auditor := env.TenantID(t, graphtest.Acme), env.Key(t, access.Auditor, graphtest.Acme)
	env.Place(t)
	all := subscribe(t, env, auditor, graphtest.Vars{"tenant": acme})
	some := subscribe(t, env, auditor, graphtest.Vars{"tenant": acme, "types": []string{"user.signed_in"}})
	env.SignUp(t, graphtest.Acme, "ann@x.test")
	env.Place(t)
	one, ok := all.next()
	if !ok {
		t.Fatal("nothing came")
	}
	in := some.hears("user.signed_in")
	all.end()

	// What happens while nobody reads is not lost.
	env.SignUp(t, graphtest.Acme, "bob@x.test")
	env.Place(t)
	again := subscribe(t, env, auditor, graphtest.Vars{"tenant": acme, "after": one.Data.Events.Cursor})
	for position := one.Data.Events.Position + 1; position <= in.Data.Events.Position+2; position++ {
		if got, ok := again.next(); !ok || got.Data.Events.Position != position {
			t.Fatalf("heard %+v, want position %d", got, position)
		}
	}
}

func TestASubscriptionThatCannotBeginIsRefusedWithAReason(t *testing.T) {
	t.Parallel()
	env := graphtest.New(t)
	acme, globex := env.TenantID(t, graphtest.Acme), env.TenantID(t, graphtest.Globex)
	auditor := env.Key(t, access.Auditor, graphtest.Acme)
	list := env.Must(t, auditor, listEvents, graphtest.Vars{"tenant": acme, "first": 1})
	for what, c := range map[string]struct {
		as   graphtest.Caller
		vars graphtest.Vars
		code string
	}{
		"another tenant":           {auditor, graphtest.Vars{"tenant": globex}, "NOT_FOUND"},
		"no tenant":                {auditor, graphtest.Vars{"tenant": "nonsense"}, "NOT_FOUND"},
		"no such type":             {auditor, graphtest.Vars{"tenant": acme, "types": []string{"user.sneezed"}}, "INVALID_INPUT"},
		"a cursor of another list": {auditor, graphtest.Vars{"tenant": acme, "after": list.Text("events", "pageInfo", "endCursor") + "A"}, "INVALID_INPUT"},
		"without the scope":        {env.Key(t, access.Admin, graphtest.Acme, access.UsersRead), graphtest.Vars{"tenant": acme}, "FORBIDDEN"},
	} {
		one, ok := subscribe(t, env, c.as, c.vars).next()
		if !ok || one.code() != c.code {
			t.Errorf("%s: %+v, want %s", what, one, c.code)
		}
	}
	if response, _ := askStream(t, env, graphtest.Caller{Bearer: "tg_wrong"}, follow, graphtest.Vars{"tenant": acme}); response.StatusCode != 401 {
		t.Errorf("a wrong key: %d, want 401", response.StatusCode)
	}
	if a := env.Do(t, auditor, follow, graphtest.Vars{"tenant": acme}); a.Code() != "INVALID_INPUT" {
		t.Errorf("a subscription by plain POST: %s", a.Body)
	}
	response, _ := askStream(t, env, auditor, `{ viewer { kind } }`, nil)
	if body, _ := io.ReadAll(response.Body); !bytes.Contains(body, []byte("INVALID_INPUT")) {
		t.Errorf("a query by server-sent events: %s", body)
	}
}

func TestASubscriptionEndsWithThePermission(t *testing.T) {
	t.Parallel()
	env := graphtest.New(t)
	acme, globex := env.TenantID(t, graphtest.Acme), env.TenantID(t, graphtest.Globex)

	auditor := env.Key(t, access.Auditor, graphtest.Acme)
	revoked := subscribe(t, env, auditor, graphtest.Vars{"tenant": acme})
	key, ok := ids.Parse(ids.APIKey, env.Must(t, auditor, `{ viewer { actorId } }`, nil).Text("viewer", "actorId"))
	if !ok {
		t.Fatal("no id of a key")
	}
	if _, err := env.Tenants.RevokeAPIKey(t.Context(), env.Tenant(t, graphtest.Acme), key); err != nil {
		t.Fatal(err)
	}
	revoked.endsWith("INVALID_TOKEN")

	t.Run("TEN-10", func(t *testing.T) {
		own := subscribe(t, env, env.Key(t, access.Auditor, graphtest.Acme), graphtest.Vars{"tenant": acme})
		platform := subscribe(t, env, env.Key(t, access.Auditor, ""), graphtest.Vars{
			"tenant": acme, "types": []string{"tenant.suspended", "tenant.resumed"},
		})
		if _, err := env.Tenants.Suspend(t.Context(), graphtest.Acme); err != nil {
			t.Fatal(err)
		}
		env.Place(t)
		own.t, platform.t = t, t
		own.endsWith("INVALID_TOKEN")
		platform.hears("tenant.suspended")
		if _, err := env.Tenants.Resume(t.Context(), graphtest.Acme); err != nil {
			t.Fatal(err)
		}
		env.Place(t)
		platform.hears("tenant.resumed")
	})

	gone := subscribe(t, env, env.Key(t, access.Auditor, ""), graphtest.Vars{"tenant": globex})
	if err := env.Tenants.Delete(t.Context(), graphtest.Globex, nil); err != nil {
		t.Fatal(err)
	}
	gone.endsWith("NOT_FOUND")
}

func TestASubscriberGoesOnElsewhereWhenTheServerStops(t *testing.T) {
	t.Parallel()
	env := graphtest.New(t)
	acme := env.TenantID(t, graphtest.Acme)
	f := subscribe(t, env, env.Key(t, access.Auditor, ""), graphtest.Vars{"tenant": acme})
	env.Server.Drain()
	if one, more := f.next(); more || f.complete {
		t.Errorf("it ended with %+v, complete: %v; nothing must say that it is over", one, f.complete)
	}
}

func TestASubscriptionOutlivesTheTimeLimitsOfRequests(t *testing.T) {
	t.Parallel()
	env := graphtest.New(t)
	server := httptest.NewUnstartedServer(env.Server.Admin())
	server.Config.ReadTimeout, server.Config.WriteTimeout = 200*time.Millisecond, 200*time.Millisecond
	server.Start()
	t.Cleanup(server.Close)
	acme, auditor := env.TenantID(t, graphtest.Acme), env.Key(t, access.Auditor, graphtest.Acme)
	env.AdminURL = server.URL
	f := subscribe(t, env, auditor, graphtest.Vars{"tenant": acme})
	if err := env.Tenants.Delete(t.Context(), graphtest.Acme, nil); err != nil {
		t.Fatal(err)
	}
	f.endsWith("INVALID_TOKEN") // with the next check, a second later
}
