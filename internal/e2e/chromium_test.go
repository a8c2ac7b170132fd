package e2e

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"os/exec"
	"testing"
	"time"

	"github.com/chromedp/cdproto/webauthn"
	"github.com/chromedp/chromedp"
)

// pageLimit is how long a page may take for anything.
const pageLimit = 30 * time.Second

// browser is a running Chromium.
type browser struct{ ctx context.Context }

// startChromium starts a headless browser that belongs to this test alone, profile included, and ends with it.
func startChromium(t *testing.T) browser {
	t.Helper()
	path, err := exec.LookPath("chromium")
	if err != nil {
		lacking(t, errors.New("start Chromium: it is not installed: run make setup"))
	}
	options := append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath(path),
		chromedp.Env("HOME="+t.TempDir()),
		chromedp.Flag("no-proxy-server", true), // nothing but this machine is asked for anything
		chromedp.Flag("disable-gpu", true),
		chromedp.Flag("disable-component-update", true),
	)
	ctx, end := chromedp.NewExecAllocator(context.Background(), options...)
	t.Cleanup(end)
	// A newer browser tells more than the library understands, which it complains of.
	quiet := func(string, ...any) {}
	ctx, _ = chromedp.NewContext(ctx, chromedp.WithLogf(quiet), chromedp.WithErrorf(quiet))
	if err := chromedp.Do(ctx); err != nil {
		t.Fatalf("start Chromium: %v", err)
	}
	return browser{ctx}
}

// tab is a tab with cookies, storage and authenticators of its own.
type tab struct {
	t     *testing.T
	ctx   context.Context
	turns int // that were begun on the page
	key   webauthn.AuthenticatorID
}

func openTab(t *testing.T, b browser) *tab {
	t.Helper()
	ctx, end := chromedp.NewContext(b.ctx, chromedp.WithNewBrowserContext())
	t.Cleanup(end)
	p := &tab{t: t, ctx: ctx}
	p.check(chromedp.Do(ctx))
	_, err := chromedp.Call(ctx, webauthn.Enable, webauthn.EnableParams{})
	p.check(err)
	return p
}

func (p *tab) check(err error) {
	p.t.Helper()
	if err != nil {
		p.t.Fatalf("in Chromium: %v", err)
	}
}

// plug gives the tab an authenticator, in place of the one it had. It keeps discoverable passkeys; its user is always
// present, and verified where the authenticator can verify.
func (p *tab) plug(verifies bool) {
	p.t.Helper()
	if p.key != "" {
		_, err := chromedp.Call(p.ctx, webauthn.RemoveVirtualAuthenticator, webauthn.RemoveVirtualAuthenticatorParams{AuthenticatorID: p.key})
		p.check(err)
	}
	added, err := chromedp.Call(p.ctx, webauthn.AddVirtualAuthenticator, webauthn.AddVirtualAuthenticatorParams{
		Options: &webauthn.VirtualAuthenticatorOptions{
			Protocol: webauthn.AuthenticatorProtocolCtap2, Ctap2version: webauthn.Ctap2versionCtap21,
			Transport: webauthn.AuthenticatorTransportInternal, HasResidentKey: true,
			HasUserVerification: verifies, IsUserVerified: verifies, AutomaticPresenceSimulation: true,
		},
	})
	p.check(err)
	p.key = added.AuthenticatorID
}

// passkeys are those that the authenticator holds.
func (p *tab) passkeys() []*webauthn.Credential {
	p.t.Helper()
	held, err := chromedp.Call(p.ctx, webauthn.GetCredentials, webauthn.GetCredentialsParams{AuthenticatorID: p.key})
	p.check(err)
	return held.Credentials
}

// present says whether the user touches the authenticator.
func (p *tab) present(is bool) {
	p.t.Helper()
	_, err := chromedp.Call(p.ctx, webauthn.SetAutomaticPresenceSimulation,
		webauthn.SetAutomaticPresenceSimulationParams{AuthenticatorID: p.key, Enabled: is})
	p.check(err)
}

// verified says whether the authenticator recognises its user.
func (p *tab) verified(is bool) {
	p.t.Helper()
	_, err := chromedp.Call(p.ctx, webauthn.SetUserVerified, webauthn.SetUserVerifiedParams{AuthenticatorID: p.key, IsUserVerified: is})
	p.check(err)
}

// open shows the test's page of an origin, which speaks to an API. Nothing is left of the page before.
func (p *tab) open(origin string, a api, more string) {
	p.t.Helper()
	p.turns = 0
	p.do(chromedp.Navigate(origin+"/?api="+url.QueryEscape(a.base)+more), chromedp.WaitReady(chromedp.CSS("body[data-ready]")))
}

func (p *tab) do(steps ...chromedp.Action[chromedp.Void]) {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.ctx, pageLimit)
	defer cancel()
	p.check(chromedp.Do(ctx, steps...))
}

func (p *tab) enter(field, value string) {
	p.t.Helper()
	p.do(chromedp.SetValue(chromedp.ID(field), value))
}

// begin presses a button; press also waits until its turn is over and returns how it ended.
func (p *tab) begin(button string) {
	p.t.Helper()
	p.do(chromedp.Click(chromedp.ID(button)))
	p.turns++
}

func (p *tab) press(button string) string {
	p.t.Helper()
	p.begin(button)
	return p.outcome()
}

func (p *tab) outcome() string {
	p.t.Helper()
	p.do(chromedp.WaitReady(chromedp.CSS(fmt.Sprintf(`#outcome[data-turn="%d"]`, p.turns))))
	return p.shown("outcome")
}

func (p *tab) shown(id string) string {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.ctx, pageLimit)
	defer cancel()
	text, err := chromedp.Run(ctx, chromedp.TextContent(chromedp.ID(id)))
	p.check(err)
	return text
}

// awaits waits until an element shows a text.
func (p *tab) awaits(id, text string) {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.ctx, pageLimit)
	defer cancel()
	same := fmt.Sprintf(`document.getElementById(%q).value === %q`, id, text)
	if _, err := chromedp.Run(ctx, chromedp.Poll[bool](same, chromedp.WithPollingMutation())); err != nil {
		p.t.Fatalf("%s shows %q, want %q: %v", id, p.shown(id), text, err)
	}
}
