package api_test

import (
	"os"
	"strings"
	"testing"
	"time"

	"github.com/tenantgate/tenantgate/internal/fault"
	"github.com/tenantgate/tenantgate/web/webtest"
)

func TestMain(m *testing.M) { os.Exit(webtest.Main(m)) }

type fields = map[string]any

const (
	acme       = webtest.Acme
	passphrase = webtest.Password
	next       = "lantern orchard puzzle bicycle"
)

var v1 = webtest.API(acme)

func TestConfigTellsAClientHowToDrawItsForm(t *testing.T) {
	t.Parallel()
	env := webtest.New(t)
	tr := env.Transcribe(t, "config", "What a client needs to draw its form.")
	tr.Do("defaults", "GET", v1+"/config", nil).Want(t, 200)
	env.Set(t, acme, "signup.required=[\"email\",\"name\"]", "signup.verify_email=off", "tokens.transport=cookie",
		"branding.name=Acme Works", "branding.color=#0a7f4f", "codes.digits=8")
	tr.Do("other settings", "GET", v1+"/config", nil).Want(t, 200)
	env.Set(t, acme, "mfa.policy=required", "mfa.trust_device_days=30")
	if body := env.Do(t, "GET", v1+"/config", nil).Want(t, 200).Body; !strings.Contains(body, `"trust_device_days":0`) {
		t.Errorf("devices are trusted where two factors are required: %s", body)
	}
	env.Set(t, acme, "mfa.policy=optional")
	if body := env.Do(t, "GET", v1+"/config", nil).Want(t, 200).Body; !strings.Contains(body, `"trust_device_days":30`) {
		t.Errorf("devices are not trusted: %s", body)
	}
	tr.Do("no such tenant", "GET", "/t/nobody/v1/config", nil).Refused(t, 404, fault.TenantNotFound)
	tr.Do("no such path", "GET", v1+"/nothing", nil).Refused(t, 404, fault.NotFound)
	tr.Do("a slash too many", "GET", v1+"/config/", nil).Refused(t, 404, fault.NotFound)
	tr.Do("another method", "POST", v1+"/config", "{}").Refused(t, 405, fault.MethodNotAllowed)
	if _, err := env.Tenants.Suspend(t.Context(), acme); err != nil {
		t.Fatal(err)
	}
	tr.Do("suspended", "GET", v1+"/config", nil).Refused(t, 403, fault.TenantSuspended)
}

func TestSigningUpIsAChallengeUntilTheCodeIsAnswered(t *testing.T) {
	t.Parallel()
	env := webtest.New(t)
	tr := env.Transcribe(t, "signup", "Signing up, with addresses verified first.")
	signup := fields{"email": "ann@ex.test", "password": passphrase, "name": "Ann", "profile": fields{"plan": "pro", "seats": 3}}
	var step webtest.Step
	tr.Do("begin", "POST", v1+"/signup", signup).Want(t, 200).JSON(t, &step)
	challenge := v1 + "/challenges/" + step.Challenge.ID
	code := env.Code(t, acme, "ann@ex.test")
	tr.Do("wrong code", "POST", challenge, fields{"code": other(code)}).Refused(t, 401, fault.WrongCode)
	tr.Do("no code at all", "POST", challenge, fields{"code": "abc"}).Refused(t, 422, fault.InvalidInput)
	tr.Do("a factor that is not offered", "POST", challenge, fields{"factor": "password", "password": "x"}).
		Refused(t, 422, fault.FactorNotOffered)
	tr.Do("ask for another code", "POST", challenge+"/resend", nil).Want(t, 200).JSON(t, &step)
	tr.Do("the first challenge is void", "POST", challenge, fields{"code": code}).Refused(t, 410, fault.ChallengeExpired)
	tr.Do("and cannot be asked for again", "POST", challenge+"/resend", nil).Refused(t, 410, fault.ChallengeExpired)
	challenge = v1 + "/challenges/" + step.Challenge.ID
	code = env.Code(t, acme, "ann@ex.test")
	tr.Do("answer", "POST", challenge, fields{"factor": "email_code", "code": code}).Want(t, 201)
	tr.Do("answer again", "POST", challenge, fields{"code": code}).Refused(t, 410, fault.ChallengeExpired)
	tr.Do("a taken address", "POST", v1+"/signup", signup).Want(t, 200)
	tr.Do("wrong input", "POST", v1+"/signup", fields{"email": "ann", "password": "short", "name": "a\nb", "phone": "12"}).
		Refused(t, 422, fault.InvalidInput)
	tr.Do("no input", "POST", v1+"/signup", fields{}).Refused(t, 422, fault.InvalidInput)

	env.MailOff.Store(true)
	tr.Do("nowhere to mail", "POST", v1+"/signup", signup).Refused(t, 503, fault.MailUnavailable)
	env.MailOff.Store(false)
	env.Set(t, acme, "password.enabled=false")
	tr.Do("passwords are off", "POST", v1+"/signup", signup).Refused(t, 403, fault.MethodDisabled)
	env.Set(t, acme, "password.enabled=true", "signup.mode=closed")
	tr.Do("sign-up is closed", "POST", v1+"/signup", signup).Refused(t, 403, fault.SignupClosed)
}

