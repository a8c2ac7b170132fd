package passkey

import (
	"bytes"
	"strings"
	"testing"
)

// evilOrigins are not those of acme, though some come close.
var evilOrigins = []string{
	"https://evil.test", "http://app.test", "https://app.test:444", "https://app.test:443",
	"https://app.test.evil.test",
	"https://unlisted.app.test", "https://login.app.test", "https://evil.test/app.test", "https://app.test/",
	"https://app.test/evil",
	"https://evil@app.test", "https://app.test@evil.test", "https://APP.test", "HTTPS://app.test", "https://app.test.", "app.test",
	" https://app.test", "https://app.test#evil", "https://app.test?evil", "https://xn--pp-1ia.test", "https://аpp.test",
	"android:apk-key-hash:evil", "ios:bundle-id:evil", "null", "file://", "chrome-extension://evil",
}

func TestARegistrationThatIsNotAsAskedIsRefused(t *testing.T) {
	t.Parallel()
	client := func(name string, value any) func(*said) { return func(s *said) { s.client[name] = value } }
	cases := map[string]func(*said){
		"type of a sign-in":      client("type", "webauthn.get"),
		"another type":           client("type", "evil"),
		"another challenge":      client("challenge", b64(bytes.Repeat([]byte("evil"), 8))),
		"padded challenge":       func(s *said) { s.client["challenge"] = s.client["challenge"].(string) + "=" },
		"in a foreign frame":     client("crossOrigin", true),
		"below its own origin":   func(s *said) { s.client["crossOrigin"], s.client["topOrigin"] = true, "https://app.test" },
		"top origin alone":       client("topOrigin", "https://app.test"),
		"another relying party":  func(s *said) { s.rpID = "evil.test" },
		"a parent domain":        func(s *said) { s.rpID = "test" },
		"UP=0":                   func(s *said) { s.flags = flagUV },
		"UV=0":                   func(s *said) { s.flags = flagUP },
		"BE=0 with BS=1":         func(s *said) { s.flags |= flagBS },
		"another credential id":  func(s *said) { s.id = []byte("evil") },
		"unknown format":         func(s *said) { s.format = "evil" },
		"none with a statement":  func(s *said) { s.stmt = map[string]any{"alg": -7} },
		"packed without any":     func(s *said) { s.format, s.stmt = "packed", map[string]any{} },
		"packed, no signature":   func(s *said) { s.format, s.stmt = "packed", map[string]any{"alg": -7, "sig": []byte{}} },
		"packed, other's alg":    func(s *said) { s.format, s.stmt = "packed", map[string]any{"alg": -8, "sig": []byte{1}} },
		"packed, no certificate": func(s *said) { s.format, s.stmt = "packed", chainOf(nil) },
		"packed, bad chain":      func(s *said) { s.format, s.stmt = "packed", chainOf([]any{[]byte("evil"), 7}) },
		"compound of none":       func(s *said) { s.format, s.stmt = "compound", []any{} },
	}
	for _, origin := range evilOrigins { // WAN-03
		cases["origin "+origin] = client("origin", origin)
	}
	for name, change := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			owner := newOwner()
			options, kept, err := acme.Create(owner, nil)
			if err != nil {
				t.Fatal(err)
			}
			c, err := acme.Register(owner, kept, newDevice(t, "ES256", owner).create(t, options, change))
			wantError(t, err, ErrRefused)
			if c.ID != nil || c.PublicKey != nil {
				t.Error("a refused passkey is returned")
			}
		})
	}
}

func chainOf(chain []any) any { return map[string]any{"alg": -7, "sig": []byte{1}, "x5c": chain} }

func TestARegistrationHoldsForItsCeremonyAlone(t *testing.T) { // WAN-02
	t.Parallel()
	alice, bob, other := newOwner(), newOwner(), acme
	other.ID = "login.app.test"
	options, kept, err := acme.Create(alice, nil)
	if err != nil {
		t.Fatal(err)
	}
	response := newDevice(t, "ES256", alice).create(t, options)
	_, another, err := acme.Create(alice, nil)
	if err != nil {
		t.Fatal(err)
	}
	toSignIn, signIn := asked(t, acme)
	_, err = acme.Register(alice, another, response)
	wantError(t, err, ErrRefused)
	_, err = acme.Register(bob, kept, response)
	wantError(t, err, ErrRefused)
	_, err = acme.Register(alice, signIn, newDevice(t, "ES256", alice).create(t, toSignIn))
	if wantError(t, err, ErrRefused); err == nil || err.Error() != refuse("ceremony of another kind").Error() {
		t.Error(err)
	}
	_, err = other.Register(alice, kept, response)
	wantError(t, err, ErrRefused)
	for _, none := range []string{
		"", "null", "{}", `{"kind":"webauthn.create"}`, "evil", `{"kind":"webauthn.create","session":7}`,
	} {
		if _, err = acme.Register(alice, []byte(none), response); err == nil || strings.Contains(err.Error(), "evil") {
			t.Errorf("ceremony %s: %v", none, err)
		}
	}
	if _, err = acme.Register(alice, kept, response); err != nil {
		t.Error(err)
	}
}

func TestVerificationMayBecomeRequiredMeanwhile(t *testing.T) { // WAN-04
	t.Parallel()
	owner, withoutUV := newOwner(), func(s *said) { s.flags = flagUP }
	d, c := enrolled(t, relaxed(), "ES256", owner, withoutUV)
	options, kept := asked(t, relaxed(), c)
	_, err := acme.Verify(owner, c, kept, d.get(t, options, withoutUV))
	wantError(t, err, ErrRefused)
	options, kept = asked(t, acme, c)
	_, err = relaxed().Verify(owner, c, kept, d.get(t, options, withoutUV))
	wantError(t, err, ErrRefused)
}
