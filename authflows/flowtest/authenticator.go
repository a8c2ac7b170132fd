package flowtest

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"slices"
	"testing"
)

// Flags of authenticator data (WebAuthn, 6.1).
const (
	FlagUP byte = 1 << iota // its user was present
	_
	FlagUV // its user was verified
	FlagBE // the passkey may be copied to other devices
	FlagBS // and was
	_
	flagAT // a new passkey follows
)

// Origin is what a browser says on the pages of every environment's tenants, unless they set origins of their own.
const Origin = PublicURL

// Authenticator is a device with passkeys and the browser before it. It knows no scruples: it signs for every relying
// party and says whatever it is told to. While its passkeys are made it is not safe for concurrent use, afterwards it is.
type Authenticator struct {
	Origin  string
	Flags   byte   // FlagUP|FlagUV unless set
	Counter uint32 // as it is; 0 for one that does not count

	t        testing.TB
	passkeys []*Passkey // oldest first
}

// Passkey is one that an authenticator holds.
type Passkey struct {
	ID, Handle []byte
	RPID       string
	key        *ecdsa.PrivateKey
}

// NewAuthenticator returns an authenticator without passkeys, whose browser shows a page of an origin.
func NewAuthenticator(t testing.TB, origin string) *Authenticator {
	t.Helper()
	return &Authenticator{Origin: origin, Flags: FlagUP | FlagUV, t: t}
}

// Said is what an authenticator and its browser are about to say.
type Said struct {
	Client  map[string]any // client data
	RPID    string         // that is hashed
	Flags   byte
	Counter uint32
	Passkey *Passkey // that answers
	Handle  []byte   // user handle of a sign-in; nil leaves it out
	Tail    []byte   // behind authenticator data

	// Of a registration: the COSE key, and the format and the statement of attestation in CBOR.
	Key       []byte
	Format    string
	Statement []byte
}

// Create answers navigator.credentials.create with a new passkey, made known to the authenticator. It ignores
// excludeCredentials; tests look at them. Changes are made before anything is signed.
func (a *Authenticator) Create(options json.RawMessage, changes ...func(*Said)) []byte {
	a.t.Helper()
	var asked struct {
		Challenge string
		RP        struct{ ID string }
		User      struct{ ID string }
	}
	a.read(options, &asked)
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		a.t.Fatal(err)
	}
	handle, err := base64.RawURLEncoding.DecodeString(asked.User.ID)
	if err != nil {
		a.t.Fatal(err)
	}
	made := &Passkey{ID: make([]byte, 20), Handle: handle, RPID: asked.RP.ID, key: key}
	rand.Read(made.ID)
	s := a.say("webauthn.create", asked.Challenge, made, flagAT)
	s.Key, s.Format, s.Statement = made.cose(), "none", []byte{0xa0}
	for _, change := range changes {
		change(s)
	}
	a.passkeys = append(a.passkeys, s.Passkey)
	data := append(s.data(), make([]byte, 16)...) // a model that does not tell
	data = binary.BigEndian.AppendUint16(data, uint16(len(s.Passkey.ID)))
	data = slices.Concat(data, s.Passkey.ID, s.Key, s.Tail)
	attestation := slices.Concat([]byte{0xa3},
		cborText("fmt"), cborText(s.Format), cborText("attStmt"), s.Statement, cborText("authData"), cborBytes(data))
	return a.credential(s, map[string]any{
		"attestationObject": b64(attestation), "transports": []string{"hybrid", "internal"},
	})
}

