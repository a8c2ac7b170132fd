package main

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/ecdsa"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"fmt"
	"time"

	"github.com/go-webauthn/webauthn/protocol"
	"github.com/go-webauthn/webauthn/webauthn"
	"github.com/pquerna/otp"
	"github.com/pquerna/otp/hotp"

	"github.com/tenantgate/tenantgate/authflows/factors/totp"
)

// The parts of passkeys and codes by name.
const (
	partAssertion = "WebAuthn assertion" // read and checked by go-webauthn, set up once
	partECDSA     = "P-256 verify"       // with two SHA-256, what an assertion is at the least
	partHOTP      = "HOTP"               // one code; two clocks that agree need no more
	partOpen      = "AES-GCM open"       // of a secret of 20 bytes
	partMAC       = "HMAC"               // of a code
)

// factorParts do what checking a passkey or a code cannot do without.
type factorParts struct {
	library   *webauthn.WebAuthn
	session   webauthn.SessionData
	owner     holder
	response  []byte
	assertion *assertion
	public    *ecdsa.PublicKey

	secret string // base32
	gcm    cipher.AEAD
	nonce  []byte
	box    []byte
	key    []byte
	digest []byte
}

// holder is the owner of a passkey, as the library asks for one.
type holder struct {
	handle  []byte
	passkey webauthn.Credential
}

func (h holder) WebAuthnID() []byte                         { return h.handle }
func (h holder) WebAuthnName() string                       { return "bench" }
func (h holder) WebAuthnDisplayName() string                { return "bench" }
func (h holder) WebAuthnCredentials() []webauthn.Credential { return []webauthn.Credential{h.passkey} }

func newFactorParts() (*factorParts, error) {
	f := &factorParts{key: make([]byte, 32), secret: totp.Text(totp.NewSecret())}
	_, _ = rand.Read(f.key) // never fails
	f.digest = f.mac()
	block, err := aes.NewCipher(f.key)
	if err != nil {
		return nil, fmt.Errorf("make a cipher: %w", err)
	}
	if f.gcm, err = cipher.NewGCM(block); err != nil {
		return nil, fmt.Errorf("make a cipher: %w", err)
	}
	f.nonce = make([]byte, f.gcm.NonceSize())
	f.box = f.gcm.Seal(nil, f.nonce, totp.NewSecret(), nil)
	return f, f.setUpPasskey()
}

func (f *factorParts) setUpPasskey() error {
	a, err := newAuthenticator()
	if err != nil {
		return err
	}
	f.library, err = webauthn.New(&webauthn.Config{RPID: relyingParty(), RPDisplayName: "bench", RPOrigins: []string{publicURL}})
	if err != nil {
		return fmt.Errorf("set up passkeys: %w", err)
	}
	begun, session, err := f.library.BeginDiscoverableLogin(webauthn.WithUserVerification(protocol.VerificationRequired))
	if err != nil {
		return fmt.Errorf("begin a sign-in with a passkey: %w", err)
	}
	f.session = *session
	f.session.Expires = time.Time{} // it outlives the run
	cose, err1 := a.cose()
	challenge := begun.Response.Challenge.String()
	response, err2 := a.answer(challenge)
	signed, err3 := a.assert(challenge)
	f.owner = holder{a.handle, webauthn.Credential{ID: a.id, PublicKey: cose}}
	f.response, f.assertion, f.public = response, signed, &a.key.PublicKey
	return errors.Join(err1, err2, err3)
}

// assert checks an assertion as the product does, but that it reads it once and sets the library up once.
func (f *factorParts) assert() error {
	parsed, err := protocol.ParseCredentialRequestResponseBytes(f.response)
	if err != nil {
		return err
	}
	_, _, err = f.library.ValidatePasskeyLogin(func(_, _ []byte) (webauthn.User, error) { return f.owner, nil }, f.session, parsed)
	return err
}

func (f *factorParts) verify() error {
	digest := sha256.Sum256(f.assertion.signed())
	if !ecdsa.VerifyASN1(f.public, digest[:], f.assertion.signature) {
		return errors.New("the signature is wrong")
	}
	return nil
}

func (f *factorParts) mac() []byte {
	mac := hmac.New(sha256.New, f.key)
	mac.Write([]byte("sign_in 123456"))
	return mac.Sum(nil)
}

func (f *factorParts) do(part string) error {
	switch part {
	case partAssertion:
		return f.assert()
	case partECDSA:
		return f.verify()
	case partHOTP:
		_, err := hotpCode(f.secret, time.Now())
		return err
	case partOpen:
		_, err := f.gcm.Open(nil, f.nonce, f.box, nil)
		return err
	case partMAC:
		if !hmac.Equal(f.digest, f.mac()) {
			return errors.New("the code is wrong")
		}
		return nil
	default:
		return fmt.Errorf("there is no part %q", part)
	}
}

// hotpCode is what an authenticator app shows at a time. The secret is base32.
func hotpCode(secret string, now time.Time) (string, error) {
	options := hotp.ValidateOpts{Digits: totp.Digits, Algorithm: otp.AlgorithmSHA1}
	return hotp.GenerateCodeCustom(secret, uint64(totp.Step(now)), options)
}
