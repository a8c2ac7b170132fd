package waanversemagic_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tenantgate/tenantgate/web/webtest"
)

const (
	options   = base + "/login/webauthn/options/"
	verify    = base + "/login/webauthn/verify/"
	webauthn  = base + "/login/webauthn/"
	challenge = base + "/login/webauthn/verify-challenge/"
)

// beside returns what a browser returned with further members, as clients of the dialect send it.
func beside(t *testing.T, credential json.RawMessage, further fields) fields {
	t.Helper()
	body := fields{}
	if err := json.Unmarshal(credential, &body); err != nil {
		t.Fatal(err)
	}
	for name, value := range further {
		body[name] = value
	}
	return body
}

// idOf is the challengeId of options.
func idOf(t *testing.T, a *webtest.Answer) string {
	t.Helper()
	var o struct{ ChallengeID string }
	a.Want(t, 200).JSON(t, &o)
	if len(o.ChallengeID) != 36 {
		t.Errorf("challengeId %q", o.ChallengeID)
	}
	return o.ChallengeID
}

func TestRegisteringAPasskey(t *testing.T) {
	t.Parallel()
	env := speaking(t)
	e, bob := join(t, env, ann), join(t, env, "bob@ex.test")
	tr := env.Transcribe(t, "passkeys", "Registering a passkey.")
	says(t, tr.Do("anonymous", "POST", options, nil), 401, `"detail"`)
	begun := tr.Do("options", "POST", options, nil, e.bearer())
	id := idOf(t, begun)
	key := webtest.NewPasskey(t)
	made := key.Create(t, json.RawMessage(begun.Body))
	right := beside(t, made, fields{"challengeId": id, "name": "My Device"})
	says(t, tr.Do("anonymous too", "POST", verify, right), 401, `"detail"`)
	says(t, tr.Do("somebody else", "POST", verify, right, bob.bearer()), 400, `{"error":"`)
	says(t, tr.Do("no challengeId", "POST", verify, beside(t, made, nil), e.bearer()), 400, `{"error":"`)
	says(t, tr.Do("no UUID", "POST", verify, beside(t, made, fields{"challengeId": "x"}), e.bearer()), 400, `{"error":"`)
	unknown := fields{"challengeId": "5a9f1c9e-5f7b-4c3f-9a53-0d2b6f0d9b1e"}
	says(t, tr.Do("an unknown challengeId", "POST", verify, beside(t, made, unknown), e.bearer()), 400, `{"error":"`)
	says(t, tr.Do("no credential", "POST", verify, fields{"challengeId": id}, e.bearer()), 400, `{"error":"`)
	says(t, env.Do(t, "POST", verify, beside(t, made, fields{"challengeId": id, "name": fields{}}), e.bearer()), 400, `{"error":"`)
	says(t, tr.Do("a name of two lines", "POST", verify, beside(t, made, fields{"challengeId": id, "name": "a\nb"}), e.bearer()), 400, `{"error":"`)
	says(t, tr.Do("register", "POST", verify, right, e.bearer()), 201, `{"success":true}`)
	says(t, tr.Do("register again", "POST", verify, right, e.bearer()), 400, `{"error":"`)

	begun = tr.Do("options beside the passkey", "POST", options, nil, e.cookie()).Want(t, 200)
	again := beside(t, key.Create(t, json.RawMessage(begun.Body)), fields{"challengeId": idOf(t, begun)})
	says(t, tr.Do("the same passkey", "POST", verify, again, e.bearer()), 400, `{"error":"`)
	begun = env.Do(t, "POST", options, nil, e.bearer())
	elsewhere := webtest.NewPasskey(t)
	elsewhere.Party.Origin = "https://evil.test"
	evil := beside(t, elsewhere.Create(t, json.RawMessage(begun.Body)), fields{"challengeId": idOf(t, begun)})
	says(t, tr.Do("of another origin", "POST", verify, evil, e.bearer()), 400, `{"error":"`)

	env.Clock.Advance(11 * time.Minute)
	says(t, tr.Do("the last proof is too old", "POST", options, nil, e.bearer()), 403, `"detail"`)
	env.Set(t, acme, "passkeys.enabled=false")
	says(t, tr.Do("passkeys are off", "POST", options, nil, enter(t, env, "bob@ex.test").bearer()), 403, `{"error":"`)
}

