package passkey

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/x509"
	"testing"
	"testing/synctest"
	"time"

	"github.com/descope/virtualwebauthn"
	"github.com/google/go-cmp/cmp"
)

// The virtual authenticator writes coordinates without their leading zeros, which one key in 128 has.
func newVirtual(t *testing.T, kind virtualwebauthn.KeyType) virtualwebauthn.Credential {
	t.Helper()
	for {
		c := virtualwebauthn.NewCredential(kind)
		if kind == virtualwebauthn.KeyTypeRSA {
			return c
		}
		key, err := x509.ParsePKCS8PrivateKey(c.Key.Data)
		if err != nil {
			t.Fatal(err)
		}
		if point, _ := key.(*ecdsa.PrivateKey).PublicKey.Bytes(); point[1] != 0 && point[33] != 0 {
			return c
		}
	}
}

func TestAVirtualAuthenticatorRegistersAndSignsIn(t *testing.T) {
	t.Parallel()
	for _, kind := range []virtualwebauthn.KeyType{virtualwebauthn.KeyTypeEC2, virtualwebauthn.KeyTypeRSA} {
		t.Run(string(kind), func(t *testing.T) {
			t.Parallel()
			party := virtualwebauthn.RelyingParty{ID: acme.ID, Name: acme.Name, Origin: acme.Origins[1]}
			owner := newOwner()
			authenticator := virtualwebauthn.NewAuthenticatorWithOptions(virtualwebauthn.AuthenticatorOptions{
				UserHandle: owner.Handle, BackupEligible: true, BackupState: true,
			})
			virtual := newVirtual(t, kind)

			options, kept, err := acme.Create(owner, nil)
			if err != nil {
				t.Fatal(err)
			}
			create, err := virtualwebauthn.ParseAttestationOptions(string(options))
			if err != nil {
				t.Fatal(err)
			}
			c, err := acme.Register(owner, kept,
				[]byte(virtualwebauthn.CreateAttestationResponse(party, authenticator, virtual, *create)))
			if err != nil {
				t.Fatal(err)
			}
			want := Credential{
				ID: virtual.ID, PublicKey: virtual.Key.AttestationData(), BackupEligible: true, BackedUp: true,
				UserVerified: true, AAGUID: authenticator.Aaguid[:], AttestationFormat: "packed",
			}
			if diff := cmp.Diff(want, c); diff != "" {
				t.Error(diff)
			}

			virtual.Counter = 7
			for name, allowed := range map[string][]Credential{"named": {c}, "discoverable": nil} {
				options, kept = asked(t, acme, allowed...)
				get, err := virtualwebauthn.ParseAssertionOptions(string(options))
				if err != nil {
					t.Fatal(err)
				}
				response := []byte(virtualwebauthn.CreateAssertionResponse(party, authenticator, virtual, *get))
				id, handle, err := Identify(response)
				if err != nil || !bytes.Equal(id, c.ID) || !bytes.Equal(handle, owner.Handle) {
					t.Errorf("%s: Identify = %x, %x, %v", name, id, handle, err)
				}
				use, err := acme.Verify(owner, c, kept, response)
				if want := (Use{SignCount: 7, BackedUp: true, UserVerified: true}); err != nil || use != want {
					t.Errorf("%s: Verify = %+v, %v", name, use, err)
				}
			}
		})
	}
}

func TestEveryOfferedAlgorithmRegistersAndSignsIn(t *testing.T) {
	t.Parallel()
	for _, algorithm := range []string{"ES256", "EdDSA", "RS256"} {
		for _, format := range []string{"none", "packed"} {
			t.Run(algorithm+" "+format, func(t *testing.T) {
				t.Parallel()
				owner, model := newOwner(), []byte("a known model 16")
				d, c := enrolled(t, acme, algorithm, owner, func(s *said) {
					s.format, s.aaguid, s.counter = format, model, 3
				})
				want := Credential{
					ID: d.id, PublicKey: toCBOR(t, d.cose), SignCount: 3, UserVerified: true,
					Transports: []string{"hybrid", "internal"}, AAGUID: model, AttestationFormat: format,
				}
				if diff := cmp.Diff(want, c); diff != "" {
					t.Error(diff)
				}
				options, kept := asked(t, acme, c)
				use, err := acme.Verify(owner, c, kept, d.get(t, options, func(s *said) { s.counter = 4 }))
				if want := (Use{SignCount: 4, UserVerified: true}); err != nil || use != want {
					t.Errorf("Verify = %+v, %v", use, err)
				}
			})
		}
	}
}

