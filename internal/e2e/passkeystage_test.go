package e2e

import (
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// stage is a service, a browser, and the pages of an app that uses both.
type stage struct {
	*replica
	browser browser

	app      string // origin of the tenants' app
	cousin   string // may use the API, has no passkeys of the tenants'
	stranger string // may do neither
}

// The tenants of a stage, by what they ask of passkeys.
const (
	strict  = "strict"  // their user must be verified
	lenient = "lenient" // should be verified
)

func newStage(t *testing.T) *stage {
	t.Helper()
	library := filepath.Join("clients", "node_modules", "@simplewebauthn", "browser", "esm")
	if _, err := os.Stat(library); err != nil {
		lacking(t, errors.New("the npm clients are not installed: run make setup"))
	}
	s := &stage{browser: startChromium(t)}
	files := http.NewServeMux()
	files.Handle("/", http.FileServer(http.Dir(filepath.Join("testdata", "passkeys"))))
	files.Handle("/simplewebauthn/", http.StripPrefix("/simplewebauthn/", http.FileServer(http.Dir(library))))
	for _, origin := range []*string{&s.app, &s.cousin, &s.stranger} {
		server := httptest.NewServer(files)
		t.Cleanup(server.Close)
		*origin = strings.Replace(server.URL, "127.0.0.1", "localhost", 1) // an address cannot have passkeys
	}
	w := newWorld(t)
	for slug, more := range map[string][]string{
		strict:  nil,
		lenient: {"passkeys.user_verification=preferred"},
	} {
		w.createTenant(slug, append(more, "signup.verify_email=off", "passkeys.rp_id=localhost",
			`passkeys.origins=["`+s.app+`"]`, `cors.origins=["`+s.app+`","`+s.cousin+`"]`)...)
	}
	s.replica = w.start()
	return s
}

// pageUser is a user before a tab.
type pageUser struct {
	*tab
	stage  *stage
	api    api
	user   string
	signIn func() string // by password
}

// newcomer signs a user up and in, on the page of the app. Its authenticator is empty.
func (s *stage) newcomer(t *testing.T, tenant, email string, verifies bool) *pageUser {
	t.Helper()
	p := &pageUser{tab: openTab(t, s.browser), stage: s, api: s.tenant(tenant)}
	p.user = expect(t, http.StatusCreated)(p.api.signup(email, password)).User.ID
	p.plug(verifies)
	p.signIn = func() string {
		p.enter("identifier", email)
		p.enter("password", password)
		return p.press("log-in")
	}
	p.visit(s.app)
	p.wants(p.signIn(), "signed in aal1 pwd")
	return p
}

// owner is a newcomer who has added a passkey.
func (s *stage) owner(t *testing.T, tenant, email string, verifies bool) *pageUser {
	t.Helper()
	p := s.newcomer(t, tenant, email, verifies)
	p.wants(p.press("register"), "registered")
	return p
}

func (p *pageUser) visit(origin string) { p.open(origin, p.api, "") }

func (p *pageUser) wants(got, want string) {
	p.t.Helper()
	if got != want {
		p.t.Errorf("the page shows %q, want %q", got, want)
	}
}

// get reads from the API with the access token that the page shows.
func get[T any](p *pageUser, path string) T {
	p.t.Helper()
	var v T
	a := expect(p.t, http.StatusOK)(p.api.do("GET", path, p.shown("token"), nil))
	if err := json.Unmarshal(a.Raw, &v); err != nil {
		p.t.Fatalf("read %s: %v", path, err)
	}
	return v
}

// signedIn checks with the API that the page has a session of the user at a level.
func (p *pageUser) signedIn(level string) {
	p.t.Helper()
	if me := get[struct{ ID string }](p, "/me"); me.ID != p.user {
		p.t.Errorf("signed in as %s, want %s", me.ID, p.user)
	}
	type session struct {
		ID, AAL string
		Current bool
	}
	want := session{p.shown("session"), level, true}
	if list := get[struct{ Sessions []session }](p, "/sessions").Sessions; !slices.Contains(list, want) {
		p.t.Errorf("sessions %+v, want %+v among them", list, want)
	}
}