func TestSigningUpWithoutVerificationSignsIn(t *testing.T) {
	t.Parallel()
	env := webtest.New(t)
	env.Set(t, acme, "signup.verify_email=off")
	tr := env.Transcribe(t, "signup_at_once", "Signing up, where addresses are not verified.")
	signup := fields{"email": "ann@ex.test", "username": "ann", "password": passphrase}
	tr.Do("sign up", "POST", v1+"/signup", signup).Want(t, 201)
	tr.Do("taken", "POST", v1+"/signup", signup).Refused(t, 409, fault.IdentifierTaken)
}

func TestSigningInWithAPassword(t *testing.T) {
	t.Parallel()
	env := webtest.New(t)
	env.Join(t, acme, "ann@ex.test")
	tr := env.Transcribe(t, "login", "Signing in with a password.")
	login := fields{"identifier": "Ann@ex.test", "password": passphrase}
	tr.Do("right", "POST", v1+"/login", login).Want(t, 200)
	tr.Do("wrong password", "POST", v1+"/login", fields{"identifier": "ann@ex.test", "password": "not it"}).
		Refused(t, 401, fault.InvalidCredentials)
	tr.Do("unknown user", "POST", v1+"/login", fields{"identifier": "bob@ex.test", "password": "not it"}).
		Refused(t, 401, fault.InvalidCredentials)
	tr.Do("no password", "POST", v1+"/login", fields{"identifier": "ann@ex.test"}).Refused(t, 422, fault.InvalidInput)
	tr.Do("empty", "POST", v1+"/login", fields{"identifier": " ", "password": ""}).Refused(t, 422, fault.InvalidInput)
	env.Set(t, acme, "abuse.account_failures=2/15m")
	wrong := fields{"identifier": "cy@ex.test", "password": "not it"}
	for range 2 {
		env.Do(t, "POST", v1+"/login", wrong).Refused(t, 401, fault.InvalidCredentials)
	}
	tr.Do("too often", "POST", v1+"/login", wrong).Refused(t, 429, fault.RateLimited)
	env.Set(t, acme, "password.enabled=false")
	tr.Do("passwords are off", "POST", v1+"/login", login).Refused(t, 403, fault.MethodDisabled)
}

func TestRefreshingASession(t *testing.T) {
	t.Parallel()
	env := webtest.New(t)
	ann := env.Join(t, acme, "ann@ex.test")
	tr := env.Transcribe(t, "token", "Staying signed in.")
	var step webtest.Step
	refresh := fields{"refresh_token": ann.RefreshToken}
	tr.Do("refresh", "POST", v1+"/token", refresh).Want(t, 200).JSON(t, &step)
	tr.Do("the answer was lost", "POST", v1+"/token", refresh).Want(t, 200)
	env.Clock.Advance(11 * time.Second)
	tr.Do("used before", "POST", v1+"/token", refresh).Refused(t, 401, fault.RefreshTokenReused)
	tr.Do("its session has ended", "POST", v1+"/token", fields{"refresh_token": step.RefreshToken}).Refused(t, 401, fault.InvalidToken)
	tr.Do("forged", "POST", v1+"/token", fields{"refresh_token": "tgr_forged"}).Refused(t, 401, fault.InvalidToken)
	tr.Do("none", "POST", v1+"/token", nil).Refused(t, 422, fault.InvalidInput)
}

