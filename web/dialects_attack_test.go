package web_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/tenantgate/tenantgate/authflows/flowtest"
	"github.com/tenantgate/tenantgate/internal/events"
	"github.com/tenantgate/tenantgate/web"
	"github.com/tenantgate/tenantgate/web/dialects/axor/axortest"
	"github.com/tenantgate/tenantgate/web/dialects/dialecttest"
	"github.com/tenantgate/tenantgate/web/dialects/spaces/spacestest"
	"github.com/tenantgate/tenantgate/web/dialects/waanverse/waanversetest"
	"github.com/tenantgate/tenantgate/web/webtest"
)

func header(name, value string) webtest.Header { return webtest.Header{Name: name, Value: value} }

// ambient are requests that a browser makes without its user's will.
var ambient = map[string][]webtest.Header{
	"image":       {header("Sec-Fetch-Site", "cross-site"), header("Sec-Fetch-Mode", "no-cors"), header("Sec-Fetch-Dest", "image")},
	"own image":   {header("Sec-Fetch-Site", "same-origin"), header("Sec-Fetch-Mode", "no-cors"), header("Sec-Fetch-Dest", "image")},
	"navigation":  {header("Sec-Fetch-Site", "cross-site"), header("Sec-Fetch-Mode", "navigate"), header("Sec-Fetch-Dest", "document")},
	"bookmark":    {header("Sec-Fetch-Site", "none"), header("Sec-Fetch-Mode", "navigate")},
	"prefetch":    {header("Sec-Purpose", "prefetch"), header("Sec-Fetch-Site", "same-origin")},
	"prerender":   {header("Sec-Purpose", "prefetch;prerender")},
	"old browser": {header("Purpose", "prefetch")},
	"other site":  {header("Sec-Fetch-Site", "cross-site"), header("Sec-Fetch-Mode", "cors"), header("Origin", "https://evil.test")},
	"subdomain":   {header("Sec-Fetch-Site", "same-site"), header("Origin", "https://other.example.test")},
}

func TestGETsThatActAreListedAndActOnPurposeAlone(t *testing.T) { // DIA-04, SES-08
	t.Parallel()
	env := webtest.New(t)
	ann := settle(t, env, "annabel", false)
	var acting []string
	for _, w := range babel(t, env) {
		p := as(w, ann)
		w.Want(w.Enter(p), dialecttest.SignedIn)
		cookies := p.Elsewhere()
		cookies.Jar = p.Jar
		for _, d := range web.Dialects() {
			if d.Name != w.Name {
				continue
			}
			for _, r := range d.Routes {
				if !r.Acts {
					continue
				}
				acting = append(acting, string(d.Name)+" "+r.Method+" "+r.Path)
				path := strings.Replace(r.Path, ":code", "5xaov5f5", 1)
				before := facts(w)
				for what, headers := range ambient {
					a := cookies.Copy().Send(r.Method, path, nil, headers...)
					if a.Status < 400 || strings.Contains(fmt.Sprint(a.Header.Values("Set-Cookie")), "eyJ") {
						t.Errorf("%s %s by %s: status %d: %s", d.Name, r.Path, what, a.Status, a.Body)
					}
				}
				for _, scheme := range []string{"Bearer", "JWT"} {
					if a := p.Copy().Bearer(scheme, "HEAD", path, nil); a.Status != 405 || a.Header.Get("Set-Cookie") != "" {
						t.Errorf("HEAD %s %s: status %d, headers %v", d.Name, r.Path, a.Status, a.Header)
					}
				}
				if n := facts(w); n != before {
					t.Errorf("%s %s: %d events", d.Name, r.Path, n-before)
				}
			}
		}
		w.In(p)
	}
	slices.Sort(acting)
	want := []string{
		"spaces GET /api/static/create/", "spaces GET /api/static/login/:code/", "spaces GET /api/totp/create/", "waanverse GET /refresh/",
	}
	if acting = slices.Compact(acting); !slices.Equal(acting, want) {
		t.Errorf("GETs that act: %q, want %q", acting, want)
	}
}

