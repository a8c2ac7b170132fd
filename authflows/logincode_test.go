package authflows_test

import (
	"net/url"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"github.com/tenantgate/tenantgate/authflows"
	"github.com/tenantgate/tenantgate/authflows/flowtest"
	"github.com/tenantgate/tenantgate/internal/amr"
	"github.com/tenantgate/tenantgate/internal/events"
	"github.com/tenantgate/tenantgate/internal/fault"
	"github.com/tenantgate/tenantgate/internal/ids"
)

// askCode asks for a code to sign in with.
func askCode(t testing.TB, env *flowtest.Env, slug, identifier string) *authflows.Challenge {
	t.Helper()
	return must[*authflows.Step](t)(env.Flows(t, slug).LoginCode(t.Context(), identifier, laptop)).Challenge
}

// codeIsIn signs in by the code that was mailed last.
func codeIsIn(t testing.TB, env *flowtest.Env, slug string, c *authflows.Challenge, email string) (*authflows.Step, error) {
	t.Helper()
	return answer(t, env, slug, authflows.Answer{Challenge: c.ID, Code: env.Code(t, slug, email)})
}

// linkOf reads the link that was mailed last to an address: the challenge that it answers, and its secret.
func linkOf(t testing.TB, env *flowtest.Env, slug, email string) (uuid.UUID, string) {
	t.Helper()
	link := must[*url.URL](t)(url.Parse(env.Link(t, slug, email)))
	id, ok := ids.Parse(ids.Challenge, link.Query().Get("c"))
	if !ok {
		t.Fatal("the link names no challenge")
	}
	return id, link.Query().Get("s")
}

// signUpMagic signs a user up who has no password.
func signUpMagic(t testing.TB, env *flowtest.Env, email string) (*authflows.Challenge, error) {
	t.Helper()
	step, err := env.Flows(t, acme).Signup(t.Context(), authflows.SignupInput{Email: email, Device: laptop})
	if err != nil {
		return nil, err
	}
	if step.Challenge == nil {
		t.Fatalf("signed up without a proof: %+v", step)
	}
	return step.Challenge, nil
}

func TestAMailedCodeSignsIn(t *testing.T) {
	t.Parallel()
	flowtest.Each(t, func(t *testing.T, env *flowtest.Env) {
		user := env.SignUp(t, acme, ann).User
		c := askCode(t, env, acme, " ANN@ex.test ")
		if c.Kind != authflows.KindEmailCode || cmp.Diff([]amr.Method{amr.EmailCode}, c.Factors) != "" {
			t.Errorf("got %+v", c)
		}
		s := must[*authflows.Step](t)(codeIsIn(t, env, acme, c, ann)).SignedIn
		if s.User.ID != user.ID || s.New {
			t.Errorf("got %+v", s)
		}
		wantProofs(t, s, amr.AAL1, amr.EmailCode)
		if n := notices(t, env, acme, ann, "Your sign-in code"); n != 1 {
			t.Errorf("%d mails", n)
		}
	})
}

func TestALinkIsMailedWhereItLeadsSomewhere(t *testing.T) {
	t.Parallel()
	env := flowtest.New(t)
	env.SignUp(t, acme, ann)
	for setting, prefix := range map[string]string{
		"tokens.transport=body": "", "tokens.transport=cookie": flowtest.PublicURL + "/t/acme/link?c=chl_",
		"mail.link_url=https://app.ex.test/in?x=1": "https://app.ex.test/in?",
	} {
		env.Set(t, acme, "tokens=null", "mail=null", "abuse.mails=0")
		env.Set(t, acme, setting)
		askCode(t, env, acme, ann)
		if link := env.Link(t, acme, ann); !strings.HasPrefix(link, prefix) || prefix == "" && link != "" {
			t.Errorf("%s: link of another form, %d bytes", setting, len(link))
		}
	}
}

