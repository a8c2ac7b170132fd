package dialecttest

import (
	"net/http"
	"regexp"
	"slices"
	"strings"

	"github.com/google/go-cmp/cmp"

	"github.com/tenantgate/tenantgate/authflows"
	"github.com/tenantgate/tenantgate/internal/events"
	"github.com/tenantgate/tenantgate/internal/store"
	"github.com/tenantgate/tenantgate/web/webtest"
)

func envelopes(Driver) []play {
	return []play{
		{"a tenant that does not speak it has none of its routes: DIA-01", true, disabled},
		{"unknown paths and methods are refused in its own words", true, stray},
		{"bodies that are too long or broken are refused: INP-01, INP-03, INP-04, INP-05", true, brokenBodies},
		{"a suspended tenant serves nobody: TEN-10", true, suspended},
		{"without its database it is unavailable: OPS-03", true, unavailable},
		{"one address has only so many tries: RTL-03", true, addressLimit},
	}
}

// Routes are the methods and paths of a dialect below its mount, as they are served; parameters are filled in.
func (w *Wire) Routes() [][2]string {
	var out [][2]string
	for _, r := range w.Env.Server.Routes() {
		if path, ok := strings.CutPrefix(r.Path, "/t/:slug/dialects/"+string(w.Name)+"/"); ok && r.Surface == "public" {
			out = append(out, [2]string{r.Method, "/" + parameter.ReplaceAllString(path, "123456")})
		}
	}
	if len(out) == 0 {
		w.T.Fatal("the dialect has no routes")
	}
	return out
}

var parameter = regexp.MustCompile(`:\w+`)

// changes are what no two answers share.
var changes = regexp.MustCompile(`"request_id":"[^"]*"|\d{4}-\d\d-\d\dT[\d:.]+(Z|\+00:00)|\b[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\b`)

// timeless is the body of an answer without what changes from one to the next.
func timeless(a *webtest.Answer) string { return changes.ReplaceAllString(a.Body, "") }

// visible is an answer without what changes from one to the next.
func visible(a *webtest.Answer) map[string]any {
	header := a.Header.Clone()
	for _, name := range []string{"Date", "X-Request-Id", "Content-Length"} {
		header.Del(name)
	}
	return map[string]any{"status": a.Status, "header": header, "body": timeless(a)}
}

func disabled(w *Wire) {
	w.Env.Set(w.T, webtest.Acme, "dialects."+string(w.Name)+".enabled=false")
	nowhere := w.Person("nobody")
	nowhere.Base = "/t/" + webtest.Acme + "/dialects/nosuchdialect"
	for _, r := range append(w.Routes(), [2]string{"GET", "/nowhere/"}, [2]string{"BREW", "/login/"}) {
		for _, method := range []string{r[0], "HEAD", "OPTIONS", "PATCH"} {
			here, there := w.Person("nobody").Send(method, r[1], Form{"email": "x"}), nowhere.Send(method, r[1], Form{"email": "x"})
			if diff := cmp.Diff(visible(there), visible(here)); diff != "" || here.Status != http.StatusNotFound {
				w.T.Errorf("%s %s (-unknown +disabled):\n%s", method, r[1], diff)
			}
		}
	}
}

// native reports whether an answer is a problem document of our own.
func native(a *webtest.Answer) bool { return strings.Contains(a.Body, `"/problems/`) }

func stray(w *Wire) {
	p := w.Person("nobody")
	for _, path := range []string{"/nowhere", "/nowhere/at/all/", "/", "/%00", "/../x"} {
		if a := p.Send("GET", path, nil); a.Status != http.StatusNotFound || a.Body == "" || native(a) {
			w.T.Errorf("GET %s: status %d: %s", path, a.Status, a.Body)
		}
	}
	for _, r := range w.Routes() {
		a := p.Send("PATCH", r[1], nil)
		if a.Status != http.StatusMethodNotAllowed && a.Status != http.StatusNotFound || a.Body == "" || native(a) {
			w.T.Errorf("PATCH %s: status %d: %s", r[1], a.Status, a.Body)
		}
		if a.Status == http.StatusMethodNotAllowed && !strings.Contains(a.Header.Get("Allow"), r[0]) {
			w.T.Errorf("PATCH %s: allows %q", r[1], a.Header.Get("Allow"))
		}
		if a := p.Send("OPTIONS", r[1], nil); a.Status != http.StatusNoContent {
			w.T.Errorf("OPTIONS %s: status %d: %s", r[1], a.Status, a.Body)
		}
	}
}

