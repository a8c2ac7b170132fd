package authflows_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/tenantgate/tenantgate/authflows"
	"github.com/tenantgate/tenantgate/authflows/flowtest"
	"github.com/tenantgate/tenantgate/internal/ephemeral"
	"github.com/tenantgate/tenantgate/internal/events"
	"github.com/tenantgate/tenantgate/internal/fault"
)

// byAddress mails codes, and the address stands for the challenge; byToken mails one word that says all.
var (
	byAddress = &authflows.Client{
		ID: "by-address", Access: time.Hour, Refresh: time.Hour,
		SignsUp: authflows.SignsUp{Confirms: true, NamesTaken: true},
		Mails:   map[authflows.Purpose]authflows.Mailing{authflows.ForLogin: {Every: ephemeral.Limit{Events: 1, Per: 30 * time.Second}}},
	}
	byToken = &authflows.Client{
		ID: "by-token", Access: time.Hour, Refresh: time.Hour, Site: "https://app.example.com/",
		SignsUp: authflows.SignsUp{Confirms: true, Without: true, Later: true},
		Mails: map[authflows.Purpose]authflows.Mailing{
			authflows.ForSignup:  {Token: true, Lifetime: 3 * time.Hour, Page: "activate/{token}"},
			authflows.ForAddress: {Token: true, Lifetime: 3 * time.Hour},
			authflows.ForReset:   {Token: true, Lifetime: 72 * time.Hour, Page: "reset/{id}/{secret}", Apart: true},
		},
	}
	atOnce = &authflows.Client{ID: "at-once", Access: time.Hour}
)

func mailed(t testing.TB, token string) authflows.Answer {
	t.Helper()
	id, secret, ok := authflows.ReadMailed(token)
	if !ok {
		t.Fatalf("%q is no mailed token", token)
	}
	return authflows.Answer{Challenge: id, Secret: secret, Device: laptop}
}

func TestAnAddressStandsForTheNewestChallengeOfItsClientAlone(t *testing.T) {
	t.Parallel()
	env := flowtest.New(t)
	env.SignUp(t, acme, ann)
	flows := env.Flows(t, acme).As(byAddress)
	must[*authflows.Step](t)(flows.LoginCode(t.Context(), ann, laptop))
	first := env.Code(t, acme, ann)
	_, err := flows.LoginCode(t.Context(), ann, laptop)
	wantFault(t, err, fault.RateLimited)
	_, err = flows.LoginCode(t.Context(), "nobody@ex.test", laptop) // another address, known or not, has its own
	mustDo(t, err)
	second := first
	for second == first { // equal by chance once in a million
		env.Clock.Advance(31 * time.Second)
		must[*authflows.Step](t)(flows.LoginCode(t.Context(), ann, laptop))
		second = env.Code(t, acme, ann)
	}
	for _, other := range []*authflows.Client{byToken, atOnce} {
		_, err := env.Flows(t, acme).As(other).AnswerMailed(t.Context(), authflows.ForLogin, ann, authflows.Answer{Code: second, Device: laptop})
		wantFault(t, err, fault.ChallengeExpired)
	}
	_, err = env.Flows(t, acme).AnswerMailed(t.Context(), authflows.ForLogin, ann, authflows.Answer{Code: second, Device: laptop})
	wantFault(t, err, fault.ChallengeExpired) // natively only the id stands for a challenge
	_, err = flows.AnswerMailed(t.Context(), authflows.ForLogin, ann, authflows.Answer{Code: first, Device: laptop})
	wantFault(t, err, fault.WrongCode)
	step := must[*authflows.Step](t)(flows.AnswerMailed(t.Context(), authflows.ForLogin, "ANN@ex.test", authflows.Answer{Code: second, Device: laptop}))
	if step.SignedIn == nil {
		t.Fatalf("got %+v", step)
	}
	_, err = flows.AnswerMailed(t.Context(), authflows.ForLogin, ann, authflows.Answer{Code: second, Device: laptop})
	wantFault(t, err, fault.ChallengeExpired)
}

// OTC-02: an address gives no more tries than an id would.
func TestAnAddressGivesNoMoreTries(t *testing.T) {
	t.Parallel()
	env := flowtest.New(t)
	env.SignUp(t, acme, ann)
	flows := env.Flows(t, acme).As(byAddress)
	must[*authflows.Step](t)(flows.LoginCode(t.Context(), ann, laptop))
	code := env.Code(t, acme, ann)
	for range 5 {
		_, err := flows.AnswerMailed(t.Context(), authflows.ForLogin, ann, authflows.Answer{Code: another(code), Device: laptop})
		wantFault(t, err, fault.WrongCode)
	}
	_, err := flows.AnswerMailed(t.Context(), authflows.ForLogin, ann, authflows.Answer{Code: code, Device: laptop})
	wantFault(t, err, fault.ChallengeExpired)
}

