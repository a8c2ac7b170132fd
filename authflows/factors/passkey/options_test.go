package passkey

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// opened returns options as an object, with the challenge taken out.
func opened(t *testing.T, options json.RawMessage) (object map[string]any, challenge []byte) {
	t.Helper()
	if err := json.Unmarshal(options, &object); err != nil {
		t.Fatal(err)
	}
	text, _ := object["challenge"].(string)
	challenge, err := base64.RawURLEncoding.DecodeString(text)
	if err != nil || len(challenge) < 16 {
		t.Errorf("challenge %q", text)
	}
	delete(object, "challenge")
	return object, challenge
}

func TestOptionsOfARegistrationAreReadyForTheBrowser(t *testing.T) { // WAN-07
	t.Parallel()
	rp, owner := relaxed(), newOwner()
	rp.Attestation = "direct"
	options, _, err := rp.Create(owner, []Credential{
		{ID: []byte{251, 255, 0}, Transports: []string{"nfc", "usb"}}, {ID: []byte("second")},
	})
	if err != nil {
		t.Fatal(err)
	}
	got, _ := opened(t, options)
	parameter := func(alg float64) any { return map[string]any{"type": "public-key", "alg": alg} }
	want := map[string]any{
		"rp":               map[string]any{"id": "app.test", "name": "Acme"},
		"user":             map[string]any{"id": b64(owner.Handle), "name": "alice@app.test", "displayName": "Alice"},
		"pubKeyCredParams": []any{parameter(-7), parameter(-8), parameter(-257)},
		"timeout":          300_000.0,
		"attestation":      "direct",
		"authenticatorSelection": map[string]any{
			"residentKey": "required", "requireResidentKey": true, "userVerification": "preferred",
		},
		"excludeCredentials": []any{
			map[string]any{"type": "public-key", "id": "-_8A", "transports": []any{"nfc", "usb"}},
			map[string]any{"type": "public-key", "id": b64([]byte("second"))},
		},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestOptionsOfASignInAreReadyForTheBrowser(t *testing.T) {
	t.Parallel()
	want := map[string]any{"rpId": "app.test", "timeout": 300_000.0, "userVerification": "required"}
	for name, nothing := range map[string][]Credential{"nil": nil, "empty": {}} {
		options, _ := asked(t, acme, nothing...)
		got, _ := opened(t, options)
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("discoverable, %s: %s", name, diff)
		}
	}
	options, _ := asked(t, acme, Credential{ID: []byte{251, 255, 0}, Transports: []string{"hybrid"}})
	got, _ := opened(t, options)
	want["allowCredentials"] = []any{
		map[string]any{"type": "public-key", "id": "-_8A", "transports": []any{"hybrid"}},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestEverySettingIsConveyed(t *testing.T) {
	t.Parallel()
	for _, attestation := range []string{"none", "indirect", "direct"} {
		for _, uv := range []string{"required", "preferred", "discouraged"} {
			rp := acme
			rp.Attestation, rp.UserVerification = attestation, uv
			options, _, err := rp.Create(newOwner(), nil)
			if err != nil {
				t.Fatal(err)
			}
			got, _ := opened(t, options)
			chosen, _ := got["authenticatorSelection"].(map[string]any)
			if got["attestation"] != attestation || chosen["userVerification"] != uv || got["timeout"] != 300_000.0 {
				t.Errorf("%s, %s: %v", attestation, uv, got)
			}
			options, _ = asked(t, rp)
			if got, _ = opened(t, options); got["userVerification"] != uv || got["timeout"] != 300_000.0 {
				t.Errorf("sign-in, %s: %v", uv, got)
			}
		}
	}
}

func TestNoChallengeComesTwice(t *testing.T) { // WAN-02
	t.Parallel()
	seen := make(map[string]bool)
	for range 200 {
		created, _, err := acme.Create(newOwner(), nil)
		if err != nil {
			t.Fatal(err)
		}
		requested, _ := asked(t, acme)
		for _, options := range []json.RawMessage{created, requested} {
			_, challenge := opened(t, options)
			if seen[string(challenge)] {
				t.Fatal("a challenge came twice")
			}
			seen[string(challenge)] = true
		}
	}
}

func TestSettingsThatAreNoneAreTheCallersError(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(*RelyingParty){
		"user verification": func(rp *RelyingParty) { rp.UserVerification = "" },
		"attestation":       func(rp *RelyingParty) { rp.Attestation = "enterprise" },
		"host with scheme":  func(rp *RelyingParty) { rp.ID = "https://app.test" },
		"no origin":         func(rp *RelyingParty) { rp.Origins = nil },
	} {
		rp := acme
		change(&rp)
		_, _, created := rp.Create(newOwner(), nil)
		_, _, requested := rp.Ask(nil)
		owner := newOwner()
		options, kept := asked(t, acme)
		_, verified := rp.Verify(owner, Credential{}, kept, newDevice(t, "ES256", owner).get(t, options))
		for _, err := range []error{created, requested, verified} {
			if err == nil || errors.Is(err, ErrMalformed) || errors.Is(err, ErrRefused) {
				t.Errorf("%s: %v", name, err)
			}
		}
	}
	if _, _, err := acme.Create(Owner{Name: "nobody"}, nil); err == nil {
		t.Error("an owner without a handle may register")
	}
}

func TestHandlesAreRandomAndOfTheRecommendedLength(t *testing.T) {
	t.Parallel()
	if a, b := NewHandle(), NewHandle(); len(a) != 64 || string(a) == string(b) {
		t.Errorf("%x, %x", a, b)
	}
}
