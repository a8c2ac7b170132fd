package api

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/tenantgate/tenantgate/authflows"
	"github.com/tenantgate/tenantgate/internal/amr"
	"github.com/tenantgate/tenantgate/internal/fault"
	"github.com/tenantgate/tenantgate/internal/ids"
	"github.com/tenantgate/tenantgate/web/httpx"
)

// needsFresh is the rule of what changes how a user proves who it is.
const needsFresh = "Needs a proof younger than the tenant's sessions.step_up_age, of all that the user has, else 401 step_up_required."

// What enrolling means for the session that did it, and when it is refused for want of a proof.
const (
	staysBelow = "The session stays at its level: the next change of how the user proves who it is needs a step-up with the new factor. "

	provenBefore = "Beginning it needed the fresh proof. 401 step_up_required comes here only where the user has a second factor that " +
		"this session has not proven, such as one enrolled meanwhile, or where the access token is of before a step-up."
)

func registerFactors(a huma.API) {
	register(a, signedIn(tagFactors, http.MethodGet, "/factors", "listFactors", "List what the user has enrolled",
		"Authenticator apps and passkeys, and how many recovery codes are left. What they hold is never shown again."),
		listFactors)
	register(a, signedIn(tagFactors, http.MethodPost, "/factors/totp", "beginTOTP", "Begin to enrol an authenticator app",
		"It is no factor until its first code is given at /factors/totp/{id}/activate. Beginning again replaces what was begun. "+needsFresh),
		beginTOTP, fault.StepUpRequired, fault.MethodDisabled, fault.LimitReached)
	register(a, signedIn(tagFactors, http.MethodPost, "/factors/totp/{id}/activate", "activateTOTP", "Enrol an authenticator app by its first code",
		"Brings recovery codes where the user has none. They are shown this once. "+staysBelow+provenBefore),
		activateTOTP, fault.StepUpRequired, fault.WrongCode, fault.ChallengeExpired, fault.VersionConflict)
	register(a, signedIn(tagFactors, http.MethodPost, "/factors/recovery-codes", "makeRecoveryCodes", "Make new recovery codes",
		"Ten codes, shown this once; the old ones are void. "+needsFresh),
		makeRecoveryCodes, fault.StepUpRequired, fault.MethodDisabled, fault.FactorNeeded, fault.VersionConflict)
	register(a, noContent(signedIn(tagFactors, http.MethodDelete, "/factors/{id}", "removeFactor", "Remove a factor",
		"An authenticator app or a passkey. "+needsFresh)),
		removeFactor, fault.StepUpRequired, fault.NotFound, fault.FactorNeeded, fault.VersionConflict)
}

// Factor is an authenticator app or a passkey.
type Factor struct {
	ID         string     `json:"id" example:"fac_5m9k3v9wf5xr2q8m7n4p6s0tka"`
	Kind       amr.Method `json:"kind" enum:"totp,passkey"`
	Name       string     `json:"name" doc:"What the user calls it"`
	CreatedAt  time.Time  `json:"created_at"`
	LastUsedAt *time.Time `json:"last_used_at" doc:"null before its first use to sign in"`
}

func newFactor(f *authflows.Factor) Factor {
	return Factor{ID: f.PublicID(), Kind: f.Kind, Name: f.Name, CreatedAt: f.CreatedAt, LastUsedAt: f.LastUsedAt}
}

type factorsReply struct {
	Body struct {
		Factors           []Factor `json:"factors"`
		Password          bool     `json:"password" doc:"The user has a password"`
		RecoveryCodesLeft int      `json:"recovery_codes_left"`
	}
}

func listFactors(ctx context.Context, _ *struct{}) (*factorsReply, error) {
	flows, caller, err := httpx.Caller(ctx)
	if err != nil {
		return nil, err
	}
	has, err := flows.Factors(ctx, caller)
	if err != nil {
		return nil, err
	}
	reply := &factorsReply{}
	reply.Body.Factors, reply.Body.Password, reply.Body.RecoveryCodesLeft = []Factor{}, has.Password, has.RecoveryCodesLeft
	for _, f := range has.Factors {
		reply.Body.Factors = append(reply.Body.Factors, newFactor(f))
	}
	return reply, nil
}

