// Package passkey owns WebAuthn ceremonies: the options that a browser is given to make or to use a passkey, how its
// answer is read and checked, and the decoys that stand for the passkeys of nobody. It hides the WebAuthn library.
//
// It stores nothing and knows no clock. Who may register, that a ceremony is used once and until when, and what
// follows from a counter that went back are its caller's.
package passkey

import (
	"crypto/rand"
	"errors"
	"fmt"
	"time"

	"github.com/go-webauthn/webauthn/protocol"
	"github.com/go-webauthn/webauthn/webauthn"
)

// Errors of Register, Identify and Verify about a response. Their texts hold none of it. Any other error is the
// caller's: settings that are none, or a ceremony that Create and Ask did not make.
var (
	// ErrMalformed says that a response cannot be read as a credential. It answers nothing and counts as no try.
	ErrMalformed = errors.New("malformed passkey response")
	// ErrRefused says that a response can be read and is not acceptable.
	ErrRefused = errors.New("refused passkey response")
)

// timeout is what a browser is told about its own dialogue. The deadline that counts is the caller's.
const timeout = 5 * time.Minute

// handleLen is what WebAuthn recommends (14.6.1), in bytes.
const handleLen = 64

// RelyingParty is a tenant as WebAuthn sees it.
type RelyingParty struct {
	ID   string // host that passkeys are bound to
	Name string // shown by some browsers; not empty
	// Origins are where passkeys may be used, as browsers write them: scheme://host[:port] in lower case and without
	// the default port. Each is compared byte by byte.
	Origins          []string
	UserVerification string // required, preferred or discouraged
	Attestation      string // none, indirect or direct
}

// Owner is whose passkeys a ceremony is about.
type Owner struct {
	Handle      []byte // of NewHandle: authenticators keep it and give it to whoever holds them
	Name        string // what tells the accounts of one person apart, such as a mail address
	DisplayName string
}

// Credential is a registered passkey, as stored. All of it is public; none of it may be altered, save SignCount and
// BackedUp, which follow Use.
type Credential struct {
	ID                []byte // at most 1023 bytes; unique among all passkeys of a tenant
	PublicKey         []byte // COSE_Key
	SignCount         uint32
	BackupEligible    bool // whether it may be copied to other devices; never changes
	BackedUp          bool
	UserVerified      bool // at registration
	Transports        []string
	AAGUID            []byte // 16 bytes, the model of the authenticator; zeros where it does not tell
	AttestationFormat string // "none", "packed", …
}

// Use is what one use of a passkey has shown.
type Use struct {
	SignCount    uint32 // as the authenticator counts; 0 where it does not
	BackedUp     bool
	UserVerified bool // in this very use, whatever was asked for
	// Regressed says that the counter did not rise, though one of them counts: there may be a copy of the passkey.
	Regressed bool
}

// NewHandle returns 64 random bytes, which say nothing about their owner.
func NewHandle() []byte {
	handle := make([]byte, handleLen)
	rand.Read(handle)
	return handle
}

// library returns the WebAuthn library set up for a tenant. Everything that it can do beside what is said here is
// off: other top origins, origins of native apps, extensions, metadata, deadlines by the wall clock.
func (rp RelyingParty) library() (*webauthn.WebAuthn, error) {
	uv := protocol.UserVerificationRequirement(rp.UserVerification)
	switch uv {
	case protocol.VerificationRequired, protocol.VerificationPreferred, protocol.VerificationDiscouraged:
	default:
		return nil, errors.New("set up passkeys: unknown user verification")
	}
	conveyance := protocol.ConveyancePreference(rp.Attestation)
	switch conveyance {
	case protocol.PreferNoAttestation, protocol.PreferIndirectAttestation, protocol.PreferDirectAttestation:
	default:
		return nil, errors.New("set up passkeys: unknown attestation")
	}
	limits := webauthn.TimeoutConfig{Enforce: false, Timeout: timeout, TimeoutUVD: timeout}
	library, err := webauthn.New(&webauthn.Config{
		RPID:                  rp.ID,
		RPDisplayName:         rp.Name,
		RPOrigins:             rp.Origins,
		RPAllowCrossOrigin:    false,
		AttestationPreference: conveyance,
		AuthenticatorSelection: protocol.AuthenticatorSelection{
			RequireResidentKey: protocol.ResidentKeyRequired(),
			ResidentKey:        protocol.ResidentKeyRequirementRequired,
			UserVerification:   uv,
		},
		Timeouts: webauthn.TimeoutsConfig{Login: limits, Registration: limits},
		// Browser extensions answer what nobody asked for. No output of an extension is read here.
		ExtensionsUnsolicitedOutputPolicy: protocol.UnsolicitedOutputPolicyIgnore,
	})
	if err != nil {
		return nil, fmt.Errorf("set up passkeys: %w", err)
	}
	return library, nil
}

// user is an owner with some passkeys, as the library asks for them.
type user struct {
	owner   Owner
	passkey []webauthn.Credential
}

func (u user) WebAuthnID() []byte                         { return u.owner.Handle }
func (u user) WebAuthnName() string                       { return u.owner.Name }
func (u user) WebAuthnDisplayName() string                { return u.owner.DisplayName }
func (u user) WebAuthnCredentials() []webauthn.Credential { return u.passkey }

// descriptors names passkeys in options.
func descriptors(passkeys []Credential) []protocol.CredentialDescriptor {
	list := make([]protocol.CredentialDescriptor, len(passkeys))
	for i, c := range passkeys {
		list[i] = protocol.CredentialDescriptor{Type: protocol.PublicKeyCredentialType, CredentialID: c.ID}
		for _, t := range c.Transports {
			list[i].Transport = append(list[i].Transport, protocol.AuthenticatorTransport(t))
		}
	}
	return list
}
