package main

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/url"
	"slices"

	"github.com/tenantgate/tenantgate/authflows/factors/passkey"
)

// authenticator is a device with one passkey and the browser before it, which shows a page of publicURL. It verifies its
// user and does not count, as synced passkeys do.
type authenticator struct {
	id, handle []byte
	key        *ecdsa.PrivateKey
}

func newAuthenticator() (*authenticator, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, fmt.Errorf("make a passkey: %w", err)
	}
	a := &authenticator{id: make([]byte, 20), handle: passkey.NewHandle(), key: key}
	_, _ = rand.Read(a.id) // never fails
	return a, nil
}

// cose is the public key (RFC 9053, 7.1.1): {1: 2, 3: -7, -1: 1, -2: x, -3: y}.
func (a *authenticator) cose() ([]byte, error) {
	point, err := a.key.PublicKey.Bytes()
	if err != nil {
		return nil, fmt.Errorf("write a public key: %w", err)
	}
	const before, between = "\xa5\x01\x02\x03\x26\x20\x01\x21\x58\x20", "\x22\x58\x20"
	return slices.Concat([]byte(before), point[1:33], []byte(between), point[33:]), nil
}

// assertion is what an authenticator signs and says.
type assertion struct {
	data, client, signature []byte
}

// signed is what the signature is over.
func (s *assertion) signed() []byte {
	hash := sha256.Sum256(s.client)
	return slices.Concat(s.data, hash[:])
}

// assert signs a challenge, which is base64url as options carry it.
func (a *authenticator) assert(challenge string) (*assertion, error) {
	const presentAndVerified = 0x05 // UP and UV (WebAuthn, 6.1)
	rp := sha256.Sum256([]byte(relyingParty()))
	s := &assertion{
		data:   append(rp[:], presentAndVerified, 0, 0, 0, 0),
		client: fmt.Appendf(nil, `{"type":"webauthn.get","challenge":%q,"origin":%q,"crossOrigin":false}`, challenge, publicURL),
	}
	digest := sha256.Sum256(s.signed())
	var err error
	if s.signature, err = a.key.Sign(rand.Reader, digest[:], nil); err != nil {
		return nil, fmt.Errorf("sign an assertion: %w", err)
	}
	return s, nil
}

// answer is an AuthenticationResponseJSON.
func (a *authenticator) answer(challenge string) (json.RawMessage, error) {
	s, err := a.assert(challenge)
	if err != nil {
		return nil, err
	}
	text := base64.RawURLEncoding.EncodeToString
	return fmt.Appendf(nil, `{"id":%[1]q,"rawId":%[1]q,"type":"public-key","clientExtensionResults":{},"response":`+
		`{"authenticatorData":%[2]q,"clientDataJSON":%[3]q,"signature":%[4]q,"userHandle":%[5]q}}`,
		text(a.id), text(s.data), text(s.client), text(s.signature), text(a.handle)), nil
}

// relyingParty is the host that passkeys are bound to.
func relyingParty() string {
	base, err := url.Parse(publicURL)
	if err != nil {
		panic(err) // it is a constant
	}
	return base.Hostname()
}