// facts counts the events of acme.
func facts(w *dialecttest.Wire) (n int) {
	for _, of := range []events.Type{events.SignInRefused, events.SessionRaised, events.RecoveryCodesShown} {
		n += w.Facts(of)
	}
	return n
}

func TestAnotherSiteChangesNothingByCookies(t *testing.T) { // SES-08
	t.Parallel()
	env := webtest.New(t)
	ann := settle(t, env, "annabel", false)
	for _, w := range babel(t, env) {
		p := as(w, ann)
		w.Want(w.Enter(p), dialecttest.SignedIn)
		if w.Name == "" || len(p.Jar) == 0 {
			continue
		}
		for _, r := range w.Routes() {
			if r[0] == "GET" {
				continue
			}
			for _, what := range []string{"other site", "subdomain"} {
				cookies := p.Elsewhere()
				cookies.Jar = p.Copy().Jar
				a := cookies.Send(r[0], r[1], dialecttest.Form{}, ambient[what]...)
				if a.Status != 403 && !strings.Contains(a.Body, "Action not allowed.") {
					t.Errorf("%s: %s %s from %s: status %d: %s", named(w), r[0], r[1], what, a.Status, a.Body)
				}
			}
		}
		w.In(p)
	}
}

func TestASecondStepIsTheTicketsUsers(t *testing.T) { // DIA-06
	t.Parallel()
	env := webtest.New(t)
	w := dialecttest.Enable(t, env, waanversetest.Driver())
	ann, bob := w.JoinWithApp("annabel"), w.JoinWithApp("bobby")
	hers, his := ann.Elsewhere(), bob.Elsewhere()
	w.Want(w.First(hers), dialecttest.NeedsSecond)
	w.Want(w.First(his), dialecttest.NeedsSecond)
	try := func(jar map[string]string, id, code string) *webtest.Answer {
		p := ann.Elsewhere()
		for name, value := range jar {
			p.Jar[name] = value
		}
		return p.Send("POST", "/mfa/login/", fields{"user_id": id, "code": code})
	}
	none := map[string]string{}
	for what, a := range map[string]*webtest.Answer{
		"her id without a ticket":           try(none, ann.ID, ann.TOTP()),
		"her id with his ticket":            try(his.Jar, ann.ID, ann.TOTP()),
		"her id with his ticket, his code":  try(his.Jar, ann.ID, bob.TOTP()),
		"his ticket as her id, her code":    try(none, his.Pending, ann.TOTP()),
		"his ticket in her browser":         try(hers.Jar, his.Pending, ann.TOTP()),
		"nobody's id with his ticket":       try(his.Jar, "usr_01m80pmhq3f6c6v1h8t0000000", bob.TOTP()),
		"a ticket twice over, joined by ,":  try(none, his.Pending+","+hers.Pending, bob.TOTP()),
		"a session's token in place of one": try(map[string]string{"mfa": ann.Access}, ann.ID, ann.TOTP()),
	} {
		if a.Status < 400 || a.Status >= 500 || strings.Contains(a.Body, "eyJ") {
			t.Errorf("%s: status %d: %s", what, a.Status, a.Body)
		}
	}
	w.Want(w.SecondFactor(hers, ann.TOTP()), dialecttest.SignedIn)
	w.Want(w.SecondFactor(his, bob.TOTP()), dialecttest.SignedIn)
	if hers.ID != ann.ID || his.ID != bob.ID {
		t.Errorf("ann is %s as %s, bob %s as %s", ann.ID, hers.ID, bob.ID, his.ID)
	}
}

