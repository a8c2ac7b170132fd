package passkey

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"maps"
	"strings"
	"testing"

	"github.com/fxamacker/cbor/v2"
)

// acme is a tenant of which nothing is special.
var acme = RelyingParty{
	ID: "app.test", Name: "Acme", Origins: []string{"https://app.test", "https://login.app.test:8443"},
	UserVerification: "required", Attestation: "none",
}

func relaxed() RelyingParty {
	rp := acme
	rp.UserVerification = "preferred"
	return rp
}

func newOwner() Owner { return Owner{NewHandle(), "alice@app.test", "Alice"} }

// edited returns a response with members of it, and of the object "response" in it, replaced, or removed by nil.
func edited(t testing.TB, response []byte, outer, inner map[string]any) []byte {
	t.Helper()
	var whole map[string]any
	if err := json.Unmarshal(response, &whole); err != nil {
		t.Fatal(err)
	}
	none := func(_ string, v any) bool { return v == nil }
	part, _ := whole["response"].(map[string]any)
	maps.Copy(part, inner)
	maps.DeleteFunc(part, none)
	maps.Copy(whole, outer)
	maps.DeleteFunc(whole, none)
	return toJSON(t, whole)
}

func member(t testing.TB, response []byte, name string) []byte {
	t.Helper()
	var whole struct{ Response map[string]any }
	if err := json.Unmarshal(response, &whole); err != nil {
		t.Fatal(err)
	}
	text, _ := whole.Response[name].(string)
	data, err := base64.RawURLEncoding.DecodeString(text)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// wantError demands one of the two errors and a text that quotes nothing.
func wantError(t testing.TB, err, want error) {
	t.Helper()
	if !errors.Is(err, want) || errors.Is(err, ErrMalformed) == errors.Is(err, ErrRefused) {
		t.Errorf("error %v, want %v", err, want)
		return
	}
	if text := err.Error(); len(text) > 80 || strings.Contains(text, "evil") || strings.ContainsAny(text, `"{%`) {
		t.Errorf("%q quotes the response", text)
	}
}

// enrolled registers a new device for an owner.
func enrolled(t testing.TB, rp RelyingParty, algorithm string, o Owner, changes ...func(*said)) (*device, Credential) {
	t.Helper()
	options, kept, err := rp.Create(o, nil)
	if err != nil {
		t.Fatal(err)
	}
	d := newDevice(t, algorithm, o)
	c, err := rp.Register(o, kept, d.create(t, options, changes...))
	if err != nil {
		t.Fatal(err)
	}
	return d, c
}

// asked begins a sign-in.
func asked(t testing.TB, rp RelyingParty, allowed ...Credential) (options json.RawMessage, kept []byte) {
	t.Helper()
	options, kept, err := rp.Ask(allowed)
	if err != nil {
		t.Fatal(err)
	}
	return options, kept
}

func b64(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }

func toJSON(t testing.TB, v any) []byte {
	t.Helper()
	text, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func toCBOR(t testing.TB, v any) []byte {
	t.Helper()
	mode, _ := cbor.CTAP2EncOptions().EncMode()
	data, err := mode.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return data
}
