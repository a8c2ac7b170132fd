package waanversemagic

import (
	"encoding/json"
	"fmt"
	"net/http"

	"github.com/gin-gonic/gin"
	"github.com/google/uuid"

	"github.com/tenantgate/tenantgate/authflows"
	"github.com/tenantgate/tenantgate/internal/amr"
	"github.com/tenantgate/tenantgate/internal/fault"
	"github.com/tenantgate/tenantgate/web/dialects"
	"github.com/tenantgate/tenantgate/web/httpx"
)

// beginPasskey asks the caller's browser to make a passkey.
func beginPasskey(c *gin.Context) error {
	if _, err := dialects.Read(c, bodies); err != nil {
		return err
	}
	who, err := caller(c)
	if err != nil {
		return err
	}
	begun, err := dialects.Flows(c).BeginPasskey(c.Request.Context(), who)
	if err != nil {
		return onPasskeyOptions.refuse(err)
	}
	return answerOptions(c, begun.PublicKey, begun.Challenge, "excludeCredentials")
}

// addPasskey takes the passkey that it has made.
func addPasskey(c *gin.Context) error {
	form, err := dialects.Read(c, bodies)
	if err != nil {
		return err
	}
	who, err := caller(c)
	if err != nil {
		return err
	}
	label, err := optional(form, "name")
	if err != nil {
		return onPasskey.refuse(err)
	}
	id, err := challengeID(form)
	if err != nil {
		return onPasskey.refuse(err)
	}
	_, err = dialects.Flows(c).AddPasskey(c.Request.Context(), who, id, form.Raw(), label, dialects.Device(c))
	if err != nil {
		return onPasskey.refuse(err)
	}
	return httpx.JSON(c, http.StatusCreated, registered{true})
}

// askPasskey asks any browser for a passkey.
func askPasskey(c *gin.Context) error {
	if _, err := dialects.Read(c, bodies); err != nil {
		return err
	}
	step, err := dialects.Flows(c).LoginPasskey(c.Request.Context(), "", dialects.Device(c))
	if err != nil {
		return onPasskeyLogin.refuse(err)
	}
	return answerOptions(c, step.Challenge.PublicKey, step.Challenge.ID, "allowCredentials")
}

// loginPasskey signs in by what it answered.
func loginPasskey(c *gin.Context) error {
	form, err := dialects.Read(c, bodies)
	if err != nil {
		return err
	}
	id, err := answered(c, form)
	if err != nil {
		return onPasskeyLogin.refuse(err)
	}
	step, err := dialects.Flows(c).Answer(c.Request.Context(), authflows.Answer{
		Challenge: id, Factor: amr.Passkey, Credential: form.Raw(), Device: dialects.Device(c),
	})
	return enter(c, step, err, onPasskeyLogin)
}

// answered returns the challenge that a credential is for: the one named beside it, else the one that it names itself.
func answered(c *gin.Context, f *dialects.Form) (uuid.UUID, error) {
	if kind := f.Get("challengeId").Kind; kind == dialects.Missing || kind == dialects.Null {
		return dialects.Flows(c).PasskeyChallenge(c.Request.Context(), f.Raw())
	}
	return challengeID(f)
}

// challengeID reads the id of a challenge. What is none names none.
func challengeID(f *dialects.Form) (uuid.UUID, error) {
	id, err := uuid.Parse(f.Text("challengeId"))
	if err != nil {
		return uuid.Nil, fault.New(fault.ChallengeExpired)
	}
	return id, nil
}

// answerOptions writes options as members beside the id of their challenge. The list is there also where it is empty: clients
// of the original walk through it.
func answerOptions(c *gin.Context, public json.RawMessage, challenge uuid.UUID, list string) error {
	members := map[string]any{list: []any{}}
	if err := json.Unmarshal(public, &members); err != nil {
		return fmt.Errorf("read options: %w", err)
	}
	members["challengeId"] = challenge.String()
	return httpx.JSON(c, http.StatusOK, members)
}
