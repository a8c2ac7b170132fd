package authflows_test

import (
	"encoding/json"
	"net/url"
	"testing"

	"github.com/descope/virtualwebauthn"
	"github.com/google/uuid"

	"github.com/tenantgate/tenantgate/authflows/flowtest"
)

// gateKey is a passkey in an authenticator that others wrote.
type gateKey struct {
	id            uuid.UUID // of the factor
	authenticator virtualwebauthn.Authenticator
	credential    virtualwebauthn.Credential
}

// gateParty is the relying party of every tenant of an environment.
func gateParty(t testing.TB) virtualwebauthn.RelyingParty {
	t.Helper()
	base := must[*url.URL](t)(url.Parse(flowtest.PublicURL))
	return virtualwebauthn.RelyingParty{ID: base.Hostname(), Name: "Tenant", Origin: flowtest.PublicURL}
}

// newGateKey answers navigator.credentials.create.
func newGateKey(t testing.TB, options json.RawMessage, verified bool) (*gateKey, []byte) {
	t.Helper()
	asked := must[*virtualwebauthn.AttestationOptions](t)(virtualwebauthn.ParseAttestationOptions(string(options)))
	k := &gateKey{
		authenticator: virtualwebauthn.NewAuthenticatorWithOptions(virtualwebauthn.AuthenticatorOptions{
			UserHandle: []byte(asked.UserID), UserNotVerified: !verified,
		}),
		credential: virtualwebauthn.NewCredential(virtualwebauthn.KeyTypeEC2),
	}
	return k, []byte(virtualwebauthn.CreateAttestationResponse(gateParty(t), k.authenticator, k.credential, *asked))
}

// get answers navigator.credentials.get, whether or not the passkey is among those that may. Its counter grows.
func (k *gateKey) get(t testing.TB, options json.RawMessage, verified bool) []byte {
	t.Helper()
	asked := must[*virtualwebauthn.AssertionOptions](t)(virtualwebauthn.ParseAssertionOptions(string(options)))
	k.credential.Counter++
	authenticator := k.authenticator
	authenticator.Options.UserNotVerified = !verified
	return []byte(virtualwebauthn.CreateAssertionResponse(gateParty(t), authenticator, k.credential, *asked))
}
