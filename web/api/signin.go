package api

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"github.com/tenantgate/tenantgate/authflows"
	"github.com/tenantgate/tenantgate/internal/fault"
	"github.com/tenantgate/tenantgate/web/httpx"
)

func registerSignIn(a huma.API) {
	register(a, takesDevice(open(tagSignIn, http.MethodPost, "/login", "logIn", "Sign in with a password",
		"A session, or a challenge of kind mfa where a second factor is asked for, or of kind enrol where the user must have one first.")),
		logIn, fault.InvalidCredentials, fault.MethodDisabled, fault.FactorNotOffered, fault.VersionConflict, fault.Busy)
	register(a, open(tagSignIn, http.MethodPost, "/login/code", "logInByCode", "Sign in with a mailed code",
		"Mails a code, and a link where one can sign in. The answer is a challenge of kind email_code, the same for an unknown user."),
		logInByCode, fault.MethodDisabled, fault.MailUnavailable)
	register(a, open(tagSignIn, http.MethodPost, "/login/passkey", "logInByPasskey", "Sign in with a passkey",
		"Answers a challenge of kind passkey with options for navigator.credentials.get, for any of the user's passkeys that the "+
			"browser finds, also in the suggestions of a form field. With an identifier they name that user's; for an unknown one they look the same."),
		logInByPasskey, fault.MethodDisabled)
	registerChallenges(a)
}

type logInRequest struct {
	Body struct {
		Identifier string `json:"identifier" doc:"E-mail address, username or phone number" example:"ann@example.com"`
		Password   string `json:"password"`
		Captcha    string `json:"captcha,omitempty" doc:"Token of the widget that GET /config names under captcha, rendered with the action login; good for one request"`
	}
}

func logIn(ctx context.Context, in *logInRequest) (*stepReply, error) {
	r := httpx.From(ctx)
	step, err := r.Flows.Login(ctx, authflows.LoginInput{
		Identifier: in.Body.Identifier, Password: in.Body.Password, Captcha: in.Body.Captcha, Device: r.Device(),
	})
	return newStepReply(ctx, step, err)
}

type logInByCodeRequest struct {
	Body struct {
		Identifier string `json:"identifier" doc:"E-mail address, username or phone number" example:"ann@example.com"`
	}
}

func logInByCode(ctx context.Context, in *logInByCodeRequest) (*stepReply, error) {
	r := httpx.From(ctx)
	step, err := r.Flows.LoginCode(ctx, in.Body.Identifier, r.Device())
	return newStepReply(ctx, step, err)
}

type logInByPasskeyRequest struct {
	Body *struct {
		Identifier string `json:"identifier,omitempty" doc:"E-mail address, username or phone number; left out, the browser offers what it has" example:"ann@example.com"`
	} `required:"false"`
}

func logInByPasskey(ctx context.Context, in *logInByPasskeyRequest) (*stepReply, error) {
	r := httpx.From(ctx)
	identifier := ""
	if in.Body != nil {
		identifier = in.Body.Identifier
	}
	step, err := r.Flows.LoginPasskey(ctx, identifier, r.Device())
	return newStepReply(ctx, step, err)
}
