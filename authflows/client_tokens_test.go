package authflows_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"github.com/tenantgate/tenantgate/authflows"
	"github.com/tenantgate/tenantgate/authflows/flowtest"
	"github.com/tenantgate/tenantgate/internal/fault"
	"github.com/tenantgate/tenantgate/internal/tenancy"
)

// Two wires: one whose refresh token stays, one whose refresh token rotates.
var (
	staying = &authflows.Client{
		ID: "staying", Access: 30 * time.Minute, Refresh: 30 * 24 * time.Hour, Session: 30 * 24 * time.Hour,
		Claims: func(s authflows.Said) map[string]any {
			return map[string]any{"id": s.User.PublicID(), "iss": "somebody else", "token_type": string(s.Use)}
		},
	}
	rotating = &authflows.Client{
		ID: "rotating", Access: 30 * time.Minute, Refresh: 24 * time.Hour, Rotates: true, Alias: authflows.AliasHex,
	}
)

func signInAs(t testing.TB, env *flowtest.Env, c *authflows.Client, slug, email string) *authflows.SignedIn {
	t.Helper()
	in := authflows.LoginInput{Identifier: email, Password: password, Device: laptop}
	step := must[*authflows.Step](t)(env.Flows(t, slug).As(c).Login(t.Context(), in))
	if step.SignedIn == nil {
		t.Fatalf("%s: signing in asked for more", c.ID)
	}
	return step.SignedIn
}

// DIA-08, TEN-01, JWT-07: a token is good with the client and tenant that it was handed out by, for its own use, and nowhere else.
func TestTokensOfAClientAreGoodWithItAlone(t *testing.T) {
	t.Parallel()
	flowtest.Each(t, func(t *testing.T, env *flowtest.Env) {
		env.SignUp(t, acme, ann)
		env.SignUp(t, globex, ann)
		ofNative := signIn(t, env, acme, ann)
		handed := map[string]*authflows.SignedIn{"staying": signInAs(t, env, staying, acme, ann), "rotating": signInAs(t, env, rotating, acme, ann)}
		for _, warm := range []string{"first", "again"} {
			for name, client := range map[string]*authflows.Client{"staying": staying, "rotating": rotating} {
				for owner, s := range handed {
					flows := env.Flows(t, acme).As(client)
					c, err := flows.Bearer(t.Context(), s.AccessToken)
					if owner == name && (err != nil || c.Session.ID != s.Session.ID || c.Session.Client != name) {
						t.Errorf("%s: %s refuses its own token: %v", warm, name, err)
					}
					if owner != name {
						wantFault(t, err, fault.InvalidToken)
					}
					_, err = flows.Bearer(t.Context(), s.RefreshToken)
					wantFault(t, err, fault.InvalidToken)
					_, err = flows.Refresh(t.Context(), s.AccessToken)
					wantFault(t, err, fault.InvalidToken)
					_, err = env.Flows(t, globex).As(client).Bearer(t.Context(), s.AccessToken)
					wantFault(t, err, fault.InvalidToken)
					_, err = env.Flows(t, globex).As(client).Refresh(t.Context(), s.RefreshToken)
					wantFault(t, err, fault.InvalidToken)
				}
				_, err := env.Flows(t, acme).As(client).Bearer(t.Context(), ofNative.AccessToken)
				wantFault(t, err, fault.InvalidToken)
				_, err = env.Flows(t, acme).As(client).Refresh(t.Context(), ofNative.RefreshToken)
				wantFault(t, err, fault.InvalidToken)
			}
			for _, s := range handed {
				_, err := bearer(t, env, acme, s.AccessToken)
				wantFault(t, err, fault.InvalidToken)
				_, err = refresh(t, env, acme, s.RefreshToken)
				wantFault(t, err, fault.InvalidToken)
			}
		}
	})
}

func TestTheClaimsOfAClientReplaceNoneOfOurs(t *testing.T) {
	t.Parallel()
	env := flowtest.New(t)
	env.SignUp(t, acme, ann)
	s := signInAs(t, env, staying, acme, ann)
	if _, err := env.Flows(t, acme).As(staying).Bearer(t.Context(), s.AccessToken); err != nil {
		t.Errorf("a client's iss took the place of ours: %v", err)
	}
}

