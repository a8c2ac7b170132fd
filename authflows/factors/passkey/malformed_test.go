package passkey

import (
	"bytes"
	"encoding/binary"
	"strings"
	"testing"
	"time"

	"github.com/fxamacker/cbor/v2"
)

func TestNoRegistrationTakesLong(t *testing.T) { // WAN-08
	t.Parallel()
	owner := newOwner()
	options, kept, err := acme.Create(owner, nil)
	if err != nil {
		t.Fatal(err)
	}
	d := newDevice(t, "ES256", owner)
	honest := d.create(t, options)
	attestation := member(t, honest, "attestationObject")
	client := member(t, honest, "clientDataJSON")
	var parts struct{ AuthData []byte }
	if err := cbor.Unmarshal(attestation, &parts); err != nil || len(parts.AuthData) < 100 {
		t.Fatal(err)
	}
	deepCBOR := func(depth int) []byte { return append(bytes.Repeat([]byte{0x81}, depth), 0) }
	giant := binary.BigEndian.AppendUint32([]byte{0x9a}, 0xffffffff)
	with := func(object []byte) []byte { return d.created(t, client, object) }
	for name, response := range map[string][]byte{
		"a megabyte of attestation": with(bytes.Repeat([]byte{0}, 1<<20)),
		"a megabyte of JSON":        []byte(strings.Repeat("[", 1<<20)),
		"deep JSON":                 []byte(strings.Repeat("[", maxResponse)),
		"deep objects":              []byte(strings.Repeat(`{"a":`, maxResponse/5)),
		"CBOR of depth 10^4":        with(deepCBOR(10_000)),
		"deep in the statement": with(toCBOR(t, map[string]any{
			"fmt": "none", "authData": parts.AuthData,
			"attStmt": rawCBOR(append([]byte{0xa1, 0x61, 0x61}, deepCBOR(10_000)...)),
		})),
		"deep key":             d.create(t, options, func(s *said) { s.cose = deepCBOR(10_000) }),
		"four billion items":   with(giant),
		"four billion in key":  d.create(t, options, func(s *said) { s.cose = giant }),
		"bytes behind":         with(append(attestation, 0)),
		"bytes behind, inside": d.create(t, options, func(s *said) { s.tail = []byte{0} }),
		"cut":                  with(attestation[:len(attestation)-1]),
		"id of 65535 bytes": with(toCBOR(t, map[string]any{
			"fmt": "none", "attStmt": map[string]any{},
			"authData": append((&said{flags: flagUP}).authenticatorData(flagAT), bytes.Repeat([]byte{255}, 18)...),
		})),
	} {
		began := time.Now()
		c, err := acme.Register(owner, kept, response)
		if took := time.Since(began); took > 2*time.Second {
			t.Errorf("%s took %v", name, took)
		}
		wantError(t, err, ErrMalformed)
		if c.ID != nil || t.Failed() {
			t.Fatal(name)
		}
	}
}

// rawCBOR is encoded already.
type rawCBOR []byte

func (r rawCBOR) MarshalCBOR() ([]byte, error) { return r, nil }

func TestARegistrationWithoutItsMembersIsMalformed(t *testing.T) { // WAN-08
	t.Parallel()
	owner := newOwner()
	options, kept, err := acme.Create(owner, nil)
	if err != nil {
		t.Fatal(err)
	}
	honest := newDevice(t, "ES256", owner).create(t, options)
	var bad [][]byte
	for _, name := range []string{"id", "rawId", "type", "response"} {
		for _, value := range []any{nil, 7, "", "evil!", []any{}} {
			bad = append(bad, edited(t, honest, map[string]any{name: value}, nil))
		}
	}
	bad = append(bad, edited(t, honest, map[string]any{"id": b64([]byte("evil"))}, nil))
	for _, name := range []string{"clientDataJSON", "attestationObject"} {
		for _, value := range []any{nil, 7, "", "evil!", []any{}, b64([]byte("evil")), b64([]byte("{}"))} {
			bad = append(bad, edited(t, honest, nil, map[string]any{name: value}))
		}
	}
	for _, client := range []string{
		"null", `{"challenge":"a","origin":"a"}`, `{"type":"webauthn.create","origin":"a"}`,
		`{"type":"webauthn.create","challenge":"a"}`, `{"type":7,"challenge":"a","origin":"a"}`,
		`{"type":"webauthn.create","challenge":"a","origin":"a","crossOrigin":"evil"}`, "{} evil",
	} {
		bad = append(bad, edited(t, honest, nil, map[string]any{"clientDataJSON": b64([]byte(client))}))
	}
	for _, text := range []string{
		"", "null", "7", "[]", "{}", "evil", string(honest) + "{}", string(honest[:len(honest)-1]),
	} {
		bad = append(bad, []byte(text))
	}
	for _, response := range bad {
		_, err := acme.Register(owner, kept, response)
		if wantError(t, err, ErrMalformed); t.Failed() {
			t.Fatalf("%.300s", response)
		}
	}
	if _, err := acme.Register(owner, kept, honest); err != nil {
		t.Error(err)
	}
}

func TestAnAssertionWithoutItsMembersIsMalformed(t *testing.T) { // WAN-08
	t.Parallel()
	owner := newOwner()
	d, c := enrolled(t, acme, "ES256", owner)
	options, kept := asked(t, acme)
	honest := d.get(t, options)
	var bad [][]byte
	for _, name := range []string{"id", "rawId", "type", "response"} {
		for _, value := range []any{nil, 7, "", "evil!", []any{}} {
			bad = append(bad, edited(t, honest, map[string]any{name: value}, nil))
		}
	}
	for _, name := range []string{"clientDataJSON", "authenticatorData", "signature"} {
		for _, value := range []any{nil, 7, "", "evil!", []any{}} {
			bad = append(bad, edited(t, honest, nil, map[string]any{name: value}))
		}
	}
	long := b64(make([]byte, maxCredentialID+1))
	bad = append(bad,
		edited(t, honest, nil, map[string]any{"userHandle": 7}),
		edited(t, honest, nil, map[string]any{"userHandle": b64(make([]byte, maxHandle+1))}),
		edited(t, honest, map[string]any{"id": long, "rawId": long}, nil),
		edited(t, honest, map[string]any{"id": b64([]byte("evil"))}, nil),
		edited(t, honest, nil, map[string]any{"clientDataJSON": b64([]byte(`{"type":"webauthn.get"}`))}),
		edited(t, honest, nil, map[string]any{"authenticatorData": b64(make([]byte, 36))}),
		edited(t, honest, nil, map[string]any{"signature": strings.Repeat("A", 1<<20)}),
		d.get(t, options, func(s *said) { s.tail = []byte{0} }),
		d.get(t, options, func(s *said) { s.flags |= 128; s.tail = bytes.Repeat([]byte{0x81}, 10_000) }),
		d.get(t, options, func(s *said) { s.flags |= 128; s.tail = []byte{0xa0, 0} }),
		d.get(t, options, func(s *said) { s.flags |= flagAT; s.tail = bytes.Repeat([]byte{255}, 100) }),
		append(honest, '{'), honest[:len(honest)-1], []byte("null"), nil, []byte(strings.Repeat("[", 1<<20)),
	)
	for _, response := range bad {
		_, err := acme.Verify(owner, c, kept, response)
		wantError(t, err, ErrMalformed)
		id, handle, err := Identify(response)
		if wantError(t, err, ErrMalformed); t.Failed() || id != nil || handle != nil {
			t.Fatalf("%.300s", response)
		}
	}
	if _, err := acme.Verify(owner, c, kept, honest); err != nil {
		t.Error(err)
	}
}
