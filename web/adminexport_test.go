package web_test

import (
	"context"
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tenantgate/tenantgate/internal/access"
	"github.com/tenantgate/tenantgate/internal/events"
	"github.com/tenantgate/tenantgate/internal/fault"
	"github.com/tenantgate/tenantgate/internal/tenancy"
	"github.com/tenantgate/tenantgate/tenants"
	"github.com/tenantgate/tenantgate/web/webtest"
)

func exportKey(t *testing.T, env *webtest.Env, slug string, role access.Role, scopes ...access.Scope) webtest.Header {
	t.Helper()
	_, secret, err := env.Tenants.CreateAPIKey(t.Context(), env.Tenant(t, slug), tenants.NewAPIKey{Name: "export", Role: role, Scopes: scopes})
	if err != nil {
		t.Fatal(err)
	}
	return webtest.Bearer(secret)
}

// exportedLines reads an export.
func exportedLines(t *testing.T, body string) []events.Line {
	t.Helper()
	var out []events.Line
	for line := range strings.Lines(body) {
		var l events.Line
		if err := json.Unmarshal([]byte(line), &l); err != nil {
			t.Fatalf("%q: %v", line, err)
		}
		out = append(out, l)
	}
	return out
}

func TestAnExportHoldsAllEventsOfATenantAndIsWrittenDown(t *testing.T) {
	t.Parallel()
	env := webtest.New(t)
	for _, name := range []string{"ann@x.test", "bob@x.test"} {
		env.SignUp(t, webtest.Acme, name)
	}
	url, auditor := env.AdminURL+"/admin/events.jsonl?tenant=acme", exportKey(t, env, webtest.Acme, access.Auditor)
	env.Place(t)
	whole := env.Do(t, "GET", url, nil, auditor).Want(t, 200)
	if kind := whole.Header.Get("Content-Type"); kind != "application/jsonl" {
		t.Errorf("type %q", kind)
	}
	all := exportedLines(t, whole.Body)
	for i, l := range all {
		if l.Position != int64(i)+1 || l.ID == "" || l.At.IsZero() {
			t.Errorf("line %d is %+v", i+1, l)
		}
	}
	signUps := exportedLines(t, env.Do(t, "GET", url+"&type=user.signed_up&from=2026-01-01T00:00:00Z", nil, auditor).Want(t, 200).Body)
	if len(signUps) != 2 || signUps[0].Type != events.UserSignedUp {
		t.Errorf("two signed up; exported %+v", signUps)
	}
	if none := env.Do(t, "GET", url+"&to=2001-01-01T00:00:00Z", nil, auditor).Want(t, 200); none.Body != "" {
		t.Errorf("before all time: %q", none.Body)
	}

	env.Place(t)
	after := exportedLines(t, env.Do(t, "GET", url+"&type=audit.exported", nil, auditor).Want(t, 200).Body)
	if len(after) != 3 || after[0].Actor != "api_key" || after[0].ActorID == "" {
		t.Fatalf("three exports were made; the log says %+v", after)
	}
	want := `{"types":["user.signed_up"],"from":"2026-01-01T00:00:00Z","up_to_position":` // in any order
	var got, expected map[string]any
	if json.Unmarshal(after[1].Data, &got) != nil || json.Unmarshal([]byte(want+`0,"with_personal":true}`), &expected) != nil {
		t.Fatalf("%s", after[1].Data)
	}
	expected["up_to_position"] = float64(len(all))
	if diff := cmp.Diff(expected, got); diff != "" {
		t.Errorf("what was exported (-want +got):\n%s", diff)
	}
}

func TestAnExportShowsPersonalValuesToThoseWhoMaySeeThem(t *testing.T) {
	t.Parallel()
	env := webtest.New(t)
	ctx, tenant := t.Context(), env.Tenant(t, webtest.Acme)
	if err := env.Engine.Events.Note(tenantOnly(ctx, tenant), env.DB.Client, events.Event{
		Type: events.UserChanged, Actor: events.ActorOperator,
		Data: map[string]any{"fields": []string{"name"}, events.Personal: map[string]any{"after": map[string]any{"name": "Ann"}}},
	}); err != nil {
		t.Fatal(err)
	}
	env.Place(t)
	url := env.AdminURL + "/admin/events.jsonl?tenant=acme&type=user.changed"
	with := exportedLines(t, env.Do(t, "GET", url, nil, exportKey(t, env, webtest.Acme, access.Auditor)).Want(t, 200).Body)
	without := env.Do(t, "GET", url, nil, exportKey(t, env, webtest.Acme, access.Auditor, access.EventsRead)).Want(t, 200).Body
	if len(with) != 1 || !strings.Contains(string(with[0].Personal), "Ann") || strings.Contains(string(with[0].Data), "Ann") {
		t.Errorf("with the scope: %+v", with)
	}
	if strings.Contains(without, "Ann") || strings.Contains(without, "personal") || !strings.Contains(without, "fields") {
		t.Errorf("without it: %s", without)
	}
}

func TestAnExportIsRefused(t *testing.T) {
	t.Parallel()
	env := webtest.New(t)
	auditor := exportKey(t, env, webtest.Acme, access.Auditor)
	blind := exportKey(t, env, webtest.Acme, access.Auditor, access.UsersRead)
	for what, c := range map[string]struct {
		query  string
		as     webtest.Header
		status int
		code   fault.Code
	}{
		"of another tenant":    {"tenant=globex", auditor, 404, fault.NotFound},
		"of no tenant":         {"tenant=initech", auditor, 404, fault.NotFound},
		"without the scope":    {"tenant=acme", blind, 403, fault.Forbidden},
		"without a key":        {"tenant=acme", webtest.Header{Name: "Accept", Value: "*/*"}, 401, fault.Unauthenticated},
		"without a tenant":     {"", auditor, 422, fault.InvalidInput},
		"of a time that is no": {"tenant=acme&from=yesterday", auditor, 422, fault.InvalidInput},
		"of no time":           {"tenant=acme&from=2026-01-02T00:00:00Z&to=2026-01-01T00:00:00Z", auditor, 422, fault.InvalidInput},
		"of an unknown type":   {"tenant=acme&type=user.sneezed", auditor, 422, fault.InvalidInput},
		"with something else":  {"tenant=acme&limit=5", auditor, 422, fault.InvalidInput},
		"of two tenants":       {"tenant=acme&tenant=globex", auditor, 422, fault.InvalidInput},
	} {
		t.Run(what, func(t *testing.T) {
			env.Do(t, "GET", env.AdminURL+"/admin/events.jsonl?"+c.query, nil, c.as).Refused(t, c.status, c.code)
		})
	}
	if a := env.Do(t, "HEAD", env.AdminURL+"/admin/events.jsonl?tenant=acme", nil, auditor); a.Status != 405 {
		t.Errorf("HEAD: %d, for an export leaves an event", a.Status)
	}
	if public := env.Do(t, "GET", env.URL+"/admin/events.jsonl?tenant=acme", nil, auditor); public.Status != 404 {
		t.Errorf("the public listener answers %d", public.Status)
	}
}

func tenantOnly(ctx context.Context, t *tenants.Tenant) context.Context {
	return tenancy.With(ctx, t.ID)
}
