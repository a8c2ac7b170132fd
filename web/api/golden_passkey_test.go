package api_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/tenantgate/tenantgate/internal/fault"
	"github.com/tenantgate/tenantgate/web/webtest"
)

func TestRegisteringAndKeepingPasskeys(t *testing.T) {
	t.Parallel()
	env := webtest.New(t)
	ann, bob := env.Join(t, acme, "ann@ex.test"), env.Join(t, acme, "bob@ex.test")
	tr := env.Transcribe(t, "passkeys", "Registering passkeys and looking after them.")
	key := webtest.NewPasskey(t)
	var begun webtest.Enrolment
	tr.Do("begin", "POST", v1+"/passkeys/options", nil, ann.Auth()).Want(t, 200).JSON(t, &begun)
	made := key.Create(t, begun.PublicKey)
	body := fields{"challenge_id": begun.ChallengeID, "credential": made, "name": "Ann's phone"}
	tr.Do("somebody else", "POST", v1+"/passkeys", body, bob.Auth()).Refused(t, 410, fault.ChallengeExpired)
	no := fields{"challenge_id": begun.ChallengeID, "credential": fields{}}
	tr.Do("no credential", "POST", v1+"/passkeys", no, ann.Auth()).Refused(t, 422, fault.InvalidInput)
	var passkey struct{ ID string }
	tr.Do("register", "POST", v1+"/passkeys", body, ann.Auth()).Want(t, 201).JSON(t, &passkey)
	tr.Do("register again", "POST", v1+"/passkeys", body, ann.Auth()).Refused(t, 410, fault.ChallengeExpired)

	tr.Do("begin another", "POST", v1+"/passkeys/options", nil, ann.Auth()).Refused(t, 401, fault.StepUpRequired)
	mine := env.RaiseByPasskey(t, ann, key)
	tr.Do("begin another, with the first one proven", "POST", v1+"/passkeys/options", nil, mine).Want(t, 200).JSON(t, &begun)
	again := fields{"challenge_id": begun.ChallengeID, "credential": key.Create(t, begun.PublicKey)}
	tr.Do("the same passkey", "POST", v1+"/passkeys", again, mine).Refused(t, 409, fault.PasskeyTaken)
	env.Do(t, "POST", v1+"/passkeys/options", nil, mine).Want(t, 200).JSON(t, &begun)
	elsewhere := webtest.NewPasskey(t)
	elsewhere.Party.Origin = "https://evil.test"
	wrong := fields{"challenge_id": begun.ChallengeID, "credential": elsewhere.Create(t, begun.PublicKey)}
	tr.Do("of another origin", "POST", v1+"/passkeys", wrong, mine).Refused(t, 422, fault.PasskeyInvalid)

	at := v1 + "/passkeys/" + passkey.ID
	tr.Do("list", "GET", v1+"/passkeys", nil, mine).Want(t, 200)
	tr.Do("rename", "PATCH", at, fields{"name": "Phone"}, mine).Want(t, 200)
	tr.Do("a name of two lines", "PATCH", at, fields{"name": "a\nb"}, mine).Refused(t, 422, fault.InvalidInput)
	tr.Do("rename somebody else's", "PATCH", at, fields{"name": "Mine"}, bob.Auth()).Refused(t, 404, fault.NotFound)
	tr.Do("remove somebody else's", "DELETE", at, nil, bob.Auth()).Refused(t, 404, fault.NotFound)
	var app struct{ ID, Secret string }
	env.Do(t, "POST", v1+"/factors/totp", nil, mine).Want(t, 200).JSON(t, &app)
	env.Do(t, "POST", v1+"/factors/totp/"+app.ID+"/activate", fields{"code": env.TOTP(t, app.Secret)}, mine).Want(t, 200)
	tr.Do("remove an authenticator app", "DELETE", v1+"/passkeys/"+app.ID, nil, mine).Refused(t, 404, fault.NotFound)
	tr.Do("remove", "DELETE", at, nil, mine).Want(t, 204)
	tr.Do("it is gone", "DELETE", at, nil, mine).Refused(t, 404, fault.NotFound)
	tr.Do("none is left", "GET", v1+"/passkeys", nil, mine).Want(t, 200)
	tr.Do("anonymous", "GET", v1+"/passkeys", nil).Refused(t, 401, fault.Unauthenticated)
	env.Set(t, acme, "passkeys.enabled=false")
	tr.Do("passkeys are off", "POST", v1+"/passkeys/options", nil, mine).Refused(t, 403, fault.MethodDisabled)
}

