package passkey

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"testing"
)

// explained demands that an error is one of the two.
func explained(t *testing.T, err error) {
	t.Helper()
	if errors.Is(err, ErrMalformed) == errors.Is(err, ErrRefused) {
		t.Fatalf("neither or both: %v", err)
	}
}

// fixture is a ceremony that a fuzzer answers.
func fixture(f *testing.F) (owner Owner, d *device, created, kept []byte) {
	f.Helper()
	owner = newOwner()
	options, kept, err := acme.Create(owner, nil)
	if err != nil {
		f.Fatal(err)
	}
	d = newDevice(f, "ES256", owner)
	return owner, d, d.create(f, options, func(s *said) { s.format = "packed" }), kept
}

func FuzzARegistrationIsAcceptedWholeOrNotAtAll(f *testing.F) {
	owner, d, created, kept := fixture(f)
	var vectors []vector
	if err := json.Unmarshal(vectorsJSON, &vectors); err != nil {
		f.Fatal(err)
	}
	client := member(f, created, "clientDataJSON")
	f.Add(created, []byte(nil))
	f.Add([]byte(nil), member(f, created, "attestationObject"))
	for _, v := range vectors {
		object := []byte(v.Registration.AttestationObject)
		f.Add(d.created(f, v.Registration.ClientDataJSON, object), object)
	}
	f.Fuzz(func(t *testing.T, response, attestation []byte) {
		if len(response) == 0 { // the fuzzer cannot look through two layers of base64
			response = d.created(t, client, attestation)
		}
		c, err := acme.Register(owner, kept, response)
		if err != nil {
			explained(t, err)
			return
		}
		if len(c.ID) == 0 || len(c.ID) > maxCredentialID || len(c.AAGUID) != 16 || checkKey(c.PublicKey) != nil ||
			!c.UserVerified || (c.BackedUp && !c.BackupEligible) {
			t.Errorf("%+v", c)
		}
	})
}

func FuzzAnIdentifiedAssertionHasAnID(f *testing.F) {
	owner, d, _, _ := fixture(f)
	options, _, err := acme.Ask(nil)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(d.get(f, options))
	f.Add([]byte(`{"id":"AA","rawId":"AA","type":"public-key","response":{}}`))
	f.Add(toJSON(f, owner))
	f.Fuzz(func(t *testing.T, response []byte) {
		id, handle, err := Identify(response)
		if err != nil {
			if !errors.Is(err, ErrMalformed) || id != nil || handle != nil {
				t.Errorf("%x, %x, %v", id, handle, err)
			}
			return
		}
		if len(id) == 0 || len(id) > maxCredentialID || len(handle) > maxHandle {
			t.Errorf("%d bytes of id, %d of handle", len(id), len(handle))
		}
	})
}

// Only what was signed is accepted, whatever is written around it.
func FuzzOnlyWhatWasSignedIsAccepted(f *testing.F) {
	owner, d, created, kept := fixture(f)
	c, err := acme.Register(owner, kept, created)
	if err != nil {
		f.Fatal(err)
	}
	options, kept, err := acme.Ask(nil)
	if err != nil {
		f.Fatal(err)
	}
	honest := d.get(f, options)
	data, client := member(f, honest, "authenticatorData"), member(f, honest, "clientDataJSON")
	f.Add(honest, []byte(nil), []byte(nil))
	f.Add([]byte(nil), data, client)
	f.Fuzz(func(t *testing.T, response, otherData, otherClient []byte) {
		if len(response) == 0 {
			response = edited(t, honest, nil, map[string]any{
				"authenticatorData": b64(otherData), "clientDataJSON": b64(otherClient),
			})
		}
		use, err := acme.Verify(owner, c, kept, response)
		if err != nil {
			explained(t, err)
			return
		}
		var got struct {
			Response struct{ AuthenticatorData, ClientDataJSON string }
		}
		if err := json.Unmarshal(response, &got); err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(decoded(got.Response.AuthenticatorData), data) ||
			!bytes.Equal(decoded(got.Response.ClientDataJSON), client) {
			t.Errorf("%+v for another message", use)
		}
	})
}

// decoded forgives what the library does: padding and line breaks.
func decoded(text string) []byte {
	data, _ := base64.RawURLEncoding.DecodeString(string(bytes.TrimRight([]byte(text), "=")))
	return data
}
