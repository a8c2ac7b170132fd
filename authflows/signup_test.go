package authflows_test

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tenantgate/tenantgate/authflows"
	"github.com/tenantgate/tenantgate/authflows/flowtest"
	"github.com/tenantgate/tenantgate/internal/amr"
	"github.com/tenantgate/tenantgate/internal/events"
	"github.com/tenantgate/tenantgate/internal/fault"
)

func TestSigningUpMailsACodeWhoseAnswerMakesTheUser(t *testing.T) {
	t.Parallel()
	flowtest.Each(t, func(t *testing.T, env *flowtest.Env) {
		flows := env.Flows(t, acme)
		step, err := flows.Signup(t.Context(), authflows.SignupInput{
			Email: " Ann@Ex.Test ", Username: "Ann_1", Password: password, Name: " Ann ", Profile: json.RawMessage(`{"title":"Dr"}`), Device: laptop,
		})
		mustDo(t, err)
		c := step.Challenge
		if step.SignedIn != nil || c.Kind != authflows.KindEmailCode || len(c.Factors) != 1 || c.Factors[0] != amr.EmailCode ||
			!c.ExpiresAt.Equal(env.Clock.Now().Add(10*time.Minute)) {
			t.Fatalf("got %+v, %+v", step, c)
		}
		if n := must[int](t)(env.DB.User.Query().Count(within(t, env, acme))); n != 0 {
			t.Fatalf("%d users exist before the proof", n)
		}
		step, err = answer(t, env, acme, authflows.Answer{Challenge: c.ID, Code: env.Code(t, acme, ann)})
		mustDo(t, err)
		u := step.SignedIn.User
		if u.Email != "Ann@Ex.Test" || !u.EmailVerified || u.Username != "Ann_1" || u.Name != "Ann" || !step.SignedIn.New {
			t.Errorf("made %+v", u)
		}
		if diff := cmp.Diff(map[string]any{"title": "Dr"}, object(t, u.Profile)); diff != "" {
			t.Error(diff)
		}
		if facts(t, env, acme, events.UserSignedUp) != 1 || facts(t, env, acme, events.UserSignedIn) != 1 {
			t.Error("a sign-up is one fact, the session that it opens another")
		}
		for _, identifier := range []string{"ann@ex.test", "ANN_1"} {
			if _, err := login(t, env, acme, identifier, password); err != nil {
				t.Errorf("log in as %s: %v", identifier, err)
			}
		}
	})
}

func object(t testing.TB, raw json.RawMessage) map[string]any {
	t.Helper()
	var out map[string]any
	mustDo(t, json.Unmarshal(raw, &out))
	return out
}

