package authflows_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tenantgate/tenantgate/authflows"
	passwords "github.com/tenantgate/tenantgate/authflows/factors/password"
	"github.com/tenantgate/tenantgate/authflows/flowtest"
	"github.com/tenantgate/tenantgate/internal/fault"
	"github.com/tenantgate/tenantgate/internal/turnstile/turnstiletest"
	"github.com/tenantgate/tenantgate/tenants"
)

// captchaHost is where the tenants' own pages are.
const captchaHost = "auth.example.test"

// captchaFlows are the flows that ask for a captcha, by the action of its widget. Bar the captcha each would pass.
var captchaFlows = map[string]func(t testing.TB, env *flowtest.Env, token string) error{
	"login": func(t testing.TB, env *flowtest.Env, token string) error {
		_, err := env.Flows(t, acme).Login(t.Context(), authflows.LoginInput{
			Identifier: ann, Password: password, Captcha: token, Device: laptop,
		})
		return err
	},
	"signup": func(t testing.TB, env *flowtest.Env, token string) error {
		_, err := env.Flows(t, acme).Signup(t.Context(), authflows.SignupInput{
			Email: bob, Password: password, Captcha: token, Device: laptop,
		})
		return err
	},
}

// withCaptcha is an environment in which ann is a user of acme, which then asks for captchas.
func withCaptcha(t *testing.T, mode tenants.CaptchaMode, options ...flowtest.Option) *flowtest.Env {
	t.Helper()
	env := flowtest.New(t, append(options, flowtest.Captcha())...)
	env.SignUp(t, acme, ann)
	env.AskCaptcha(t, acme, mode)
	return env
}

// eachCaptchaFlow runs a test for signing in and for signing up.
func eachCaptchaFlow(t *testing.T, mode tenants.CaptchaMode, test func(t *testing.T, env *flowtest.Env, action string, try func(token string) error)) {
	t.Helper()
	for action, flow := range captchaFlows {
		t.Run(action, func(t *testing.T) {
			t.Parallel()
			env := withCaptcha(t, mode)
			test(t, env, action, func(token string) error { return flow(t, env, token) })
		})
	}
}

func wantRefusedCaptcha(t testing.TB, err error, code string) {
	t.Helper()
	wantFault(t, err, fault.InvalidInput)
	if diff := cmp.Diff([]string{"captcha " + code}, fields(err)); diff != "" {
		t.Error(diff)
	}
}

func TestWhereACaptchaIsRequiredOnlyAFreshOneOfTheTenantsPagesPasses(t *testing.T) {
	t.Parallel()
	eachCaptchaFlow(t, tenants.CaptchaRequired, func(t *testing.T, env *flowtest.Env, action string, try func(string) error) {
		solve := env.Captcha.Solve
		other := map[string]string{"login": "signup", "signup": "login"}[action]
		wantRefusedCaptcha(t, try(""), "required")
		for name, token := range map[string]string{
			"forged":                   "forged",
			"longer than any":          strings.Repeat("x", 2049),
			"of another host":          solve("evil.test", action),
			"of a host below":          solve("x."+captchaHost, action),
			"of the host of test keys": solve("example.com", action),
			"of no host":               solve("", action),
			"of another flow":          solve(captchaHost, other),
			"of another page":          solve(captchaHost, "newsletter"),
			"in other letters":         solve(captchaHost, strings.ToUpper(action)),
		} {
			t.Run(name, func(t *testing.T) { wantRefusedCaptcha(t, try(token), "refused") })
		}
		for _, token := range []string{solve(captchaHost, action), solve(captchaHost, ""), solve("Auth.Example.Test", action)} {
			mustDo(t, try(token))
			wantRefusedCaptcha(t, try(token), "refused") // used up
		}
	})
}

func TestAnOptionalCaptchaIsCheckedWhereItIsSent(t *testing.T) {
	t.Parallel()
	eachCaptchaFlow(t, tenants.CaptchaOptional, func(t *testing.T, env *flowtest.Env, action string, try func(string) error) {
		mustDo(t, try(""))
		if asked := env.Captcha.Asked(); len(asked) > 0 {
			t.Errorf("asked %+v", asked)
		}
		wantRefusedCaptcha(t, try("forged"), "refused")
		wantRefusedCaptcha(t, try(env.Captcha.Solve("evil.test", action)), "refused")
		mustDo(t, try(env.Captcha.Solve(captchaHost, action)))
	})
}

