package api

import (
	"context"
	"net/http"
	"slices"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/tenantgate/tenantgate/authflows"
	"github.com/tenantgate/tenantgate/internal/fault"
	"github.com/tenantgate/tenantgate/internal/ids"
	"github.com/tenantgate/tenantgate/web/httpx"
)

func registerPasskeys(a huma.API) {
	register(a, signedIn(tagPasskeys, http.MethodPost, "/passkeys/options", "beginPasskey", "Begin to register a passkey",
		"Answers options for navigator.credentials.create. Beginning again replaces what was begun. "+needsFresh),
		beginPasskey, fault.StepUpRequired, fault.MethodDisabled, fault.LimitReached)
	add := signedIn(tagPasskeys, http.MethodPost, "/passkeys", "addPasskey", "Register a passkey",
		"Takes what the browser returned for the options of a challenge, within the session that asked for them. "+staysBelow+provenBefore)
	add.DefaultStatus = http.StatusCreated
	register(a, add, addPasskey, fault.StepUpRequired, fault.ChallengeExpired, fault.PasskeyInvalid, fault.PasskeyTaken,
		fault.VersionConflict)
	register(a, signedIn(tagPasskeys, http.MethodGet, "/passkeys", "listPasskeys", "List the user's passkeys", "Oldest first."),
		listPasskeys)
	register(a, signedIn(tagPasskeys, http.MethodPatch, "/passkeys/{id}", "renamePasskey", "Rename a passkey", ""),
		renamePasskey, fault.NotFound)
	register(a, noContent(signedIn(tagPasskeys, http.MethodDelete, "/passkeys/{id}", "removePasskey", "Remove a passkey",
		"As DELETE /factors/{id}, for passkeys alone. "+needsFresh)),
		removePasskey, fault.StepUpRequired, fault.NotFound, fault.FactorNeeded, fault.VersionConflict)
}

// Passkey is a registered passkey.
type Passkey struct {
	ID         string     `json:"id" example:"fac_5m9k3v9wf5xr2q8m7n4p6s0tka"`
	Name       string     `json:"name" doc:"What the user calls it"`
	CreatedAt  time.Time  `json:"created_at"`
	LastUsedAt *time.Time `json:"last_used_at" doc:"null before its first use to sign in"`
	BackedUp   bool       `json:"backed_up" doc:"Synced to the user's other devices"`
}

func newPasskey(f *authflows.Factor) *Passkey {
	return &Passkey{ID: f.PublicID(), Name: f.Name, CreatedAt: f.CreatedAt, LastUsedAt: f.LastUsedAt, BackedUp: f.BackedUp}
}

type beginPasskeyReply struct {
	Body struct {
		ChallengeID string `json:"challenge_id" example:"chl_5m9k3v9wf5xr2q8m7n4p6s0tka"`
		PublicKey   Object `json:"public_key" doc:"As PublicKeyCredential.parseCreationOptionsFromJSON takes them"`
	}
}

func beginPasskey(ctx context.Context, _ *struct{}) (*beginPasskeyReply, error) {
	flows, caller, err := httpx.Caller(ctx)
	if err != nil {
		return nil, err
	}
	e, err := flows.BeginPasskey(ctx, caller)
	if err != nil {
		return nil, err
	}
	reply := &beginPasskeyReply{}
	reply.Body.ChallengeID, reply.Body.PublicKey = e.PublicID(), Object{e.PublicKey}
	return reply, nil
}

type addPasskeyRequest struct {
	Body struct {
		ChallengeID string `json:"challenge_id" doc:"Of POST /passkeys/options" example:"chl_5m9k3v9wf5xr2q8m7n4p6s0tka"`
		Credential  Object `json:"credential" doc:"What the browser returned, as PublicKeyCredential.toJSON writes it"`
		Name        string `json:"name,omitempty" doc:"What the user calls it, at most 100 characters"`
	}
}

type passkeyReply struct{ Body *Passkey }

func addPasskey(ctx context.Context, in *addPasskeyRequest) (*passkeyReply, error) {
	flows, caller, err := httpx.Caller(ctx)
	if err != nil {
		return nil, err
	}
	id, err := parse(ids.Challenge, in.Body.ChallengeID, fault.ChallengeExpired)
	if err != nil {
		return nil, err
	}
	factor, err := flows.AddPasskey(ctx, caller, id, in.Body.Credential.RawMessage, in.Body.Name, httpx.From(ctx).Device())
	if err != nil {
		return nil, err
	}
	return &passkeyReply{newPasskey(factor)}, nil
}

type passkeysReply struct {
	Body struct {
		Passkeys []*Passkey `json:"passkeys"`
	}
}

func listPasskeys(ctx context.Context, _ *struct{}) (*passkeysReply, error) {
	flows, caller, err := httpx.Caller(ctx)
	if err != nil {
		return nil, err
	}
	list, err := flows.Passkeys(ctx, caller)
	if err != nil {
		return nil, err
	}
	reply := &passkeysReply{}
	reply.Body.Passkeys = []*Passkey{}
	for _, f := range list {
		reply.Body.Passkeys = append(reply.Body.Passkeys, newPasskey(f))
	}
	return reply, nil
}

type renamePasskeyRequest struct {
	ID   string `path:"id" doc:"The factor" example:"fac_5m9k3v9wf5xr2q8m7n4p6s0tka"`
	Body struct {
		Name string `json:"name" doc:"At most 100 characters; empty for the name it had at first"`
	}
}

func renamePasskey(ctx context.Context, in *renamePasskeyRequest) (*passkeyReply, error) {
	flows, caller, err := httpx.Caller(ctx)
	if err != nil {
		return nil, err
	}
	id, err := parse(ids.Factor, in.ID, fault.NotFound)
	if err != nil {
		return nil, err
	}
	factor, err := flows.RenamePasskey(ctx, caller, id, in.Body.Name)
	if err != nil {
		return nil, err
	}
	return &passkeyReply{newPasskey(factor)}, nil
}

func removePasskey(ctx context.Context, in *factorPath) (*done, error) {
	return leave(ctx, false, func(f *authflows.Flows, c *authflows.Caller) error {
		id, err := parse(ids.Factor, in.ID, fault.NotFound)
		if err != nil {
			return err
		}
		list, err := f.Passkeys(ctx, c)
		if err != nil {
			return err
		}
		if !slices.ContainsFunc(list, func(p *authflows.Factor) bool { return p.ID == id }) {
			return fault.New(fault.NotFound) // an authenticator app is no passkey
		}
		return f.RemoveFactor(ctx, c, id, httpx.From(ctx).Device())
	})
}