func TestReadingChangingAndDeletingOneself(t *testing.T) {
	t.Parallel()
	env := webtest.New(t)
	ann := env.Join(t, acme, "ann@ex.test")
	tr := env.Transcribe(t, "me", "The signed-in user.")
	tr.Do("read", "GET", v1+"/me", nil, ann.Auth()).Want(t, 200)
	tr.Do("change", "PATCH", v1+"/me", fields{"name": "Ann B.", "profile": fields{"theme": "dark"}}, ann.Auth()).Want(t, 200)
	tr.Do("change one thing", "PATCH", v1+"/me", fields{"name": "Ann C."}, ann.Auth()).Want(t, 200)
	tr.Do("change nothing", "PATCH", v1+"/me", fields{}, ann.Auth()).Want(t, 200)
	tr.Do("a profile that is no object", "PATCH", v1+"/me", fields{"profile": []int{1}}, ann.Auth()).Refused(t, 422, fault.InvalidInput)
	env.Do(t, "PATCH", v1+"/me", fields{"profile": fields{"a": strings.Repeat("b", 9000)}}, ann.Auth()).
		Refused(t, 422, fault.InvalidInput)
	tr.Do("anonymous", "GET", v1+"/me", nil).Refused(t, 401, fault.Unauthenticated)
	tr.Do("a token that is none", "GET", v1+"/me", nil, webtest.Bearer("nonsense")).Refused(t, 401, fault.InvalidToken)
	basic := webtest.Header{Name: "Authorization", Value: "Basic YW5uOnB3"}
	tr.Do("another scheme", "GET", v1+"/me", nil, basic).Refused(t, 401, fault.InvalidToken)
	tr.Do("two tokens", "GET", v1+"/me", nil, ann.Auth(), ann.Auth()).Refused(t, 400, fault.AmbiguousCredentials)

	env.Clock.Advance(20 * time.Minute)
	var step webtest.Step
	env.Do(t, "POST", v1+"/token", fields{"refresh_token": ann.RefreshToken}).Want(t, 200).JSON(t, &step)
	stale := webtest.Bearer(step.AccessToken)
	tr.Do("delete with an old proof", "DELETE", v1+"/me", nil, stale).Refused(t, 401, fault.StepUpRequired)
	fresh := env.SignIn(t, acme, "ann@ex.test").Auth()
	tr.Do("delete", "DELETE", v1+"/me", nil, fresh).Want(t, 204)
	tr.Do("it is gone", "GET", v1+"/me", nil, fresh).Refused(t, 401, fault.InvalidToken)
}

func TestListingAndEndingSessions(t *testing.T) { // SES-11
	t.Parallel()
	env := webtest.New(t)
	first := env.Join(t, acme, "ann@ex.test")
	agent := webtest.Header{Name: "User-Agent", Value: "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"}
	env.Clock.Advance(time.Minute)
	body := fields{"identifier": "ann@ex.test", "password": passphrase}
	env.Do(t, "POST", v1+"/login", body, agent).Want(t, 200)
	env.Clock.Advance(time.Minute)
	third, fourth := env.SignIn(t, acme, "ann@ex.test"), env.SignIn(t, acme, "ann@ex.test")
	bob := env.Join(t, acme, "bob@ex.test")

	tr := env.Transcribe(t, "sessions", "Sessions and their end.")
	tr.Do("list", "GET", v1+"/sessions", nil, first.Auth()).Want(t, 200)
	tr.Do("end one", "DELETE", v1+"/sessions/"+third.SessionID, nil, first.Auth()).Want(t, 204)
	tr.Do("it has ended", "DELETE", v1+"/sessions/"+third.SessionID, nil, first.Auth()).Refused(t, 404, fault.NotFound)
	tr.Do("somebody else's", "DELETE", v1+"/sessions/"+bob.SessionID, nil, first.Auth()).Refused(t, 404, fault.NotFound)
	tr.Do("no id", "DELETE", v1+"/sessions/nonsense", nil, first.Auth()).Refused(t, 404, fault.NotFound)
	tr.Do("an id in the body", "DELETE", v1+"/sessions/"+third.SessionID, fields{"id": bob.SessionID}, first.Auth()).
		Refused(t, 422, fault.InvalidInput)
	tr.Do("sign out everywhere else", "POST", v1+"/logout/others", nil, first.Auth()).Want(t, 204)
	tr.Do("elsewhere", "GET", v1+"/me", nil, fourth.Auth()).Refused(t, 401, fault.InvalidToken)
	tr.Do("one is left", "GET", v1+"/sessions", nil, first.Auth()).Want(t, 200)
	tr.Do("sign out", "POST", v1+"/logout", nil, first.Auth()).Want(t, 204)
	tr.Do("signed out", "POST", v1+"/logout", nil, first.Auth()).Refused(t, 401, fault.InvalidToken)
	last := env.SignIn(t, acme, "ann@ex.test")
	tr.Do("sign out everywhere", "POST", v1+"/logout/all", nil, last.Auth()).Want(t, 204)
	tr.Do("everywhere", "POST", v1+"/token", fields{"refresh_token": last.RefreshToken}).Refused(t, 401, fault.InvalidToken)
	tr.Do("bob is not concerned", "GET", v1+"/me", nil, bob.Auth()).Want(t, 200)
}