func TestARefreshTokenThatStaysMakesAccessTokensUntilItsSessionEnds(t *testing.T) {
	t.Parallel()
	env := flowtest.New(t)
	env.SignUp(t, acme, ann)
	flows := env.Flows(t, acme).As(staying)
	s := signInAs(t, env, staying, acme, ann)
	for range 3 {
		env.Clock.Advance(time.Hour)
		step := must[*authflows.Step](t)(flows.Refresh(t.Context(), s.RefreshToken))
		if step.SignedIn.RefreshToken != s.RefreshToken || step.SignedIn.ExpiresIn != 30*time.Minute {
			t.Errorf("got another refresh token, or a life of %s", step.SignedIn.ExpiresIn)
		}
		must[*authflows.Caller](t)(flows.Bearer(t.Context(), step.SignedIn.AccessToken))
	}
	_, err := flows.Bearer(t.Context(), s.AccessToken)
	wantFault(t, err, fault.InvalidToken)
	must[*authflows.Session](t)(flows.LogoutToken(t.Context(), s.AccessToken)) // also of one that has expired
	_, err = flows.Refresh(t.Context(), s.RefreshToken)
	wantFault(t, err, fault.InvalidToken)
	_, err = flows.LogoutToken(t.Context(), s.AccessToken)
	wantFault(t, err, fault.InvalidToken)
}

// SES-02: theft is found with other clients too, where the wire rotates.
func TestARefreshTokenThatRotatesEndsItsSessionWhenItComesAgain(t *testing.T) {
	t.Parallel()
	env := flowtest.New(t)
	env.SignUp(t, acme, ann)
	flows := env.Flows(t, acme).As(rotating)
	s := signInAs(t, env, rotating, acme, ann)
	next := must[*authflows.Step](t)(flows.Refresh(t.Context(), s.RefreshToken)).SignedIn
	must[*authflows.Step](t)(flows.Refresh(t.Context(), s.RefreshToken)) // a second tab, within the grace
	env.Clock.Advance(11 * time.Second)
	_, err := flows.Refresh(t.Context(), s.RefreshToken)
	wantFault(t, err, fault.RefreshTokenReused)
	_, err = flows.Refresh(t.Context(), next.RefreshToken)
	wantFault(t, err, fault.InvalidToken)
}

func TestASessionLivesNoLongerThanItsClientSaysAndTheTenantAllows(t *testing.T) {
	t.Parallel()
	env := flowtest.New(t)
	env.SignUp(t, acme, ann)
	s := signInAs(t, env, staying, acme, ann)
	if life := s.Session.ExpiresAt.Sub(s.Session.CreatedAt); life != 30*24*time.Hour {
		t.Errorf("it lives %s", life)
	}
	env.Set(t, acme, "sessions.idle=1d", "sessions.absolute=2d")
	s = signInAs(t, env, staying, acme, ann)
	if life := s.Session.ExpiresAt.Sub(s.Session.CreatedAt); life != 48*time.Hour {
		t.Errorf("under a shorter limit it lives %s", life)
	}
}

// A session key ends its session and does nothing else; nobody can make one.
func TestASessionKeyEndsItsOwnSessionOnly(t *testing.T) {
	t.Parallel()
	env := flowtest.New(t)
	env.SignUp(t, acme, ann)
	flows := env.Flows(t, acme).As(staying)
	first, second := signInAs(t, env, staying, acme, ann), signInAs(t, env, staying, acme, ann)
	key := flows.SessionKey(first.Session)
	for _, forged := range []string{"", first.Session.PublicID(), first.Session.ID.String(), key[:len(key)-1], strings.ToUpper(key), env.Flows(t, globex).SessionKey(first.Session)} {
		wantFault(t, flows.EndByKey(t.Context(), forged), fault.NotFound)
	}
	for _, elsewhere := range []func() error{
		func() error { _, err := flows.Bearer(t.Context(), key); return err },
		func() error { _, err := flows.Refresh(t.Context(), key); return err },
		func() error { _, err := refresh(t, env, acme, key); return err },
	} {
		wantFault(t, elsewhere(), fault.InvalidToken)
	}
	mustDo(t, flows.EndByKey(t.Context(), key))
	_, err := flows.Bearer(t.Context(), first.AccessToken)
	wantFault(t, err, fault.InvalidToken)
	must[*authflows.Caller](t)(flows.Bearer(t.Context(), second.AccessToken))
	wantFault(t, flows.EndByKey(t.Context(), key), fault.NotFound)
}

