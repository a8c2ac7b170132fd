package api_test

import (
	"strings"
	"testing"
	"time"

	"github.com/tenantgate/tenantgate/internal/fault"
	"github.com/tenantgate/tenantgate/web/webtest"
)

func TestEnrollingAnAuthenticatorApp(t *testing.T) {
	t.Parallel()
	env := webtest.New(t)
	ann, bob := env.Join(t, acme, "ann@ex.test"), env.Join(t, acme, "bob@ex.test")
	tr := env.Transcribe(t, "factors", "Enrolling an authenticator app, and recovery codes.")
	tr.Do("nothing yet", "GET", v1+"/factors", nil, ann.Auth()).Want(t, 200)
	tr.Do("codes of nothing", "POST", v1+"/factors/recovery-codes", nil, ann.Auth()).Refused(t, 409, fault.FactorNeeded)
	var app struct{ ID, Secret string }
	tr.Do("begin", "POST", v1+"/factors/totp", fields{"name": "Ann's phone"}, ann.Auth()).Want(t, 200).JSON(t, &app)
	activate := v1 + "/factors/totp/" + app.ID + "/activate"
	code := env.TOTP(t, app.Secret)
	tr.Do("a wrong code", "POST", activate, fields{"code": other(code)}, ann.Auth()).Refused(t, 401, fault.WrongCode)
	tr.Do("no code at all", "POST", activate, fields{"code": "abc"}, ann.Auth()).Refused(t, 422, fault.InvalidInput)
	tr.Do("somebody else", "POST", activate, fields{"code": code}, bob.Auth()).Refused(t, 410, fault.ChallengeExpired)
	tr.Do("no id", "POST", v1+"/factors/totp/nonsense/activate", fields{"code": code}, ann.Auth()).Refused(t, 410, fault.ChallengeExpired)
	tr.Do("activate", "POST", activate, fields{"code": code}, ann.Auth()).Want(t, 200)
	tr.Do("activate again", "POST", activate, fields{"code": code}, ann.Auth()).Refused(t, 410, fault.ChallengeExpired)
	tr.Do("a session without it", "POST", v1+"/factors/recovery-codes", nil, ann.Auth()).Refused(t, 401, fault.StepUpRequired)
	env.Clock.Advance(30 * time.Second)
	mine := raiseByTOTP(t, env, ann, app.Secret)
	tr.Do("what is enrolled", "GET", v1+"/factors", nil, mine).Want(t, 200)
	tr.Do("new recovery codes", "POST", v1+"/factors/recovery-codes", nil, mine).Want(t, 200)
	tr.Do("a name of two lines", "POST", v1+"/factors/totp", fields{"name": "a\nb"}, mine).Refused(t, 422, fault.InvalidInput)
	at := v1 + "/factors/" + app.ID
	tr.Do("remove somebody else's", "DELETE", at, nil, bob.Auth()).Refused(t, 404, fault.NotFound)
	tr.Do("remove it without a proof of it", "DELETE", at, nil, ann.Auth()).Refused(t, 401, fault.StepUpRequired)
	env.Set(t, acme, "mfa.policy=required")
	tr.Do("remove the last one where one is required", "DELETE", at, nil, mine).Refused(t, 409, fault.FactorNeeded)
	env.Set(t, acme, "mfa.policy=optional")
	tr.Do("remove", "DELETE", at, nil, mine).Want(t, 204)
	tr.Do("it is gone", "DELETE", at, nil, mine).Refused(t, 404, fault.NotFound)
	tr.Do("no id to remove", "DELETE", v1+"/factors/nonsense", nil, mine).Refused(t, 404, fault.NotFound)
	tr.Do("anonymous", "GET", v1+"/factors", nil).Refused(t, 401, fault.Unauthenticated)
	env.Set(t, acme, "mfa.policy=off")
	tr.Do("second factors are off", "POST", v1+"/factors/totp", nil, mine).Refused(t, 403, fault.MethodDisabled)
}