func TestWhereCaptchasAreOffTokensAreIgnored(t *testing.T) {
	t.Parallel()
	eachCaptchaFlow(t, tenants.CaptchaOff, func(t *testing.T, env *flowtest.Env, _ string, try func(string) error) {
		mustDo(t, try(""))
		mustDo(t, try("forged"))
		if asked := env.Captcha.Asked(); len(asked) > 0 {
			t.Errorf("asked %+v", asked)
		}
	})
}

func TestWhileCaptchasCannotBeVerifiedNobodyPasses(t *testing.T) {
	t.Parallel()
	for _, mode := range []tenants.CaptchaMode{tenants.CaptchaOptional, tenants.CaptchaRequired} {
		t.Run(string(mode), func(t *testing.T) {
			t.Parallel()
			eachCaptchaFlow(t, mode, func(t *testing.T, env *flowtest.Env, action string, try func(string) error) {
				token := env.Captcha.Solve(captchaHost, action)
				for name, broken := range map[string]func(){
					"down":           env.Captcha.Drop,
					"out of order":   func() { env.Captcha.Break(502, "<html>") },
					"a wrong secret": func() { env.Captcha.Refuse("invalid-input-secret") },
				} {
					broken()
					err := try(token)
					wantFault(t, err, fault.Unavailable)
					var f *fault.Fault
					if errors.As(err, &f); f.RetryAfter != time.Second || f.Unwrap() == nil {
						t.Errorf("%s: %+v", name, f)
					}
					if text := err.Error(); strings.Contains(text, token) || strings.Contains(text, turnstiletest.Secret) {
						t.Errorf("%s: the error tells a secret: %v", name, err)
					}
				}
				env.Captcha.Mend()
				mustDo(t, try(token))
			})
		})
	}
}

func TestAHangingVerifierHoldsNobodyWhoLeft(t *testing.T) {
	t.Parallel()
	env := withCaptcha(t, tenants.CaptchaRequired)
	hanging := env.Captcha.Hang()
	ctx, leave := context.WithCancel(t.Context())
	go func() {
		<-hanging
		leave()
	}()
	_, err := env.Flows(t, acme).Login(ctx, authflows.LoginInput{Identifier: ann, Password: password, Captcha: "any", Device: laptop})
	wantFault(t, err, fault.Unavailable)
}

func TestWithoutAVerifierARequiredCaptchaIsNeverPassed(t *testing.T) {
	t.Parallel()
	env := flowtest.New(t)
	env.SignUp(t, acme, ann)
	env.AskCaptcha(t, acme, tenants.CaptchaRequired)
	for action, try := range captchaFlows {
		wantRefusedCaptcha(t, try(t, env, ""), "required")
		err := try(t, env, "any")
		if fault.CodeOf(err) != fault.Unavailable {
			t.Errorf("%s: %v", action, err)
		}
	}
	env.AskCaptcha(t, acme, tenants.CaptchaOptional)
	for _, try := range captchaFlows {
		mustDo(t, try(t, env, "any"))
	}
}

func TestPagesOfATenantsAppsMaySolveCaptchas(t *testing.T) {
	t.Parallel()
	env := withCaptcha(t, tenants.CaptchaRequired)
	login := captchaFlows["login"]
	for host, setting := range map[string]string{
		"app.example.com":  `cors.origins=["https://app.example.com:8443"]`,
		"id.example.com":   `passkeys.origins=["https://id.example.com"]`,
		"back.example.com": `redirects.allowed=["https://back.example.com/signed-in?x=1"]`,
	} {
		wantRefusedCaptcha(t, login(t, env, env.Captcha.Solve(host, "login")), "refused")
		env.Set(t, acme, setting)
		mustDo(t, login(t, env, env.Captcha.Solve(host, "login")))
	}
	env.SignUp(t, globex, ann)
	env.AskCaptcha(t, globex, tenants.CaptchaRequired)
	_, err := env.Flows(t, globex).Login(t.Context(), authflows.LoginInput{
		Identifier: ann, Password: password, Captcha: env.Captcha.Solve("app.example.com", "login"), Device: laptop,
	})
	wantRefusedCaptcha(t, err, "refused")
}

