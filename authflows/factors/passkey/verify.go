package passkey

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"

	"github.com/go-webauthn/webauthn/protocol"
	"github.com/go-webauthn/webauthn/webauthn"
)

// Ask begins a sign-in with one of the allowed passkeys, or, where none is given, with any discoverable one, from a
// dialogue or from the suggestions of a form field. The options are PublicKeyCredentialRequestOptionsJSON, as they
// are, without an object around them. The ceremony is for Verify and must be kept from the client.
func (rp RelyingParty) Ask(allowed []Credential) (options json.RawMessage, ceremony []byte, err error) {
	library, err := rp.library()
	if err != nil {
		return nil, nil, err
	}
	begun, session, err := library.BeginDiscoverableLogin(webauthn.WithAllowedCredentials(descriptors(allowed)))
	if err != nil {
		return nil, nil, fmt.Errorf("begin passkey sign-in: %w", err)
	}
	return keep(protocol.AssertCeremony, begun.Response, session)
}

// Identify returns what an AuthenticationResponseJSON says about itself, to look the passkey up. Nothing of it is
// proven. The user handle is empty where an authenticator does not tell it. The only error is ErrMalformed.
func Identify(response []byte) (credentialID, userHandle []byte, err error) {
	parsed, err := readUsed(response)
	if err != nil {
		return nil, nil, err
	}
	return parsed.RawID, parsed.Response.UserHandle, nil
}

// ChallengeOf returns the challenge that an assertion says it answers, in base64url as options of Ask hold it. It is not
// verified. The error is ErrMalformed.
func ChallengeOf(response []byte) (string, error) {
	parsed, err := readUsed(response)
	if err != nil {
		return "", err
	}
	return parsed.Response.CollectedClientData.Challenge, nil
}

// Asked returns the challenge of options that Ask has made.
func Asked(options json.RawMessage) (string, error) {
	var asked struct{ Challenge string }
	if err := json.Unmarshal(options, &asked); err != nil {
		return "", fmt.Errorf("read options: %w", err)
	}
	return asked.Challenge, nil
}

// Verify checks the answer to Ask, an AuthenticationResponseJSON, against the passkey it names and that one's owner.
// Where Ask allowed passkeys, c must be one of them. Where it allowed any, the response must name the owner's handle;
// else it may leave the handle out, but not name another.
func (rp RelyingParty) Verify(o Owner, c Credential, ceremony, response []byte) (Use, error) {
	parsed, err := readUsed(response)
	if err != nil {
		return Use{}, err
	}
	library, err := rp.library()
	if err != nil {
		return Use{}, err
	}
	session, err := rp.resume(protocol.AssertCeremony, ceremony)
	if err != nil {
		return Use{}, err
	}
	if err := rp.checkOrigin(parsed.Response.CollectedClientData); err != nil {
		return Use{}, err
	}
	if !bytes.Equal(parsed.RawID, c.ID) {
		return Use{}, refuse("another credential")
	}
	used, err := verify(library, o, c, session, parsed)
	if err != nil {
		return Use{}, err
	}
	seen := parsed.Response.AuthenticatorData
	return Use{
		SignCount:    seen.Counter,
		BackedUp:     seen.Flags.HasBackupState(),
		UserVerified: seen.Flags.HasUserVerified(), // the flag in used is that of the registration
		Regressed:    used.Authenticator.CloneWarning,
	}, nil
}

func verify(library *webauthn.WebAuthn, o Owner, c Credential, session webauthn.SessionData,
	parsed *protocol.ParsedCredentialAssertionData,
) (used *webauthn.Credential, err error) {
	owner := user{owner: o, passkey: []webauthn.Credential{stored(c)}}
	if allowed := session.AllowedCredentialIDs; len(allowed) > 0 {
		if !slices.ContainsFunc(allowed, func(id []byte) bool { return bytes.Equal(id, c.ID) }) {
			return nil, refuse("a credential that was not allowed")
		}
		// The library would have the owner bring all passkeys that were allowed, of which one is enough.
		session.AllowedCredentialIDs, session.UserID = [][]byte{c.ID}, o.Handle
		used, err = library.ValidateLogin(owner, session, parsed)
	} else {
		_, used, err = library.ValidatePasskeyLogin(
			func(_, _ []byte) (webauthn.User, error) { return owner, nil }, session, parsed)
	}
	if err != nil {
		return nil, refusal(err)
	}
	return used, nil
}
