package waanverse_test

import (
	"testing"
	"time"
)

func TestForgettingAPassword(t *testing.T) {
	t.Parallel()
	env := speaking(t)
	ann := join(t, env, "annabel")
	s := transcribe(t, env, "password", "A new password by mail.")
	mine, nobody := fields{"email_address": "annabel@ex.test"}, fields{"email_address": "nobody@ex.test"}
	s.do(200, "mail a code", "POST", "/password/reset/", mine)
	s.do(200, "nobody's address", "POST", "/password/reset/", nobody)
	s.do(400, "no address", "POST", "/password/reset/", fields{"email_address": "annabel"})
	s.do(400, "nothing", "POST", "/password/reset/", nil)
	env.Do(t, "POST", base+"/password/reset/", nobody).Want(t, 200)
	s.do(429, "a third time within a minute, known or not", "POST", "/password/reset/", nobody)

	code := env.Code(t, acme, "annabel@ex.test")
	set := with(mine, fields{"code": code, "new_password": next, "confirm_password": next})
	s.do(400, "nothing to set", "POST", "/password/new-password/", nil)
	s.do(400, "typed differently", "POST", "/password/new-password/", with(set, fields{"confirm_password": passphrase}))
	s.do(400, "too short", "POST", "/password/new-password/", with(set, fields{"new_password": "short", "confirm_password": "short"}))
	s.do(400, "a wrong code", "POST", "/password/new-password/", with(set, fields{"code": other(code)}))
	s.do(400, "what is no code", "POST", "/password/new-password/", with(set, fields{"code": "abc"}))
	s.do(400, "an address that never asked", "POST", "/password/new-password/", with(set, fields{"email_address": "stranger@ex.test"}))
	s.do(400, "nobody's address, with any code", "POST", "/password/new-password/", with(set, nobody))
	s.do(200, "the right code", "POST", "/password/new-password/", set)
	s.do(400, "the right code again", "POST", "/password/new-password/", set)
	s.do(401, "the session of before", "GET", "/me/", nil, ann.bearer())
	s.do(401, "its refresh token", "POST", "/refresh/", fields{"refresh_token": ann.Refresh})
	s.do(400, "the old password", "POST", "/login/", fields{"login_field": "annabel@ex.test", "password": passphrase})
	s.do(200, "the new one", "POST", "/login/", fields{"login_field": "annabel@ex.test", "password": next})

	env.Clock.Advance(time.Minute)
	env.Do(t, "POST", base+"/password/reset/", mine).Want(t, 200)
	old := env.Code(t, acme, "annabel@ex.test")
	env.Do(t, "POST", base+"/password/reset/", mine).Want(t, 200)
	s.do(400, "an older code than the newest", "POST", "/password/new-password/", with(set, fields{"code": old}))
	code = env.Code(t, acme, "annabel@ex.test")
	env.Clock.Advance(10*time.Minute + time.Second)
	s.do(400, "after ten minutes", "POST", "/password/new-password/", with(set, fields{"code": code}))

	env.MailOff.Store(true)
	s.do(503, "nowhere to mail", "POST", "/password/reset/", mine)
	env.MailOff.Store(false)
	env.Set(t, acme, "password.enabled=false")
	s.do(403, "passwords are off", "POST", "/password/reset/", mine)
}
