package api

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"github.com/tenantgate/tenantgate/authflows"
	"github.com/tenantgate/tenantgate/internal/amr"
	"github.com/tenantgate/tenantgate/internal/fault"
	"github.com/tenantgate/tenantgate/internal/ids"
	"github.com/tenantgate/tenantgate/web/httpx"
)

func registerSignUp(a huma.API) {
	register(a, alsoAnswers(a, open(tagSignUp, http.MethodPost, "/signup", "signUp", "Sign up",
		"Where the tenant verifies addresses first, which is the default, the answer is a challenge of kind email_code, "+
			"the same for a taken address, and no user exists until the mailed code is answered. Otherwise 201 with a session."),
		http.StatusCreated, "The user is made and signed in"),
		signUp, fault.SignupClosed, fault.MethodDisabled, fault.IdentifierTaken, fault.MailUnavailable, fault.Busy)
}

func registerSignIn(a huma.API) {
	register(a, open(tagSignIn, http.MethodPost, "/login", "logIn", "Sign in with a password",
		"A session, or a challenge of kind mfa where a second factor is asked for."),
		logIn, fault.InvalidCredentials, fault.MethodDisabled, fault.Busy)
	register(a, alsoAnswers(a, open(tagSignIn, http.MethodPost, "/challenges/{id}", "answerChallenge", "Answer a challenge",
		"Goes on with the attempt. A challenge of kind reset takes code (or the secret of the mailed link) and new_password, "+
			"and answers 204 without signing in."),
		http.StatusNoContent, "The password is changed"),
		answer, fault.WrongCode, fault.ChallengeExpired, fault.FactorNotOffered, fault.IdentifierTaken, fault.Busy)
	register(a, open(tagSignIn, http.MethodPost, "/challenges/{id}/resend", "resendChallenge", "Mail a new code",
		"Voids the challenge and answers a new one. At the limit of mails the answer is the same and nothing is mailed."),
		resend, fault.ChallengeExpired, fault.FactorNotOffered, fault.MailUnavailable)
}

// stepReply is a step as a response.
type stepReply struct {
	Status    int
	SetCookie string `header:"Set-Cookie" doc:"The session cookie, where the tenant chose cookies"`
	Body      *Step
}

func newStepReply(ctx context.Context, s *authflows.Step, err error) (*stepReply, error) {
	if err != nil {
		return nil, err
	}
	reply := &stepReply{Status: http.StatusOK, Body: newStep(s)}
	if in := s.SignedIn; in != nil {
		if in.New {
			reply.Status = http.StatusCreated
		}
		if in.Cookie != "" {
			r := httpx.From(ctx)
			maxAge := int(r.Tenant.Settings.Sessions.Absolute.Std().Seconds())
			reply.SetCookie = httpx.SessionCookie(r, in.Cookie, maxAge)
		}
	}
	return reply, nil
}

type signUpRequest struct {
	Body struct {
		Email    string  `json:"email,omitempty" example:"ann@example.com"`
		Username string  `json:"username,omitempty"`
		Phone    string  `json:"phone,omitempty" example:"+4915112345678"`
		Password string  `json:"password" doc:"GET /config tells its least length"`
		Name     string  `json:"name,omitempty"`
		Profile  Profile `json:"profile,omitempty" doc:"Any JSON object of at most 8 KiB"`
	}
}

func signUp(ctx context.Context, in *signUpRequest) (*stepReply, error) {
	r := httpx.From(ctx)
	step, err := r.Flows.Signup(ctx, authflows.SignupInput{
		Email: in.Body.Email, Username: in.Body.Username, Phone: in.Body.Phone,
		Password: in.Body.Password, Name: in.Body.Name, Profile: in.Body.Profile.RawMessage, Device: r.Device(),
	})
	return newStepReply(ctx, step, err)
}

type logInRequest struct {
	Body struct {
		Identifier string `json:"identifier" doc:"E-mail address, username or phone number" example:"ann@example.com"`
		Password   string `json:"password"`
	}
}

func logIn(ctx context.Context, in *logInRequest) (*stepReply, error) {
	r := httpx.From(ctx)
	step, err := r.Flows.Login(ctx, authflows.LoginInput{
		Identifier: in.Body.Identifier, Password: in.Body.Password, Device: r.Device(),
	})
	return newStepReply(ctx, step, err)
}

type answerRequest struct {
	ID   string `path:"id" doc:"The challenge" example:"chl_5m9k3v9wf5xr2q8m7n4p6s0tka"`
	Body struct {
		Factor      amr.Method `json:"factor,omitempty" enum:"email_code,password" doc:"May be left out where one factor alone can answer"`
		Code        string     `json:"code,omitempty" doc:"The mailed code; blanks and dashes do not matter"`
		Secret      string     `json:"secret,omitempty" doc:"In place of code: the parameter s of the mailed link"`
		Password    string     `json:"password,omitempty" doc:"With factor password"`
		NewPassword string     `json:"new_password,omitempty" doc:"With a challenge of kind reset"`
	}
}

func answer(ctx context.Context, in *answerRequest) (*stepReply, error) {
	id, ok := ids.Parse(ids.Challenge, in.ID)
	if !ok {
		return nil, fault.New(fault.ChallengeExpired) // as for any unknown id
	}
	r := httpx.From(ctx)
	step, err := r.Flows.Answer(ctx, authflows.Answer{
		Challenge: id, Factor: in.Body.Factor, Code: in.Body.Code, Secret: in.Body.Secret,
		Password: in.Body.Password, NewPassword: in.Body.NewPassword, Device: r.Device(),
	})
	if err == nil && step == nil {
		return &stepReply{Status: http.StatusNoContent}, nil
	}
	return newStepReply(ctx, step, err)
}

type challengePath struct {
	ID string `path:"id" doc:"The challenge" example:"chl_5m9k3v9wf5xr2q8m7n4p6s0tka"`
}

func resend(ctx context.Context, in *challengePath) (*stepReply, error) {
	id, ok := ids.Parse(ids.Challenge, in.ID)
	if !ok {
		return nil, fault.New(fault.ChallengeExpired)
	}
	r := httpx.From(ctx)
	step, err := r.Flows.Resend(ctx, id, r.Device())
	return newStepReply(ctx, step, err)
}
