package api

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"github.com/tenantgate/tenantgate/authflows"
	"github.com/tenantgate/tenantgate/internal/fault"
	"github.com/tenantgate/tenantgate/web/httpx"
)

func registerAccount(a huma.API) {
	register(a, signedIn(tagAccount, http.MethodGet, "/me", "getMe", "Get the signed-in user", ""), getMe)
	register(a, signedIn(tagAccount, http.MethodPatch, "/me", "changeMe", "Change the user's name or profile",
		"Fields left out stay as they are."),
		changeMe)
	register(a, noContent(signedIn(tagAccount, http.MethodDelete, "/me", "deleteMe", "Delete the user's account",
		needsFresh)),
		deleteMe, fault.StepUpRequired, fault.LastOwner)
}

type userReply struct {
	Body *User
}

func getMe(ctx context.Context, _ *struct{}) (*userReply, error) {
	_, caller, err := httpx.Caller(ctx)
	if err != nil {
		return nil, err
	}
	return &userReply{newUser(caller.User)}, nil
}

type changeMeRequest struct {
	Body struct {
		Name    *string `json:"name,omitempty"`
		Profile Object  `json:"profile,omitempty" doc:"Any JSON object of at most 8 KiB; replaces the old one"`
	}
}

func changeMe(ctx context.Context, in *changeMeRequest) (*userReply, error) {
	flows, caller, err := httpx.Caller(ctx)
	if err != nil {
		return nil, err
	}
	user, err := flows.ChangeMe(ctx, caller, authflows.ChangeMeInput{Name: in.Body.Name, Profile: in.Body.Profile.RawMessage})
	if err != nil {
		return nil, err
	}
	return &userReply{newUser(user)}, nil
}

func deleteMe(ctx context.Context, _ *struct{}) (*done, error) {
	return leave(ctx, true, func(f *authflows.Flows, c *authflows.Caller) error {
		return f.DeleteMe(ctx, c, httpx.From(ctx).Device())
	})
}