func TestAMailedTokenMakesTheUserOfASignUpAndNoSession(t *testing.T) {
	t.Parallel()
	flowtest.Each(t, func(t *testing.T, env *flowtest.Env) {
		flows := env.Flows(t, acme).As(byToken)
		in := authflows.SignupInput{Email: ann, Username: "ann", Password: password, Device: laptop}
		if step := must[*authflows.Step](t)(flows.Signup(t.Context(), in)); step.Challenge == nil {
			t.Fatalf("got %+v", step)
		}
		token := env.Code(t, acme, ann)
		if link := env.Link(t, acme, ann); link != "https://app.example.com/activate/"+token {
			t.Errorf("link %s", link)
		}
		mustDo(t, flows.MailAddress(t.Context(), ann, laptop)) // again
		again := env.Code(t, acme, ann)
		_, err := flows.Answer(t.Context(), mailed(t, token))
		wantFault(t, err, fault.ChallengeExpired)
		_, err = env.Flows(t, acme).Answer(t.Context(), mailed(t, again)) // natively it would open a session
		wantFault(t, err, fault.ChallengeExpired)
		step := must[*authflows.Step](t)(flows.Answer(t.Context(), mailed(t, again)))
		if step.Registered == nil || !step.Registered.User.EmailVerified || step.SignedIn != nil {
			t.Fatalf("got %+v", step)
		}
		if n := facts(t, env, acme, events.UserSignedIn); n != 0 {
			t.Errorf("%d sessions were opened", n)
		}
		signIn(t, env, acme, "ann")
	})
}

func TestAnAddressIsProvenLaterByTheTokenOfTheSignUp(t *testing.T) {
	t.Parallel()
	env := flowtest.New(t)
	env.Set(t, acme, "signup.verify_email=after_session")
	flows := env.Flows(t, acme).As(byToken)
	in := authflows.SignupInput{Email: ann, Password: password, Device: laptop}
	step := must[*authflows.Step](t)(flows.Signup(t.Context(), in))
	if step.Registered == nil || step.Registered.User.EmailVerified {
		t.Fatalf("got %+v", step)
	}
	_, err := flows.Signup(t.Context(), in)
	wantFault(t, err, fault.IdentifierTaken)
	proven := must[*authflows.Step](t)(flows.Answer(t.Context(), mailed(t, env.Code(t, acme, ann))))
	if proven.Identifier == nil || !proven.Identifier.Verified {
		t.Errorf("got %+v", proven)
	}
	if !signIn(t, env, acme, ann).User.EmailVerified {
		t.Error("the address is not proven")
	}
	wantFault(t, flows.MailAddress(t.Context(), ann, laptop), fault.IdentifierTaken)
	env.Set(t, acme, "signup.verify_email=before_session")
	mustDo(t, env.Flows(t, acme).As(byToken).MailAddress(t.Context(), ann, laptop)) // nobody is told
}

// A wire that cannot confirm a sign-up makes nobody where addresses are proven first.
func TestAWireThatCannotConfirmMakesNobody(t *testing.T) {
	t.Parallel()
	env := flowtest.New(t)
	flows := env.Flows(t, acme).As(atOnce)
	in := authflows.SignupInput{Email: ann, Password: password, Device: laptop}
	_, err := flows.Signup(t.Context(), in)
	wantFault(t, err, fault.AddressUnverified)
	if n := len(env.Mails(t, acme, "")); n != 0 || facts(t, env, acme, events.UserSignedUp) != 0 {
		t.Errorf("%d mails, %d users", n, facts(t, env, acme, events.UserSignedUp))
	}
	for _, stolen := range []uuid.UUID{uuid.New(), signUp(t, env, acme, bob).ID} {
		in.AddressProof = stolen
		_, err := flows.Signup(t.Context(), in)
		wantFault(t, err, fault.AddressUnverified)
	}
	mustDo(t, flows.MailAddress(t.Context(), ann, laptop))
	code := env.Code(t, acme, ann)
	_, err = flows.ProveAddress(t.Context(), nil, ann, another(code), laptop)
	wantFault(t, err, fault.WrongCode)
	in.AddressProof = must[uuid.UUID](t)(flows.ProveAddress(t.Context(), nil, ann, code, laptop))
	elsewhere := in
	elsewhere.Email = bob
	_, err = flows.Signup(t.Context(), elsewhere)
	wantFault(t, err, fault.AddressUnverified)
	step := must[*authflows.Step](t)(flows.Signup(t.Context(), in))
	if step.SignedIn == nil || !step.SignedIn.User.EmailVerified {
		t.Fatalf("got %+v", step)
	}
	in.Email, in.Password = "ann@ex.test", otherPassword
	_, err = flows.Signup(t.Context(), in)
	wantFault(t, err, fault.AddressUnverified) // a proof is good once
}

