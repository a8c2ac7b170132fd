package api

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"github.com/tenantgate/tenantgate/authflows"
	"github.com/tenantgate/tenantgate/internal/fault"
	"github.com/tenantgate/tenantgate/web/httpx"
)

func registerPassword(a huma.API) {
	register(a, open(tagPassword, http.MethodPost, "/password/reset", "resetPassword", "Reset a forgotten password",
		"Mails a code and a link. The answer is a challenge of kind reset, the same for an unknown user."),
		resetPassword, fault.MethodDisabled, fault.MailUnavailable)
	register(a, noContent(signedIn(tagPassword, http.MethodPost, "/password/change", "changePassword", "Change the user's password",
		"Every other session of the user ends. "+needsFresh)),
		changePassword, fault.WrongPassword, fault.StepUpRequired, fault.VersionConflict, fault.Busy)
}

type resetRequest struct {
	Body struct {
		Identifier string `json:"identifier" doc:"E-mail address, username or phone number" example:"ann@example.com"`
	}
}

func resetPassword(ctx context.Context, in *resetRequest) (*stepReply, error) {
	r := httpx.From(ctx)
	step, err := r.Flows.RequestReset(ctx, in.Body.Identifier, r.Device())
	return newStepReply(ctx, step, err)
}

type changePasswordRequest struct {
	Body struct {
		CurrentPassword string `json:"current_password"`
		NewPassword     string `json:"new_password"`
	}
}

func changePassword(ctx context.Context, in *changePasswordRequest) (*done, error) {
	return leave(ctx, false, func(f *authflows.Flows, c *authflows.Caller) error {
		return f.ChangePassword(ctx, c, in.Body.CurrentPassword, in.Body.NewPassword, httpx.From(ctx).Device())
	})
}
