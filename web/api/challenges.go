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

func registerChallenges(a huma.API) {
	answering := takesDevice(open(tagSignIn, http.MethodPost, "/challenges/{id}", "answerChallenge", "Answer a challenge",
		"Goes on with the attempt: signed in, or a further challenge. The challenge's kind says what the answer takes: email_code, totp "+
			"and recovery_code take code, password takes password, passkey takes credential. A challenge of kind enrol takes the first "+
			"answer with the factor that was begun at /challenges/{id}/enrol. One of a sign-up answers 201 where it opens the first "+
			"session. One of a new address answers the identifier and signs nobody in. One of kind reset takes code (or the secret of "+
			"the mailed link) and new_password, and answers 204 without signing in."))
	answering = alsoAnswers(a, answering, http.StatusCreated, "The user is made and signed in")
	answering = alsoAnswers(a, answering, http.StatusNoContent, "The password is changed")
	register(a, answering,
		answer, fault.WrongCode, fault.PasskeyRefused, fault.InvalidCredentials, fault.ChallengeExpired, fault.FactorNotOffered,
		fault.PasskeyInvalid, fault.PasskeyTaken, fault.IdentifierTaken, fault.LimitReached, fault.VersionConflict, fault.Busy)
	register(a, open(tagSignIn, http.MethodPost, "/challenges/{id}/resend", "resendChallenge", "Mail a new code",
		"Voids the challenge and answers a new one. At the limit of mails the answer is the same and nothing is mailed."),
		resend, fault.ChallengeExpired, fault.FactorNotOffered, fault.MailUnavailable)
	register(a, open(tagSignIn, http.MethodPost, "/challenges/{id}/enrol", "beginChallengedFactor", "Enrol the factor that a sign-in needs",
		"Begins the factor that a challenge of kind enrol asks for; its first answer goes to /challenges/{id} and signs in. Beginning "+
			"again, also with another factor, replaces what was begun."),
		enrol, fault.ChallengeExpired, fault.FactorNotOffered, fault.MethodDisabled, fault.LimitReached)
}

type challengePath struct {
	ID string `path:"id" doc:"The challenge" example:"chl_5m9k3v9wf5xr2q8m7n4p6s0tka"`
}

type answerRequest struct {
	ID   string `path:"id" doc:"The challenge" example:"chl_5m9k3v9wf5xr2q8m7n4p6s0tka"`
	Body struct {
		Factor      amr.Method `json:"factor,omitempty" enum:"email_code,password,totp,recovery_code,passkey" doc:"May be left out where one factor alone can answer, and with a challenge of kind enrol, which takes the begun one"`
		Code        string     `json:"code,omitempty" doc:"The mailed code, that of the authenticator app, or a recovery code; blanks and dashes do not matter"`
		Secret      string     `json:"secret,omitempty" doc:"In place of a mailed code: the parameter s of the mailed link"`
		Password    string     `json:"password,omitempty" doc:"With factor password"`
		NewPassword string     `json:"new_password,omitempty" doc:"With a challenge of kind reset"`
		Credential  Object     `json:"credential,omitempty" doc:"With factor passkey: what the browser returned, as PublicKeyCredential.toJSON writes it"`
		Name        string     `json:"name,omitempty" doc:"With a challenge of kind enrol: what the user calls the factor"`
		TrustDevice bool       `json:"trust_device,omitempty" doc:"Ask for no second factor on this device for as many days as GET /config says. Ignored where it says none, where two factors are required of the user, and unless the answer ends a sign-in in which a second factor was given"`
	}
}

func answer(ctx context.Context, in *answerRequest) (*stepReply, error) {
	id, err := parse(ids.Challenge, in.ID, fault.ChallengeExpired)
	if err != nil {
		return nil, err
	}
	r := httpx.From(ctx)
	step, err := r.Flows.Answer(ctx, authflows.Answer{
		Challenge: id, Factor: in.Body.Factor, Code: in.Body.Code, Secret: in.Body.Secret,
		Password: in.Body.Password, NewPassword: in.Body.NewPassword, Credential: in.Body.Credential.RawMessage,
		Name: in.Body.Name, TrustDevice: in.Body.TrustDevice, Device: r.Device(),
	})
	if err == nil && step == nil {
		return &stepReply{Status: http.StatusNoContent}, nil
	}
	return newStepReply(ctx, step, err)
}

func resend(ctx context.Context, in *challengePath) (*stepReply, error) {
	id, err := parse(ids.Challenge, in.ID, fault.ChallengeExpired)
	if err != nil {
		return nil, err
	}
	r := httpx.From(ctx)
	step, err := r.Flows.Resend(ctx, id, r.Device())
	return newStepReply(ctx, step, err)
}

type enrolRequest struct {
	ID   string `path:"id" doc:"The challenge" example:"chl_5m9k3v9wf5xr2q8m7n4p6s0tka"`
	Body *struct {
		Factor amr.Method `json:"factor,omitempty" enum:"totp,passkey" doc:"May be left out where the challenge offers one alone"`
		Name   string     `json:"name,omitempty" doc:"What the user calls it, at most 100 characters"`
	} `required:"false"`
}

// Enrolment is what a user needs to answer with a new factor for the first time.
type Enrolment struct {
	ChallengeID string     `json:"challenge_id" example:"chl_5m9k3v9wf5xr2q8m7n4p6s0tka"`
	Factor      amr.Method `json:"factor" enum:"totp,passkey"`
	ExpiresAt   time.Time  `json:"expires_at"`

	Secret     string `json:"secret,omitempty" doc:"Of an authenticator app, in base32, to be typed in"`
	OTPAuthURI string `json:"otpauth_uri,omitempty" doc:"The same as a URI"`
	QR         []byte `json:"qr_png,omitempty" doc:"The URI as a QR code: PNG, base64"`
	PublicKey  Object `json:"public_key,omitzero" doc:"Of a passkey: options for navigator.credentials.create, as PublicKeyCredential.parseCreationOptionsFromJSON takes them"`
}

type enrolReply struct{ Body *Enrolment }

func enrol(ctx context.Context, in *enrolRequest) (*enrolReply, error) {
	id, err := parse(ids.Challenge, in.ID, fault.ChallengeExpired)
	if err != nil {
		return nil, err
	}
	var factor amr.Method
	name := ""
	if in.Body != nil {
		factor, name = in.Body.Factor, in.Body.Name
	}
	r := httpx.From(ctx)
	e, err := r.Flows.Enrol(ctx, id, factor, name, r.Device())
	if err != nil {
		return nil, err
	}
	return &enrolReply{&Enrolment{
		ChallengeID: e.PublicID(), Factor: e.Factor, ExpiresAt: e.ExpiresAt,
		Secret: e.Secret, OTPAuthURI: e.OTPAuthURI, QR: e.QR, PublicKey: Object{e.PublicKey},
	}}, nil
}