func TestSigningInWithASecondFactor(t *testing.T) {
	t.Parallel()
	env := webtest.New(t)
	ann, bob := env.Join(t, acme, "ann@ex.test"), env.Join(t, acme, "bob@ex.test")
	secret, recovery := env.EnrolTOTP(t, ann)
	env.Set(t, acme, "mfa.trust_device_days=30")
	tr := env.Transcribe(t, "mfa", "Signing in with a second factor, and trusting the device.")
	login := fields{"identifier": "ann@ex.test", "password": passphrase}
	var step webtest.Step
	tr.Do("the first factor", "POST", v1+"/login", login).Want(t, 200).JSON(t, &step)
	challenge := v1 + "/challenges/" + step.Challenge.ID
	code := env.TOTP(t, secret)
	tr.Do("which one answers", "POST", challenge, fields{"code": code}).Refused(t, 422, fault.InvalidInput)
	tr.Do("a wrong code", "POST", challenge, fields{"factor": "totp", "code": other(code)}).Refused(t, 401, fault.WrongCode)
	tr.Do("a recovery code that is none", "POST", challenge, fields{"factor": "recovery_code", "code": "00000-00000"}).
		Refused(t, 401, fault.WrongCode)
	tr.Do("there is no code to mail", "POST", challenge+"/resend", nil).Refused(t, 422, fault.FactorNotOffered)
	tr.Do("there is nothing to enrol", "POST", challenge+"/enrol", nil).Refused(t, 410, fault.ChallengeExpired)
	answer := fields{"factor": "totp", "code": code, "trust_device": true}
	tr.Do("answer, and trust the device", "POST", challenge, answer).Want(t, 200).JSON(t, &step)
	device := webtest.Header{Name: "Tenantgate-Device", Value: step.DeviceToken}
	mine := webtest.Bearer(step.AccessToken)
	tr.Do("the next sign-in on it", "POST", v1+"/login", login, device).Want(t, 200)
	var list struct{ Devices []struct{ ID string } }
	tr.Do("trusted devices", "GET", v1+"/devices", nil, mine, device).Want(t, 200).JSON(t, &list)
	at := v1 + "/devices/" + list.Devices[0].ID
	tr.Do("seen from elsewhere", "GET", v1+"/devices", nil, mine).Want(t, 200)
	tr.Do("somebody else's", "DELETE", at, nil, bob.Auth()).Refused(t, 404, fault.NotFound)
	tr.Do("trust it no more", "DELETE", at, nil, mine).Want(t, 204)
	tr.Do("it is trusted no more", "DELETE", at, nil, mine).Refused(t, 404, fault.NotFound)
	tr.Do("no id", "DELETE", v1+"/devices/nonsense", nil, mine).Refused(t, 404, fault.NotFound)
	tr.Do("anonymous", "GET", v1+"/devices", nil).Refused(t, 401, fault.Unauthenticated)
	tr.Do("asked again", "POST", v1+"/login", login, device).Want(t, 200).JSON(t, &step)
	tr.Do("a recovery code", "POST", v1+"/challenges/"+step.Challenge.ID, fields{"factor": "recovery_code", "code": recovery[0]}, device).
		Want(t, 200)
}

func TestEnrollingTheFactorThatASignInNeeds(t *testing.T) {
	t.Parallel()
	env := webtest.New(t)
	env.Join(t, acme, "ann@ex.test")
	env.Join(t, acme, "bob@ex.test")
	env.Set(t, acme, "mfa.policy=required")
	tr := env.Transcribe(t, "enrol", "Enrolling the factor that a sign-in needs.")
	var step webtest.Step
	tr.Do("the first factor", "POST", v1+"/login", fields{"identifier": "ann@ex.test", "password": passphrase}).
		Want(t, 200).JSON(t, &step)
	challenge := v1 + "/challenges/" + step.Challenge.ID
	tr.Do("nothing was begun", "POST", challenge, fields{"factor": "totp", "code": "123456"}).Refused(t, 422, fault.InvalidInput)
	tr.Do("which one", "POST", challenge+"/enrol", nil).Refused(t, 422, fault.InvalidInput)
	tr.Do("one that cannot be the first", "POST", challenge+"/enrol", fields{"factor": "recovery_code"}).Refused(t, 422, fault.InvalidInput)
	var begun webtest.Enrolment
	tr.Do("begin an authenticator app", "POST", challenge+"/enrol", fields{"factor": "totp", "name": "Phone"}).
		Want(t, 200).JSON(t, &begun)
	code := env.TOTP(t, begun.Secret)
	tr.Do("a wrong code", "POST", challenge, fields{"factor": "totp", "code": other(code)}).Refused(t, 401, fault.WrongCode)
	tr.Do("its first code", "POST", challenge, fields{"code": code}).Want(t, 200)
	tr.Do("the challenge is answered", "POST", challenge+"/enrol", fields{"factor": "totp"}).Refused(t, 410, fault.ChallengeExpired)

	env.Do(t, "POST", v1+"/login", fields{"identifier": "bob@ex.test", "password": passphrase}).Want(t, 200).JSON(t, &step)
	challenge = v1 + "/challenges/" + step.Challenge.ID
	tr.Do("begin a passkey", "POST", challenge+"/enrol", fields{"factor": "passkey"}).Want(t, 200).JSON(t, &begun)
	elsewhere := webtest.NewPasskey(t)
	elsewhere.Party.Origin = "https://evil.test"
	wrong := fields{"factor": "passkey", "credential": elsewhere.Create(t, begun.PublicKey)}
	tr.Do("of another origin", "POST", challenge, wrong).Refused(t, 422, fault.PasskeyInvalid)
	right := fields{"factor": "passkey", "credential": webtest.NewPasskey(t).Create(t, begun.PublicKey), "name": "Laptop"}
	tr.Do("the passkey", "POST", challenge, right).Want(t, 200)
	tr.Do("no id", "POST", v1+"/challenges/nonsense/enrol", nil).Refused(t, 410, fault.ChallengeExpired)
}

