package passkey

import (
	"encoding/json"
	"fmt"

	"github.com/go-webauthn/webauthn/protocol"
	"github.com/go-webauthn/webauthn/webauthn"
)

// Create begins a registration. The options are PublicKeyCredentialCreationOptionsJSON, as they are, without an
// object around them. They ask for a discoverable passkey on an authenticator that has none of exclude. The ceremony
// is for Register and must be kept from the client.
func (rp RelyingParty) Create(o Owner, exclude []Credential) (options json.RawMessage, ceremony []byte, err error) {
	library, err := rp.library()
	if err != nil {
		return nil, nil, err
	}
	begun, session, err := library.BeginRegistration(user{owner: o},
		webauthn.WithCredentialParameters(offered()), webauthn.WithExclusions(descriptors(exclude)))
	if err != nil {
		return nil, nil, fmt.Errorf("begin passkey registration: %w", err)
	}
	return keep(protocol.CreateCeremony, begun.Response, session)
}

// Register checks the answer to Create, a RegistrationResponseJSON, and returns the new passkey, which is of the
// owner the ceremony was begun for or refused. That its id is not taken is to be checked by the caller. A statement
// of attestation must verify; who made the authenticator is not judged, and certificates are valid or not by the
// wall clock.
func (rp RelyingParty) Register(o Owner, ceremony, response []byte) (Credential, error) {
	parsed, err := readCreated(response)
	if err != nil {
		return Credential{}, err
	}
	made := parsed.Response.AttestationObject
	// Before the library, which verifies signatures with whatever keys it finds.
	if err := checkKey(made.AuthData.AttData.CredentialPublicKey); err != nil {
		return Credential{}, err
	}
	if err := checkStatement(made); err != nil {
		return Credential{}, err
	}
	library, err := rp.library()
	if err != nil {
		return Credential{}, err
	}
	session, err := rp.resume(protocol.CreateCeremony, ceremony)
	if err != nil {
		return Credential{}, err
	}
	if err := rp.checkOrigin(parsed.Response.CollectedClientData); err != nil {
		return Credential{}, err
	}
	c, err := library.CreateCredential(user{owner: o}, session, parsed)
	if err != nil {
		return Credential{}, refusal(err)
	}
	return Credential{
		ID:                c.ID,
		PublicKey:         c.PublicKey,
		SignCount:         c.Authenticator.SignCount,
		BackupEligible:    c.Flags.BackupEligible,
		BackedUp:          c.Flags.BackupState,
		UserVerified:      c.Flags.UserVerified,
		Transports:        known(c.Transport),
		AAGUID:            c.Authenticator.AAGUID,
		AttestationFormat: c.AttestationFormat,
	}, nil
}
