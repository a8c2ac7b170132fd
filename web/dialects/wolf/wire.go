package wolf

import (
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"strings"
	"time"

	"github.com/gin-gonic/gin"
	"github.com/google/uuid"

	"github.com/tenantgate/tenantgate/authflows"
	"github.com/tenantgate/tenantgate/internal/amr"
	"github.com/tenantgate/tenantgate/tenants"
	"github.com/tenantgate/tenantgate/web/dialects"
)

// notice is a success that says so under error, as most of the original's do.
type notice struct {
	Code  string `json:"code" doc:"For programs"`
	Error string `json:"error" doc:"For people; no error"`
}

// message is a success as the newer endpoints of the original say it.
type message struct {
	Code    string `json:"code" doc:"For programs"`
	Message string `json:"message" doc:"For people"`
}

// pair is the tokens of a session.
type pair struct {
	AccessToken  string `json:"access_token"`
	RefreshToken string `json:"refresh_token" doc:"Good for one refresh"`
}

// loggedIn is a finished login.
type loggedIn struct {
	AccessToken  string `json:"access_token"`
	RefreshToken string `json:"refresh_token" doc:"Good for one refresh"`
	TwoFactor    bool   `json:"twoFactor" doc:"Whether a second factor was given"`
}

// loginAnswer describes both answers of a login.
type loginAnswer struct {
	AccessToken  string `json:"access_token,omitempty"`
	RefreshToken string `json:"refresh_token,omitempty"`
	TwoFactor    bool   `json:"twoFactor" doc:"Whether a second factor is asked for"`
	Code         string `json:"code,omitempty" example:"TWO_FACTOR_REQUIRED"`
	Error        string `json:"error,omitempty"`
	Token        string `json:"token,omitempty" doc:"For POST /api/auth/two-factor, within 15 minutes"`
}

// halfway is a login that waits for its second factor.
type halfway struct {
	notice
	Token     string `json:"token"`
	TwoFactor bool   `json:"twoFactor"`
}

// halfwayToken names a challenge in the 64 characters that the original has for it. Nobody can guess the id.
func halfwayToken(id uuid.UUID) string {
	filler := sha256.Sum256(id[:])
	return hex.EncodeToString(append(id[:], filler[:16]...))
}

// readHalfwayToken returns the challenge that a token names, none for a text that is no token.
func readHalfwayToken(text string) uuid.UUID {
	raw, err := hex.DecodeString(text)
	if err != nil || len(raw) != 32 || halfwayToken(uuid.UUID(raw[:16])) != text {
		return uuid.Nil
	}
	return uuid.UUID(raw[:16])
}

// account is whoever is signed in.
type account struct {
	User user `json:"user"`
}

type user struct {
	ID            string        `json:"_id" example:"5f4bff121037e424a17a3ebc"`
	Username      string        `json:"username"`
	Slug          string        `json:"slug" doc:"The username in lower case"`
	Email         string        `json:"email"`
	EmailVerified bool          `json:"emailVerified"`
	TwoFactor     bool          `json:"twoFactor"`
	IsBanned      bool          `json:"isBanned" doc:"Always false: whoever is locked is signed in nowhere"`
	StreamerMode  bool          `json:"streamerMode" doc:"Always false"`
	Role          string        `json:"role" enum:"owner,admin,user"`
	Notifications notifications `json:"notifications"`
	CreatedAt     string        `json:"createdAt" format:"date-time"`
	UpdatedAt     string        `json:"updatedAt" format:"date-time"`
}

// notifications are what nobody has asked for here.
type notifications struct {
	Email struct {
		Goals struct {
			Weekly bool `json:"weekly"`
		} `json:"goals"`
	} `json:"email"`
}

// enrolment is an authenticator app that waits for its first code.
type enrolment struct {
	Code        string   `json:"code" example:"PENDING_VERIFICATION"`
	Error       string   `json:"error" doc:"For people; no error"`
	QRCode      string   `json:"qrCode" doc:"A data URL of a PNG"`
	Secret      string   `json:"secret"`
	BackupCodes []string `json:"backupCodes"`
}

type sessionList struct {
	Sessions []session `json:"sessions"`
	Total    int       `json:"total"`
}

type session struct {
	ID        string `json:"_id" example:"5fe00728d0adc5576af8684f"`
	Device    device `json:"device"`
	Location  string `json:"location" doc:"The address that it signed in from"`
	ExpireAt  string `json:"expireAt" format:"date-time"`
	CreatedAt string `json:"createdAt" format:"date-time"`
}

type device struct {
	Browser  string `json:"browser"`
	Version  string `json:"version"`
	Platform string `json:"platform"`
	OS       string `json:"os"`
	IsDev    bool   `json:"isDev"`
}

const unknown = "unknown"

// newSession shows a session. One that logged in by this wire ends with its refresh token, whose life is given.
func newSession(s *authflows.Session, life time.Duration) session {
	d := device{Browser: unknown, Version: unknown, Platform: unknown, OS: unknown}
	if agent := authflows.DescribeAgent(s.UserAgent); agent != "" {
		browser, system, both := strings.Cut(agent, " on ")
		d.Browser = browser
		if both {
			d.OS = system
		}
	}
	location := s.Address
	if location == "" {
		location = unknown
	}
	expires := s.ExpiresAt
	if end := s.RotatedAt.Add(life); s.Client == string(tenants.Wolf) && end.Before(expires) {
		expires = end
	}
	return session{sessionID(s.ID), d, location, stamp(expires), stamp(s.CreatedAt)}
}

// sessionID names a session in the form of the original's ids.
func sessionID(id uuid.UUID) string {
	sum := sha256.Sum256(id[:])
	return hex.EncodeToString(sum[:12])
}

// stamp writes a time as JavaScript does.
func stamp(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000Z") }

// asksCode reports whether a challenge can be answered on this wire.
func asksCode(ch *authflows.Challenge) bool {
	if ch.Kind != authflows.KindMFA {
		return false
	}
	for _, m := range ch.Factors {
		if m == amr.TOTP || m == amr.RecoveryCode {
			return true
		}
	}
	return false
}

func tell(c *gin.Context, status int, code, text string) error {
	dialects.Answer(c, status, notice{code, text})
	return nil
}

func tellNewly(c *gin.Context, code, text string) error {
	dialects.Answer(c, http.StatusOK, message{code, text})
	return nil
}