// Get answers navigator.credentials.get with the newest passkey that is allowed, else with the newest of all. Changes are
// made before anything is signed.
func (a *Authenticator) Get(options json.RawMessage, changes ...func(*Said)) []byte {
	a.t.Helper()
	var asked struct {
		Challenge        string
		AllowCredentials []struct{ ID string }
	}
	a.read(options, &asked)
	chosen := a.Newest()
	for _, held := range a.passkeys {
		for _, allowed := range asked.AllowCredentials {
			if allowed.ID == b64(held.ID) {
				chosen = held
			}
		}
	}
	s := a.say("webauthn.get", asked.Challenge, chosen, 0)
	for _, change := range changes {
		change(s)
	}
	data := append(s.data(), s.Tail...)
	client := sha256.Sum256(a.write(s.Client))
	digest := sha256.Sum256(append(slices.Clone(data), client[:]...))
	signature, err := s.Passkey.key.Sign(rand.Reader, digest[:], nil)
	if err != nil {
		a.t.Fatal(err)
	}
	response := map[string]any{"authenticatorData": b64(data), "signature": b64(signature)}
	if s.Handle != nil {
		response["userHandle"] = b64(s.Handle)
	}
	return a.credential(s, response)
}

// Newest returns the passkey that was made last.
func (a *Authenticator) Newest() *Passkey {
	a.t.Helper()
	if len(a.passkeys) == 0 {
		a.t.Fatal("the authenticator has no passkey")
	}
	return a.passkeys[len(a.passkeys)-1]
}

// Again makes Create register a passkey once more, by its id and key.
func Again(p *Passkey) func(*Said) {
	return func(s *Said) {
		again := *p
		again.Handle, again.RPID = s.Passkey.Handle, s.Passkey.RPID
		s.Passkey, s.Key = &again, again.cose()
	}
}

func (a *Authenticator) say(kind, challenge string, p *Passkey, flags byte) *Said {
	return &Said{
		Client:  map[string]any{"type": kind, "challenge": challenge, "origin": a.Origin, "crossOrigin": false},
		RPID:    p.RPID,
		Flags:   a.Flags | flags,
		Counter: a.Counter,
		Passkey: p, Handle: p.Handle,
	}
}

func (s *Said) data() []byte {
	hash := sha256.Sum256([]byte(s.RPID))
	return binary.BigEndian.AppendUint32(append(hash[:], s.Flags), s.Counter)
}

func (a *Authenticator) credential(s *Said, response map[string]any) []byte {
	response["clientDataJSON"] = b64(a.write(s.Client))
	return a.write(map[string]any{
		"id": b64(s.Passkey.ID), "rawId": b64(s.Passkey.ID), "type": "public-key",
		"clientExtensionResults": map[string]any{}, "response": response,
	})
}

// cose is the public key for ES256 (RFC 9053, 7.1.1): {1: 2, 3: -7, -1: 1, -2: x, -3: y}.
func (p *Passkey) cose() []byte {
	point, err := p.key.PublicKey.Bytes()
	if err != nil {
		panic(err) // the curve is ours
	}
	head := []byte{0xa5, 0x01, 0x02, 0x03, 0x26, 0x20, 0x01, 0x21}
	return slices.Concat(head, cborBytes(point[1:33]), []byte{0x22}, cborBytes(point[33:]))
}

func cborText(s string) []byte { return append(cborHead(0x60, len(s)), s...) }

func cborBytes(b []byte) []byte { return append(cborHead(0x40, len(b)), b...) }

func cborHead(kind byte, n int) []byte {
	switch {
	case n < 24:
		return []byte{kind | byte(n)}
	case n < 1<<8:
		return []byte{kind | 24, byte(n)}
	case n < 1<<16:
		return binary.BigEndian.AppendUint16([]byte{kind | 25}, uint16(n))
	default:
		return binary.BigEndian.AppendUint32([]byte{kind | 26}, uint32(n))
	}
}

func (a *Authenticator) read(options json.RawMessage, into any) {
	a.t.Helper()
	if err := json.Unmarshal(options, into); err != nil {
		a.t.Fatalf("read passkey options: %v", err)
	}
}

func (a *Authenticator) write(v any) []byte {
	text, err := json.Marshal(v)
	if err != nil {
		a.t.Fatal(err)
	}
	return text
}

func b64(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }
