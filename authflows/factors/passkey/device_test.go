package passkey

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"slices"
	"sync"
	"testing"
)

// Flags of authenticator data (WebAuthn, 6.1).
const (
	flagUP, flagUV, flagBE, flagBS, flagAT = 1, 4, 8, 16, 64
)

// device is an authenticator and its browser in software. It knows nothing of the WebAuthn library and signs whatever
// it is told to.
type device struct {
	id, handle []byte
	key        crypto.Signer
	cose       map[int]any
}

var rsaKey = sync.OnceValue(func() *rsa.PrivateKey {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		panic(err)
	}
	return key
})

// newDevice makes a device with a key for ES256, EdDSA or RS256.
func newDevice(t testing.TB, algorithm string, o Owner) *device {
	t.Helper()
	d := &device{id: []byte("credential " + rand.Text()), handle: o.Handle}
	switch algorithm {
	case "ES256":
		key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
		if err != nil {
			t.Fatal(err)
		}
		d.use(key)
	case "EdDSA":
		public, key, err := ed25519.GenerateKey(nil)
		if err != nil {
			t.Fatal(err)
		}
		d.key, d.cose = key, map[int]any{1: 1, 3: -8, -1: 6, -2: []byte(public)}
	case "RS256":
		d.key = rsaKey()
		d.cose = map[int]any{1: 3, 3: -257, -1: rsaKey().N.Bytes(), -2: []byte{1, 0, 1}}
	default:
		t.Fatal(algorithm)
	}
	return d
}

func (d *device) use(key *ecdsa.PrivateKey) {
	point, _ := key.PublicKey.Bytes()
	d.key, d.cose = key, map[int]any{1: 2, 3: -7, -1: 1, -2: point[1:33], -3: point[33:]}
}

func (d *device) sign(t testing.TB, message []byte) []byte {
	t.Helper()
	hash := crypto.SHA256
	digest := sha256.Sum256(message)
	sum := digest[:]
	if _, ok := d.key.(ed25519.PrivateKey); ok {
		hash, sum = 0, message
	}
	signature, err := d.key.Sign(rand.Reader, sum, hash)
	if err != nil {
		t.Fatal(err)
	}
	return signature
}

// said is what a device says, before it signs.
type said struct {
	client  map[string]any
	rpID    string
	flags   byte
	counter uint32
	aaguid  []byte
	id      []byte // within what is signed
	cose    any    // encoded, or bytes as they are
	tail    []byte // behind authenticator data
	format  string // of attestation; packed stands for self-attestation
	stmt    any    // instead of the right one
	handle  []byte
}

func (d *device) say(t testing.TB, kind string, options json.RawMessage, changes []func(*said)) *said {
	t.Helper()
	var asked struct {
		Challenge string
		RPID      string `json:"rpId"`
		RP        struct{ ID string }
	}
	if err := json.Unmarshal(options, &asked); err != nil {
		t.Fatal(err)
	}
	s := &said{
		client: map[string]any{
			"type": kind, "challenge": asked.Challenge, "origin": "https://app.test", "crossOrigin": false,
		},
		rpID: asked.RPID + asked.RP.ID, flags: flagUP | flagUV, aaguid: make([]byte, 16), id: d.id, cose: d.cose,
		format: "none", handle: d.handle,
	}
	for _, change := range changes {
		change(s)
	}
	return s
}

// create answers navigator.credentials.create.
func (d *device) create(t testing.TB, options json.RawMessage, changes ...func(*said)) []byte {
	t.Helper()
	s := d.say(t, "webauthn.create", options, changes)
	client := toJSON(t, s.client)
	key, raw := s.cose.([]byte)
	if !raw {
		key = toCBOR(t, s.cose)
	}
	data := s.authenticatorData(flagAT)
	data = binary.BigEndian.AppendUint16(append(data, s.aaguid...), uint16(len(s.id)))
	data = slices.Concat(data, s.id, key, s.tail)
	statement := map[string]any{}
	if s.format == "packed" {
		statement = map[string]any{"alg": d.cose[3], "sig": d.sign(t, signed(data, client))}
	}
	if s.stmt != nil {
		return d.created(t, client, toCBOR(t, map[string]any{"fmt": s.format, "attStmt": s.stmt, "authData": data}))
	}
	return d.created(t, client, toCBOR(t, map[string]any{"fmt": s.format, "attStmt": statement, "authData": data}))
}

func (d *device) created(t testing.TB, client, attestation []byte) []byte {
	t.Helper()
	return toJSON(t, map[string]any{
		"id": b64(d.id), "rawId": b64(d.id), "type": "public-key", "clientExtensionResults": map[string]any{},
		"response": map[string]any{
			"clientDataJSON": b64(client), "attestationObject": b64(attestation), "transports": []string{"internal", "hybrid"},
		},
	})
}

// get answers navigator.credentials.get.
func (d *device) get(t testing.TB, options json.RawMessage, changes ...func(*said)) []byte {
	t.Helper()
	s := d.say(t, "webauthn.get", options, changes)
	client := toJSON(t, s.client)
	data := append(s.authenticatorData(0), s.tail...)
	response := map[string]any{
		"clientDataJSON": b64(client), "authenticatorData": b64(data), "signature": b64(d.sign(t, signed(data, client))),
	}
	if s.handle != nil {
		response["userHandle"] = b64(s.handle)
	}
	return toJSON(t, map[string]any{
		"id": b64(s.id), "rawId": b64(s.id), "type": "public-key", "clientExtensionResults": map[string]any{},
		"response": response,
	})
}

func (s *said) authenticatorData(flags byte) []byte {
	hash := sha256.Sum256([]byte(s.rpID))
	return binary.BigEndian.AppendUint32(append(hash[:], s.flags|flags), s.counter)
}

func signed(data, client []byte) []byte {
	hash := sha256.Sum256(client)
	return slices.Concat(data, hash[:])
}
