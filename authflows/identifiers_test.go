package authflows_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"github.com/tenantgate/tenantgate/authflows"
	"github.com/tenantgate/tenantgate/authflows/flowtest"
	"github.com/tenantgate/tenantgate/ent/identifier"
	"github.com/tenantgate/tenantgate/ent/session"
	"github.com/tenantgate/tenantgate/ent/user"
	"github.com/tenantgate/tenantgate/internal/amr"
	"github.com/tenantgate/tenantgate/internal/events"
	"github.com/tenantgate/tenantgate/internal/fault"
	"github.com/tenantgate/tenantgate/internal/ids"
	"github.com/tenantgate/tenantgate/internal/mail"
)

const (
	annWork = "ann@work.test"
	annTel  = "+49 151 1234-5678"
)

// noticesMailed counts the mails of a kind that carries no code to an address.
func noticesMailed(t testing.TB, env *flowtest.Env, slug, to string, kind mail.Kind) int {
	t.Helper()
	brand := env.Tenant(t, slug).DisplayName()
	want := must[mail.Message](t)(mail.Render(kind, mail.Data{Brand: brand, To: to})).Subject
	n := 0
	for _, m := range env.Mails(t, slug, to) {
		if m.Subject == want {
			n++
		}
	}
	return n
}

// addOf adds an identifier of the caller's and returns the step.
func addOf(t testing.TB, env *flowtest.Env, slug string, c *authflows.Caller, kind, value string) *authflows.Step {
	t.Helper()
	return must[*authflows.Step](t)(env.Flows(t, slug).AddIdentifier(t.Context(), c, kind, value, laptop))
}

// addProven adds an address of the caller's with its mailed code.
func addProven(t testing.TB, env *flowtest.Env, slug string, c *authflows.Caller, email string) *authflows.Identifier {
	t.Helper()
	challenge := addOf(t, env, slug, c, "email", email).Challenge
	step := must[*authflows.Step](t)(answer(t, env, slug, authflows.Answer{Challenge: challenge.ID, Code: env.Code(t, slug, email)}))
	return step.Identifier
}

// identifiersOf lists the caller's identifiers as kind, value and what holds of it.
func identifiersOf(t testing.TB, env *flowtest.Env, slug string, c *authflows.Caller) (out []string) {
	t.Helper()
	for _, i := range must[[]*authflows.Identifier](t)(env.Flows(t, slug).Identifiers(t.Context(), c)) {
		text := string(i.Kind) + " " + i.Value
		if i.Primary {
			text += " primary"
		}
		if i.Verified {
			text += " verified"
		}
		out = append(out, text)
	}
	return out
}

// signUpUnproven makes a user whose address is not proven, where the tenant proves it later.
func signUpUnproven(t testing.TB, env *flowtest.Env, in authflows.SignupInput) *authflows.SignedIn {
	t.Helper()
	env.Set(t, acme, "signup.verify_email=after_session")
	if in.Password == "" {
		in.Password = password
	}
	return must[*authflows.Step](t)(env.Flows(t, acme).Signup(t.Context(), in)).SignedIn
}

func TestUsernamesAndPhoneNumbersAreAddedAtOnceAndUnproven(t *testing.T) {
	t.Parallel()
	flowtest.Each(t, func(t *testing.T, env *flowtest.Env) {
		s := env.SignUp(t, acme, ann)
		c := caller(t, env, acme, s)
		for _, in := range [][2]string{{"username", " Ann "}, {"phone", annTel}, {"username", "annie"}} {
			step := addOf(t, env, acme, c, in[0], in[1])
			if step.Identifier == nil || step.Challenge != nil || step.SignedIn != nil || step.Identifier.Verified {
				t.Fatalf("%s: got %+v", in[0], step)
			}
		}
		want := []string{
			"email ann@ex.test primary verified", "username Ann primary", "phone +49 151 1234-5678 primary", "username annie",
		}
		if diff := cmp.Diff(want, identifiersOf(t, env, acme, c)); diff != "" {
			t.Error(diff)
		}
		me := caller(t, env, acme, s).User
		if me.Username != "Ann" || me.Phone != annTel || me.Email != ann {
			t.Errorf("the user shows %q, %q, %q", me.Username, me.Phone, me.Email)
		}
		for _, by := range []string{"ANN", "annie", "+4915112345678", ann} {
			if signIn(t, env, acme, by).User.ID != s.User.ID {
				t.Errorf("%s is somebody else", by)
			}
		}
		if n := facts(t, env, acme, events.IdentifierAdded); n != 3 {
			t.Errorf("%d events, want 3", n)
		}
		if n := noticesMailed(t, env, acme, ann, mail.IdentifierAdded); n != 3 {
			t.Errorf("%d notices, want 3", n)
		}
	})
}