// raiseByTOTP gives a fresh proof with an authenticator app.
func raiseByTOTP(t *testing.T, env *webtest.Env, u *webtest.User, secret string) webtest.Header {
	t.Helper()
	var step webtest.Step
	env.Do(t, "POST", v1+"/step-up", nil, u.Auth()).Want(t, 200).JSON(t, &step)
	answer := fields{"factor": "totp", "code": env.TOTP(t, secret)}
	env.Do(t, "POST", v1+"/challenges/"+step.Challenge.ID, answer).Want(t, 200).JSON(t, &step)
	return webtest.Bearer(step.AccessToken)
}

func TestRecoveryCodesAreShownOnce(t *testing.T) { // MFA-09
	t.Parallel()
	env := webtest.New(t)
	ann := env.Join(t, acme, "ann@ex.test")
	secret, codes := env.EnrolTOTP(t, ann)
	mine := raiseByTOTP(t, env, ann, secret)
	var made struct {
		RecoveryCodes []string `json:"recovery_codes"`
	}
	env.Do(t, "POST", v1+"/factors/recovery-codes", nil, mine).Want(t, 200).JSON(t, &made)
	codes = append(codes, made.RecoveryCodes...)
	if len(codes) != 20 {
		t.Fatalf("%d codes", len(codes))
	}
	key := env.Do(t, "POST", v1+"/passkeys/options", nil, mine).Want(t, 200)
	for _, route := range env.Server.Routes() {
		path, ok := strings.CutPrefix(route.Path, "/t/:slug/v1")
		if !ok || route.Method != "GET" {
			continue
		}
		a := env.Do(t, "GET", v1+path, nil, mine).Want(t, 200)
		for _, shown := range append(codes, secret) {
			if strings.Contains(a.Body, shown) || strings.Contains(a.Body, strings.ReplaceAll(shown, "-", "")) {
				t.Errorf("%s shows %s", path, shown)
			}
		}
	}
	for _, shown := range append(codes, secret) {
		if strings.Contains(key.Body, shown) {
			t.Errorf("passkey options show %s", shown)
		}
	}
	// The first set is void.
	var step webtest.Step
	env.Do(t, "POST", v1+"/login", fields{"identifier": "ann@ex.test", "password": passphrase}).Want(t, 200).JSON(t, &step)
	challenge := v1 + "/challenges/" + step.Challenge.ID
	env.Do(t, "POST", challenge, fields{"factor": "recovery_code", "code": codes[0]}).Refused(t, 401, fault.WrongCode)
	env.Do(t, "POST", challenge, fields{"factor": "recovery_code", "code": strings.ToUpper(codes[10])}).Want(t, 200)
	env.Do(t, "POST", v1+"/login", fields{"identifier": "ann@ex.test", "password": passphrase}).Want(t, 200).JSON(t, &step)
	challenge = v1 + "/challenges/" + step.Challenge.ID
	env.Do(t, "POST", challenge, fields{"factor": "recovery_code", "code": codes[10]}).Refused(t, 401, fault.WrongCode)
}
