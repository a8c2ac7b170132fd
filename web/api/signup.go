package api

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"github.com/tenantgate/tenantgate/authflows"
	"github.com/tenantgate/tenantgate/internal/fault"
	"github.com/tenantgate/tenantgate/web/httpx"
)

func registerSignUp(a huma.API) {
	register(a, alsoAnswers(a, open(tagSignUp, http.MethodPost, "/signup", "signUp", "Sign up",
		"Where the tenant verifies addresses first, which is the default, the answer is a challenge of kind email_code, "+
			"the same for a taken address, and no user exists until the mailed code is answered. So it is for everybody who leaves "+
			"out the password, where GET /config says passwordless. Otherwise 201 with a session."),
		http.StatusCreated, "The user is made and signed in"),
		signUp, fault.SignupClosed, fault.MethodDisabled, fault.IdentifierTaken, fault.MailUnavailable, fault.Busy)
}

type signUpRequest struct {
	Body struct {
		Email    string `json:"email,omitempty" example:"ann@example.com"`
		Username string `json:"username,omitempty"`
		Phone    string `json:"phone,omitempty" example:"+4915112345678"`
		Password string `json:"password,omitempty" doc:"GET /config tells its least length, and whether it may be left out"`
		Name     string `json:"name,omitempty"`
		Profile  Object `json:"profile,omitempty" doc:"Any JSON object of at most 8 KiB"`
		Captcha  string `json:"captcha,omitempty" doc:"Token of the widget that GET /config names under captcha, rendered with the action signup; good for one request"`
	}
}

func signUp(ctx context.Context, in *signUpRequest) (*stepReply, error) {
	r := httpx.From(ctx)
	step, err := r.Flows.Signup(ctx, authflows.SignupInput{
		Email: in.Body.Email, Username: in.Body.Username, Phone: in.Body.Phone,
		Password: in.Body.Password, Name: in.Body.Name, Profile: in.Body.Profile.RawMessage, Captcha: in.Body.Captcha, Device: r.Device(),
	})
	return newStepReply(ctx, step, err)
}