func TestALinkSignsInTheBrowserThatOpensIt(t *testing.T) {
	t.Parallel()
	flowtest.Each(t, func(t *testing.T, env *flowtest.Env) {
		env.SignUp(t, acme, ann)
		env.Set(t, acme, "tokens.transport=cookie")
		c := askCode(t, env, acme, ann)
		id, secret := linkOf(t, env, acme, ann)
		if id != c.ID || len(secret) < 26 {
			t.Fatal("link of another form")
		}
		s := must[*authflows.Step](t)(answer(t, env, acme, authflows.Answer{Challenge: id, Secret: secret})).SignedIn
		if s.Cookie == "" || s.AccessToken != "" || cmp.Diff([]amr.Method{amr.EmailCode}, s.Session.Proofs) != "" {
			t.Errorf("got %+v", s)
		}
		// It works once, and the code went with it.
		for _, in := range []authflows.Answer{{Secret: secret}, {Code: env.Code(t, acme, ann)}} {
			in.Challenge = c.ID
			_, err := answer(t, env, acme, in)
			wantFault(t, err, fault.ChallengeExpired)
		}
	})
}

func TestUsersWithoutPasswordSignUpAndInByMail(t *testing.T) {
	t.Parallel()
	flowtest.Each(t, func(t *testing.T, env *flowtest.Env) {
		_, err := signUpMagic(t, env, ann)
		if diff := cmp.Diff([]string{"password required"}, fields(err)); diff != "" {
			t.Errorf("magic.signup is off by default: %s", diff)
		}
		env.Set(t, acme, "magic.signup=true", "tokens.transport=body", "mail.link_url=https://app.ex.test/in")
		for who, byLink := range map[string]bool{ann: false, bob: true} {
			c := must[*authflows.Challenge](t)(signUpMagic(t, env, who))
			if n := must[int](t)(env.DB.User.Query().Count(within(t, env, acme))); n != facts(t, env, acme, events.UserSignedUp) {
				t.Errorf("%d users before the proof", n)
			}
			in := authflows.Answer{Challenge: c.ID, Code: env.Code(t, acme, who)}
			if byLink {
				in.Code = ""
				in.Challenge, in.Secret = linkOf(t, env, acme, who)
			}
			s := must[*authflows.Step](t)(answer(t, env, acme, in)).SignedIn
			if !s.New || !s.User.EmailVerified || s.User.Email != who {
				t.Errorf("got %+v", s.User)
			}
			wantProofs(t, s, amr.AAL1, amr.EmailCode)
			_, err := answer(t, env, acme, in)
			wantFault(t, err, fault.ChallengeExpired)
			_, err = login(t, env, acme, who, password)
			wantFault(t, err, fault.InvalidCredentials)
			listed := must[*authflows.Enrolled](t)(env.Flows(t, acme).Factors(t.Context(), caller(t, env, acme, s)))
			if listed.Password {
				t.Error("a password that nobody chose")
			}
			again := must[*authflows.Step](t)(codeIsIn(t, env, acme, askCode(t, env, acme, who), who)).SignedIn
			if again.New || again.User.ID != s.User.ID {
				t.Errorf("got %+v", again)
			}
		}
	})
}

// With a password, or another name, a stranger's click would confirm what somebody else can enter.
func TestASignUpHasALinkWhereTheMailboxIsAllThatItClaims(t *testing.T) {
	t.Parallel()
	env := flowtest.New(t)
	env.Set(t, acme, "magic.signup=true", "mail.link_url=https://app.ex.test/in")
	for _, in := range []authflows.SignupInput{{Email: ann, Password: password}, {Email: bob, Username: "bob"}} {
		in.Device = laptop
		c := must[*authflows.Step](t)(env.Flows(t, acme).Signup(t.Context(), in)).Challenge
		if env.Link(t, acme, in.Email) != "" {
			t.Error("a link was mailed")
		}
		code := env.Code(t, acme, in.Email)
		_, err := answer(t, env, acme, authflows.Answer{Challenge: c.ID, Secret: code})
		if err == nil {
			t.Error("the code passed as the secret of a link")
		}
		must[*authflows.Step](t)(answer(t, env, acme, authflows.Answer{Challenge: c.ID, Code: code}))
	}
}

