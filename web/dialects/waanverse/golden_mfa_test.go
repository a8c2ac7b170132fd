package waanverse_test

import (
	"testing"
	"time"

	"github.com/tenantgate/tenantgate/web/webtest"
)

func TestTurningTheSecondFactorOnAndOff(t *testing.T) {
	t.Parallel()
	env := speaking(t)
	ann := join(t, env, "annabel")
	s := transcribe(t, env, "mfa", "Turning the second factor on and off.")
	s.do(400, "turn off what is off", "POST", "/mfa/deactivate/", fields{"password": passphrase, "code": "123456"}, ann.bearer())
	s.do(400, "no recovery codes yet", "GET", "/mfa/recovery-codes/", nil, ann.bearer())
	s.do(400, "no new ones either", "POST", "/mfa/generate-recovery-codes/", nil, ann.bearer())
	s.do(400, "turn on without a secret", "POST", "/mfa/activate/", fields{"code": "123456"}, ann.bearer())
	var first, begun struct {
		Secret string `json:"secret_key"`
	}
	s.do(200, "ask for a secret", "POST", "/mfa/get-secret/", nil, ann.bearer()).JSON(t, &first)
	s.do(200, "ask for another", "POST", "/mfa/get-secret/", nil, ann.bearer()).JSON(t, &begun)
	webtest.Log.Secret("the secret of an authenticator app", begun.Secret)
	code := env.TOTP(t, begun.Secret)
	s.do(400, "turn on without a code", "POST", "/mfa/activate/", nil, ann.bearer())
	s.do(400, "turn on by what is no code", "POST", "/mfa/activate/", fields{"code": true}, ann.bearer())
	s.do(400, "turn on by a wrong code", "POST", "/mfa/activate/", fields{"code": other(code)}, ann.bearer())
	s.do(400, "turn on by a code of the first secret", "POST", "/mfa/activate/", fields{"code": env.TOTP(t, first.Secret)}, ann.bearer())
	s.do(200, "turn on", "POST", "/mfa/activate/", fields{"code": code}, ann.bearer())
	s.do(400, "turn on what is on", "POST", "/mfa/activate/", fields{"code": code}, ann.bearer())
	s.do(400, "ask for a secret when it is on", "POST", "/mfa/get-secret/", nil, ann.bearer())
	s.do(200, "the recovery codes", "GET", "/mfa/recovery-codes/", nil, ann.bearer())
	var made struct {
		Codes []string `json:"recovery_codes"`
	}
	s.do(200, "new recovery codes", "POST", "/mfa/generate-recovery-codes/", nil, ann.bearer()).JSON(t, &made)

	env.Clock.Advance(11 * time.Minute)
	s.do(403, "a secret, eleven minutes later", "POST", "/mfa/get-secret/", nil, ann.bearer())
	s.do(403, "the recovery codes, eleven minutes later", "GET", "/mfa/recovery-codes/", nil, ann.bearer())
	s.do(403, "new recovery codes, eleven minutes later", "POST", "/mfa/generate-recovery-codes/", nil, ann.bearer())

	off := fields{"password": passphrase, "code": made.Codes[3]}
	s.do(400, "turn off without a password", "POST", "/mfa/deactivate/", without(off, "password"), ann.bearer())
	s.do(400, "turn off with a wrong password", "POST", "/mfa/deactivate/", with(off, fields{"password": "not it", "code": ""}), ann.bearer())
	s.do(400, "turn off without a code", "POST", "/mfa/deactivate/", without(off, "code"), ann.bearer())
	s.do(400, "turn off with a wrong code", "POST", "/mfa/deactivate/", with(off, fields{"code": other(made.Codes[3])}), ann.bearer())
	s.do(400, "turn off with what is no code", "POST", "/mfa/deactivate/", with(off, fields{"code": "not one"}), ann.bearer())
	env.Set(t, acme, "mfa.policy=required")
	s.do(400, "turn off what the tenant requires", "POST", "/mfa/deactivate/", with(off, fields{"code": made.Codes[0]}), ann.bearer())
	env.Set(t, acme, "mfa.policy=optional")
	s.do(200, "turn off", "POST", "/mfa/deactivate/", off, ann.bearer())
	s.do(400, "turn off again", "POST", "/mfa/deactivate/", off, ann.bearer())
	env.Set(t, acme, "mfa.policy=off")
	s.do(403, "a tenant without second factors", "POST", "/mfa/get-secret/", nil, ann.bearer())
	for _, path := range []string{"get-secret", "activate", "deactivate", "generate-recovery-codes"} {
		s.do(401, "nobody: "+path, "POST", "/mfa/"+path+"/", nil)
	}
	s.do(401, "nobody: recovery-codes", "GET", "/mfa/recovery-codes/", nil)
}

func TestRecoveryCodesThatAreUsedUpOrMadeElsewhere(t *testing.T) {
	t.Parallel()
	env := speaking(t)
	ann := join(t, env, "annabel")
	secret := enrol(t, env, ann)
	join(t, env, "bobby")
	s := transcribe(t, env, "no_codes", "Recovery codes, none of which are left to show.")
	var made struct {
		Codes []string `json:"recovery_codes"`
	}
	env.Do(t, "GET", base+"/mfa/recovery-codes/", nil, ann.bearer()).Want(t, 200).JSON(t, &made)
	login := fields{"login_field": "annabel", "password": passphrase}
	for _, code := range made.Codes {
		half := enter(t, env.Do(t, "POST", base+"/login/", login).Want(t, 200))
		env.Do(t, "POST", base+"/mfa/login/", fields{"user_id": half.MFA, "code": code}).Want(t, 200)
	}
	half := enter(t, env.Do(t, "POST", base+"/login/", login).Want(t, 200))
	again := enter(t, env.Do(t, "POST", base+"/mfa/login/", fields{"user_id": half.MFA, "code": env.TOTP(t, secret)}).Want(t, 200))
	s.do(404, "all are used", "GET", "/mfa/recovery-codes/", nil, again.bearer())

	native, _ := env.EnrolTOTP(t, env.SignIn(t, acme, "bobby@ex.test"))
	half = enter(t, env.Do(t, "POST", base+"/login/", with(login, fields{"login_field": "bobby"})).Want(t, 200))
	bob := enter(t, env.Do(t, "POST", base+"/mfa/login/", fields{"user_id": half.MFA, "code": env.TOTP(t, native)}).Want(t, 200))
	s.do(404, "the native API made them", "GET", "/mfa/recovery-codes/", nil, bob.bearer())
}
