package webtest

import (
	"crypto/ecdsa"
	"crypto/x509"
	"encoding/json"
	"net/http"
	"testing"
	"time"

	"github.com/descope/virtualwebauthn"
	"github.com/pquerna/otp/totp"

	"github.com/tenantgate/tenantgate/authflows/flowtest"
)

// Passkey is an authenticator with one passkey, used from the origin of flowtest.PublicURL. Its user is verified.
type Passkey struct {
	Party  virtualwebauthn.RelyingParty
	Device virtualwebauthn.Authenticator
	Key    virtualwebauthn.Credential
}

// NewPasskey returns an authenticator that has met nobody yet.
func NewPasskey(t testing.TB) *Passkey {
	t.Helper()
	return &Passkey{
		Party:  virtualwebauthn.RelyingParty{ID: "auth.example.test", Name: Acme, Origin: flowtest.PublicURL},
		Device: virtualwebauthn.NewAuthenticatorWithOptions(virtualwebauthn.AuthenticatorOptions{BackupEligible: true, BackupState: true}),
		Key:    newKey(t),
	}
}

// newKey passes over keys with a coordinate that begins with zeros, which the virtual authenticator would leave out.
func newKey(t testing.TB) virtualwebauthn.Credential {
	t.Helper()
	for {
		c := virtualwebauthn.NewCredential(virtualwebauthn.KeyTypeEC2)
		key, err := x509.ParsePKCS8PrivateKey(c.Key.Data)
		if err != nil {
			t.Fatal(err)
		}
		if point, _ := key.(*ecdsa.PrivateKey).PublicKey.Bytes(); point[1] != 0 && point[33] != 0 {
			return c
		}
	}
}

// Create answers options for navigator.credentials.create, and remembers whose passkey it is from now on.
func (p *Passkey) Create(t testing.TB, options json.RawMessage) json.RawMessage {
	t.Helper()
	parsed, err := virtualwebauthn.ParseAttestationOptions(string(options))
	if err != nil {
		t.Fatalf("options %s: %v", options, err)
	}
	p.Device.Options.UserHandle = []byte(parsed.UserID)
	return json.RawMessage(virtualwebauthn.CreateAttestationResponse(p.Party, p.Device, p.Key, *parsed))
}

// Get answers options for navigator.credentials.get.
func (p *Passkey) Get(t testing.TB, options json.RawMessage) json.RawMessage {
	t.Helper()
	parsed, err := virtualwebauthn.ParseAssertionOptions(string(options))
	if err != nil {
		t.Fatalf("options %s: %v", options, err)
	}
	p.Key.Counter++
	return json.RawMessage(virtualwebauthn.CreateAssertionResponse(p.Party, p.Device, p.Key, *parsed))
}

// TOTP returns the code that an authenticator app shows at the time of the environment's clock.
func (env *Env) TOTP(t testing.TB, secret string) string {
	t.Helper()
	code, err := totp.GenerateCode(secret, env.Clock.Now())
	if err != nil {
		t.Fatal(err)
	}
	return code
}

// EnrolTOTP enrols an authenticator app for a user over HTTP and returns its secret and the recovery codes. The clock moves
// on to the next code.
func (env *Env) EnrolTOTP(t testing.TB, u *User) (secret string, recovery []string) {
	t.Helper()
	var begun struct{ ID, Secret string }
	env.Do(t, http.MethodPost, API(u.Slug)+"/factors/totp", nil, u.Auth()).Want(t, http.StatusOK).JSON(t, &begun)
	var made struct {
		RecoveryCodes []string `json:"recovery_codes"`
	}
	code := map[string]string{"code": env.TOTP(t, begun.Secret)}
	env.Do(t, http.MethodPost, API(u.Slug)+"/factors/totp/"+begun.ID+"/activate", code, u.Auth()).
		Want(t, http.StatusOK).JSON(t, &made)
	env.Clock.Advance(30 * time.Second)
	Log.Secret("the secret of an authenticator app", begun.Secret)
	for _, c := range made.RecoveryCodes {
		Log.Secret("a recovery code", c)
	}
	return begun.Secret, made.RecoveryCodes
}

// EnrolPasskey registers a passkey for a user over HTTP and returns it with its id.
func (env *Env) EnrolPasskey(t testing.TB, u *User) (p *Passkey, id string) {
	t.Helper()
	p = NewPasskey(t)
	var begun Enrolment
	env.Do(t, http.MethodPost, API(u.Slug)+"/passkeys/options", nil, u.Auth()).Want(t, http.StatusOK).JSON(t, &begun)
	body := map[string]any{"challenge_id": begun.ChallengeID, "credential": p.Create(t, begun.PublicKey)}
	var made struct{ ID string }
	env.Do(t, http.MethodPost, API(u.Slug)+"/passkeys", body, u.Auth()).Want(t, http.StatusCreated).JSON(t, &made)
	return p, made.ID
}

// Enrolment is a factor that is about to be enrolled, as a client reads it.
type Enrolment struct {
	ChallengeID string `json:"challenge_id"`
	Secret      string
	PublicKey   json.RawMessage `json:"public_key"`
}

// RaiseByPasskey gives a fresh proof with a user's passkey and returns the credential of the session as it is then.
func (env *Env) RaiseByPasskey(t testing.TB, u *User, p *Passkey) Header {
	t.Helper()
	var step Step
	env.Do(t, http.MethodPost, API(u.Slug)+"/step-up", nil, u.Auth()).Want(t, http.StatusOK).JSON(t, &step)
	answer := map[string]any{"factor": "passkey", "credential": p.Get(t, step.Challenge.PublicKey)}
	raised := env.Do(t, http.MethodPost, API(u.Slug)+"/challenges/"+step.Challenge.ID, answer).Want(t, http.StatusOK)
	return env.user(t, u.Slug, u.Email, raised).Auth()
}
