package waanversemagic

import (
	"time"

	"github.com/tenantgate/tenantgate/authflows"
)

// user is U, as /me/ shows it bare.
type user struct {
	ID       string `json:"id" example:"usr_01ka8k3v9wf5xr2q8m7n4p6s0t"`
	Username string `json:"username" doc:"Made up at the sign-up; empty where the user has none" example:"user_mzxw6ytboi2g"`
	Email    string `json:"email_address" example:"ann@example.com"`
}

func userOf(u *authflows.User) user { return user{u.PublicID(), u.Username, u.Email} }

// signedIn is L, what every sign-in answers.
type signedIn struct {
	Status       string `json:"status" enum:"success"`
	User         user   `json:"user"`
	AccessToken  string `json:"access_token" doc:"A JWT, also set as cookie"`
	RefreshToken string `json:"refresh_token" doc:"A JWT, also set as cookie"`
	SID          string `json:"sid" doc:"Names the session. Keep it: whoever has it may end the session, and do nothing else"`
}

// session is one of GET /sessions/.
type session struct {
	ID        string `json:"id" doc:"What a sign-in calls sid"`
	UserAgent string `json:"user_agent"`
	Address   string `json:"ip_address"`
	CreatedAt string `json:"created_at" example:"2026-01-02T03:04:05.678901Z"`
	LastUsed  string `json:"last_used" example:"2026-01-02T03:04:05.678901Z"`
	IsActive  bool   `json:"is_active"`
}

// moment is ISO 8601 with microseconds, as the original's framework writes times.
const moment = "2006-01-02T15:04:05.000000Z"

func sessionOf(f *authflows.Flows, s *authflows.Session) session {
	return session{
		ID: f.SessionKey(s), UserAgent: s.UserAgent, Address: s.Address,
		CreatedAt: at(s.CreatedAt), LastUsed: at(s.LastSeenAt), IsActive: true,
	}
}

func at(t time.Time) string { return t.UTC().Format(moment) }

// status is the answer of what only succeeds.
type status struct {
	Status string `json:"status" enum:"success"`
}

var success = status{"success"}

type loggedOut struct {
	Status    string `json:"status" enum:"success"`
	SessionID string `json:"session_id" doc:"What the sign-in called sid"`
}

type refreshed struct {
	Message     string `json:"message"`
	AccessToken string `json:"access_token" doc:"A JWT, also set as cookie"`
}

type registered struct {
	Success bool `json:"success"`
}

// detail is how the framework refuses, viewError how most endpoints do, fieldErrors what is wrong with a body.
type (
	detail struct {
		Detail string `json:"detail"`
	}
	viewError struct {
		Error string `json:"error"`
	}
	refreshError struct {
		Error string `json:"error"`
		Code  string `json:"error_code" enum:"REFRESH_TOKEN_REQUIRED,INVALID_REFRESH_TOKEN"`
	}
	fieldErrors map[string][]string
)

// The bodies, for the description.
type (
	mailedBody struct {
		Email string `json:"email_address" example:"user@example.com"`
		Code  string `json:"code,omitempty" doc:"Without it one is mailed" example:"123456"`
	}
	newCredential struct {
		ID        string           `json:"id"`
		RawID     string           `json:"rawId"`
		Type      string           `json:"type" enum:"public-key"`
		Response  creationResponse `json:"response"`
		Challenge string           `json:"challengeId" format:"uuid"`
		Name      string           `json:"name,omitempty" example:"My Device"`
	}
	creationResponse struct {
		Attestation string `json:"attestationObject"`
		ClientData  string `json:"clientDataJSON"`
	}
	credential struct {
		ID        string          `json:"id"`
		RawID     string          `json:"rawId"`
		Type      string          `json:"type" enum:"public-key"`
		Response  requestResponse `json:"response"`
		Challenge string          `json:"challengeId,omitempty" format:"uuid" doc:"Without it the credential itself says what it answers"`
	}
	requestResponse struct {
		AuthenticatorData string `json:"authenticatorData"`
		ClientData        string `json:"clientDataJSON"`
		Signature         string `json:"signature"`
		UserHandle        string `json:"userHandle"`
	}
	accessBody struct {
		Token string `json:"access_token,omitempty" doc:"Else the header or the cookie counts"`
	}
	refreshBody struct {
		Token string `json:"refresh_token,omitempty" doc:"Else the cookie counts"`
	}
	sessionBody struct {
		SID string `json:"sid,omitempty" doc:"As in the path, where nobody is signed in"`
	}
)

// The options of passkeys, for the description: those of WebAuthn with the id of the challenge beside them.
type (
	creationOptions struct {
		RP          map[string]string `json:"rp"`
		User        map[string]string `json:"user"`
		Challenge   string            `json:"challenge"`
		Algorithms  []map[string]any  `json:"pubKeyCredParams"`
		Timeout     int               `json:"timeout" doc:"Milliseconds"`
		Exclude     []map[string]any  `json:"excludeCredentials"`
		Selection   map[string]any    `json:"authenticatorSelection"`
		Attestation string            `json:"attestation"`
		ChallengeID string            `json:"challengeId" format:"uuid"`
	}
	requestOptions struct {
		Challenge    string           `json:"challenge"`
		Timeout      int              `json:"timeout" doc:"Milliseconds"`
		RPID         string           `json:"rpId"`
		Allow        []map[string]any `json:"allowCredentials"`
		Verification string           `json:"userVerification"`
		ChallengeID  string           `json:"challengeId" format:"uuid"`
	}
)
