package axor_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/tenantgate/tenantgate/web/webtest"
)

func TestChangingThePassword(t *testing.T) {
	t.Parallel()
	env := speaking(t)
	in := join(t, env)
	others := []signedIn{login(t, env), login(t, env, app)}
	tr := env.Transcribe(t, "change_password", "Changing the password.")
	change := func(what string, body any, status int) {
		t.Helper()
		tr.Do(what, "PUT", user+"/change_password/", body, in.Session).Want(t, status)
	}
	change("nothing", nil, 400)
	change("half of it", fields{"old_password": password, "new_password": nil}, 400)
	change("a wrong old one", fields{"old_password": next, "new_password": next}, 400)
	change("an old one that can be none", fields{"old_password": strings.Repeat("a", 300), "new_password": next}, 400)
	change("a short one", fields{"old_password": password, "new_password": "short"}, 400)
	change("change", fields{"old_password": password, "new_password": next}, 204)
	for _, o := range others {
		env.Do(t, "GET", user+"/me/", nil, o.all...).Want(t, 403)
	}
	env.Do(t, "GET", user+"/me/", nil, in.all...).Want(t, 200)
	tr.Do("by POST", "POST", user+"/change_password/", fields{}, in.Session).Want(t, 405)
	tr.Do("nobody", "PUT", user+"/change_password/", fields{"old_password": next, "new_password": password}).Want(t, 403)
}

func TestWithAnAppThePasswordChangesAfterARecentSignInAlone(t *testing.T) {
	t.Parallel()
	env := speaking(t)
	in := join(t, env)
	enrol(t, env, in)
	env.Clock.Advance(11 * time.Minute)
	body := fields{"old_password": password, "new_password": next}
	tr := env.Transcribe(t, "change_password_stale", "Changing the password long after signing in.")
	tr.Do("change", "PUT", user+"/change_password/", body, in.Session).Want(t, 403)
}

func TestChangingTheName(t *testing.T) {
	t.Parallel()
	env := speaking(t)
	in := join(t, env)
	tr := env.Transcribe(t, "change_name", "Changing the name.")
	change := func(what string, body any, status int) {
		t.Helper()
		tr.Do(what, "PUT", user+"/change_name/", body, in.Session).Want(t, status)
	}
	env.Clock.Advance(time.Second)
	change("both names", fields{"first_name": "Anna Maria", "last_name": " van Example"}, 200)
	change("one name", fields{"first_name": "Ann"}, 400)
	change("a blank one", fields{"first_name": "Ann", "last_name": " "}, 400)
	change("of another type", fields{"first_name": []string{"Ann"}, "last_name": "Example"}, 400)
	change("too long", fields{"first_name": strings.Repeat("a", 151), "last_name": "Example"}, 400)
	change("of two lines", fields{"first_name": "A\nnn", "last_name": "Example"}, 400)
	tr.Do("nobody", "PUT", user+"/change_name/", fields{"first_name": "Ann", "last_name": "Example"}).Want(t, 403)

	native := env.SignIn(t, acme, ann)
	me := webtest.API(acme) + "/me"
	env.Do(t, "PATCH", me, fields{"name": "Annabel Lee Poe", "profile": fields{"seats": json.Number("9007199254740993"), "first_name": 1}}, native.Auth()).Want(t, 200)
	tr.Do("a name given elsewhere", "GET", user+"/me/", nil, in.Session).Want(t, 200)
	change("both names again", fields{"first_name": strings.Repeat("a", 150), "last_name": strings.Repeat("b", 150)}, 200)
	tr.Do("as others see it", "GET", me, nil, native.Auth()).Want(t, 200)
	env.Do(t, "PATCH", me, fields{"name": "Plato"}, native.Auth()).Want(t, 200)
	tr.Do("one name elsewhere", "GET", user+"/me/", nil, in.Session).Want(t, 200)
}

func TestListingAndEndingSessions(t *testing.T) {
	t.Parallel()
	env := speaking(t)
	in := join(t, env)
	sign := func(headers ...header) signedIn { env.Clock.Advance(time.Second); return login(t, env, headers...) }
	other, phone, tablet := sign(), sign(app), sign(app)
	env.Clock.Advance(time.Second)
	native := env.SignIn(t, acme, ann)
	tr := env.Transcribe(t, "sessions", "The sessions and tokens of a user.")
	tr.Do("list", "GET", user+"/active_sessions/", nil, in.Session, agent).Want(t, 200)
	end := func(what string, body any, status int) {
		t.Helper()
		tr.Do(what, "POST", user+"/active_sessions/close/", body, in.Session).Want(t, status)
	}
	end("close a token", fields{"id": phone.ID}, 204)
	end("close it again", fields{"id": phone.ID}, 400)
	end("one that is none", fields{"id": "018e4f3a-0000-7000-8000-000000000000"}, 400)
	end("no id", nil, 400)
	end("no uuid", fields{"id": "1"}, 400)
	end("a list", fields{"id": []string{phone.ID}}, 400)
	env.Do(t, "GET", user+"/me/", nil, phone.all...).Want(t, 403)

	tr.Do("close the other tokens", "POST", user+"/active_sessions/close_except_current/", nil, app, tablet.Session).Want(t, 204)
	env.Do(t, "GET", user+"/me/", nil, other.all...).Want(t, 200)
	tr.Do("close the other sessions", "POST", user+"/active_sessions/close_except_current/", nil, in.Session).Want(t, 204)
	env.Do(t, "GET", user+"/me/", nil, other.all...).Want(t, 403)
	env.Do(t, "GET", webtest.API(acme)+"/me", nil, native.Auth()).Want(t, 401)
	env.Do(t, "GET", user+"/me/", nil, tablet.all...).Want(t, 200)
	tr.Do("list what is left", "GET", user+"/active_sessions", nil, in.Session).Want(t, 200)
	for _, path := range []string{"/active_sessions/close/", "/active_sessions/close_except_current/"} {
		tr.Do("nobody at "+path, "POST", user+path, fields{"id": tablet.ID}).Want(t, 403)
	}
	tr.Do("nobody lists", "GET", user+"/active_sessions/", nil).Want(t, 403)
}
