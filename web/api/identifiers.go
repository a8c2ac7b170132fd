package api

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/tenantgate/tenantgate/authflows"
	"github.com/tenantgate/tenantgate/internal/fault"
	"github.com/tenantgate/tenantgate/internal/ids"
	"github.com/tenantgate/tenantgate/web/httpx"
)

func registerIdentifiers(a huma.API) {
	register(a, signedIn(tagIdentifiers, http.MethodGet, "/me/identifiers", "listIdentifiers", "List the user's identifiers", "Oldest first."),
		listIdentifiers)
	register(a, signedIn(tagIdentifiers, http.MethodPost, "/me/identifiers", "addIdentifier", "Add an identifier",
		"An address is a challenge of kind email_code first, the same for a taken one, whose answer is the identifier and no session. "+
			"So is an address of the user's own that was never verified. Usernames and phone numbers are added at once. "+needsFresh),
		addIdentifier, fault.StepUpRequired, fault.IdentifierTaken, fault.LimitReached,
		fault.VersionConflict, fault.MailUnavailable)
	register(a, signedIn(tagIdentifiers, http.MethodPatch, "/me/identifiers/{id}", "changeIdentifier", "Make an identifier the primary one",
		"Of its kind; the one before is so no more, and gets a notice if it is an address. An address must be verified. "+needsFresh),
		changeIdentifier, fault.StepUpRequired, fault.NotFound, fault.IdentifierNeeded, fault.VersionConflict)
	register(a, noContent(signedIn(tagIdentifiers, http.MethodDelete, "/me/identifiers/{id}", "removeIdentifier", "Remove an identifier",
		needsFresh)),
		removeIdentifier, fault.StepUpRequired, fault.NotFound, fault.IdentifierNeeded, fault.VersionConflict)
}

// Identifier is what a user is found by.
type Identifier struct {
	ID        string    `json:"id" example:"idf_01ka8k3v9wf5xr2q8m7n4p6s0t"`
	Kind      string    `json:"kind" enum:"email,username,phone"`
	Value     string    `json:"value" example:"ann@example.com"`
	Primary   bool      `json:"primary" doc:"The one of its kind that the user shows and is mailed at"`
	Verified  bool      `json:"verified"`
	CreatedAt time.Time `json:"created_at"`
}

func newIdentifier(i *authflows.Identifier) *Identifier {
	return &Identifier{
		ID: i.PublicID(), Kind: string(i.Kind), Value: i.Value, Primary: i.Primary, Verified: i.Verified, CreatedAt: i.CreatedAt,
	}
}

type identifiersReply struct {
	Body struct {
		Identifiers []*Identifier `json:"identifiers"`
	}
}

func listIdentifiers(ctx context.Context, _ *struct{}) (*identifiersReply, error) {
	flows, caller, err := httpx.Caller(ctx)
	if err != nil {
		return nil, err
	}
	list, err := flows.Identifiers(ctx, caller)
	if err != nil {
		return nil, err
	}
	reply := &identifiersReply{}
	reply.Body.Identifiers = []*Identifier{}
	for _, i := range list {
		reply.Body.Identifiers = append(reply.Body.Identifiers, newIdentifier(i))
	}
	return reply, nil
}

type addIdentifierRequest struct {
	Body struct {
		Kind  string `json:"kind" enum:"email,username,phone"`
		Value string `json:"value" example:"ann@example.org"`
	}
}

func addIdentifier(ctx context.Context, in *addIdentifierRequest) (*stepReply, error) {
	flows, caller, err := httpx.Caller(ctx)
	if err != nil {
		return nil, err
	}
	step, err := flows.AddIdentifier(ctx, caller, in.Body.Kind, in.Body.Value, httpx.From(ctx).Device())
	return newStepReply(ctx, step, err)
}

type identifierPath struct {
	ID string `path:"id" doc:"The identifier" example:"idf_01ka8k3v9wf5xr2q8m7n4p6s0t"`
}

type changeIdentifierRequest struct {
	ID   string `path:"id" doc:"The identifier" example:"idf_01ka8k3v9wf5xr2q8m7n4p6s0t"`
	Body struct {
		Primary bool `json:"primary" doc:"true: to take it from one, give it to another"`
	}
}

type identifierReply struct {
	Body struct {
		Identifier *Identifier `json:"identifier"`
	}
}

func changeIdentifier(ctx context.Context, in *changeIdentifierRequest) (*identifierReply, error) {
	flows, caller, err := httpx.Caller(ctx)
	if err != nil {
		return nil, err
	}
	if !in.Body.Primary {
		return nil, fault.Invalid(fault.Field{Field: "primary", Code: "invalid", Message: "Make another identifier the primary one instead."})
	}
	id, err := parse(ids.Identifier, in.ID, fault.NotFound)
	if err != nil {
		return nil, err
	}
	changed, err := flows.MakePrimary(ctx, caller, id, httpx.From(ctx).Device())
	if err != nil {
		return nil, err
	}
	reply := &identifierReply{}
	reply.Body.Identifier = newIdentifier(changed)
	return reply, nil
}

func removeIdentifier(ctx context.Context, in *identifierPath) (*done, error) {
	return leave(ctx, false, func(f *authflows.Flows, c *authflows.Caller) error {
		id, err := parse(ids.Identifier, in.ID, fault.NotFound)
		if err != nil {
			return err
		}
		return f.RemoveIdentifier(ctx, c, id, httpx.From(ctx).Device())
	})
}
