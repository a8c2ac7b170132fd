package e2e

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
)

// response is what GraphiQL shows as the result.
const response = `(document.querySelector('.graphiql-response .view-lines')?.innerText ?? '').replaceAll('\u00a0', ' ')`

// signIn answers what the sign-in page asks the admin of the server for.
func (c *console) signIn(p *consoleTab) {
	p.t.Helper()
	p.fill("identifier", c.admin.Email)
	p.fill("password", c.password)
	p.choose("Sign in")
	p.shows("authenticator app")
	p.fill("code", c.code(p.t, c.admin.Secret))
	p.choose("Continue")
}

// ask opens a saved query and sends it.
func (p *consoleTab) ask(title string) {
	p.t.Helper()
	p.choose(title)
	p.choose("Execute query (Ctrl-Enter)")
}

func TestAnAdminUsesTheConsole(t *testing.T) {
	t.Parallel()
	c := newConsole(t)
	p := c.open(t, "/admin/graphiql")
	p.at("/admin/sign-in?to=%2Fadmin%2Fgraphiql")
	p.shows("For the admins of this service.")
	p.shoot("sign-in")

	// A wrong password is told at its field, which is where one goes on.
	p.fill("identifier", c.admin.Email)
	p.fill("password", "not the one")
	p.choose("Sign in")
	p.shows("Wrong identifier or password.")
	p.holds("the password is marked, and has the focus",
		`document.activeElement.name === 'password' && document.activeElement.ariaInvalid === 'true'`)
	p.shoot("wrong-password")

	c.signIn(p)
	p.at("/admin/graphiql")
	p.holds("the editor is there", `document.querySelector('.graphiql-editor .view-lines')?.innerText.includes('WhoAmI')`)
	p.choose("Execute query (Ctrl-Enter)")
	p.holds("the viewer is an owner", response+`.includes('"role": "OWNER"')`)
	p.ask("Tenants")
	p.holds("the tenants are listed", response+`.includes('"slug": "acme"')`)
	p.shoot("graphiql")
	for _, title := range []string{
		"Settings of a tenant", "Find a user", "Sessions of a user", "Recent events", "Sign-ins and second factors",
		"Simulate a policy", "API keys", "Who am I",
	} {
		p.ask(title)
		p.holds("there is an answer to "+title, response+`.startsWith('{')`)
		p.holds("nothing is wrong with "+title, `!(`+response+`.includes('"errors"'))`)
	}
	p.choose("Show Documentation Explorer")
	p.shows("Root Types")
	p.choose("Show Saved queries")

	// What happens is seen as it happens.
	p.ask("Live events")
	p.holds("the subscription is open", `document.querySelector('.graphiql-execute-button')?.ariaLabel?.startsWith('Stop')`)
	acme := c.dev.api()
	p.holdsAfter("the sign-in is seen", response+`.includes('"type": "user.signed_in"')`, func() {
		expect(t, http.StatusOK)(acme.login("alice@example.com", c.password))
	})
	p.choose("Stop query (Ctrl-Enter)")

	// What is in the editor is there again after a reload.
	p.do(chromedp.Reload())
	p.holds("the tabs are kept", `document.querySelector('.graphiql-editor .view-lines')?.innerText.includes('LiveEvents')`)
	p.choose("Sign out")
	p.at("/admin/sign-in")
	p.holds("nothing is left of the editor", `!Object.keys(localStorage).some((k) => k.startsWith('graphiql'))`)
	p.holds("the cookie is out of reach and gone", `document.cookie === ''`)
	p.visit("/admin/graphiql")
	p.at("/admin/sign-in?to=%2Fadmin%2Fgraphiql")
	p.clean()
}

func TestTheConsoleAsksForAFreshProofAndForASignIn(t *testing.T) {
	t.Parallel()
	clock := newClock(t)
	c := consoleOf(t, must(clockBinary())(t), clock.env())
	p := c.open(t, "/admin/graphiql")
	c.signIn(p)
	p.at("/admin/graphiql")
	p.holds("the editor is there", `document.querySelector('.graphiql-editor .view-lines')?.innerText.includes('WhoAmI')`)
	const document = `mutation Key { createApiKey(input: {name: "of the test", role: AUDITOR}) { apiKey { name } userErrors { code } } }`
	p.do(chromedp.Evaluate[chromedp.Void](
		`__MONACO.editor.getModels().find((m) => m.uri.path.endsWith('operation.graphql')).setValue(` + "`" + document + "`)"))

	advance := func(to time.Duration) {
		clock.set(to)
		c.codes = to // the steps that were used are long over
	}
	advance(11 * time.Minute)
	p.choose("Execute query (Ctrl-Enter)")
	p.shows("Is it still you?")
	p.shoot("step-up")
	p.choose("Cancel")
	p.holds("without a proof nothing is done", response+`.includes('STEP_UP_REQUIRED')`)
	p.choose("Execute query (Ctrl-Enter)")
	p.shows("Is it still you?")
	p.fill("code", c.code(t, c.admin.Secret))
	p.choose("Continue")
	p.holds("the key is made after the proof", response+`.includes('"name": "of the test"')`)

	// Long after, the session is over. The place is kept, and so is what is in the editor.
	advance(40 * 24 * time.Hour)
	p.choose("Execute query (Ctrl-Enter)")
	p.at("/admin/sign-in?to=%2Fadmin%2Fgraphiql&ended=1")
	p.shows("Your session has ended.")
	c.signIn(p)
	p.at("/admin/graphiql")
	p.holds("the document is kept", `document.querySelector('.graphiql-editor .view-lines')?.innerText.includes('createApiKey')`)
	p.clean()
}