type beginTOTPRequest struct {
	Body *struct {
		Name string `json:"name,omitempty" doc:"What the user calls it, at most 100 characters"`
	} `required:"false"`
}

// TOTPEnrolment is an authenticator app that is about to be enrolled.
type TOTPEnrolment struct {
	ID         string    `json:"id" doc:"Of the factor that it will be" example:"fac_5m9k3v9wf5xr2q8m7n4p6s0tka"`
	Secret     string    `json:"secret" doc:"In base32, to be typed in"`
	OTPAuthURI string    `json:"otpauth_uri" doc:"The same as a URI"`
	QR         []byte    `json:"qr_png" doc:"The URI as a QR code: PNG, base64"`
	ExpiresAt  time.Time `json:"expires_at"`
}

type beginTOTPReply struct{ Body *TOTPEnrolment }

func beginTOTP(ctx context.Context, in *beginTOTPRequest) (*beginTOTPReply, error) {
	flows, caller, err := httpx.Caller(ctx)
	if err != nil {
		return nil, err
	}
	name := ""
	if in.Body != nil {
		name = in.Body.Name
	}
	e, err := flows.BeginTOTP(ctx, caller, name)
	if err != nil {
		return nil, err
	}
	return &beginTOTPReply{&TOTPEnrolment{e.FactorID(), e.Secret, e.OTPAuthURI, e.QR, e.ExpiresAt}}, nil
}

type factorPath struct {
	ID string `path:"id" doc:"The factor" example:"fac_5m9k3v9wf5xr2q8m7n4p6s0tka"`
}

type activateTOTPRequest struct {
	ID   string `path:"id" doc:"The factor" example:"fac_5m9k3v9wf5xr2q8m7n4p6s0tka"`
	Body struct {
		Code string `json:"code" doc:"The six digits that the app shows"`
	}
}

type activateTOTPReply struct {
	Body struct {
		Factor        Factor   `json:"factor"`
		RecoveryCodes []string `json:"recovery_codes,omitempty" doc:"Each works once, in place of the app"`
	}
}

func activateTOTP(ctx context.Context, in *activateTOTPRequest) (*activateTOTPReply, error) {
	flows, caller, err := httpx.Caller(ctx)
	if err != nil {
		return nil, err
	}
	id, err := parse(ids.Factor, in.ID, fault.ChallengeExpired)
	if err != nil {
		return nil, err
	}
	factor, codes, err := flows.ActivateTOTP(ctx, caller, id, in.Body.Code, httpx.From(ctx).Device())
	if err != nil {
		return nil, err
	}
	reply := &activateTOTPReply{}
	reply.Body.Factor, reply.Body.RecoveryCodes = newFactor(factor), codes
	return reply, nil
}

type recoveryCodesReply struct {
	Body struct {
		RecoveryCodes []string `json:"recovery_codes" doc:"Each works once"`
	}
}

func makeRecoveryCodes(ctx context.Context, _ *struct{}) (*recoveryCodesReply, error) {
	flows, caller, err := httpx.Caller(ctx)
	if err != nil {
		return nil, err
	}
	reply := &recoveryCodesReply{}
	reply.Body.RecoveryCodes, err = flows.MakeRecoveryCodes(ctx, caller, httpx.From(ctx).Device())
	return reply, err
}

func removeFactor(ctx context.Context, in *factorPath) (*done, error) {
	return leave(ctx, false, func(f *authflows.Flows, c *authflows.Caller) error {
		id, err := parse(ids.Factor, in.ID, fault.NotFound)
		if err != nil {
			return err
		}
		return f.RemoveFactor(ctx, c, id, httpx.From(ctx).Device())
	})
}