func TestTheProofOfANewAddressSignsNobodyIn(t *testing.T) {
	t.Parallel()
	flowtest.Each(t, func(t *testing.T, env *flowtest.Env) {
		s := env.SignUp(t, acme, ann)
		c := caller(t, env, acme, s)
		challenge := addOf(t, env, acme, c, "email", annWork).Challenge
		if challenge == nil || challenge.Kind != authflows.KindEmailCode || !cmp.Equal(challenge.Factors, []amr.Method{amr.EmailCode}) {
			t.Fatalf("got %+v", challenge)
		}
		if len(identifiersOf(t, env, acme, c)) != 1 || env.Link(t, acme, annWork) != "" {
			t.Error("it counts before it is proven, or its mail carries a link")
		}
		step := must[*authflows.Step](t)(answer(t, env, acme, authflows.Answer{Challenge: challenge.ID, Code: env.Code(t, acme, annWork)}))
		if i := step.Identifier; step.SignedIn != nil || step.Challenge != nil || i == nil || i.Value != annWork || !i.Verified || i.Primary {
			t.Fatalf("got %+v", step)
		}
		if n := must[int](t)(env.DB.Session.Query().Where(session.UserID(s.User.ID)).Count(within(t, env, acme))); n != 1 {
			t.Errorf("%d sessions, want the one before", n)
		}
		if me := caller(t, env, acme, s).User; me.Email != ann {
			t.Errorf("the user shows %q", me.Email)
		}
		if signIn(t, env, acme, "ANN@WORK.TEST").User.ID != s.User.ID {
			t.Error("it belongs to somebody else")
		}
		if n := noticesMailed(t, env, acme, ann, mail.IdentifierAdded); n != 1 {
			t.Errorf("%d notices to the primary address, want 1", n)
		}
	})
}

func TestAUserProvesItsOwnAddressLater(t *testing.T) {
	t.Parallel()
	flowtest.Each(t, func(t *testing.T, env *flowtest.Env) {
		s := signUpUnproven(t, env, authflows.SignupInput{Email: ann, Username: "ann", Device: laptop})
		c := caller(t, env, acme, s)
		challenge := addOf(t, env, acme, c, "email", " ANN@ex.test").Challenge
		step := must[*authflows.Step](t)(answer(t, env, acme, authflows.Answer{Challenge: challenge.ID, Code: env.Code(t, acme, "ANN@ex.test")}))
		if step.SignedIn != nil || step.Identifier == nil || !step.Identifier.Verified || !step.Identifier.Primary {
			t.Fatalf("got %+v", step)
		}
		want := []string{"email ann@ex.test primary verified", "username ann primary"}
		if diff := cmp.Diff(want, identifiersOf(t, env, acme, c)); diff != "" {
			t.Error(diff)
		}
		if me := caller(t, env, acme, s).User; !me.EmailVerified || me.Email != ann {
			t.Errorf("the user shows %q, proven %t", me.Email, me.EmailVerified)
		}
		if facts(t, env, acme, events.IdentifierVerified) != 1 || facts(t, env, acme, events.UserClaimed) != 0 {
			t.Error("want one proof and no claim: who proves it is signed in")
		}
		signIn(t, env, acme, ann)
	})
}

func TestThePrimaryAddressIsWhatEveryReplicaShows(t *testing.T) {
	t.Parallel()
	flowtest.Each(t, func(t *testing.T, env *flowtest.Env) {
		other := env.Replicas(t, 2)[1]
		s := env.SignUp(t, acme, ann)
		c := caller(t, env, acme, s)
		added := addProven(t, env, acme, c, annWork)
		other.Poll(t)
		caller(t, other, acme, s) // into its cache

		got := must[*authflows.Identifier](t)(env.Flows(t, acme).MakePrimary(t.Context(), c, added.ID, laptop))
		if !got.Primary || got.ID != added.ID {
			t.Errorf("got %+v", got)
		}
		want := []string{"email ann@ex.test verified", "email ann@work.test primary verified"}
		if diff := cmp.Diff(want, identifiersOf(t, env, acme, c)); diff != "" {
			t.Error(diff)
		}
		other.Poll(t)
		for i, replica := range []*flowtest.Env{env, other} {
			if me := caller(t, replica, acme, s).User; me.Email != annWork || !me.EmailVerified {
				t.Errorf("replica %d shows %q", i, me.Email)
			}
		}
		if noticesMailed(t, env, acme, ann, mail.IdentifierChanged) != 1 || noticesMailed(t, env, acme, annWork, mail.IdentifierChanged) != 0 {
			t.Error("want one notice, to the address before")
		}
		must[*authflows.Identifier](t)(env.Flows(t, acme).MakePrimary(t.Context(), c, added.ID, laptop))
		if n := facts(t, env, acme, events.IdentifierPrimary); n != 1 {
			t.Errorf("%d events, want 1: the second time nothing changed", n)
		}
	})
}

