package e2e

import (
	"testing"
	"time"

	"github.com/chromedp/cdproto/webauthn"
	"github.com/chromedp/chromedp"
)

// What authenticators and browsers do, with the library that most pages use.
func TestPasskeysInABrowser(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	for _, c := range []struct {
		name string
		run  func(*testing.T, *stage)
	}{
		{"a passkey signs in by itself", signsInByItself},
		{"the form suggests passkeys", suggested},
		{"a passkey is the second factor of a password", secondFactor},
		{"a passkey raises a session", raises},
		{"an authenticator is registered once", registeredOnce},
		{"an unverified user is refused where one must be", mustBeVerified},
		{"the passkey of an unverified user is one factor", oneFactor},
		{"a page of another origin neither registers nor signs in", otherOrigins},
	} {
		t.Run(c.name, func(t *testing.T) { c.run(t, s) })
	}
}

type listed struct {
	Passkeys []struct {
		Name       string
		LastUsedAt *time.Time `json:"last_used_at"`
	}
}

func signsInByItself(t *testing.T, s *stage) {
	p := s.owner(t, strict, "ann@x.test", true)
	if list := get[listed](p, "/passkeys").Passkeys; len(list) != 1 || list[0].Name != "Key of the test" || list[0].LastUsedAt != nil {
		t.Errorf("passkeys %+v, want one, unused", list)
	}
	held := p.passkeys()
	if len(held) != 1 || held[0].RpID != "localhost" || held[0].UserName != "ann@x.test" || !held[0].IsResidentCredential {
		t.Fatalf("the authenticator holds %+v, want one passkey", held)
	}
	for _, button := range []string{"discover", "find"} {
		p.visit(s.app)
		p.enter("identifier", "ANN@x.test")
		p.wants(p.press(button), "signed in aal2 mfa pop user")
		p.signedIn("aal2")
		if list := get[listed](p, "/passkeys").Passkeys; len(list) != 1 || list[0].LastUsedAt == nil {
			t.Errorf("passkeys %+v, want one, used", list)
		}
	}
	count := 1.0
	_, err := chromedp.Call(p.ctx, webauthn.SetCredentialProperties, webauthn.SetCredentialPropertiesParams{
		AuthenticatorID: p.key, CredentialID: held[0].CredentialID, SignCount: &count,
	})
	p.check(err)
	p.wants(p.press("discover"), "refused: passkey_refused") // it looks like a copy
}

func suggested(t *testing.T, s *stage) {
	p := s.owner(t, strict, "ben@x.test", true)
	suggest := func() { p.open(s.app, p.api, "&autofill") }
	suggest()
	p.awaits("autofill", "signed in aal2 mfa pop user")
	p.signedIn("aal2")

	// While its user chooses none, the page goes on.
	p.present(false)
	suggest()
	p.awaits("autofill", "waiting")
	p.wants(p.press("cancel"), "cancelled")
	p.awaits("autofill", "stopped: ERROR_CEREMONY_ABORTED")

	suggest()
	p.awaits("autofill", "waiting")
	p.begin("discover")
	p.awaits("autofill", "stopped: ERROR_CEREMONY_ABORTED") // there is one request at a time
	p.press("cancel")
	p.present(true)
	p.wants(p.press("discover"), "signed in aal2 mfa pop user")
}

func secondFactor(t *testing.T, s *stage) {
	p := s.owner(t, strict, "cleo@x.test", true)
	p.visit(s.app)
	p.wants(p.signIn(), "challenge mfa: passkey")
	p.wants(p.press("answer"), "signed in aal2 mfa pop pwd user")
	p.signedIn("aal2")
	p.wants(p.press("answer"), "refused: challenge_expired")

	p.plug(true) // another one, which has no passkey
	p.wants(p.signIn(), "challenge mfa: passkey")
	p.wants(p.press("answer"), "stopped: NotAllowedError")
}

func raises(t *testing.T, s *stage) {
	p := s.owner(t, strict, "dora@x.test", true)
	p.wants(p.press("register"), "refused: step_up_required")
	p.signedIn("aal1")
	session, token := p.shown("session"), p.shown("token")
	p.wants(p.press("step-up"), "challenge mfa: passkey")
	p.wants(p.press("answer"), "signed in aal2 mfa pop pwd user")
	p.signedIn("aal2")
	if p.shown("session") != session || p.shown("token") == token {
		t.Errorf("session %s, want %s with another token", p.shown("session"), session)
	}
}

func registeredOnce(t *testing.T, s *stage) {
	p := s.owner(t, strict, "eve@x.test", true)
	p.visit(s.app)
	p.wants(p.press("discover"), "signed in aal2 mfa pop user")
	p.wants(p.press("register"), "stopped: ERROR_AUTHENTICATOR_PREVIOUSLY_REGISTERED")
	if n := len(get[listed](p, "/passkeys").Passkeys); n != 1 {
		t.Errorf("%d passkeys, want 1", n)
	}
	p.plug(true)
	p.wants(p.press("register"), "registered")
	if n := len(get[listed](p, "/passkeys").Passkeys); n != 2 {
		t.Errorf("%d passkeys, want 2", n)
	}
}

func mustBeVerified(t *testing.T, s *stage) {
	p := s.owner(t, strict, "fay@x.test", true)
	p.verified(false)
	p.visit(s.app)
	p.wants(p.press("discover"), "stopped: NotAllowedError")

	// A browser that lets it pass is found out.
	p.verified(true)
	lies := true
	_, err := chromedp.Call(p.ctx, webauthn.SetResponseOverrideBits,
		webauthn.SetResponseOverrideBitsParams{AuthenticatorID: p.key, IsBadUV: &lies})
	p.check(err)
	p.wants(p.press("discover"), "refused: passkey_refused")

	q := s.newcomer(t, strict, "fritz@x.test", false)
	q.wants(q.press("register"), "stopped: NotAllowedError")
}

func oneFactor(t *testing.T, s *stage) {
	p := s.owner(t, lenient, "gus@x.test", false)
	p.visit(s.app)
	p.wants(p.press("discover"), "stopped: NotAllowedError") // Chromium protects discoverable passkeys (credProtect)
	p.enter("identifier", "gus@x.test")
	p.wants(p.press("find"), "signed in aal1 pop user")
	p.signedIn("aal1")

	// It raises no session that it opened, unless it verifies its user.
	p.wants(p.press("step-up"), "challenge mfa: password passkey")
	p.wants(p.press("answer"), "stopped: NotAllowedError")
	p.enter("password", password)
	p.wants(p.press("answer-password"), "signed in aal2 mfa pop pwd user")
	p.signedIn("aal2")
}

func otherOrigins(t *testing.T, s *stage) {
	p := s.owner(t, strict, "ida@x.test", true)
	p.visit(s.cousin)
	p.wants(p.press("discover"), "refused: passkey_refused")
	p.visit(s.stranger)
	p.wants(p.press("discover"), "unreachable")
	p.visit(s.app)
	p.wants(p.press("discover"), "signed in aal2 mfa pop user")

	q := s.newcomer(t, strict, "ivo@x.test", true)
	q.visit(s.cousin)
	q.wants(q.signIn(), "signed in aal1 pwd")
	q.wants(q.press("register"), "refused: passkey_invalid")
	if n := len(get[listed](q, "/passkeys").Passkeys); n != 0 {
		t.Errorf("%d passkeys, want none", n)
	}
}
