package passkey

import (
	"bytes"
	"strings"
	"testing"
)

func TestAnAssertionThatIsNotAsAskedIsRefused(t *testing.T) {
	t.Parallel()
	client := func(name string, value any) func(*said) { return func(s *said) { s.client[name] = value } }
	cases := map[string]func(*said){
		"type of a registration": client("type", "webauthn.create"),
		"another challenge":      client("challenge", b64(bytes.Repeat([]byte("evil"), 8))),
		"in a foreign frame":     client("crossOrigin", true),
		"below its own origin":   func(s *said) { s.client["crossOrigin"], s.client["topOrigin"] = true, "https://app.test" },
		"top origin alone":       client("topOrigin", "https://app.test"),
		"another relying party":  func(s *said) { s.rpID = "evil.test" },        // WAN-03
		"an AppID":               func(s *said) { s.rpID = "https://app.test" }, // WAN-03
		"UP=0":                   func(s *said) { s.flags = flagUV },            // WAN-04
		"UV=0":                   func(s *said) { s.flags = flagUP },            // WAN-04
		"BE=1":                   func(s *said) { s.flags |= flagBE },           // WAN-09
		"BE=1 with BS=1":         func(s *said) { s.flags |= flagBE | flagBS },  // WAN-09
		"BE=0 with BS=1":         func(s *said) { s.flags |= flagBS },           // WAN-09
		"another credential id":  func(s *said) { s.id = []byte("evil") },
		"another user handle":    func(s *said) { s.handle = []byte("evil") },
	}
	for _, origin := range evilOrigins { // WAN-03
		cases["origin "+origin] = client("origin", origin)
	}
	owner := newOwner()
	d, c := enrolled(t, acme, "ES256", owner)
	for name, change := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for _, allowed := range [][]Credential{nil, {c}} {
				options, kept := asked(t, acme, allowed...)
				use, err := acme.Verify(owner, c, kept, d.get(t, options, change))
				wantError(t, err, ErrRefused)
				if use != (Use{}) {
					t.Errorf("%+v", use)
				}
			}
		})
	}
}

func TestABackupEligiblePasskeyStaysSo(t *testing.T) { // WAN-09
	t.Parallel()
	owner := newOwner()
	d, c := enrolled(t, acme, "ES256", owner, func(s *said) { s.flags |= flagBE })
	for flags, ok := range map[byte]bool{flagBE: true, flagBE | flagBS: true, 0: false, flagBS: false} {
		options, kept := asked(t, acme, c)
		use, err := acme.Verify(owner, c, kept, d.get(t, options, func(s *said) { s.flags |= flags }))
		if !ok {
			wantError(t, err, ErrRefused)
		} else if err != nil || use.BackedUp != (flags&flagBS != 0) {
			t.Errorf("flags %d: %+v, %v", flags, use, err)
		}
	}
}