func TestChangingAndForgettingAPassword(t *testing.T) {
	t.Parallel()
	env := webtest.New(t)
	ann := env.Join(t, acme, "ann@ex.test")
	tr := env.Transcribe(t, "password", "Changing a password, and forgetting it.")
	change := fields{"current_password": passphrase, "new_password": next}
	tr.Do("change", "POST", v1+"/password/change", change, ann.Auth()).Want(t, 204)
	tr.Do("wrong current password", "POST", v1+"/password/change", change, ann.Auth()).Refused(t, 403, fault.WrongPassword)
	weak := fields{"current_password": next, "new_password": "aaaaaaaaaaaaaaaaaaaa"}
	tr.Do("a weak one", "POST", v1+"/password/change", weak, ann.Auth()).Refused(t, 422, fault.InvalidInput)
	tr.Do("anonymous", "POST", v1+"/password/change", change).Refused(t, 401, fault.Unauthenticated)

	env.DeliverMail(t) // the notice, so that the code is the newest
	var step webtest.Step
	forget := fields{"identifier": "ann@ex.test"}
	tr.Do("forget it", "POST", v1+"/password/reset", forget).Want(t, 200).JSON(t, &step)
	challenge := v1 + "/challenges/" + step.Challenge.ID
	code := env.Code(t, acme, "ann@ex.test")
	tr.Do("wrong code", "POST", challenge, fields{"code": other(code), "new_password": passphrase}).Refused(t, 401, fault.WrongCode)
	tr.Do("no new password", "POST", challenge, fields{"code": code}).Refused(t, 422, fault.InvalidInput)
	tr.Do("choose a new one", "POST", challenge, fields{"code": code, "new_password": passphrase}).Want(t, 204)
	tr.Do("the sessions have ended", "GET", v1+"/me", nil, ann.Auth()).Refused(t, 401, fault.InvalidToken)
	tr.Do("an unknown user", "POST", v1+"/password/reset", fields{"identifier": "bob@ex.test"}).Want(t, 200)
	tr.Do("nobody", "POST", v1+"/password/reset", fields{"identifier": ""}).Refused(t, 422, fault.InvalidInput)
	env.MailOff.Store(true)
	tr.Do("nowhere to mail", "POST", v1+"/password/reset", forget).Refused(t, 503, fault.MailUnavailable)
	env.Set(t, acme, "password.enabled=false")
	tr.Do("passwords are off", "POST", v1+"/password/reset", forget).Refused(t, 403, fault.MethodDisabled)
}

func TestGivingAFreshProof(t *testing.T) {
	t.Parallel()
	env := webtest.New(t)
	ann := env.Join(t, acme, "ann@ex.test")
	tr := env.Transcribe(t, "step_up", "Giving a fresh proof.")
	env.Clock.Advance(time.Minute)
	var step webtest.Step
	tr.Do("ask", "POST", v1+"/step-up", nil, ann.Auth()).Want(t, 200).JSON(t, &step)
	tr.Do("there is no code to mail", "POST", v1+"/challenges/"+step.Challenge.ID+"/resend", nil).Refused(t, 422, fault.FactorNotOffered)
	tr.Do("ask for more", "POST", v1+"/step-up", fields{"max_age": 0, "acr": "aal1"}, ann.Auth()).Want(t, 200).JSON(t, &step)
	challenge := v1 + "/challenges/" + step.Challenge.ID
	tr.Do("wrong password", "POST", challenge, fields{"factor": "password", "password": "not it"}).
		Refused(t, 401, fault.InvalidCredentials)
	tr.Do("answer", "POST", challenge, fields{"factor": "password", "password": passphrase}).Want(t, 200)
	tr.Do("a level out of reach", "POST", v1+"/step-up", fields{"acr": "aal2"}, ann.Auth()).Refused(t, 422, fault.FactorNotOffered)
	tr.Do("no level", "POST", v1+"/step-up", fields{"acr": "aal9", "max_age": -1}, ann.Auth()).Refused(t, 422, fault.InvalidInput)
	tr.Do("the challenge is answered", "POST", challenge+"/resend", nil).Refused(t, 410, fault.ChallengeExpired)
	tr.Do("anonymous", "POST", v1+"/step-up", nil).Refused(t, 401, fault.Unauthenticated)
}

// other is a code of the same form that is another.
func other(code string) string {
	last := code[len(code)-1]
	return code[:len(code)-1] + string('0'+(last-'0'+1)%10)
}