func brokenBodies(w *Wire) {
	p := w.Join("annabel")
	kind := func(value string) webtest.Header { return webtest.Header{Name: "Content-Type", Value: value} }
	const form, json = "application/x-www-form-urlencoded", "application/json"
	for _, r := range w.Routes() {
		if !slices.Contains([]string{"POST", "PUT", "DELETE"}, r[0]) {
			continue
		}
		needsNothing := p.Elsewhere().Send(r[0], r[1], nil).Status < 300 // and passes over fields that it does not know
		for _, b := range []struct {
			body, kind string
		}{
			{"{", json},
			{"[]", json},
			{`"x"`, json},
			{"{} {}", json},
			{`{"a":1,"a":2}`, json},
			{"{\"a\":\"\xff\"}", json},
			{`{"email":"\u0000","email_address":"\u0000","login_field":"\u0000","password":"\u0000","code":"\u0000","token":"\u0000"}`, json},
			{`{"email":null,"email_address":null,"login_field":null,"password":null,"code":null,"token":null}`, json},
			{`{"email":[],"email_address":{},"login_field":true,"password":[1],"code":{"a":1},"token":false}`, json},
			{strings.Repeat(`{"a":`, 2000) + "1" + strings.Repeat("}", 2000), json},
			{"a=%zz", form},
			{"a=1&a=2", form},
			{"email=%ff&password=%00&code=%ff", form},
			{"a=1", "text/plain"},
			{"a=1", "multipart/form-data"},
			{"--x\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\nb", "multipart/form-data; boundary=x"},
			{"--x\r\nContent-Disposition: form-data; name=\"email\"; filename=\"a\"\r\n\r\nx\r\n--x--\r\n", "multipart/form-data; boundary=x"},
			{`{"a":1}`, "application/json; charset=\""},
			{`{"a":"` + strings.Repeat("x", 64<<10) + `"}`, json},
			{"a=" + strings.Repeat("x", 64<<10), form},
		} {
			a := p.Elsewhere().Send(r[0], r[1], b.body, kind(b.kind))
			if a.Status < 200 || a.Status >= 500 || native(a) {
				w.T.Errorf("%s %s with %s %.60q: status %d: %s", r[0], r[1], b.kind, b.body, a.Status, a.Body)
			}
			if a.Status < 300 && !(needsNothing && strings.HasPrefix(b.body, `{"`)) {
				w.T.Errorf("%s %s with %s %.60q: status %d: %s", r[0], r[1], b.kind, b.body, a.Status, a.Body)
			}
		}
	}
	w.In(p)
}

func suspended(w *Wire) {
	ann := w.Join("annabel")
	if _, err := w.Env.Tenants.Suspend(w.T.Context(), webtest.Acme); err != nil {
		w.T.Fatal(err)
	}
	for _, r := range w.Routes() {
		if a := ann.Copy().Send(r[0], r[1], Form{}); a.Status < 400 || a.Status >= 500 && a.Status != 503 || native(a) {
			w.T.Errorf("%s %s: status %d: %s", r[0], r[1], a.Status, a.Body)
		}
	}
	if o := w.Me(ann.Copy()); o.State != Refused {
		w.T.Errorf("status %d: %s", o.Status, o.Body)
	}
	if w.Refresh != nil {
		w.Want(w.Refresh(ann.Copy()), Refused)
	}
	if w.AskCode == nil {
		w.Want(w.First(ann.Elsewhere()), Refused)
	}
	if _, err := w.Env.Tenants.Resume(w.T.Context(), webtest.Acme); err != nil {
		w.T.Fatal(err)
	}
	w.Out(ann) // a suspension ends the sessions
	w.In(w.EnterElsewhere(ann))
}

func unavailable(w *Wire) {
	ann := w.Join("annabel")
	gone, err := store.Open("postgres://nobody@127.0.0.1:1/none?sslmode=disable")
	if err != nil {
		w.T.Fatal(err)
	}
	w.T.Cleanup(func() { _ = gone.Close() })
	deps := w.Env.Engine.Deps
	deps.DB, deps.Feed = gone, events.NewFeed(gone, nil)
	down := serve(w.T, w.Env.Env, authflows.NewEngine(deps))
	asked := map[string]func(*Person) Outcome{
		"sign in": func(p *Person) Outcome { return w.SignIn(p, "123456") },
		"sign up": w.SignUp, "me": w.Me, "refresh": w.Refresh, "sign out": w.SignOut, "ask for a code": w.AskCode, "ask for a reset": w.RequestReset,
	}
	if w.AskCode == nil {
		asked["sign in"] = func(p *Person) Outcome { return w.SignIn(p, p.Password) }
	}
	for name, do := range asked {
		if do == nil {
			continue
		}
		if o := do(ann.At(down)); o.Status != http.StatusServiceUnavailable || o.Header.Get("Retry-After") == "" || native(o.Answer) {
			w.T.Errorf("%s: status %d, Retry-After %q: %s", name, o.Status, o.Header.Get("Retry-After"), o.Body)
		}
	}
	w.In(ann)
}

func addressLimit(w *Wire) {
	ann := w.Join("annabel")
	w.Env.Set(w.T, webtest.Acme, "abuse.address=2/1h")
	var last Outcome
	for range 3 {
		other := ann.Elsewhere()
		if w.AskCode != nil {
			last = w.AskCode(other)
		} else {
			last = w.SignIn(other, other.Password)
		}
	}
	w.Refuses(last, w.TooMany())
	if last.Header.Get("Retry-After") == "" {
		w.T.Errorf("no Retry-After: %v", last.Header)
	}
	w.In(ann) // who is in stays in
}