func TestSigningInByAPasskey(t *testing.T) {
	t.Parallel()
	env := speaking(t)
	e := join(t, env, ann)
	begun := env.Do(t, "POST", options, nil, e.bearer())
	key := webtest.NewPasskey(t)
	made := beside(t, key.Create(t, json.RawMessage(begun.Body)), fields{"challengeId": idOf(t, begun)})
	env.Do(t, "POST", verify, made, e.bearer()).Want(t, 201)

	tr := env.Transcribe(t, "login_passkey", "Signing in by a passkey.")
	asked := tr.Do("options", "POST", webauthn, nil)
	id := idOf(t, asked)
	public := json.RawMessage(asked.Body)
	stranger := webtest.NewPasskey(t)
	stranger.Device.Options.UserHandle = []byte("nobody")
	refused := says(t, tr.Do("an unknown passkey", "POST", challenge, beside(t, stranger.Get(t, public), fields{"challengeId": id})), 400, `{"error":"`)
	if !cleared(refused) {
		t.Errorf("cookies %v", refused.Header)
	}
	says(t, tr.Do("no credential", "POST", challenge, fields{"challengeId": id}), 400, `{"error":"`)
	says(t, tr.Do("nothing", "POST", challenge, fields{}), 400, `{"error":"`)
	says(t, tr.Do("no UUID", "POST", challenge, beside(t, key.Get(t, public), fields{"challengeId": "x"})), 400, `{"error":"`)
	answer := key.Get(t, public)
	in(t, tr.Do("with challengeId", "POST", challenge, beside(t, answer, fields{"challengeId": id})))
	says(t, tr.Do("again", "POST", challenge, beside(t, answer, fields{"challengeId": id})), 400, `{"error":"`)
	says(t, tr.Do("again, without challengeId", "POST", challenge, beside(t, answer, nil)), 400, `{"error":"`)

	asked = env.Do(t, "POST", webauthn, nil).Want(t, 200)
	answer = key.Get(t, json.RawMessage(asked.Body))
	again := in(t, tr.Do("without challengeId", "POST", challenge, beside(t, answer, nil)))
	says(t, env.Do(t, "POST", options, nil, again.bearer()), 200, `"excludeCredentials":[{`)

	asked = env.Do(t, "POST", webauthn, nil).Want(t, 200)
	key.Key.Counter -= 2
	back := key.Get(t, json.RawMessage(asked.Body))
	says(t, tr.Do("a counter that went back", "POST", challenge, beside(t, back, nil)), 400, `{"error":"`)
	asked = env.Do(t, "POST", webauthn, nil).Want(t, 200)
	key.Key.Counter += 5
	late := key.Get(t, json.RawMessage(asked.Body))
	env.Clock.Advance(5*time.Minute + time.Second)
	says(t, tr.Do("after five minutes", "POST", challenge, beside(t, late, nil)), 400, `{"error":"`)

	code := fields{"email_address": ann}
	env.Do(t, "POST", base+"/login/", code).Want(t, 200)
	code["code"] = env.Code(t, acme, ann)
	says(t, tr.Do("a code is not enough any more", "POST", base+"/login/", code), 400, `{"non_field_errors":["`)
	env.Set(t, acme, "passkeys.enabled=false")
	says(t, tr.Do("passkeys are off", "POST", webauthn, nil), 403, `{"error":"`)
}

func TestOptionsHaveTheMembersOfTheOriginal(t *testing.T) {
	t.Parallel()
	env := speaking(t)
	e := join(t, env, ann)
	for path, want := range map[string][]string{
		options:  {"attestation", "authenticatorSelection", "challenge", "challengeId", "excludeCredentials", "pubKeyCredParams", "rp", "timeout", "user"},
		webauthn: {"allowCredentials", "challenge", "challengeId", "rpId", "timeout", "userVerification"},
	} {
		var got map[string]json.RawMessage
		env.Do(t, "POST", path, nil, e.bearer()).Want(t, 200).JSON(t, &got)
		if diff := cmp.Diff(want, sorted(got)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", path, diff)
		}
		if list := got["allowCredentials"]; list != nil && string(list) != "[]" {
			t.Errorf("allowCredentials is %s", list)
		}
	}
}

// A challenge of a step-up is answered with the client that asked for it: else a native session would come with tokens here.
func TestAStepUpIsNotAnsweredHere(t *testing.T) { // DIA-08
	t.Parallel()
	env := speaking(t)
	u := native(t, env, ann)
	key, _ := env.EnrolPasskey(t, u)
	var step struct {
		Challenge struct {
			ID        string
			PublicKey json.RawMessage `json:"public_key"`
		}
	}
	env.Do(t, "POST", webtest.API(acme)+"/step-up", nil, u.Auth()).Want(t, 200).JSON(t, &step)
	body := beside(t, key.Get(t, step.Challenge.PublicKey), fields{"challengeId": asUUID(t, step.Challenge.ID)})
	says(t, env.Do(t, "POST", challenge, body), 400, `{"error":"The challenge is unknown or over`)
	native := fields{"factor": "passkey", "credential": key.Get(t, step.Challenge.PublicKey)}
	env.Do(t, "POST", webtest.API(acme)+"/challenges/"+step.Challenge.ID, native).Want(t, 200)
}

func TestHostileCredentialsAreRefused(t *testing.T) { // WAN-08
	t.Parallel()
	env := speaking(t)
	e := join(t, env, ann)
	for _, response := range []string{
		`{}`, `[]`, `"x"`, `null`, `{"attestationObject":"` + strings.Repeat("gQ", 10_000) + `","clientDataJSON":"e30"}`,
		`{"authenticatorData":"AA","clientDataJSON":"e30","signature":"AA","userHandle":"AA"}`,
	} {
		body := `{"id":"AAAA","rawId":"AAAA","type":"public-key","response":` + response
		says(t, env.Do(t, "POST", challenge, body+`}`), 400, `{"error":"`)
		id := idOf(t, env.Do(t, "POST", options, nil, e.bearer()))
		says(t, env.Do(t, "POST", verify, body+`,"challengeId":"`+id+`"}`, e.bearer()), 400, `{"error":"`)
	}
}