func TestAPrimaryUsernameIsTheOneThatTheUserShows(t *testing.T) {
	t.Parallel()
	env := flowtest.New(t)
	s := env.SignUp(t, acme, ann)
	c := caller(t, env, acme, s)
	addOf(t, env, acme, c, "username", "first")
	second := addOf(t, env, acme, c, "username", "second").Identifier
	must[*authflows.Identifier](t)(env.Flows(t, acme).MakePrimary(t.Context(), c, second.ID, laptop))
	if me := caller(t, env, acme, s).User; me.Username != "second" || me.Email != ann {
		t.Errorf("the user shows %q, %q", me.Username, me.Email)
	}
	want := []string{"email ann@ex.test primary verified", "username first", "username second primary"}
	if diff := cmp.Diff(want, identifiersOf(t, env, acme, c)); diff != "" {
		t.Error(diff)
	}
	if n := noticesMailed(t, env, acme, ann, mail.IdentifierChanged); n != 0 {
		t.Errorf("%d notices of another address", n)
	}
}

func TestAnUnprovenAddressDoesNotBecomePrimary(t *testing.T) {
	t.Parallel()
	env := flowtest.New(t)
	c := caller(t, env, acme, env.SignUp(t, acme, ann))
	added := addProven(t, env, acme, c, annWork)
	mustDo(t, env.DB.Identifier.Update().Where(identifier.ID(added.ID)).ClearVerifiedAt().Exec(within(t, env, acme)))
	_, err := env.Flows(t, acme).MakePrimary(t.Context(), c, added.ID, laptop)
	wantFault(t, err, fault.IdentifierNeeded)
}

func TestChangesOfIdentifiersNeedAFreshProof(t *testing.T) {
	t.Parallel()
	for name, spoil := range map[string]func(*testing.T, *flowtest.Env, uuid.UUID){
		"an old session": func(_ *testing.T, env *flowtest.Env, _ uuid.UUID) { env.Clock.Advance(10*time.Minute + time.Second) },
		"a first factor alone of a user with a second": func(t *testing.T, env *flowtest.Env, id uuid.UUID) {
			mustDo(t, env.DB.User.Update().Where(user.ID(id)).SetFactors([]string{"totp"}).Exec(within(t, env, acme)))
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			env := flowtest.New(t)
			env.Set(t, acme, "sessions.access=1h")
			s := env.SignUp(t, acme, ann)
			c := caller(t, env, acme, s)
			spoil(t, env, s.User.ID)
			refuseEveryChange(t, env, c, must[[]*authflows.Identifier](t)(env.Flows(t, acme).Identifiers(t.Context(), c))[0].ID, fault.StepUpRequired)
		})
	}
}

// refuseEveryChange fails unless each change of a caller's identifiers is a fault.
func refuseEveryChange(t *testing.T, env *flowtest.Env, c *authflows.Caller, id uuid.UUID, want fault.Code) {
	t.Helper()
	flows := env.Flows(t, acme)
	for kind, value := range map[string]string{"email": annWork, "username": "ann", "phone": annTel} {
		_, err := flows.AddIdentifier(t.Context(), c, kind, value, laptop)
		wantFault(t, err, want)
	}
	_, err := flows.MakePrimary(t.Context(), c, id, laptop)
	wantFault(t, err, want)
	wantFault(t, flows.RemoveIdentifier(t.Context(), c, id, laptop), want)
}

func TestIdentifiersOfOthersAreNotFound(t *testing.T) {
	t.Parallel()
	flowtest.Each(t, func(t *testing.T, env *flowtest.Env) {
		c := caller(t, env, acme, env.SignUp(t, acme, ann))
		of := func(slug string) uuid.UUID {
			theirs := caller(t, env, slug, env.SignUp(t, slug, bob))
			return must[[]*authflows.Identifier](t)(env.Flows(t, slug).Identifiers(t.Context(), theirs))[0].ID
		}
		flows := env.Flows(t, acme)
		for name, id := range map[string]uuid.UUID{"another user's": of(acme), "another tenant's": of(globex), "nobody's": ids.New()} {
			_, err := flows.MakePrimary(t.Context(), c, id, laptop)
			if fault.CodeOf(err) != fault.NotFound {
				t.Errorf("primary, %s: %v", name, err)
			}
			if err := flows.RemoveIdentifier(t.Context(), c, id, laptop); fault.CodeOf(err) != fault.NotFound {
				t.Errorf("remove, %s: %v", name, err)
			}
		}
		signIn(t, env, acme, bob)
		signIn(t, env, globex, bob)
	})
}
