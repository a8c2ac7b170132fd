package waanversemagic_test

import (
	"bytes"
	"fmt"
	"mime/multipart"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/tenantgate/tenantgate/web/webtest"
)

// canary stands in every value of a bad request, and must not come back.
const canary = "canary7Q"

// taking is every route that reads a body, with a field of its own.
var taking = []struct{ method, path, field string }{
	{"POST", "/signup/", "email_address"},
	{"POST", "/login/", "email_address"},
	{"POST", "/login/webauthn/", "any"},
	{"POST", "/login/webauthn/verify-challenge/", "challengeId"},
	{"POST", "/login/webauthn/options/", "any"},
	{"POST", "/login/webauthn/verify/", "challengeId"},
	{"POST", "/logout/", "access_token"},
	{"DELETE", "/sessions/abc123sessionid/", "sid"},
	{"POST", "/refresh/", "refresh_token"},
}

func contentType(value string) webtest.Header {
	return webtest.Header{Name: "Content-Type", Value: value}
}

const urlEncoded = "application/x-www-form-urlencoded"

func multipartOf(t *testing.T, file bool, pairs ...string) (body string, header webtest.Header) {
	t.Helper()
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	for i := 0; i < len(pairs); i += 2 {
		var err error
		if file {
			var part interface{ Write([]byte) (int, error) }
			if part, err = w.CreateFormFile(pairs[i], "a.txt"); err == nil {
				_, err = part.Write([]byte(pairs[i+1]))
			}
		} else {
			err = w.WriteField(pairs[i], pairs[i+1])
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String(), contentType(w.FormDataContentType())
}

func TestBadBodiesAreRefusedEverywhere(t *testing.T) { // INP-01, INP-03, DIA-11
	t.Parallel()
	env := speaking(t)
	e := join(t, env, ann)
	type bad struct {
		body   string
		header webtest.Header
		status int
	}
	json := contentType("application/json")
	file, files := multipartOf(t, true, "FIELD", canary)
	twice, parts := multipartOf(t, false, "FIELD", canary, "FIELD", canary)
	for what, b := range map[string]bad{
		"a half":                   {`{"FIELD":"VALUE"`, json, 400},
		"text behind it":           {`{"FIELD":"VALUE"} "VALUE"`, json, 400},
		"a member twice":           {`{"FIELD":"VALUE","FIELD":"VALUE"}`, json, 400},
		"an array":                 {`["VALUE"]`, json, 400},
		"a string":                 {`"VALUE"`, json, 400},
		"null":                     {`null`, json, 400},
		"deep":                     {strings.Repeat("[", 5000), json, 400},
		"U+0000":                   {`{"FIELD":"VALUE\u0000"}`, json, 400},
		"invalid UTF-8":            {`{"FIELD":"VALUE` + "\xff" + `"}`, json, 400},
		"long":                     {`{"FIELD":"` + strings.Repeat(canary, 8<<10) + `"}`, json, 413},
		"a long form":              {"FIELD=" + strings.Repeat(canary, 8<<10), contentType(urlEncoded), 413},
		"a form with a bad escape": {"FIELD=%zz", contentType(urlEncoded), 400},
		"a field twice":            {"FIELD=VALUE&FIELD=VALUE", contentType(urlEncoded), 400},
		"a form with U+0000":       {"FIELD=VALUE%00", contentType(urlEncoded), 400},
		"a file":                   {file, files, 400},
		"a part twice":             {twice, parts, 400},
		"no boundary":              {"FIELD=VALUE", contentType("multipart/form-data"), 400},
		"half a multipart form":    {file[:len(file)/2], files, 400},
		"text/plain":               {`{"FIELD":"VALUE"}`, contentType("text/plain"), 415},
		"no type":                  {`{"FIELD":"VALUE"}`, contentType(""), 415},
		"gzip":                     {`{"FIELD":"VALUE"}`, webtest.Header{Name: "Content-Encoding", Value: "gzip"}, 415},
	} {
		for _, r := range taking {
			for _, slash := range []string{"/", ""} {
				body := strings.NewReplacer("FIELD", r.field, "VALUE", canary).Replace(b.body)
				a := env.Do(t, r.method, base+strings.TrimSuffix(r.path, "/")+slash, body, e.bearer(), b.header)
				where := fmt.Sprintf("%s at %s", what, r.path)
				if a.Status != b.status || !inEnvelope([]byte(a.Body)) {
					t.Errorf("%s: status %d, want %d: %.200s", where, a.Status, b.status, a.Body)
				}
				if strings.Contains(a.Body, canary) || strings.Contains(fmt.Sprint(a.Header), canary) {
					t.Errorf("%s: the answer holds the input: %.200s", where, a.Body)
				}
			}
		}
	}
	if hit := webtest.Log.Records(canary); len(hit) > 0 {
		t.Errorf("the log holds the input: %q", hit)
	}
	env.Do(t, "GET", base+"/me/", nil, e.bearer()).Want(t, 200)
}

func TestFormsSayTheSameAsJSON(t *testing.T) { // DIA-11
	t.Parallel()
	env := speaking(t)
	for i, slash := range []string{"/", "", "/"} {
		email := fmt.Sprintf("ann%d@ex.test", i)
		send := func(path string, pairs ...string) *webtest.Answer {
			t.Helper()
			path = base + path + slash
			if i == 2 {
				body, header := multipartOf(t, false, pairs...)
				return env.Do(t, "POST", path, body, header)
			}
			values := url.Values{}
			for j := 0; j < len(pairs); j += 2 {
				values.Set(pairs[j], pairs[j+1])
			}
			return env.Do(t, "POST", path, values.Encode(), contentType(urlEncoded))
		}
		send("/signup", "email_address", email).Want(t, 200)
		in(t, send("/signup", "email_address", email, "code", env.Code(t, acme, email)))
		send("/login", "email_address", email).Want(t, 200)
		e := in(t, send("/login", "email_address", email, "code", env.Code(t, acme, email)))
		send("/refresh", "refresh_token", e.Refresh).Want(t, 200)
		says(t, send("/login/webauthn/verify-challenge", "id", "x", "response", "{}"), 400, `{"error":"`)
		says(t, send("/login/webauthn/verify-challenge", "id", "x", "challengeId", "5a9f1c9e-5f7b-4c3f-9a53-0d2b6f0d9b1e"), 400, `{"error":"`)
		body := url.Values{"sid": {e.SID}}.Encode()
		env.Do(t, "DELETE", base+"/sessions/"+e.SID+slash, body, contentType(urlEncoded)).Want(t, 200)
		env.Clock.Advance(time.Minute)
		send("/login", "email_address", email).Want(t, 200)
		e = in(t, send("/login", "email_address", email, "code", env.Code(t, acme, email)))
		send("/logout", "access_token", e.Access).Want(t, 200)
	}
	for _, path := range []string{"/signup/", "/login/"} {
		a := env.Do(t, "POST", base+path+"?email_address=bob@ex.test", nil)
		if a.Status != 400 {
			t.Errorf("%s takes a field of the query: status %d", path, a.Status)
		}
	}
	if mails := env.Mails(t, acme, "bob@ex.test"); len(mails) != 0 {
		t.Errorf("%d mails", len(mails))
	}
}

func TestCodesMayBeNumbers(t *testing.T) {
	t.Parallel()
	env := speaking(t)
	for i := range 20 {
		email := fmt.Sprintf("ann%d@ex.test", i)
		env.Do(t, "POST", base+"/signup/", fields{"email_address": email}).Want(t, 200)
		code := env.Code(t, acme, email)
		if code[0] == '0' {
			continue // a number cannot begin with it
		}
		in(t, env.Do(t, "POST", base+"/signup/", `{"email_address":"`+email+`","code":`+code+`}`))
		return
	}
	t.Error("all codes begin with a zero")
}

func TestPathsMethodsAndOtherSites(t *testing.T) {
	t.Parallel()
	env := speaking(t)
	e := join(t, env, ann)
	tr := env.Transcribe(t, "envelope", "Paths, methods and sites that are none of the wire's.")
	says(t, tr.Do("an unknown path", "GET", base+"/nowhere/", nil), 404, `{"detail":"Not found."}`)
	says(t, tr.Do("a route of the sister dialect", "POST", base+"/mfa/login/", fields{}), 404, `{"detail":"Not found."}`)
	says(t, tr.Do("another method", "GET", base+"/login/", nil), 405, `Method \"GET\" not allowed.`)
	evil := webtest.Header{Name: "Origin", Value: "https://evil.test"}
	says(t, tr.Do("another site, by cookie", "POST", base+"/logout/", nil, e.cookie(), evil), 403, `"detail"`)
	says(t, env.Do(t, "DELETE", base+"/sessions/"+e.SID+"/", nil, e.cookie(), evil), 403, `"detail"`)
	says(t, env.Do(t, "GET", base+"/me/", nil, e.cookie()), 200, ann)
	env.Set(t, acme, `cors.origins=["https://app.ex.test"]`)
	trusted := webtest.Header{Name: "Origin", Value: "https://app.ex.test"}
	tr.Do("a preflight of a trusted site", "OPTIONS", base+"/refresh/", nil, trusted).Want(t, 204)
	tr.Do("a trusted site", "POST", base+"/refresh/", nil, e.cookie(), trusted).Want(t, 200)
	if _, err := env.Tenants.Suspend(t.Context(), acme); err != nil {
		t.Fatal(err)
	}
	says(t, tr.Do("a suspended tenant", "GET", base+"/me/", nil, e.bearer()), 403, `{"detail":"This tenant is suspended."}`)
	if _, err := env.Tenants.Resume(t.Context(), acme); err != nil {
		t.Fatal(err)
	}
	env.Set(t, acme, "dialects.waanverse-magic.enabled=false")
	env.Do(t, "GET", base+"/me/", nil, e.bearer()).Want(t, 404)
}

func TestNoAnswerIsKeptByCaches(t *testing.T) {
	t.Parallel()
	env := speaking(t)
	e := join(t, env, ann)
	for _, r := range append(slices.Clone(taking), []struct{ method, path, field string }{{"GET", "/me/", ""}, {"GET", "/sessions/", ""}}...) {
		for _, headers := range [][]webtest.Header{nil, {e.bearer()}} {
			if a := env.Do(t, r.method, base+r.path, nil, headers...); a.Header.Get("Cache-Control") != "no-store" {
				t.Errorf("%s: Cache-Control %q", r.path, a.Header.Get("Cache-Control"))
			}
		}
	}
}
