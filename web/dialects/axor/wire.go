package axor

import (
	"time"

	"github.com/tenantgate/tenantgate/authflows"
)

// moment is a time as the wire has it: ISO 8601 in UTC with microseconds.
type moment string

func at(t time.Time) moment { return moment(t.UTC().Format("2006-01-02T15:04:05.000000Z")) }

type userView struct {
	ID              string `json:"id" format:"uuid"`
	IsActive        bool   `json:"is_active"`
	IsEmailVerified bool   `json:"is_email_verified"`
	CreatedAt       moment `json:"created_at" format:"date-time"`
	FirstName       string `json:"first_name"`
	LastName        string `json:"last_name"`
	Timezone        string `json:"timezone" doc:"Always UTC"`
	UpdatedAt       moment `json:"updated_at" format:"date-time"`
	Email           string `json:"email"`
}

func viewUser(u *authflows.User) userView {
	first, last := namesOf(u)
	return userView{
		ID: u.ID.String(), IsActive: !u.Suspended, IsEmailVerified: u.EmailVerified, CreatedAt: at(u.CreatedAt),
		FirstName: first, LastName: last, Timezone: "UTC", UpdatedAt: at(u.UpdatedAt), Email: u.Email,
	}
}

type meView struct {
	User userView `json:"user"`
}

// tokenView is a session of app-token mode.
type tokenView struct {
	ID        string `json:"id" format:"uuid"`
	IsValid   bool   `json:"is_valid"`
	CreatedAt moment `json:"created_at" format:"date-time"`
	IP        string `json:"ip"`
	UA        string `json:"ua" doc:"The user agent"`
}

func viewToken(s *authflows.Session, valid bool) tokenView {
	return tokenView{ID: s.ID.String(), IsValid: valid, CreatedAt: at(s.CreatedAt), IP: s.Address, UA: s.UserAgent}
}

// sessionView is any other session.
type sessionView struct {
	ID        string `json:"id" format:"uuid"`
	IsValid   bool   `json:"is_valid"`
	CreatedAt moment `json:"created_at" format:"date-time"`
	UpdatedAt moment `json:"updated_at" format:"date-time" doc:"When it was last in use"`
	IP        string `json:"ip"`
	UA        string `json:"ua" doc:"The user agent"`
}

func viewSession(s *authflows.Session, valid bool) sessionView {
	return sessionView{
		ID: s.ID.String(), IsValid: valid, CreatedAt: at(s.CreatedAt), UpdatedAt: at(s.LastSeenAt), IP: s.Address, UA: s.UserAgent,
	}
}

// signedInView is the answer to a sign-in.
type signedInView struct {
	LastSession      *sessionView `json:"last_session" doc:"The newest one before, valid or not"`
	LastTokenSession *tokenView   `json:"last_token_session" doc:"Likewise, of app-token mode"`
	User             userView     `json:"user"`
	Session          *keyView     `json:"session,omitempty" doc:"In app-token mode only"`
}

type keyView struct {
	ID  string `json:"id" format:"uuid"`
	Key string `json:"key" doc:"To be sent as a bearer token"`
}

// sessionsView are the sessions of a user, each with whose it is.
type sessionsView struct {
	Sessions []ownSessionView `json:"sessions"`
	Tokens   []ownTokenView   `json:"tokens"`
}

type ownSessionView struct {
	ID        string `json:"id" format:"uuid"`
	IsValid   bool   `json:"is_valid"`
	CreatedAt moment `json:"created_at" format:"date-time"`
	UpdatedAt moment `json:"updated_at" format:"date-time"`
	IP        string `json:"ip"`
	UA        string `json:"ua"`
	User      string `json:"user" format:"uuid"`
	ExpireAt  moment `json:"expire_at" format:"date-time"`
}

type ownTokenView struct {
	ID        string `json:"id" format:"uuid"`
	IsValid   bool   `json:"is_valid"`
	CreatedAt moment `json:"created_at" format:"date-time"`
	IP        string `json:"ip"`
	UA        string `json:"ua"`
	User      string `json:"user" format:"uuid"`
}

// viewSessions takes live sessions. Those that other APIs opened are no tokens of this one.
func viewSessions(live []*authflows.Session) sessionsView {
	out := sessionsView{Sessions: []ownSessionView{}, Tokens: []ownTokenView{}}
	for _, s := range live {
		if s.Client == appClient {
			out.Tokens = append(out.Tokens, ownTokenView{
				ID: s.ID.String(), IsValid: true, CreatedAt: at(s.CreatedAt), IP: s.Address, UA: s.UserAgent, User: s.UserID.String(),
			})
			continue
		}
		out.Sessions = append(out.Sessions, ownSessionView{
			ID: s.ID.String(), IsValid: true, CreatedAt: at(s.CreatedAt), UpdatedAt: at(s.LastSeenAt), IP: s.Address, UA: s.UserAgent,
			User: s.UserID.String(), ExpireAt: at(s.ExpiresAt),
		})
	}
	return out
}

type enrolmentView struct {
	Key         string   `json:"key" doc:"The secret in base32"`
	BackupCodes []string `json:"backup_codes" doc:"They count once the app is enabled"`
	Provision   string   `json:"provision" format:"uri" doc:"The secret as an otpauth URI"`
}

type backupCodesView struct {
	BackupCodes []string `json:"backup_codes"`
}