func TestASignUpNamesAllThatIsWrongWithItAtOnce(t *testing.T) {
	t.Parallel()
	env := flowtest.New(t)
	for name, c := range map[string]struct {
		in   authflows.SignupInput
		want []string
	}{
		"nothing given":       {authflows.SignupInput{}, []string{"email required", "password required"}},
		"no address":          {authflows.SignupInput{Username: "ann", Password: password}, []string{"email required"}},
		"malformed all along": {authflows.SignupInput{Email: "ann", Username: "-", Phone: "1", Password: "short", Name: "a\nb", Profile: []byte(`[]`)}, []string{"email invalid", "name invalid", "password too_short", "phone invalid", "profile invalid", "username invalid"}},
		"the address as password": {
			authflows.SignupInput{Email: "annabella.longname@ex.test", Password: "annabella.longname"}, []string{"password context"},
		},
		"a NUL in the password":       {authflows.SignupInput{Email: ann, Password: "abcdefgh\x00ijklmnop"}, []string{"password invalid_characters"}},
		"a name that is too long":     {authflows.SignupInput{Email: ann, Password: password, Name: strings.Repeat("a", 201)}, []string{"name invalid"}},
		"a name that is not UTF-8":    {authflows.SignupInput{Email: ann, Password: password, Name: "\xff"}, []string{"name invalid"}},
		"a profile of a megabyte":     {authflows.SignupInput{Email: ann, Password: password, Profile: make([]byte, 1<<20)}, []string{"profile too_large"}},
		"a profile with a NUL":        {authflows.SignupInput{Email: ann, Password: password, Profile: []byte(`{"a":"\u0000"}`)}, []string{"profile invalid"}},
		"a profile cut short":         {authflows.SignupInput{Email: ann, Password: password, Profile: []byte(`{"a":`)}, []string{"profile invalid"}},
		"a profile of half a pair":    {authflows.SignupInput{Email: ann, Password: password, Profile: []byte(`{"a":"\ud800"}`)}, []string{"profile invalid"}},
		"a profile that is not UTF-8": {authflows.SignupInput{Email: ann, Password: password, Profile: []byte("{\"a\":\"\xff\"}")}, []string{"profile invalid"}},
		"a profile of huge numbers":   {authflows.SignupInput{Email: ann, Password: password, Profile: []byte(`{"a":1e200000}`)}, []string{"profile invalid"}},
	} {
		c.in.Device = laptop
		_, err := env.Flows(t, acme).Signup(t.Context(), c.in)
		if fault.CodeOf(err) != fault.InvalidInput {
			t.Errorf("%s: got %v", name, err)
		}
		if diff := cmp.Diff(c.want, fields(err)); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}

func TestWhatAProfileMayHoldComesBackFromBothDatabases(t *testing.T) {
	t.Parallel()
	flowtest.Each(t, func(t *testing.T, env *flowtest.Env) {
		deep := strings.Repeat("[", 3000) + strings.Repeat("]", 3000)
		profile := json.RawMessage(`{"deep":` + deep + `,"é":"\\u0000 is six characters","n":1.5,"l":[null,true,{"x":""}],"😀":"\ud83d\ude00"}`)
		s := env.SignUp(t, acme, ann)
		user, err := env.Flows(t, acme).ChangeMe(t.Context(), caller(t, env, acme, s), authflows.ChangeMeInput{Profile: profile})
		mustDo(t, err)
		// Not go-cmp: its time grows with two to the depth.
		if !reflect.DeepEqual(object(t, profile), object(t, user.Profile)) {
			t.Errorf("got %s", user.Profile)
		}
	})
}

func TestWhereVerificationComesLaterTheUserIsSignedInAtOnce(t *testing.T) {
	t.Parallel()
	for _, mode := range []string{"off", "after_session"} {
		env := flowtest.New(t)
		env.Set(t, acme, "signup.verify_email="+mode)
		flows := env.Flows(t, acme)
		in := authflows.SignupInput{Email: ann, Password: password, Device: laptop}
		step := must[*authflows.Step](t)(flows.Signup(t.Context(), in))
		if step.SignedIn == nil || step.SignedIn.User.EmailVerified || !step.SignedIn.New {
			t.Errorf("%s: got %+v", mode, step)
		}
		_, err := flows.Signup(t.Context(), in)
		wantFault(t, err, fault.IdentifierTaken)
	}
}

func TestWithoutAnAddressThereIsNothingToVerify(t *testing.T) {
	t.Parallel()
	env := flowtest.New(t)
	env.Set(t, acme, `signup.required=["username"]`, "signup.verify_email=off")
	step, err := env.Flows(t, acme).Signup(t.Context(), authflows.SignupInput{Username: "ann", Password: password, Device: laptop})
	mustDo(t, err)
	if step.SignedIn == nil {
		t.Fatalf("got %+v", step)
	}
}

func TestATenantDecidesWhetherOneMaySignUp(t *testing.T) {
	t.Parallel()
	for setting, want := range map[string]fault.Code{
		"signup.mode=closed":     fault.SignupClosed,
		"signup.mode=invite":     fault.SignupClosed,
		"password.enabled=false": fault.MethodDisabled,
	} {
		env := flowtest.New(t)
		env.Set(t, acme, setting)
		in := authflows.SignupInput{Email: ann, Password: password}
		_, err := env.Flows(t, acme).Signup(t.Context(), in)
		wantFault(t, err, want)
		if _, err := env.Flows(t, globex).Signup(t.Context(), in); err != nil {
			t.Errorf("%s of one tenant changed another: %v", setting, err)
		}
	}
}

func TestWithoutMailNobodyGetsAChallengeToAnswer(t *testing.T) {
	t.Parallel()
	env := flowtest.New(t)
	env.SignUp(t, acme, ann)
	env.MailOff.Store(true)
	for _, email := range []string{ann, bob} {
		_, err := env.Flows(t, acme).Signup(t.Context(), authflows.SignupInput{Email: email, Password: password})
		wantFault(t, err, fault.MailUnavailable)
		_, err = env.Flows(t, acme).RequestReset(t.Context(), email, laptop)
		wantFault(t, err, fault.MailUnavailable)
	}
}

func TestATakenUsernameIsNamedAndATakenAddressIsNot(t *testing.T) {
	t.Parallel()
	env := flowtest.New(t)
	flows := env.Flows(t, acme)
	first := authflows.SignupInput{Email: ann, Username: "ann", Password: password, Device: laptop}
	step := must[*authflows.Step](t)(flows.Signup(t.Context(), first))
	must[*authflows.Step](t)(answer(t, env, acme, authflows.Answer{Challenge: step.Challenge.ID, Code: env.Code(t, acme, ann)}))

	_, err := flows.Signup(t.Context(), authflows.SignupInput{Email: bob, Username: "ANN", Password: password})
	wantFault(t, err, fault.IdentifierTaken)
	if diff := cmp.Diff([]string{"username taken"}, fields(err)); diff != "" {
		t.Error(diff)
	}
	step, err = flows.Signup(t.Context(), authflows.SignupInput{Email: "ANN@EX.TEST", Password: password, Device: laptop})
	mustDo(t, err)
	if step.Challenge == nil {
		t.Errorf("got %+v", step)
	}
	mails := env.Mails(t, acme, ann)
	if last := mails[len(mails)-1]; len(mails) != 2 || last.Code != "" || last.Link != "" {
		t.Errorf("the owner got %d mails, the last with code %q", len(mails), last.Code)
	}
}