func TestSigningInWithAPasskey(t *testing.T) {
	t.Parallel()
	env := webtest.New(t)
	ann := env.Join(t, acme, "ann@ex.test")
	key, id := env.EnrolPasskey(t, ann)
	tr := env.Transcribe(t, "login_passkey", "Signing in with a passkey.")
	var step webtest.Step
	tr.Do("any passkey", "POST", v1+"/login/passkey", nil).Want(t, 200).JSON(t, &step)
	challenge := v1 + "/challenges/" + step.Challenge.ID
	tr.Do("no credential", "POST", challenge, fields{"credential": fields{"id": "x"}}).Refused(t, 422, fault.InvalidInput)
	tr.Do("a credential of another type", "POST", challenge, fields{"credential": "x"}).Refused(t, 422, fault.InvalidInput)
	stranger := webtest.NewPasskey(t)
	stranger.Device.Options.UserHandle = []byte("nobody")
	unknown := fields{"credential": stranger.Get(t, step.Challenge.PublicKey)}
	tr.Do("an unknown passkey", "POST", challenge, unknown).Refused(t, 401, fault.PasskeyRefused)
	right := fields{"factor": "passkey", "credential": key.Get(t, step.Challenge.PublicKey)}
	tr.Do("answer", "POST", challenge, right).Want(t, 200)
	tr.Do("answer again", "POST", challenge, right).Refused(t, 410, fault.ChallengeExpired)
	tr.Do("those of a user", "POST", v1+"/login/passkey", fields{"identifier": "ann@ex.test"}).Want(t, 200).JSON(t, &step)
	env.Do(t, "POST", v1+"/challenges/"+step.Challenge.ID, fields{"credential": key.Get(t, step.Challenge.PublicKey)}).Want(t, 200)
	tr.Do("those of an unknown user", "POST", v1+"/login/passkey", fields{"identifier": "bob@ex.test"}).Want(t, 200)
	env.Do(t, "POST", v1+"/login/passkey", fields{}).Want(t, 200)
	tr.Do("no identifier", "POST", v1+"/login/passkey", fields{"identifier": strings.Repeat("x", 400)}).
		Refused(t, 422, fault.InvalidInput)
	env.Set(t, acme, "passkeys.enabled=false")
	tr.Do("passkeys are off", "POST", v1+"/login/passkey", nil).Refused(t, 403, fault.MethodDisabled)
	if !strings.HasPrefix(id, "fac_") {
		t.Errorf("the id is %s", id)
	}
}

func TestHostileCredentialsAreRefusedInTime(t *testing.T) { // WAN-08
	t.Parallel()
	env := webtest.New(t)
	ann := env.Join(t, acme, "ann@ex.test")
	env.Set(t, acme, "codes.tries=10")
	refused := func(path string, body string, headers ...webtest.Header) {
		t.Helper()
		began := time.Now()
		a := env.Do(t, "POST", path, body, headers...)
		if a.Status != 422 && a.Status != 413 && a.Status != 400 || a.Code() == fault.Internal {
			t.Errorf("%s: status %d for %.80s: %s", path, a.Status, body, a.Body)
		}
		if a.Code() == fault.InvalidInput && !strings.Contains(a.Body, `"field":"credential"`) {
			t.Errorf("%s: the field is not named for %.80s: %s", path, body, a.Body)
		}
		if took := time.Since(began); took > 5*time.Second {
			t.Errorf("%.80s took %s", body, took)
		}
	}
	deep := strings.Repeat("gQ", 10_000) // arrays of one item, base64
	response := func(members string) string {
		return `{"id":"AAAA","rawId":"AAAA","type":"public-key","response":{` + members + `}}`
	}
	bad := []string{
		`{}`, `[]`, `"x"`, `1`, `true`, `null`, `{"id":1}`, response(``),
		response(`"attestationObject":"` + deep + `","clientDataJSON":"e30"`),
		response(`"attestationObject":"o2Nm","clientDataJSON":"!!"`),
		response(`"authenticatorData":"` + deep + `","clientDataJSON":"e30","signature":"AA","userHandle":"AA"`),
		response(`"attestationObject":"` + strings.Repeat("A", 1<<20) + `"`),
		response(`"transports":` + strings.Repeat("[", 200) + strings.Repeat("]", 200)),
	}
	var begun webtest.Enrolment
	env.Do(t, "POST", v1+"/passkeys/options", nil, ann.Auth()).Want(t, 200).JSON(t, &begun)
	var step webtest.Step
	env.Do(t, "POST", v1+"/login/passkey", nil).Want(t, 200).JSON(t, &step)
	for _, credential := range bad {
		refused(v1+"/passkeys", `{"challenge_id":"`+begun.ChallengeID+`","credential":`+credential+`}`, ann.Auth())
		refused(v1+"/challenges/"+step.Challenge.ID, `{"factor":"passkey","credential":`+credential+`}`)
		env.Do(t, "POST", v1+"/passkeys/options", nil, ann.Auth()).Want(t, 200).JSON(t, &begun)
	}
	// What a browser would write passes through as it is, members that we do not know among it.
	key := webtest.NewPasskey(t)
	var made map[string]any
	if err := json.Unmarshal(key.Create(t, begun.PublicKey), &made); err != nil {
		t.Fatal(err)
	}
	made["clientExtensionResults"], made["authenticatorAttachment"] = fields{"credProps": fields{"rk": true}}, "platform"
	body := fields{"challenge_id": begun.ChallengeID, "credential": made}
	env.Do(t, "POST", v1+"/passkeys", body, ann.Auth()).Want(t, 201)
}