func TestAPasskeyMadeByOneLibraryIsUsedByAnother(t *testing.T) {
	t.Parallel()
	owner, virtual := newOwner(), newVirtual(t, virtualwebauthn.KeyTypeEC2)
	party := virtualwebauthn.RelyingParty{ID: acme.ID, Name: acme.Name, Origin: acme.Origins[0]}
	authenticator := virtualwebauthn.NewAuthenticatorWithOptions(virtualwebauthn.AuthenticatorOptions{
		UserHandle: owner.Handle,
	})
	key, err := x509.ParsePKCS8PrivateKey(virtual.Key.Data)
	if err != nil {
		t.Fatal(err)
	}
	d := &device{id: virtual.ID, handle: owner.Handle}
	d.use(key.(*ecdsa.PrivateKey))

	options, kept, err := acme.Create(owner, nil)
	if err != nil {
		t.Fatal(err)
	}
	create, err := virtualwebauthn.ParseAttestationOptions(string(options))
	if err != nil {
		t.Fatal(err)
	}
	byVirtual, err := acme.Register(owner, kept,
		[]byte(virtualwebauthn.CreateAttestationResponse(party, authenticator, virtual, *create)))
	if err != nil {
		t.Fatal(err)
	}
	options, kept, err = acme.Create(owner, nil)
	if err != nil {
		t.Fatal(err)
	}
	byDevice, err := acme.Register(owner, kept, d.create(t, options))
	if err != nil {
		t.Fatal(err)
	}

	options, kept = asked(t, acme, byVirtual)
	if _, err := acme.Verify(owner, byVirtual, kept, d.get(t, options)); err != nil {
		t.Errorf("made by the virtual authenticator: %v", err)
	}
	options, kept = asked(t, acme, byDevice)
	get, err := virtualwebauthn.ParseAssertionOptions(string(options))
	if err != nil {
		t.Fatal(err)
	}
	response := virtualwebauthn.CreateAssertionResponse(party, authenticator, virtual, *get)
	if _, err := acme.Verify(owner, byDevice, kept, []byte(response)); err != nil {
		t.Errorf("made by the device: %v", err)
	}
}

func TestUserVerificationIsReportedAsItWas(t *testing.T) { // WAN-04
	t.Parallel()
	for _, rp := range []RelyingParty{relaxed(), {
		ID: acme.ID, Name: acme.Name, Origins: acme.Origins, UserVerification: "discouraged", Attestation: "none",
	}} {
		for _, registered := range []byte{0, flagUV} {
			owner := newOwner()
			d, c := enrolled(t, rp, "ES256", owner, func(s *said) { s.flags = flagUP | registered })
			if c.UserVerified != (registered != 0) {
				t.Errorf("registered with %d: %v", registered, c.UserVerified)
			}
			for _, used := range []byte{0, flagUV} {
				options, kept := asked(t, rp, c)
				use, err := rp.Verify(owner, c, kept, d.get(t, options, func(s *said) { s.flags = flagUP | used }))
				if err != nil || use.UserVerified != (used != 0) {
					t.Errorf("registered with %d, used with %d: %+v, %v", registered, used, use, err)
				}
			}
		}
	}
}

func TestOnlyKnownTransportsAreKept(t *testing.T) {
	t.Parallel()
	owner := newOwner()
	options, kept, err := acme.Create(owner, nil)
	if err != nil {
		t.Fatal(err)
	}
	response := edited(t, newDevice(t, "ES256", owner).create(t, options), nil,
		map[string]any{"transports": []string{"usb", "evil", "ble", "usb", "cable", "", "smart-card"}})
	c, err := acme.Register(owner, kept, response)
	if diff := cmp.Diff([]string{"ble", "hybrid", "smart-card", "usb"}, c.Transports); err != nil || diff != "" {
		t.Error(err, diff)
	}
}

func TestOutputsOfExtensionsThatNobodyAskedForAreIgnored(t *testing.T) {
	t.Parallel()
	outputs := map[string]any{"clientExtensionResults": map[string]any{
		"appid": true, "credProps": map[string]any{"rk": true}, "example": []any{1, "two"},
	}}
	owner := newOwner()
	options, kept, err := acme.Create(owner, nil)
	if err != nil {
		t.Fatal(err)
	}
	d := newDevice(t, "ES256", owner)
	c, err := acme.Register(owner, kept, edited(t, d.create(t, options), outputs, nil))
	if err != nil {
		t.Fatal(err)
	}
	c.AttestationFormat = "fido-u2f" // for which the library knows an extension that changes the relying party id
	options, kept = asked(t, acme, c)
	if _, err := acme.Verify(owner, c, kept, edited(t, d.get(t, options), outputs, nil)); err != nil {
		t.Error(err)
	}
}

func TestNoDeadlineIsKeptHere(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		owner := newOwner()
		options, kept, err := acme.Create(owner, nil)
		if err != nil {
			t.Fatal(err)
		}
		d := newDevice(t, "ES256", owner)
		time.Sleep(10 * 365 * 24 * time.Hour)
		c, err := acme.Register(owner, kept, d.create(t, options))
		if err != nil {
			t.Fatal(err)
		}
		options, kept = asked(t, acme)
		time.Sleep(10 * 365 * 24 * time.Hour)
		if _, err := acme.Verify(owner, c, kept, d.get(t, options)); err != nil {
			t.Error(err)
		}
	})
}
