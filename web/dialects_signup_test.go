package web_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/tenantgate/tenantgate/tenants"
	"github.com/tenantgate/tenantgate/web/dialects/dialecttest"
	"github.com/tenantgate/tenantgate/web/webtest"
)

func TestSignUpsOverAListOfAddressesAreLimited(t *testing.T) { // DIA-10
	t.Parallel()
	for _, d := range append(drivers(), nativeDriver()) {
		name := string(d.Name)
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for limit, settings := range map[int][]string{
				20: {"abuse.address=20/1h"},
				15: {"abuse.address=0", "abuse.tenant_failures=15/1m"},
			} {
				env := webtest.New(t)
				w := dialecttest.Enable(t, env, d)
				taken := []*person{w.Join("annabel")}
				for i := range 20 {
					if w.AskCode != nil { // one address is answered once in a while, the same to all
						taken = append(taken, w.Join(fmt.Sprintf("taken%d", i)))
					}
				}
				env.Clock.Advance(2 * time.Minute)
				env.Set(t, acme, settings...)
				tries := 60
				if limit == 15 && w.AskCode != nil {
					tries = len(taken)
				}
				told := 0
				for i := range tries {
					p := w.Person(fmt.Sprintf("listed%d", i))
					if limit == 15 { // only wrong guesses at who is there count against all together
						p.Email = taken[i%len(taken)].Email
					}
					o := w.SignUp(p)
					if o.Status >= 500 {
						t.Fatalf("status %d: %s", o.Status, o.Body)
					}
					if o.Status != w.TooMany() {
						told++
					}
				}
				if told > limit {
					t.Errorf("%q: %d sign-ups were answered", settings, told)
				}
			}
		})
	}
}

// signups are the first requests of a sign-up, with ADDRESS and NAME for what differs.
var signups = map[tenants.Dialect]struct {
	path string
	body fields
}{
	tenants.Waanverse: {"/signup/", fields{
		"username": "NAME", "email_address": "ADDRESS", "password": webtest.Password, "confirm_password": webtest.Password,
	}},
	tenants.WaanverseMagic: {"/signup/", fields{"email_address": "ADDRESS"}},
	tenants.Axor: {"/api/user/register/", fields{
		"email": "ADDRESS", "password": webtest.Password, "first_name": "An", "last_name": "Example",
	}},
	tenants.Wolf:   {"/api/auth/register", fields{"username": "NAME", "email": "ADDRESS", "password": webtest.Password}},
	tenants.Spaces: {"/api/user/create/", fields{"email": "ADDRESS", "password": webtest.Password}},
}

func TestATenantCanHaveNeutralAnswersToSignUps(t *testing.T) { // DIA-10
	t.Parallel()
	env := webtest.New(t)
	all := babel(t, env)
	ann := settle(t, env, "annabel", false)
	env.Set(t, acme, "signup.verify_email=before_session")
	for _, w := range all {
		if w.Name == "" {
			continue
		}
		form := signups[w.Name]
		answers := map[string]string{}
		for _, address := range []string{ann.Email, "new-" + string(w.Name) + "@ex.test"} {
			body := fields{}
			for name, value := range form.body {
				body[name] = strings.NewReplacer("ADDRESS", address, "NAME", "somebodynew").Replace(value.(string))
			}
			a := w.Person("x").Send("POST", form.path, body)
			answers[fmt.Sprint(a.Status, strings.ReplaceAll(a.Body, address, ""), len(a.Header.Values("Set-Cookie")))] = address
		}
		if len(answers) != 1 {
			t.Errorf("%s tells which address is taken: %v", named(w), answers)
		}
	}
}

func TestALoginReadsItsBodyOneWay(t *testing.T) { // DIA-11
	t.Parallel()
	env := webtest.New(t)
	all := babel(t, env)
	ann := settle(t, env, "annabel", false)
	const form, multipart = "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"
	logins := map[tenants.Dialect][2]string{
		tenants.Waanverse: {"/login/", "login_field"}, tenants.Axor: {"/api/user/login/", "email"},
		tenants.Wolf: {"/api/auth/login", "email"}, tenants.Spaces: {"/api/user/login/", "email"},
	}
	part := func(name, more, value string) string {
		return "--x\r\nContent-Disposition: form-data; name=\"" + name + "\"" + more + "\r\n\r\n" + value + "\r\n"
	}
	for _, w := range all {
		at, ok := logins[w.Name]
		if !ok {
			continue
		}
		path, id := at[0], at[1]
		json := fmt.Sprintf(`{%q:%q,"password":%q}`, id, ann.Email, ann.Password)
		query := id + "=annabel%40ex.test&password=" + strings.ReplaceAll(ann.Password, " ", "+")
		parts := part(id, "", ann.Email) + part("password", "", ann.Password)
		for what, c := range map[string]struct {
			path, body string
			types      []string
			right      bool
		}{
			"JSON":                       {path, json, []string{"application/json"}, true},
			"JSON with a charset":        {path, json, []string{"application/json; charset=utf-8"}, true},
			"a form":                     {path, query, []string{form}, true},
			"multipart":                  {path, parts + "--x--\r\n", []string{multipart}, w.Name != tenants.Wolf},
			"the other spelling":         {respelt(path), json, []string{"application/json"}, true},
			"a field more in the query":  {path + "?password=other", json, []string{"application/json"}, true},
			"the query alone":            {path + "?" + query, "", nil, false},
			"the query beside nothing":   {path + "?" + query, "{}", []string{"application/json"}, false},
			"half in the query":          {path + "?password=" + strings.ReplaceAll(ann.Password, " ", "+"), fmt.Sprintf(`{%q:%q}`, id, ann.Email), []string{"application/json"}, false},
			"a field twice in JSON":      {path, strings.Replace(json, "{", `{"password":"x",`, 1), []string{"application/json"}, false},
			"a field twice in a form":    {path, query + "&password=x", []string{form}, false},
			"a field twice in multipart": {path, parts + part("password", "", "x") + "--x--\r\n", []string{multipart}, false},
			"a file part":                {path, part(id, "", ann.Email) + part("password", `; filename="p"`, ann.Password) + "--x--\r\n", []string{multipart}, false},
			"two media types":            {path, json, []string{"application/json", form}, false},
			"no media type":              {path, json, []string{""}, false},
			"another media type":         {path, json, []string{"text/plain"}, false},
			"a form said to be JSON":     {path, query, []string{"application/json"}, false},
			"JSON said to be a form":     {path, json, []string{form}, false},
			"a form that ends in ;":      {path, query + ";password=x", []string{form}, false},
			"compressed":                 {path, json, []string{"application/json"}, false},
		} {
			var headers []webtest.Header
			for _, kind := range c.types {
				headers = append(headers, header("Content-Type", kind))
			}
			if what == "compressed" {
				headers = append(headers, header("Content-Encoding", "gzip"))
			}
			a := as(w, ann).Send("POST", c.path, c.body, headers...)
			if (a.Status == 200) != c.right || a.Status >= 500 {
				t.Errorf("%s: %s: status %d: %s", named(w), what, a.Status, a.Body)
			}
		}
	}
}

// respelt is a path with the slash at its end that it lacks, or without the one that it has.
func respelt(path string) string {
	if bare, ok := strings.CutSuffix(path, "/"); ok {
		return bare
	}
	return path + "/"
}