func TestEachTenantsCaptchaIsVerifiedWithItsOwnSecret(t *testing.T) {
	t.Parallel()
	env := withCaptcha(t, tenants.CaptchaRequired)
	env.AskCaptcha(t, globex, tenants.CaptchaRequired)
	env.Set(t, globex, "abuse.turnstile.secret=of-globex")
	for slug, secret := range map[string]string{acme: turnstiletest.Secret, globex: "of-globex"} {
		before := len(env.Captcha.Asked())
		_, _ = env.Flows(t, slug).Login(t.Context(), authflows.LoginInput{
			Identifier: ann, Password: password, Captcha: "any", Device: laptop,
		})
		asked := env.Captcha.Asked()[before:]
		if len(asked) != 1 || asked[0].Secret != secret || asked[0].Address != laptop.Address.String() {
			t.Errorf("%s: asked %+v", slug, asked)
		}
	}
}

func TestTheLimitOfAnAddressBoundsWhatIsVerified(t *testing.T) {
	t.Parallel()
	eachCaptchaFlow(t, tenants.CaptchaRequired, func(t *testing.T, env *flowtest.Env, _ string, try func(string) error) {
		env.Set(t, acme, "abuse.address=2/1m")
		for range 2 {
			wantRefusedCaptcha(t, try("forged"), "refused")
		}
		wantFault(t, try("forged"), fault.RateLimited)
		if asked := env.Captcha.Asked(); len(asked) != 2 {
			t.Errorf("asked %d times", len(asked))
		}
	})
}

func TestBeforeACaptchaPassesNothingIsLookedUpHashedOrCounted(t *testing.T) {
	t.Parallel()
	env := withCaptcha(t, tenants.CaptchaRequired)
	env.Set(t, acme, "abuse.account_failures=2/15m")
	flows := env.Flows(t, acme)
	for _, broken := range []func(){env.Captcha.Mend, env.Captcha.Drop} {
		broken()
		for i := range 3 {
			statements := env.Warm(t, func() {
				token := []string{"", "forged", fmt.Sprint("solved elsewhere ", i)}[i]
				_, err := flows.Login(t.Context(), authflows.LoginInput{Identifier: ann, Password: wrongPassword, Captcha: token, Device: laptop})
				_, other := flows.Signup(t.Context(), authflows.SignupInput{Email: ann, Password: password, Captcha: token, Device: laptop})
				for _, err := range []error{err, other} {
					if code := fault.CodeOf(err); code != fault.InvalidInput && code != fault.Unavailable {
						t.Errorf("token %d: %v", i, err)
					}
				}
			})
			if len(statements) > 0 {
				t.Errorf("token %d: %q", i, queries(statements))
			}
		}
	}
	env.Captcha.Mend()
	mustDo(t, captchaFlows["login"](t, env, env.Captcha.Solve(captchaHost, "login")))
	if n := len(env.Mails(t, acme, ann)); n != 1 {
		t.Errorf("%d mails, want that of the first sign-up", n)
	}
}

func TestARefusedCaptchaCostsNoHash(t *testing.T) {
	t.Parallel()
	env := flowtest.New(t, flowtest.Captcha(), flowtest.Hashing(passwords.Options{
		Parallel: 1, QueueLen: -1, Params: passwords.Params{MemoryKiB: 8 << 10, Time: 4, Parallelism: 1},
	}))
	env.AskCaptcha(t, acme, tenants.CaptchaRequired)
	// The only slot is taken as good as always, and nobody may wait: whoever came to hash would be busy.
	ctx, cancel := context.WithCancel(t.Context())
	stopped := make(chan struct{})
	go func() {
		defer close(stopped)
		for ctx.Err() == nil {
			_, _ = env.Hasher.Hash(ctx, "occupied")
		}
	}()
	defer func() { cancel(); <-stopped }()
	for range 5 {
		for _, try := range captchaFlows {
			wantRefusedCaptcha(t, try(t, env, ""), "required")
			wantRefusedCaptcha(t, try(t, env, "forged"), "refused")
		}
	}
}