// The mailbox is all that such a user has: where addresses are verified later or never, it is proven first all the same.
func TestASignUpWithoutPasswordProvesTheMailboxFirst(t *testing.T) {
	t.Parallel()
	env := flowtest.New(t)
	for _, verify := range []string{"off", "after_session"} {
		env.Set(t, acme, "magic.signup=true", "signup.verify_email="+verify, `signup.required=["username"]`)
		_, err := env.Flows(t, acme).Signup(t.Context(), authflows.SignupInput{Username: "ann", Device: laptop})
		if diff := cmp.Diff([]string{"email required"}, fields(err)); diff != "" {
			t.Errorf("%s: %s", verify, diff)
		}
		in := authflows.SignupInput{Username: verify[:3], Email: verify + "@ex.test", Device: laptop}
		step := must[*authflows.Step](t)(env.Flows(t, acme).Signup(t.Context(), in))
		if step.SignedIn != nil {
			t.Fatalf("%s: %+v", verify, step)
		}
		s := must[*authflows.Step](t)(codeIsIn(t, env, acme, step.Challenge, verify+"@ex.test")).SignedIn
		if !s.User.EmailVerified || s.User.Username != verify[:3] {
			t.Errorf("%s: %+v", verify, s.User)
		}
	}
}

func TestAnswersByMailNeedSomewhereToMail(t *testing.T) {
	t.Parallel()
	env := flowtest.New(t)
	env.SignUp(t, acme, ann)
	env.MailOff.Store(true)
	for _, who := range []string{ann, "nobody@ex.test"} {
		_, err := env.Flows(t, acme).LoginCode(t.Context(), who, laptop)
		wantFault(t, err, fault.MailUnavailable)
	}
	env.Set(t, acme, "magic.enabled=false")
	_, err := env.Flows(t, acme).LoginCode(t.Context(), ann, laptop)
	wantFault(t, err, fault.MethodDisabled)
}

// A mailbox is a first factor and nothing more.
func TestAMailedCodeIsNoSecondFactor(t *testing.T) {
	t.Parallel()
	flowtest.Each(t, func(t *testing.T, env *flowtest.Env) {
		_, app := userWithApp(t, env, acme, ann)
		next := must[*authflows.Step](t)(codeIsIn(t, env, acme, askCode(t, env, acme, ann), ann)).Challenge
		if diff := cmp.Diff([]amr.Method{amr.TOTP, amr.RecoveryCode}, next.Factors); diff != "" || next.Kind != authflows.KindMFA {
			t.Fatalf("%+v: %s", next, diff)
		}
		_, err := answer(t, env, acme, authflows.Answer{Challenge: next.ID, Factor: amr.EmailCode, Code: env.Code(t, acme, ann)})
		wantFault(t, err, fault.FactorNotOffered)
		s := must[*authflows.Step](t)(answerCode(t, env, acme, next, amr.TOTP, app.next(t, env))).SignedIn
		wantProofs(t, s, amr.AAL1, amr.EmailCode, amr.TOTP)
		// Where two are required, the mail with the app are one: the password is asked for too.
		env.Set(t, acme, "mfa.policy=required")
		next = must[*authflows.Step](t)(codeIsIn(t, env, acme, askCode(t, env, acme, ann), ann)).Challenge
		next = must[*authflows.Step](t)(answerCode(t, env, acme, next, amr.TOTP, app.next(t, env))).Challenge
		if diff := cmp.Diff([]amr.Method{amr.Password}, next.Factors); diff != "" {
			t.Error(diff)
		}
		_, err = answer(t, env, acme, authflows.Answer{Challenge: next.ID, Factor: amr.Password, Password: wrongPassword})
		wantFault(t, err, fault.InvalidCredentials)
		s = must[*authflows.Step](t)(answer(t, env, acme, authflows.Answer{Challenge: next.ID, Password: password})).SignedIn
		wantProofs(t, s, amr.AAL2, amr.EmailCode, amr.Password, amr.TOTP)
	})
}