func TestANewAdminEnrolsASecondFactor(t *testing.T) {
	t.Parallel()
	c := newConsole(t)
	const phrase = "gardens under amber lanterns"
	invited := func(t *testing.T, email, role string) *consoleTab {
		t.Helper()
		link := c.invite(t, email, role)
		p := c.open(t, strings.TrimPrefix(link, c.base))
		p.fill("new_password", phrase)
		p.do(chromedp.Click(chromedp.CSS(`button[type="submit"]`)))
		p.holds("the password is set", `!document.querySelector('input[name="new_password"]')`)
		p.visit("/admin/")
		p.fill("identifier", email)
		p.fill("password", phrase)
		p.choose("Sign in")
		p.shows("Add a second factor")
		return p
	}

	t.Run("an app, with recovery codes to keep", func(t *testing.T) {
		p := invited(t, "dora@example.com", "auditor")
		p.shoot("choose")
		p.choose("Set up an authenticator app")
		p.holds("the QR code is drawn", `document.querySelector('img.qr')?.naturalWidth > 0`)
		p.shoot("app")
		secret, err := chromedp.Run(p.ctx, chromedp.Evaluate[string](`document.querySelector('[data-secret]').dataset.secret`))
		p.check(err)
		p.fill("code", "000000")
		p.choose("Continue")
		p.shows("The code is wrong.")
		p.fill("code", c.code(t, secret))
		p.choose("Continue")
		p.shows("Save your recovery codes")
		p.shoot("codes")
		kept, err := chromedp.Run(p.ctx, chromedp.Evaluate[string](`document.querySelector('.codes li').innerText`))
		p.check(err)
		p.choose("I have saved them")
		p.at("/admin/graphiql")
		p.shows("auditor")
		p.choose("Sign out")

		p.at("/admin/sign-in")
		p.fill("identifier", "dora@example.com")
		p.fill("password", phrase)
		p.choose("Sign in")
		p.choose("Use a recovery code")
		p.fill("code", kept)
		p.choose("Continue")
		p.at("/admin/graphiql")
		p.clean()
	})

	t.Run("a passkey, which then signs in by itself", func(t *testing.T) {
		p := invited(t, "emil@example.com", "support")
		p.plug(true)
		p.choose("Make a passkey")
		p.shows("Your browser keeps it")
		p.choose("Make a passkey")
		p.at("/admin/graphiql")
		if held := p.passkeys(); len(held) != 1 || held[0].RpID != "localhost" {
			t.Errorf("the authenticator holds %+v, want one passkey of localhost", held)
		}
		p.present(false) // the sign-in page suggests passkeys at once
		p.choose("Sign out")
		p.at("/admin/sign-in")
		p.shows("Sign in with a passkey")
		p.present(true)
		p.choose("Sign in with a passkey")
		p.at("/admin/graphiql")
		p.clean()
	})
}

func TestTheConsoleFitsASmallScreen(t *testing.T) {
	t.Parallel()
	c := newConsole(t)
	p := c.open(t, "/admin/")
	p.do(chromedp.EmulateViewport(320, 640))
	fits := func() {
		t.Helper()
		p.holds("nothing is wider than the screen", `document.documentElement.scrollWidth <= 320`)
	}
	p.shows("For the admins of this service.")
	fits()
	p.fill("identifier", c.admin.Email)
	p.fill("password", c.password)
	p.choose("Sign in")
	p.shows("authenticator app")
	fits()
	p.fill("code", wrongCode(c.code(t, c.admin.Secret)))
	p.choose("Continue")
	p.shows("The code is wrong.")
	fits()
	p.choose("Cancel")
	p.shows("For the admins of this service.")
	p.clean()
}

func TestTheConsoleIsOnTheAdminListenerToo(t *testing.T) {
	t.Parallel()
	w := newWorld(t, with("TENANTGATE_ADMIN_LISTEN=127.0.0.1:0"))
	r := w.start()
	admin := adminURL(t, r)
	get := func(address string) *http.Response {
		t.Helper()
		resp, err := httpClient.Get(address)
		if err != nil {
			t.Fatal(err)
		}
		_ = resp.Body.Close()
		return resp
	}
	if a := get(admin + "/t/tenantgate/v1/config"); a.StatusCode != http.StatusOK {
		t.Errorf("the sign-in of admins at the admin listener: %d", a.StatusCode)
	}
	for _, path := range []string{"/t/acme/v1/config", "/t/tenantgate/.well-known/jwks.json"} {
		if a := get(admin + path); a.StatusCode != http.StatusNotFound {
			t.Errorf("%s at the admin listener: %d", path, a.StatusCode)
		}
	}
	if a := get(admin + "/admin/"); !strings.HasPrefix(a.Header.Get("Content-Type"), "text/html") {
		t.Errorf("the console at the admin listener: %d %v", a.StatusCode, a.Header)
	}
	for _, path := range []string{"/admin/", "/admin/graphiql", "/admin/assets/x.js"} {
		if a := get(r.url + path); a.StatusCode != http.StatusNotFound || strings.HasPrefix(a.Header.Get("Content-Type"), "text/html") {
			t.Errorf("%s at the public listener: %d %v", path, a.StatusCode, a.Header)
		}
	}
}