func TestAPasswordAndACodeInOneRequestTellNothingApart(t *testing.T) { // DIA-09
	t.Parallel()
	for _, d := range []dialecttest.Driver{axortest.Driver(), axortest.App()} {
		env := webtest.New(t)
		w := dialecttest.Enable(t, env, d)
		ann := w.JoinWithApp("annabel")
		wrong := func(name, password string) *person {
			p := w.Person(name)
			p.Password = password
			return p
		}
		code := ann.TOTP()
		texts := map[string]bool{}
		for _, o := range []outcome{
			w.SecondFactor(wrong("annabel", "not the password of anybody"), code),
			w.SecondFactor(wrong("annabel", "not the password of anybody"), dialecttest.Swapped(code)),
			w.SecondFactor(wrong("nobody", ann.Password), code),
			w.SignIn(wrong("annabel", ""), "not the password of anybody"),
			w.SignIn(wrong("nobody", ""), ann.Password),
		} {
			w.Refuses(o, w.WrongFirst)
			texts[o.Body] = true
		}
		if len(texts) != 1 {
			t.Errorf("%d answers to one question: %v", len(texts), texts)
		}
		if o := w.SecondFactor(ann.Elsewhere(), dialecttest.Swapped(code)); o.Status != 401 || o.Code() != "TOTPIncorrect" {
			t.Errorf("right password, wrong code: status %d: %s", o.Status, o.Body)
		}
		if o := w.SignIn(ann.Elsewhere(), ann.Password); o.Status != 401 || o.Code() != "TOTPRequired" {
			t.Errorf("right password, no code: status %d: %s", o.Status, o.Body)
		}
		w.Want(w.SecondFactor(ann.Elsewhere(), code), dialecttest.SignedIn) // wrong passwords have not used it up

		// What tells the password right is counted first: there is no unlimited oracle.
		right := 0
		for range 30 {
			if o := w.SignIn(ann.Elsewhere(), ann.Password); o.Status == 401 {
				right++
			}
		}
		if right > 10 {
			t.Errorf("%d requests were told that the password is right", right)
		}
	}
}

func TestACodeInAPathIsInNoRecord(t *testing.T) { // DIA-05
	t.Parallel()
	env := webtest.New(t)
	w := dialecttest.Enable(t, env, spacestest.Driver())
	ann := w.JoinWithApp("annabel")
	code := w.Codes(ann)[0]
	half := ann.Elsewhere()
	w.Want(w.First(half), dialecttest.NeedsSecond)
	for _, path := range []string{"/api/static/login/" + code + "/", "/api/static/login/" + code + "/extra", "/api/static/" + code} {
		a := half.Copy().Bearer("JWT", "GET", path, nil)
		if a.Header.Get("Location") != "" || strings.Contains(a.Body, code) {
			t.Errorf("%s: headers %v: %s", path, a.Header, a.Body)
		}
		for _, record := range webtest.Log.Records(a.Header.Get("X-Request-Id")) {
			if strings.Contains(record, code) {
				t.Errorf("a record holds the code: %s", record)
			}
		}
	}
}

func TestTwoRequiredFactorsAreRequiredByEveryAPI(t *testing.T) { // DIA-11, MFA-12
	t.Parallel()
	flowtest.Each(t, func(t *testing.T, bare *flowtest.Env) {
		env := dialecttest.Serve(t, bare)
		all := babel(t, env)
		ann, bob := settle(t, env, "annabel", true), settle(t, env, "bobby", false)
		env.Set(t, acme, "mfa.policy=required")
		for _, w := range all {
			p := as(w, bob)
			if o := w.First(p); o.State == dialecttest.SignedIn {
				t.Errorf("%s: one factor opens a session: %s", named(w), o.Body)
			}
			if o := w.Me(p); o.State != dialecttest.Refused {
				t.Errorf("%s: one factor is enough for %s", named(w), o.Body)
			}
			if w.SecondFactor != nil {
				w.In(w.EnterElsewhere(as(w, ann)))
			}
		}
	})
}
