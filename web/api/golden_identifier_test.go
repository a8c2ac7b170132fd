package api_test

import (
	"testing"
	"time"

	"github.com/tenantgate/tenantgate/internal/fault"
	"github.com/tenantgate/tenantgate/web/webtest"
)

func TestAddingAndRemovingIdentifiers(t *testing.T) {
	t.Parallel()
	env := webtest.New(t)
	ann, bob := env.Join(t, acme, "ann@ex.test"), env.Join(t, acme, "bob@ex.test")
	env.DeliverMail(t)
	me := v1 + "/me/identifiers"
	tr := env.Transcribe(t, "identifiers", "What a user is found by.")
	var step webtest.Step
	tr.Do("add an address", "POST", me, fields{"kind": "email", "value": "ann@ex2.test"}, ann.Auth()).Want(t, 200).JSON(t, &step)
	challenge := v1 + "/challenges/" + step.Challenge.ID
	code := env.Code(t, acme, "ann@ex2.test")
	tr.Do("a wrong code", "POST", challenge, fields{"code": other(code)}).Refused(t, 401, fault.WrongCode)
	tr.Do("ask for another code", "POST", challenge+"/resend", nil).Want(t, 200).JSON(t, &step)
	challenge = v1 + "/challenges/" + step.Challenge.ID
	var made struct{ Identifier struct{ ID string } }
	tr.Do("answer", "POST", challenge, fields{"code": env.Code(t, acme, "ann@ex2.test")}).Want(t, 200).JSON(t, &made)
	tr.Do("answer again", "POST", challenge, fields{"code": code}).Refused(t, 410, fault.ChallengeExpired)
	tr.Do("a taken address", "POST", me, fields{"kind": "email", "value": "bob@ex.test"}, ann.Auth()).Want(t, 200)
	tr.Do("add a username", "POST", me, fields{"kind": "username", "value": "Ann"}, ann.Auth()).Want(t, 200)
	tr.Do("a taken username", "POST", me, fields{"kind": "username", "value": "ann"}, bob.Auth()).Refused(t, 409, fault.IdentifierTaken)
	tr.Do("no kind", "POST", me, fields{"kind": "fax", "value": "1"}, ann.Auth()).Refused(t, 422, fault.InvalidInput)
	tr.Do("no address", "POST", me, fields{"kind": "email", "value": "ann"}, ann.Auth()).Refused(t, 422, fault.InvalidInput)
	tr.Do("list", "GET", me, nil, ann.Auth()).Want(t, 200)
	at := me + "/" + made.Identifier.ID
	tr.Do("somebody else's", "PATCH", at, fields{"primary": true}, bob.Auth()).Refused(t, 404, fault.NotFound)
	tr.Do("no id", "PATCH", me+"/nonsense", fields{"primary": true}, ann.Auth()).Refused(t, 404, fault.NotFound)
	tr.Do("not primary", "PATCH", at, fields{"primary": false}, ann.Auth()).Refused(t, 422, fault.InvalidInput)
	tr.Do("make it primary", "PATCH", at, fields{"primary": true}, ann.Auth()).Want(t, 200)
	tr.Do("remove the primary one", "DELETE", at, nil, ann.Auth()).Refused(t, 409, fault.IdentifierNeeded)
	var list struct{ Identifiers []struct{ ID string } }
	env.Do(t, "GET", me, nil, ann.Auth()).Want(t, 200).JSON(t, &list)
	first := me + "/" + list.Identifiers[0].ID
	tr.Do("remove somebody else's", "DELETE", first, nil, bob.Auth()).Refused(t, 404, fault.NotFound)
	tr.Do("remove", "DELETE", first, nil, ann.Auth()).Want(t, 204)
	tr.Do("it is gone", "DELETE", first, nil, ann.Auth()).Refused(t, 404, fault.NotFound)
	tr.Do("anonymous", "GET", me, nil).Refused(t, 401, fault.Unauthenticated)
	for n := range 17 {
		phone := fields{"kind": "phone", "value": "+49151123456" + string(rune('0'+n/10)) + string(rune('0'+n%10))}
		env.Do(t, "POST", me, phone, ann.Auth()).Want(t, 200)
	}
	env.Do(t, "POST", me, fields{"kind": "username", "value": "ann2"}, ann.Auth()).Want(t, 200)
	tr.Do("enough of them", "POST", me, fields{"kind": "username", "value": "ann3"}, ann.Auth()).Refused(t, 409, fault.LimitReached)
	env.MailOff.Store(true)
	tr.Do("nowhere to mail", "POST", me, fields{"kind": "email", "value": "bob@ex2.test"}, bob.Auth()).Refused(t, 503, fault.MailUnavailable)
	env.Clock.Advance(11 * time.Minute)
	env.Do(t, "POST", v1+"/token", fields{"refresh_token": bob.RefreshToken}).Want(t, 200).JSON(t, &step)
	stale := webtest.Bearer(step.AccessToken)
	tr.Do("add with an old proof", "POST", me, fields{"kind": "username", "value": "bob"}, stale).Refused(t, 401, fault.StepUpRequired)
	env.Do(t, "DELETE", first, nil, stale).Refused(t, 401, fault.StepUpRequired)
	env.Do(t, "PATCH", first, fields{"primary": true}, stale).Refused(t, 401, fault.StepUpRequired)
}
