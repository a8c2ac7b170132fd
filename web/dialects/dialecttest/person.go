package dialecttest

import (
	"bytes"
	"maps"
	"mime/multipart"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/tenantgate/tenantgate/tenants"
	"github.com/tenantgate/tenantgate/web/webtest"
)

// Person is somebody at one client of one wire: who they are, and what the wire has handed out.
type Person struct {
	T    testing.TB
	Env  *webtest.Env // of the replica that serves the requests
	Slug string
	Base string // path of the mount, without a slash at the end

	Email, Username, Password string

	Jar     map[string]string // cookies, by name
	Headers []webtest.Header  // sent with every request

	// What the wire handed out, empty where it has none. A Driver fills in what it later needs.
	ID       string // of the user, as the wire spells it
	Access   string
	Refresh  string
	Session  string   // name of the session
	Pending  string   // what names a sign-in that waits for its second factor
	Secret   string   // of the authenticator app
	Recovery []string // recovery codes, in clear
	Own      map[string]string
}

// NewPerson returns somebody who has not met the wire yet: name is the local part of the address and the user name. The wire
// without a name is the native API.
func NewPerson(t testing.TB, env *webtest.Env, slug string, wire tenants.Dialect, name string) *Person {
	return &Person{
		T: t, Env: env, Slug: slug, Base: base(slug, wire),
		Email: name + "@ex.test", Username: name, Password: webtest.Password,
		Jar: map[string]string{}, Own: map[string]string{},
	}
}

func base(slug string, wire tenants.Dialect) string {
	if wire == "" {
		return webtest.API(slug)
	}
	return "/t/" + slug + "/dialects/" + string(wire)
}

// Elsewhere is the same person at another client: it knows the password, the app and the recovery codes, and holds no
// session.
func (p *Person) Elsewhere() *Person {
	other := *p
	other.Jar, other.Own, other.Headers = map[string]string{}, map[string]string{}, nil
	other.Access, other.Refresh, other.Session, other.Pending = "", "", "", ""
	return &other
}

// Copy holds all that p holds. What happens to either does not reach the other.
func (p *Person) Copy() *Person {
	other := *p
	other.Jar, other.Own = maps.Clone(p.Jar), maps.Clone(p.Own)
	other.Recovery = slices.Clone(p.Recovery)
	return &other
}

// At is a copy of p that is served by another replica.
func (p *Person) At(env *webtest.Env) *Person {
	other := p.Copy()
	other.Env = env
	return other
}

// TOTP returns what the app shows now.
func (p *Person) TOTP() string {
	p.T.Helper()
	return p.Env.TOTP(p.T, p.Secret)
}

// Code delivers and returns the code or token of the newest mail to p that carries one.
func (p *Person) Code() string {
	p.T.Helper()
	return p.Env.Code(p.T, p.Slug, p.Email)
}

// Form is a body that is sent as application/x-www-form-urlencoded.
type Form map[string]string

// Parts is a body that is sent as multipart/form-data.
type Parts map[string]string

// Send sends a request to a path below the mount with the cookies of p, and keeps those of the answer. A body is a Form, Parts,
// a string as it is, or anything else as JSON; nil is none. An answer that a cache may keep, or that blames us, fails the test.
func (p *Person) Send(method, path string, body any, headers ...webtest.Header) *webtest.Answer {
	p.T.Helper()
	all := append(p.cookies(), p.Headers...)
	switch b := body.(type) {
	case Form:
		values := url.Values{}
		for name, value := range b {
			values.Set(name, value)
		}
		body = values.Encode()
		all = append(all, webtest.Header{Name: "Content-Type", Value: "application/x-www-form-urlencoded"})
	case Parts:
		text, kind := multipartBody(p.T, b)
		body = text
		all = append(all, webtest.Header{Name: "Content-Type", Value: kind})
	}
	a := p.Env.Do(p.T, method, p.Base+path, body, append(all, headers...)...)
	p.keep(a)
	if a.Status == http.StatusInternalServerError {
		p.T.Errorf("%s %s: status 500: %s", method, path, a.Body)
	}
	if a.Header.Get("Cache-Control") != "no-store" || a.Header.Get("Referrer-Policy") != "no-referrer" {
		p.T.Errorf("%s %s: headers %v", method, path, a.Header)
	}
	return a
}

// Bearer is Send with p.Access under a scheme such as Bearer or JWT; none is sent where p has none.
func (p *Person) Bearer(scheme, method, path string, body any, headers ...webtest.Header) *webtest.Answer {
	p.T.Helper()
	if p.Access != "" {
		headers = append(headers, webtest.Header{Name: "Authorization", Value: scheme + " " + p.Access})
	}
	return p.Send(method, path, body, headers...)
}

func (p *Person) cookies() []webtest.Header {
	var pairs []string
	for _, name := range slices.Sorted(maps.Keys(p.Jar)) {
		pairs = append(pairs, name+"="+p.Jar[name])
	}
	if len(pairs) == 0 {
		return nil
	}
	return []webtest.Header{{Name: "Cookie", Value: strings.Join(pairs, "; ")}}
}

// keep takes the cookies of an answer. They are Secure, which no jar of the standard library would send to a test's listener.
func (p *Person) keep(a *webtest.Answer) {
	for _, c := range (&http.Response{Header: a.Header}).Cookies() {
		if c.MaxAge < 0 || c.Value == "" {
			delete(p.Jar, c.Name)
			continue
		}
		p.Jar[c.Name] = c.Value
		webtest.Log.Secret("a cookie", c.Value)
	}
}

// Keep reads an answer's JSON into a value where its status is below 300.
func (p *Person) Keep(a *webtest.Answer, into any) {
	p.T.Helper()
	if a.Status < 300 {
		a.JSON(p.T, into)
	}
}

// Hold keeps tokens and tells the log's watch of them; empty ones leave what p holds.
func (p *Person) Hold(access, refresh string) {
	if access != "" {
		p.Access = access
		webtest.Log.Secret("an access token", access)
	}
	if refresh != "" {
		p.Refresh = refresh
		webtest.Log.Secret("a refresh token", refresh)
	}
}

func multipartBody(t testing.TB, parts Parts) (body, contentType string) {
	t.Helper()
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	for _, name := range slices.Sorted(maps.Keys(parts)) {
		if err := w.WriteField(name, parts[name]); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String(), w.FormDataContentType()
}
