package authflows_test

import (
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/tenantgate/tenantgate/authflows"
	"github.com/tenantgate/tenantgate/authflows/flowtest"
	"github.com/tenantgate/tenantgate/internal/amr"
	"github.com/tenantgate/tenantgate/internal/fault"
	"github.com/tenantgate/tenantgate/internal/ids"
)

func TestAResendVoidsItsPredecessorAndMailsAnotherCode(t *testing.T) { // OTC-04
	t.Parallel()
	flowtest.Each(t, func(t *testing.T, env *flowtest.Env) {
		for _, first := range []*authflows.Challenge{signUp(t, env, acme, bob), requestReset(t, env, acme, env.SignUp(t, acme, ann).User.Email)} {
			old := env.Code(t, acme, map[authflows.Kind]string{authflows.KindEmailCode: bob, authflows.KindReset: ann}[first.Kind])
			step, err := env.Flows(t, acme).Resend(t.Context(), first.ID, laptop)
			mustDo(t, err)
			if step.Challenge.ID == first.ID || step.Challenge.Kind != first.Kind {
				t.Errorf("got %+v", step.Challenge)
			}
			_, err = answer(t, env, acme, authflows.Answer{Challenge: first.ID, Code: old, NewPassword: otherPassword})
			wantFault(t, err, fault.ChallengeExpired)
			_, err = env.Flows(t, acme).Resend(t.Context(), first.ID, laptop)
			wantFault(t, err, fault.ChallengeExpired)
		}
	})
}

func TestOnlyMailedChallengesAreSentAgain(t *testing.T) {
	t.Parallel()
	env := flowtest.New(t)
	c := stepUp(t, env, acme, caller(t, env, acme, env.SignUp(t, acme, ann)))
	_, err := env.Flows(t, acme).Resend(t.Context(), c.ID, laptop)
	wantFault(t, err, fault.FactorNotOffered)
	_, err = env.Flows(t, acme).Resend(t.Context(), ids.NewUnguessable(), laptop)
	wantFault(t, err, fault.ChallengeExpired)
}

func TestAChallengeTakesOnlyTheFactorsItOffers(t *testing.T) {
	t.Parallel()
	env := flowtest.New(t)
	env.SignUp(t, acme, ann)
	c := requestReset(t, env, acme, ann)
	for _, factor := range []amr.Method{amr.Password, amr.TOTP, "nonsense"} {
		_, err := answer(t, env, acme, authflows.Answer{Challenge: c.ID, Factor: factor, Code: env.Code(t, acme, ann), NewPassword: otherPassword})
		wantFault(t, err, fault.FactorNotOffered)
	}
}

func TestAtMostThreeChallengesOfASubjectAreLive(t *testing.T) {
	t.Parallel()
	flowtest.Each(t, func(t *testing.T, env *flowtest.Env) {
		env.SignUp(t, acme, ann)
		first := requestReset(t, env, acme, ann)
		code := env.Code(t, acme, ann)
		env.Clock.Advance(time.Second)
		second := requestReset(t, env, acme, ann)
		env.Clock.Advance(time.Second)
		requestReset(t, env, acme, ann)
		env.Clock.Advance(time.Second)
		requestReset(t, env, acme, ann)
		wantFault(t, answerReset(t, env, acme, first.ID, code), fault.ChallengeExpired)
		wantFault(t, answerReset(t, env, acme, second.ID, code), fault.WrongCode)
	})
}

func TestAMailedLinkNamesItsChallengeAndItsOwnSecret(t *testing.T) {
	t.Parallel()
	env := flowtest.New(t)
	env.SignUp(t, acme, ann)
	c := requestReset(t, env, acme, ann)
	link := must[*url.URL](t)(url.Parse(env.Link(t, acme, ann)))
	if !strings.HasPrefix(link.String(), flowtest.PublicURL+"/t/acme/link?") || link.Query().Get("c") != c.PublicID() || len(link.Query().Get("s")) < 26 {
		t.Fatalf("link of another form")
	}
	_, err := answer(t, env, acme, authflows.Answer{Challenge: c.ID, Secret: link.Query().Get("s") + "a", NewPassword: otherPassword})
	wantFault(t, err, fault.WrongCode)
	_, err = answer(t, env, acme, authflows.Answer{Challenge: c.ID, Secret: link.Query().Get("s"), NewPassword: otherPassword})
	mustDo(t, err)

	env.Set(t, acme, "mail.link_url=https://app.ex.test/auth?x=1")
	requestReset(t, env, acme, ann)
	link = must[*url.URL](t)(url.Parse(env.Link(t, acme, ann)))
	if link.Host != "app.ex.test" || link.Query().Get("x") != "1" || link.Query().Get("s") == "" {
		t.Errorf("link of another form")
	}
}
