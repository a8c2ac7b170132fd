package passkey

import (
	"encoding/json"
	"errors"
	"fmt"

	"github.com/go-webauthn/webauthn/protocol"
	"github.com/go-webauthn/webauthn/webauthn"
)

// ceremony is what Create and Ask leave for Register and Verify.
type ceremony struct {
	Kind    protocol.CeremonyType `json:"kind"`
	Session webauthn.SessionData  `json:"session"`
}

// keep returns the two halves of a begun ceremony: the options for the browser and what the caller stores.
func keep(kind protocol.CeremonyType, options any, session *webauthn.SessionData) (json.RawMessage, []byte, error) {
	public, err := json.Marshal(options)
	if err != nil {
		return nil, nil, fmt.Errorf("write passkey options: %w", err)
	}
	kept, err := json.Marshal(ceremony{Kind: kind, Session: *session})
	if err != nil {
		return nil, nil, fmt.Errorf("write passkey ceremony: %w", err)
	}
	return public, kept, nil
}

// resume reads a kept ceremony. One of another kind or of another relying party is refused.
func (rp RelyingParty) resume(kind protocol.CeremonyType, kept []byte) (webauthn.SessionData, error) {
	var c ceremony
	if err := json.Unmarshal(kept, &c); err != nil {
		return webauthn.SessionData{}, errors.New("read passkey ceremony: it is none") // err may quote it
	}
	if c.Kind != kind {
		return webauthn.SessionData{}, refuse("ceremony of another kind")
	}
	if c.Session.RelyingPartyID != rp.ID {
		return webauthn.SessionData{}, refuse("ceremony of another relying party")
	}
	// A tenant may have begun to require it since; what was required then stays required.
	if required := protocol.VerificationRequired; rp.UserVerification == string(required) {
		c.Session.UserVerification = required
	}
	return c.Session, nil
}
