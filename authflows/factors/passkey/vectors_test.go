package passkey

import (
	"bytes"
	_ "embed"
	"encoding/hex"
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/go-webauthn/webauthn/protocol"
	"github.com/go-webauthn/webauthn/webauthn"
)

// vectorsJSON are bytes of the test vectors of W3C Web Authentication Level 3, section 16, by the anchors of their
// sections (sctn-test-vectors-…). 16.12, Ed448, is missing.
//
//go:embed testdata/webauthn-3-vectors.json
var vectorsJSON []byte

type hexBytes []byte

func (h *hexBytes) UnmarshalText(text []byte) (err error) {
	*h, err = hex.AppendDecode(nil, text)
	return err
}

type vector struct {
	Name         string
	CredentialID hexBytes `json:"credential_id"`
	Registration struct {
		Challenge, ClientDataJSON, AttestationObject hexBytes
	}
	Authentication struct {
		Challenge, ClientDataJSON, AuthenticatorData, Signature hexBytes
	}
}

// ceremonyOf is one that began with the challenge of a vector.
func ceremonyOf(t *testing.T, kind protocol.CeremonyType, o Owner, challenge []byte, allowed ...[]byte) []byte {
	t.Helper()
	return toJSON(t, ceremony{Kind: kind, Session: webauthn.SessionData{
		Challenge: b64(challenge), RelyingPartyID: "example.org", UserID: o.Handle, AllowedCredentialIDs: allowed,
		UserVerification: protocol.VerificationPreferred, CredParams: offered(),
	}})
}

func TestVectorsOfTheSpecification(t *testing.T) {
	t.Parallel()
	var vectors []vector
	if err := json.Unmarshal(vectorsJSON, &vectors); err != nil {
		t.Fatal(err)
	}
	// What Register and Verify answer to each: the format that it is registered with, or why it is refused.
	answers := map[string]string{
		"none-es256":                    "none",
		"packed-self-es256":             "packed",
		"none-es256-crossOrigin":        "refused", // no frames
		"none-es256-topOrigin":          "refused",
		"none-es256-long-credential-id": "none",
		"packed-es256":                  "packed",
		"packed-es384":                  "refused", // not offered
		"packed-es512":                  "refused",
		"packed-rs256":                  "packed",
		"packed-eddsa":                  "packed",
		"tpm-es256":                     "refused", // made by nobody who makes TPMs
		"android-key-es256":             "refused", // its root is not that of Android
		"apple-es256":                   "refused", // its root is not Apple's
		"fido-u2f-es256":                "fido-u2f",
	}
	if len(vectors) != len(answers) {
		t.Errorf("%d vectors, %d answers", len(vectors), len(answers))
	}
	rp := RelyingParty{
		ID: "example.org", Name: "Example", Origins: []string{"https://example.org"},
		UserVerification: "preferred", Attestation: "direct",
	}
	for _, v := range vectors {
		t.Run(v.Name, func(t *testing.T) {
			t.Parallel()
			owner, want := newOwner(), answers[v.Name]
			d := &device{id: v.CredentialID}
			response := d.created(t, v.Registration.ClientDataJSON, v.Registration.AttestationObject)
			c, err := rp.Register(owner, ceremonyOf(t, protocol.CreateCeremony, owner, v.Registration.Challenge), response)
			if want == "refused" {
				wantError(t, err, ErrRefused)
			} else if err != nil || c.AttestationFormat != want || !bytes.Equal(c.ID, v.CredentialID) {
				t.Fatalf("Register = %+v, %v", c, err)
			}

			// Keys of vectors that were refused for their attestation are used nevertheless.
			parsed, err := readCreated(response)
			if err != nil {
				t.Fatal(err)
			}
			data := parsed.Response.AttestationObject.AuthData
			c = Credential{
				ID: v.CredentialID, PublicKey: data.AttData.CredentialPublicKey, BackupEligible: data.Flags.HasBackupEligible(),
			}
			a := v.Authentication
			use, err := rp.Verify(owner, c, ceremonyOf(t, protocol.AssertCeremony, Owner{}, a.Challenge, c.ID),
				toJSON(t, map[string]any{
					"id": b64(c.ID), "rawId": b64(c.ID), "type": "public-key", "response": map[string]any{
						"clientDataJSON": b64(a.ClientDataJSON), "authenticatorData": b64(a.AuthenticatorData),
						"signature": b64(a.Signature),
					},
				}))
			if strings.HasSuffix(v.Name, "Origin") {
				wantError(t, err, ErrRefused)
				return
			}
			flags := a.AuthenticatorData[32]
			if err != nil || use.UserVerified != (flags&flagUV != 0) || use.BackedUp != (flags&flagBS != 0) || use.Regressed {
				t.Errorf("Verify = %+v, %v", use, err)
			}
			kept := ceremonyOf(t, protocol.AssertCeremony, Owner{}, v.Registration.Challenge, c.ID)
			_, err = rp.Verify(owner, c, kept, response)
			if err == nil || errors.Is(err, ErrRefused) {
				t.Errorf("a registration is read as a sign-in: %v", err)
			}
		})
	}
}
