package web_test

import (
	"net/url"
	"regexp"
	"strings"
	"testing"

	"github.com/tenantgate/tenantgate/internal/fault"
	"github.com/tenantgate/tenantgate/web/webtest"
)

func TestALinkOfATenantIsOverAtAnother(t *testing.T) {
	t.Parallel()
	env := webtest.New(t)
	env.Join(t, acme, "ann@ex.test")
	env.Join(t, globex, "ann@ex.test")
	env.DeliverMail(t)
	env.Do(t, "POST", webtest.API(acme)+"/password/reset", fields{"identifier": "ann@ex.test"}).Want(t, 200)
	link, err := url.Parse(env.Link(t, acme, "ann@ex.test"))
	if err != nil {
		t.Fatal(err)
	}
	press := func(slug, challenge string) *webtest.Answer {
		form := url.Values{"c": {challenge}, "s": {link.Query().Get("s")}, "new_password": {"lantern orchard puzzle bicycle"}}
		return env.Do(t, "POST", "/t/"+slug+"/link", form.Encode(),
			webtest.Header{Name: "Content-Type", Value: "application/x-www-form-urlencoded"},
			webtest.Header{Name: "Sec-Fetch-Site", Value: "same-origin"})
	}
	theirs, random := press(globex, link.Query().Get("c")), press(globex, "chl_5m9k3v9wf5xr2q8m7n4p6s0tka")
	if theirs.Want(t, 410); nonce.ReplaceAllString(theirs.Body, "") != nonce.ReplaceAllString(random.Body, "") || random.Status != 410 {
		t.Errorf("the other tenant's challenge: %s\na random one: %d %s", theirs.Body, random.Status, random.Body)
	}
	env.SignIn(t, globex, "ann@ex.test") // with the password that was not changed
	press(acme, link.Query().Get("c")).Want(t, 200)
}

// nonce changes with every page.
var nonce = regexp.MustCompile(`nonce="[^"]*"`)

func TestSeparatorsInNamesShareNoCounter(t *testing.T) { // TEN-11
	t.Parallel()
	for _, separator := range []string{":", "-", "/", "%3A", "\x1f", "}:{"} {
		t.Run(separator, func(t *testing.T) {
			t.Parallel()
			env := webtest.New(t)
			for _, slug := range []string{"a", "a-b"} {
				env.CreateTenant(t, slug)
				env.Set(t, slug, "abuse.account_failures=2/15m")
			}
			try := func(slug, identifier string) *webtest.Answer {
				body := fields{"identifier": identifier, "password": "not it"}
				return env.Do(t, "POST", webtest.API(slug)+"/login", body)
			}
			// One tenant's name and user, put behind one another, read as the other's.
			for range 2 {
				try("a", "b"+separator+"c@x.test").Refused(t, 401, fault.InvalidCredentials)
			}
			try("a", "b"+separator+"c@x.test").Refused(t, 429, fault.RateLimited)
			for range 2 {
				try("a-b", "c@x.test").Refused(t, 401, fault.InvalidCredentials)
			}
			try("a-b", "c@x.test").Refused(t, 429, fault.RateLimited)

			// The limits on addresses, in the ephemeral store, and the settings in the cache.
			env.Set(t, "a", "abuse.address=1/1h", "codes.digits=8")
			env.Set(t, "a-b", "abuse.address=1/1h")
			for _, slug := range []string{"a", "a-b"} {
				reset := func() *webtest.Answer {
					body := fields{"identifier": "b" + separator + "c@x.test"}
					return env.Do(t, "POST", webtest.API(slug)+"/password/reset", body)
				}
				reset().Want(t, 200)
				reset().Refused(t, 429, fault.RateLimited)
			}
			for slug, digits := range map[string]string{"a": `"codes":{"digits":8}`, "a-b": `"codes":{"digits":6}`} {
				if c := env.Do(t, "GET", webtest.API(slug)+"/config", nil).Want(t, 200); !strings.Contains(c.Body, digits) {
					t.Errorf("%s: %s", slug, c.Body)
				}
			}
		})
	}
}
