package authflows_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"github.com/tenantgate/tenantgate/authflows"
	"github.com/tenantgate/tenantgate/authflows/flowtest"
	"github.com/tenantgate/tenantgate/ent/passwordcredential"
	"github.com/tenantgate/tenantgate/internal/amr"
	"github.com/tenantgate/tenantgate/internal/fault"
)

// passkeyOptions are options of both kinds.
type passkeyOptions struct {
	Challenge        string
	UserVerification string
	RPID             string `json:"rpId"`
	AllowCredentials []passkeyDescriptor

	RP                     struct{ ID, Name string }
	User                   struct{ ID, Name, DisplayName string }
	PubKeyCredParams       []struct{ Alg int }
	Attestation            string
	AuthenticatorSelection struct{ ResidentKey, UserVerification string }
	ExcludeCredentials     []passkeyDescriptor
}

type passkeyDescriptor struct {
	ID, Type   string
	Transports []string
}

func readPasskeyOptions(t testing.TB, options json.RawMessage) (out passkeyOptions) {
	t.Helper()
	mustDo(t, json.Unmarshal(options, &out))
	return out
}

// touching makes an authenticator verify nobody.
func touching(s *flowtest.Said) { s.Flags &^= flowtest.FlagUV }

func counting(n uint32) func(*flowtest.Said) {
	return func(s *flowtest.Said) { s.Counter = n }
}

func newAuthenticator(t testing.TB) *flowtest.Authenticator {
	t.Helper()
	return flowtest.NewAuthenticator(t, flowtest.Origin)
}

// registerPasskey adds a passkey to the caller's, who must have a fresh proof.
func registerPasskey(
	t testing.TB, env *flowtest.Env, slug string, c *authflows.Caller, device *flowtest.Authenticator, changes ...func(*flowtest.Said),
) (*authflows.Factor, error) {
	t.Helper()
	flows := env.Flows(t, slug)
	begun := must[*authflows.Enrolment](t)(flows.BeginPasskey(t.Context(), c))
	return flows.AddPasskey(t.Context(), c, begun.Challenge, device.Create(begun.PublicKey, changes...), "", laptop)
}

// passkeyUser signs a user up, with a password and a passkey, and returns the session of the sign-up.
func passkeyUser(
	t testing.TB, env *flowtest.Env, slug, email string, changes ...func(*flowtest.Said),
) (*authflows.SignedIn, *flowtest.Authenticator) {
	t.Helper()
	s, device := env.SignUp(t, slug, email), newAuthenticator(t)
	must[*authflows.Factor](t)(registerPasskey(t, env, slug, caller(t, env, slug, s), device, changes...))
	return s, device
}

// askPasskey asks for a passkey to sign in with, a discoverable one without identifier.
func askPasskey(t testing.TB, env *flowtest.Env, slug, identifier string) *authflows.Challenge {
	t.Helper()
	return must[*authflows.Step](t)(env.Flows(t, slug).LoginPasskey(t.Context(), identifier, laptop)).Challenge
}

// bring answers a challenge with a credential.
func bring(t testing.TB, env *flowtest.Env, slug string, c *authflows.Challenge, credential []byte) (*authflows.Step, error) {
	t.Helper()
	return answer(t, env, slug, authflows.Answer{Challenge: c.ID, Factor: amr.Passkey, Credential: credential})
}

// passkeyIn signs in by a passkey alone.
func passkeyIn(
	t testing.TB, env *flowtest.Env, slug, identifier string, device *flowtest.Authenticator, changes ...func(*flowtest.Said),
) (*authflows.Step, error) {
	t.Helper()
	c := askPasskey(t, env, slug, identifier)
	return bring(t, env, slug, c, device.Get(c.PublicKey, changes...))
}

// passkeyCaller signs in by a passkey and returns who that is.
func passkeyCaller(
	t testing.TB, env *flowtest.Env, slug string, device *flowtest.Authenticator, changes ...func(*flowtest.Said),
) *authflows.Caller {
	t.Helper()
	return caller(t, env, slug, must[*authflows.Step](t)(passkeyIn(t, env, slug, "", device, changes...)).SignedIn)
}

// wantNoWayIn fails unless a passkey is refused to sign in with.
func wantNoWayIn(
	t testing.TB, env *flowtest.Env, slug, identifier string, device *flowtest.Authenticator, changes ...func(*flowtest.Said),
) {
	t.Helper()
	_, err := passkeyIn(t, env, slug, identifier, device, changes...)
	wantFault(t, err, fault.PasskeyRefused)
}

// wantProofs compares what a session was opened by, and what its token says of that.
func wantProofs(t testing.TB, s *authflows.SignedIn, level amr.Level, proofs ...amr.Method) {
	t.Helper()
	got := slices.Clone(s.Session.Proofs)
	slices.Sort(got)
	slices.Sort(proofs)
	if diff := cmp.Diff(proofs, got); diff != "" {
		t.Error(diff)
	}
	_, claims, _ := parts(t, s.AccessToken)
	var references []any
	for _, r := range amr.References(proofs) {
		references = append(references, r)
	}
	if claims["acr"] != string(level) || cmp.Diff(references, claims["amr"]) != "" {
		t.Errorf("token says %v by %v, want %s by %v", claims["acr"], claims["amr"], level, references)
	}
	if mfa := slices.Contains(references, "mfa"); mfa != (level == amr.AAL2) {
		t.Errorf("%s, mfa %t", level, mfa)
	}
}

// dropPassword leaves a user without one.
func dropPassword(t testing.TB, env *flowtest.Env, slug string, user uuid.UUID) {
	t.Helper()
	n := must[int](t)(env.DB.PasswordCredential.Delete().Where(passwordcredential.UserID(user)).Exec(within(t, env, slug)))
	if n != 1 {
		t.Fatalf("%d passwords dropped", n)
	}
}

// notices counts the mails of a subject to an address.
func notices(t testing.TB, env *flowtest.Env, slug, to, subject string) (n int) {
	t.Helper()
	for _, m := range env.Mails(t, slug, to) {
		if strings.Contains(m.Subject, subject) {
			n++
		}
	}
	return n
}

// firstPasskey is the oldest of the caller's.
func firstPasskey(t testing.TB, env *flowtest.Env, slug string, c *authflows.Caller) uuid.UUID {
	t.Helper()
	list := must[[]*authflows.Factor](t)(env.Flows(t, slug).Passkeys(t.Context(), c))
	if len(list) == 0 {
		t.Fatal("no passkey")
	}
	return list[0].ID
}

// passkeyNames lists the caller's passkeys.
func passkeyNames(t testing.TB, env *flowtest.Env, slug string, c *authflows.Caller) (out []string) {
	t.Helper()
	for _, f := range must[[]*authflows.Factor](t)(env.Flows(t, slug).Passkeys(t.Context(), c)) {
		out = append(out, f.Name)
	}
	return out
}
