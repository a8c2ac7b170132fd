package passkey

import (
	"errors"
	"fmt"
	"slices"

	"github.com/go-webauthn/webauthn/protocol"
	"github.com/go-webauthn/webauthn/webauthn"
)

// Bounds of what a stranger sends, in bytes. Real responses have one to eight KiB.
const (
	maxResponse     = 64 << 10
	maxCredentialID = 1023 // WebAuthn, 4: credential id
	maxHandle       = 64   // WebAuthn, 5.4.3
)

// transports are those that WebAuthn knows (5.8.4), in the order in which browsers tell them.
var transports = []string{"ble", "hybrid", "internal", "nfc", "smart-card", "usb"}

// readCreated reads a RegistrationResponseJSON. Nothing in it is checked yet but its form.
func readCreated(response []byte) (*protocol.ParsedCredentialCreationData, error) {
	if len(response) > maxResponse {
		return nil, malformed("too long")
	}
	parsed, err := protocol.ParseCredentialCreationResponseBytes(response)
	if err != nil {
		return nil, malformed("no registration") // err quotes the response
	}
	if err := complete(parsed.Response.CollectedClientData); err != nil {
		return nil, err
	}
	return parsed, nil
}

// readUsed reads an AuthenticationResponseJSON. Nothing in it is checked yet but its form.
func readUsed(response []byte) (*protocol.ParsedCredentialAssertionData, error) {
	if len(response) > maxResponse {
		return nil, malformed("too long")
	}
	parsed, err := protocol.ParseCredentialRequestResponseBytes(response)
	if err != nil {
		return nil, malformed("no assertion") // err quotes the response
	}
	if err := complete(parsed.Response.CollectedClientData); err != nil {
		return nil, err
	}
	switch {
	case len(parsed.Response.Signature) == 0:
		return nil, malformed("no signature")
	case len(parsed.RawID) > maxCredentialID:
		return nil, malformed("credential id too long")
	case len(parsed.Response.UserHandle) > maxHandle:
		return nil, malformed("user handle too long")
	}
	return parsed, nil
}

// complete demands the members of client data that every browser writes.
func complete(c protocol.CollectedClientData) error {
	if c.Type == "" || c.Challenge == "" || c.Origin == "" {
		return malformed("incomplete client data")
	}
	return nil
}

// checkOrigin compares byte by byte. The library, which compares after it, forgives letter case, paths and user
// names in an origin.
func (rp RelyingParty) checkOrigin(c protocol.CollectedClientData) error {
	if !slices.Contains(rp.Origins, c.Origin) {
		return refuse("origin")
	}
	return nil
}

// known returns the transports that WebAuthn knows, each once. The others are words of the client, which may be long
// and many.
func known(told []protocol.AuthenticatorTransport) []string {
	var list []string
	for _, t := range transports {
		if slices.Contains(told, protocol.AuthenticatorTransport(t)) {
			list = append(list, t)
		}
	}
	return list
}

func malformed(what string) error { return fmt.Errorf("%w: %s", ErrMalformed, what) }

func refuse(what string) error { return fmt.Errorf("%w: %s", ErrRefused, what) }

// refusal returns what the library says about a response, without the text, which quotes it.
func refusal(err error) error {
	var told *protocol.Error
	if errors.As(err, &told) {
		return refuse(told.Type) // one of the library's few constants
	}
	return refuse("unverifiable")
}

// stored returns a passkey as the library compares and uses it. Its format is left out: with that of U2F the library
// would believe the client that another relying party id counts.
func stored(c Credential) webauthn.Credential {
	return webauthn.Credential{
		ID:        c.ID,
		PublicKey: c.PublicKey,
		Flags: webauthn.CredentialFlags{
			UserVerified: c.UserVerified, BackupEligible: c.BackupEligible, BackupState: c.BackedUp,
		},
		Authenticator: webauthn.Authenticator{AAGUID: c.AAGUID, SignCount: c.SignCount},
	}
}