// LNK-02: an account that somebody prepared with an address is gone once its owner proves the address and signs up.
func TestAProvenAddressReplacesAnAccountThatNeverProvedIt(t *testing.T) {
	t.Parallel()
	flowtest.Each(t, func(t *testing.T, env *flowtest.Env) {
		env.Set(t, acme, "signup.verify_email=after_session")
		flows := env.Flows(t, acme).As(atOnce)
		planted := must[*authflows.Step](t)(flows.Signup(t.Context(), authflows.SignupInput{Email: ann, Password: otherPassword, Device: laptop})).SignedIn
		mustDo(t, flows.MailAddress(t.Context(), ann, laptop))
		code := env.Code(t, acme, ann)
		attacker := must[*authflows.Caller](t)(flows.Bearer(t.Context(), planted.AccessToken))
		proof := must[uuid.UUID](t)(flows.ProveAddress(t.Context(), nil, ann, code, laptop))
		if attacker.User.EmailVerified {
			t.Error("the planted account is proven")
		}
		in := authflows.SignupInput{Email: ann, Password: password, AddressProof: proof, Device: laptop}
		mine := must[*authflows.Step](t)(flows.Signup(t.Context(), in)).SignedIn
		if mine == nil || mine.User.ID == planted.User.ID || !mine.User.EmailVerified {
			t.Fatalf("got %+v", mine)
		}
		_, err := login(t, env, acme, ann, otherPassword)
		wantFault(t, err, fault.InvalidCredentials)
		env.Poll(t)
		_, err = flows.Bearer(t.Context(), planted.AccessToken)
		wantFault(t, err, fault.InvalidToken)
	})
}

func TestAUserProvesItsOwnAddressByTheCode(t *testing.T) {
	t.Parallel()
	env := flowtest.New(t)
	env.Set(t, acme, "signup.verify_email=after_session")
	flows := env.Flows(t, acme).As(atOnce)
	s := must[*authflows.Step](t)(flows.Signup(t.Context(), authflows.SignupInput{Email: ann, Password: password, Device: laptop})).SignedIn
	c := must[*authflows.Caller](t)(flows.Bearer(t.Context(), s.AccessToken))
	mustDo(t, flows.MailAddress(t.Context(), ann, laptop))
	if proof := must[uuid.UUID](t)(flows.ProveAddress(t.Context(), c, ann, env.Code(t, acme, ann), laptop)); proof != uuid.Nil {
		t.Error("it leaves a proof behind")
	}
	if !signIn(t, env, acme, ann).User.EmailVerified {
		t.Error("the address is not proven")
	}
}

func TestAResetByHalvesEndsEverySession(t *testing.T) {
	t.Parallel()
	env := flowtest.New(t)
	s := env.SignUp(t, acme, ann)
	flows := env.Flows(t, acme).As(byToken)
	must[*authflows.Step](t)(flows.RequestReset(t.Context(), ann, laptop))
	mails := env.Mails(t, acme, ann)
	secret, link := mails[len(mails)-1].Code, mails[len(mails)-1].Link
	parts := strings.Split(link, "/")
	half := parts[len(parts)-2]
	if !strings.Contains(mails[len(mails)-1].Text, "\n"+half+"\n") || parts[len(parts)-1] != secret {
		t.Errorf("link %s, code %s, text:\n%s", link, secret, mails[len(mails)-1].Text)
	}
	mustDo(t, flows.CheckMailed(t.Context(), authflows.ForReset, half+secret, laptop))
	wantFault(t, flows.CheckMailed(t.Context(), authflows.ForLogin, half+secret, laptop), fault.ChallengeExpired)
	wantFault(t, flows.CheckMailed(t.Context(), authflows.ForReset, half+secret[:len(secret)-1]+"a"+"a", laptop), fault.ChallengeExpired)
	id, secret, _ := authflows.ReadHalves(half, secret)
	env.Clock.Advance(71 * time.Hour)
	_, err := flows.Answer(t.Context(), authflows.Answer{Challenge: id, Secret: secret, NewPassword: otherPassword, Device: laptop})
	mustDo(t, err)
	_, err = refresh(t, env, acme, s.RefreshToken)
	wantFault(t, err, fault.InvalidToken)
}

// DIA-10: whoever asks for a list of addresses who has an account is stopped by the budget that failed guesses have.
func TestNamingTakenAddressesIsBounded(t *testing.T) {
	t.Parallel()
	env := flowtest.New(t)
	env.SignUp(t, acme, ann)
	env.Set(t, acme, "signup.verify_email=after_session", "abuse.tenant_failures=20/1m", "magic.signup=true")
	told, refused := 0, 0
	for i := range 60 {
		flows := env.Flows(t, acme).As([]*authflows.Client{atOnce, byAddress}[i%2])
		in := authflows.SignupInput{Email: ann, Device: laptop}
		if i%2 == 0 {
			in.Password = password
		}
		switch _, err := flows.Signup(t.Context(), in); fault.CodeOf(err) {
		case fault.IdentifierTaken:
			told++
		case fault.RateLimited:
			refused++
		default:
			t.Fatalf("got %v", err)
		}
	}
	if told != 20 || refused != 40 {
		t.Errorf("told %d times, refused %d times", told, refused)
	}
}