// What was signed is changed afterwards, bit by bit.
func TestNoBitOfAnAssertionMayChange(t *testing.T) {
	t.Parallel()
	for _, algorithm := range []string{"ES256", "EdDSA", "RS256"} {
		t.Run(algorithm, func(t *testing.T) {
			t.Parallel()
			owner := newOwner()
			d, c := enrolled(t, acme, algorithm, owner)
			options, kept := asked(t, acme)
			honest := d.get(t, options)
			for _, name := range []string{"authenticatorData", "signature", "clientDataJSON", "userHandle"} {
				value := member(t, honest, name)
				for bit := 0; bit < 8*len(value); bit += 7 {
					changed := bytes.Clone(value)
					changed[bit/8] ^= 1 << (bit % 8)
					response := edited(t, honest, nil, map[string]any{name: b64(changed)})
					if use, err := acme.Verify(owner, c, kept, response); err == nil {
						t.Fatalf("%s, bit %d: %+v", name, bit, use)
					}
				}
			}
			if _, err := acme.Verify(owner, c, kept, honest); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestAPasskeyOfSomebodyElseIsRefused(t *testing.T) { // WAN-05
	t.Parallel()
	alice, bob := newOwner(), newOwner()
	_, hers := enrolled(t, acme, "ES256", alice)
	device, his := enrolled(t, acme, "ES256", bob)
	asAlice := func(s *said) { s.handle = alice.Handle }
	unnamed := func(s *said) { s.handle = nil }

	named, forAlice := asked(t, acme, hers)
	open, anybody := asked(t, acme)
	_, err := acme.Verify(bob, hers, anybody, device.get(t, open))
	if wantError(t, err, ErrRefused); err == nil || err.Error() != refuse("another credential").Error() {
		t.Error(err)
	}
	for name, c := range map[string]struct {
		owner      Owner
		credential Credential
		kept       []byte
		response   []byte
	}{
		"his at her sign-in":          {bob, his, forAlice, device.get(t, named)},
		"his as hers":                 {alice, his, forAlice, device.get(t, named, asAlice)},
		"his with her id":             {alice, hers, forAlice, device.get(t, named, asAlice, func(s *said) { s.id = hers.ID })},
		"discoverable, her handle":    {bob, his, anybody, device.get(t, open, asAlice)},
		"discoverable, looked up her": {alice, his, anybody, device.get(t, open)},
		"discoverable, her passkey":   {alice, hers, anybody, device.get(t, open, asAlice)},
		"discoverable, no handle":     {bob, his, anybody, device.get(t, open, unnamed)},
		"nobody's":                    {Owner{}, his, anybody, device.get(t, open, unnamed)},
	} {
		_, err := acme.Verify(c.owner, c.credential, c.kept, c.response)
		if wantError(t, err, ErrRefused); t.Failed() {
			t.Fatal(name)
		}
	}
	if _, err := acme.Verify(bob, his, anybody, device.get(t, open)); err != nil {
		t.Error(err)
	}
	options, kept := asked(t, acme, hers, his)
	if _, err := acme.Verify(bob, his, kept, device.get(t, options, unnamed)); err != nil {
		t.Errorf("one of several, without a handle: %v", err)
	}
}

func TestAnAssertionHoldsForItsCeremonyAlone(t *testing.T) { // WAN-02
	t.Parallel()
	owner, other := newOwner(), acme
	other.ID = "login.app.test"
	d, c := enrolled(t, acme, "ES256", owner)
	options, kept := asked(t, acme)
	response := d.get(t, options)
	_, another := asked(t, acme)
	toRegister, registration, err := acme.Create(owner, nil)
	if err != nil {
		t.Fatal(err)
	}
	_, err = acme.Verify(owner, c, another, response)
	wantError(t, err, ErrRefused)
	_, err = acme.Verify(owner, c, registration, d.get(t, toRegister))
	if wantError(t, err, ErrRefused); err == nil || err.Error() != refuse("ceremony of another kind").Error() {
		t.Error(err)
	}
	_, err = other.Verify(owner, c, kept, response)
	wantError(t, err, ErrRefused)
	for _, none := range []string{"", "null", "{}", "evil", `{"kind":"webauthn.get","session":{}}`} {
		if _, err = acme.Verify(owner, c, []byte(none), response); err == nil || strings.Contains(err.Error(), "evil") {
			t.Errorf("ceremony %s: %v", none, err)
		}
	}
}

// WebAuthn, 7.2: if either counter is not zero, the new one must be greater.
func TestACounterThatDoesNotRiseIsReported(t *testing.T) { // WAN-06
	t.Parallel()
	owner := newOwner()
	d, c := enrolled(t, acme, "ES256", owner)
	for _, counts := range []struct {
		stored, said uint32
		regressed    bool
	}{
		{0, 0, false},
		{0, 1, false},
		{0, 1<<32 - 1, false},
		{5, 6, false},
		{5, 1<<32 - 1, false},
		{5, 5, true},
		{5, 3, true},
		{5, 0, true},
		{1<<32 - 1, 1<<32 - 1, true},
		{1<<32 - 1, 0, true},
		{1, 0, true},
	} {
		c.SignCount = counts.stored
		options, kept := asked(t, acme, c)
		use, err := acme.Verify(owner, c, kept, d.get(t, options, func(s *said) { s.counter = counts.said }))
		if want := (Use{SignCount: counts.said, UserVerified: true, Regressed: counts.regressed}); err != nil || use != want {
			t.Errorf("%+v: %+v, %v", counts, use, err)
		}
	}
}
