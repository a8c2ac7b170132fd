package api_test

import (
	"strings"
	"testing"

	"github.com/tenantgate/tenantgate/internal/fault"
	"github.com/tenantgate/tenantgate/web/webtest"
)

func TestADeviceTokenIsReadFromItsHeaderOrTheTenantsCookie(t *testing.T) {
	t.Parallel()
	env := webtest.New(t)
	ann := env.Join(t, acme, "ann@ex.test")
	secret, _ := env.EnrolTOTP(t, ann)
	env.Set(t, acme, "mfa.trust_device_days=30")
	login := fields{"identifier": "ann@ex.test", "password": passphrase}
	var step webtest.Step
	env.Do(t, "POST", v1+"/login", login).Want(t, 200).JSON(t, &step)
	answer := fields{"factor": "totp", "code": env.TOTP(t, secret), "trust_device": true}
	env.Do(t, "POST", v1+"/challenges/"+step.Challenge.ID, answer).Want(t, 200).JSON(t, &step)
	name := "__Host-tgd-" + env.Tenant(t, acme).PublicID()
	header := func(value string) webtest.Header { return webtest.Header{Name: "Tenantgate-Device", Value: value} }
	cookie := func(value string) webtest.Header { return webtest.Header{Name: "Cookie", Value: name + "=" + value} }
	right, long := step.DeviceToken, strings.Repeat("x", 513)
	if right == "" || len(right) > 512 {
		t.Fatalf("a device token of %d bytes", len(right))
	}
	for _, transport := range []string{"body", "cookie"} {
		env.Set(t, acme, "tokens.transport="+transport)
		for what, c := range map[string]struct {
			headers []webtest.Header
			trusted bool
		}{
			"the header":                   {[]webtest.Header{header(right)}, true},
			"the cookie":                   {[]webtest.Header{cookie(right)}, transport == "cookie"},
			"the header, a cookie of none": {[]webtest.Header{header(right), cookie("x")}, true},
			"the cookie, a header of none": {[]webtest.Header{header("x"), cookie(right)}, false},
			"the cookie, a long header":    {[]webtest.Header{header(long), cookie(right)}, false},
			"behind blanks":                {[]webtest.Header{header(" " + right + " ")}, true}, // no part of a header's value
			"longer":                       {[]webtest.Header{header(right + "x")}, false},
			"nothing":                      {nil, false},
		} {
			var step webtest.Step
			env.Do(t, "POST", v1+"/login", login, c.headers...).Want(t, 200).JSON(t, &step)
			if (step.Status == "signed_in") != c.trusted {
				t.Errorf("%s, %s: %s", transport, what, step.Status)
			}
		}
	}
}

// A browser that comes from the tenant's own origin may send the header.
func TestPreflightsAllowTheDeviceHeader(t *testing.T) {
	t.Parallel()
	env := webtest.New(t)
	env.Set(t, acme, `cors.origins=["https://app.ex.test"]`)
	a := env.Do(t, "OPTIONS", v1+"/login", nil, webtest.Header{Name: "Origin", Value: "https://app.ex.test"},
		webtest.Header{Name: "Access-Control-Request-Method", Value: "POST"},
		webtest.Header{Name: "Access-Control-Request-Headers", Value: "content-type,tenantgate-device"}).Want(t, 204)
	if allowed := a.Header.Get("Access-Control-Allow-Headers"); !strings.Contains(allowed, "Tenantgate-Device") {
		t.Errorf("the preflight allows %q", allowed)
	}
}

// The challenge that waits for a second factor is good for its answer and for nothing else.
func TestAnUnfinishedSignInOpensNothing(t *testing.T) { // MFA-01
	t.Parallel()
	for _, transport := range []string{"body", "cookie"} {
		t.Run(transport, func(t *testing.T) {
			t.Parallel()
			env := webtest.New(t)
			ann := env.Join(t, acme, "ann@ex.test")
			env.EnrolTOTP(t, ann)
			env.Set(t, acme, "tokens.transport="+transport)
			var step webtest.Step
			login := fields{"identifier": "ann@ex.test", "password": passphrase}
			in := env.Do(t, "POST", v1+"/login", login).Want(t, 200)
			if in.JSON(t, &step); step.Challenge.Kind != "mfa" || in.Header.Get("Set-Cookie") != "" || strings.Contains(in.Body, "token") {
				t.Fatalf("headers %v: %s", in.Header, in.Body)
			}
			pending := step.Challenge.ID
			presented := []webtest.Header{
				webtest.Bearer(pending),
				{Name: "Cookie", Value: "__Host-tg-" + env.Tenant(t, acme).PublicID() + "=" + pending},
			}
			code := fault.InvalidToken
			for i, as := range presented {
				if i == 1 && transport == "body" {
					code = fault.Unauthenticated // the cookie is not read
				}
				for _, op := range signedInOperations(t, env) {
					path := strings.Replace(op.path, "{id}", pending, 1)
					env.Do(t, op.method, v1+path, op.body(), as, webtest.Header{Name: "Tenantgate-Device", Value: pending}).Refused(t, 401, code)
				}
			}
			env.Do(t, "POST", v1+"/token", fields{"refresh_token": pending}).Refused(t, 401, fault.InvalidToken)
			if transport == "cookie" {
				env.Do(t, "POST", v1+"/token", nil, presented[1]).Refused(t, 401, fault.InvalidToken)
			}
			// Nor does it spare the second factor as a device.
			device := webtest.Header{Name: "Tenantgate-Device", Value: pending}
			env.Do(t, "POST", v1+"/login", login, device).Want(t, 200).JSON(t, &step)
			if step.Status != "challenge" {
				t.Errorf("a challenge passed for a device")
			}
		})
	}
}

type signedInOperation struct{ method, path string }

// body is one that the operation reads, so that who asks is what is looked at.
func (op signedInOperation) body() any {
	switch op.method + " " + op.path {
	case "POST /password/change":
		return fields{"current_password": passphrase, "new_password": next}
	case "PATCH /me", "PATCH /passkeys/{id}":
		return fields{"name": "Eve"}
	case "POST /me/identifiers":
		return fields{"kind": "username", "value": "eve"}
	case "PATCH /me/identifiers/{id}":
		return fields{"primary": true}
	case "POST /factors/totp/{id}/activate":
		return fields{"code": "123456"}
	case "POST /passkeys":
		return fields{"challenge_id": "x", "credential": fields{}}
	default:
		return nil
	}
}

// signedInOperations are those that the description keeps for callers.
func signedInOperations(t *testing.T, env *webtest.Env) (out []signedInOperation) {
	t.Helper()
	for path, operations := range describe(t, env).Paths {
		for method, op := range operations {
			if len(op.Security) > 0 && op.Tags[0] != "Tokens" {
				out = append(out, signedInOperation{strings.ToUpper(method), path})
			}
		}
	}
	if len(out) < 26 {
		t.Fatalf("only %d operations for callers", len(out))
	}
	return out
}