func TestAliasesAreNumberedPerTenantAndStay(t *testing.T) {
	t.Parallel()
	flowtest.Each(t, func(t *testing.T, env *flowtest.Env) {
		numbered := &authflows.Client{ID: "numbered", Alias: authflows.AliasInteger, Access: time.Minute}
		var users []*authflows.User
		for _, email := range []string{"a@ex.test", "b@ex.test", "c@ex.test"} {
			users = append(users, env.SignUp(t, acme, email).User)
		}
		elsewhere := env.SignUp(t, globex, ann).User
		flows := env.Flows(t, acme).As(numbered)
		got := make([]string, 30)
		flowtest.Parallel(len(got), func(i int) {
			alias, err := flows.Alias(t.Context(), users[i%3])
			if err != nil {
				t.Errorf("alias: %v", err)
			}
			got[i] = alias
		})
		seen := map[string]bool{}
		for i, alias := range got {
			seen[alias] = true
			if alias != got[i%3] {
				t.Errorf("a user has the aliases %s and %s", alias, got[i%3])
			}
		}
		if diff := cmp.Diff(map[string]bool{"1": true, "2": true, "3": true}, seen); diff != "" {
			t.Error(diff)
		}
		if alias := must[string](t)(env.Flows(t, globex).As(numbered).Alias(t.Context(), elsewhere)); alias != "1" {
			t.Errorf("the first of another tenant is %s", alias)
		}
		hex := must[string](t)(env.Flows(t, acme).As(rotating).Alias(t.Context(), users[0]))
		if len(hex) != 24 || strings.Trim(hex, "0123456789abcdef") != "" {
			t.Errorf("hex alias %q", hex)
		}
		// Who comes after a user that is gone is never taken for it.
		ctx := tenancy.With(t.Context(), flows.Tenant().ID)
		for i, user := range users {
			if got[i] == "3" {
				mustDo(t, env.DB.User.DeleteOneID(user.ID).Exec(ctx))
			}
		}
		if alias := must[string](t)(flows.Alias(t.Context(), env.SignUp(t, acme, "d@ex.test").User)); alias != "4" {
			t.Errorf("after the third was deleted comes %s", alias)
		}
		if n := must[int](t)(env.DB.DialectAlias.Query().Count(ctx)); n != 5 {
			t.Errorf("%d aliases are stored, want 5", n)
		}
	})
}

// An access token that lives for months does not outlive a policy that has become stricter.
func TestALongAccessTokenEndsWithAStricterPolicy(t *testing.T) {
	t.Parallel()
	env := flowtest.New(t)
	env.SignUp(t, acme, ann)
	s := signInAs(t, env, staying, acme, ann)
	env.Set(t, acme, "mfa.policy=required")
	flows := env.Flows(t, acme).As(staying)
	_, err := flows.Bearer(t.Context(), s.AccessToken)
	wantFault(t, err, fault.InvalidToken)
	_, err = flows.Refresh(t.Context(), s.RefreshToken)
	wantFault(t, err, fault.InvalidToken)
}

func TestAPendingSignInIsATokenThatOpensNothing(t *testing.T) {
	t.Parallel()
	env := flowtest.New(t)
	pending := &authflows.Client{ID: "pending", Access: 15 * time.Minute, Pending: true, Attempt: 15 * time.Minute, Levelled: true}
	_, app := userWithApp(t, env, acme, ann)
	flows := env.Flows(t, acme).As(pending)
	step := must[*authflows.Step](t)(flows.Login(t.Context(), authflows.LoginInput{Identifier: ann, Password: password, Device: laptop}))
	token := step.Challenge.Token
	_, err := flows.Bearer(t.Context(), token)
	wantFault(t, err, fault.InvalidToken)
	id := must[uuid.UUID](t)(flows.PendingSignIn(token))
	if id != step.Challenge.ID {
		t.Errorf("it stands for %s", id)
	}
	env.Clock.Advance(14 * time.Minute)
	in := authflows.Answer{Challenge: id, Factor: "totp", Code: app.next(t, env), Device: laptop}
	done := must[*authflows.Step](t)(flows.Answer(t.Context(), in)).SignedIn
	if done == nil || done.Session.Level() != "aal2" {
		t.Fatalf("got %+v", done)
	}
	_, err = flows.PendingSignIn(done.AccessToken)
	wantFault(t, err, fault.InvalidToken)
	env.Clock.Advance(3 * time.Minute)
	_, err = flows.PendingSignIn(token)
	wantFault(t, err, fault.InvalidToken)
}
