package wolf_test

import (
	"strings"
	"testing"
	"time"

	"github.com/tenantgate/tenantgate/web/dialects/dialecttest"
	"github.com/tenantgate/tenantgate/web/webtest"
)

func TestEnablingAndDisablingTwoFactor(t *testing.T) {
	t.Parallel()
	env, w := open(t)
	ann := w.Join("ann")
	mine, at := webtest.Bearer(ann.Access), api+"/account/two-factor"
	tr := env.Transcribe(t, "two_factor", "Enabling and disabling two factor.")
	tr.Do("enable nothing", "PUT", at, fields{"code": "123456"}, mine).Want(t, 400)
	tr.Do("disable nothing", "DELETE", at+"?code=123456", nil, mine).Want(t, 400)
	tr.Do("codes of nothing", "GET", at+"/backup-codes", nil, mine).Want(t, 400)
	var begun struct {
		Secret      string
		QRCode      string
		BackupCodes []string
	}
	tr.Do("initialize", "POST", at, nil, mine).Want(t, 200).JSON(t, &begun)
	webtest.Log.Secret("the secret of an authenticator app", begun.Secret)
	if !strings.HasPrefix(begun.QRCode, "data:image/png;base64,iVBOR") || len(begun.BackupCodes) != 4 {
		t.Errorf("%.40s, %d codes", begun.QRCode, len(begun.BackupCodes))
	}
	ann.Secret, ann.Recovery = begun.Secret, begun.BackupCodes
	tr.Do("no code", "PUT", at, nil, mine).Want(t, 400)
	tr.Do("a wrong code", "PUT", at, fields{"code": unlike(ann.TOTP())}, mine).Want(t, 400)
	tr.Do("a code of another shape", "PUT", at, fields{"code": "abc"}, mine).Want(t, 400)
	tr.Do("nobody", "PUT", at, fields{"code": "123456"}).Want(t, 401)
	tr.Do("enable", "PUT", at, form("code", ann.TOTP()), urlencoded, mine).Want(t, 200)
	tr.Do("enable again", "PUT", at, form("code", ann.TOTP()), urlencoded, mine).Want(t, 400)
	tr.Do("initialize again", "POST", at, nil, mine).Want(t, 409)
	tr.Do("the account says so", "GET", api+"/account", nil, mine).Want(t, 200)
	codes := tr.Do("backup codes", "GET", at+"/backup-codes", nil, mine).Want(t, 200)
	if got := codes.Header.Get("Content-Disposition"); got != `attachment; filename="acme-backup-codes.txt"` ||
		codes.Body != strings.Join(begun.BackupCodes, " ") {
		t.Errorf("%s: %s", got, codes.Body)
	}
	env.Clock.Advance(11 * time.Minute)
	tr.Do("backup codes, too late", "GET", at+"/backup-codes", nil, mine).Want(t, 401)
	tr.Do("disable without a code", "DELETE", at, nil, mine).Want(t, 400)
	tr.Do("disable with a blank code", "DELETE", at+"?code=", nil, mine).Want(t, 400)
	tr.Do("disable with two codes", "DELETE", at+"?code=123456&code=123457", nil, mine).Want(t, 400)
	tr.Do("disable with the code in the body", "DELETE", at, fields{"code": "123456"}, mine).Want(t, 400)
	tr.Do("disable with a wrong code", "DELETE", at+"?code="+unlike(ann.TOTP()), nil, mine).Want(t, 400)
	tr.Do("disable with a code of another shape", "DELETE", at+"?code=abc", nil, mine).Want(t, 400)
	env.Set(t, acme, "mfa.policy=required")
	tr.Do("disable where it is required", "DELETE", at+"?code="+ann.TOTP(), nil, mine).Want(t, 409)
	env.Set(t, acme, "mfa.policy=optional")
	env.Clock.Advance(30 * time.Second)
	tr.Do("disable", "DELETE", at+"?code="+ann.TOTP(), nil, mine).Want(t, 200)
	tr.Do("it is gone", "DELETE", at+"?code=123456", nil, mine).Want(t, 400)
	tr.Do("logged in without", "POST", api+"/auth/login", fields{"email": "ann@ex.test", "password": passphrase}).Want(t, 200)
	env.Clock.Advance(11 * time.Minute)
	other := w.Join("bob")
	env.Clock.Advance(11 * time.Minute)
	tr.Do("initialize, too late", "POST", at, nil, webtest.Bearer(other.Access)).Want(t, 401)
	env.Set(t, acme, "mfa.policy=off")
	tr.Do("second factors are off", "POST", at, nil, webtest.Bearer(w.EnterElsewhere(other).Access)).Want(t, 403)
}

func TestABackupCodeDisablesTwoFactorToo(t *testing.T) {
	t.Parallel()
	_, w := open(t)
	ann := w.JoinWithApp("ann")
	w.Want(w.DisableTOTP(ann, ann.Recovery[0]), dialecttest.Done)
}

func TestNoBackupCodesAreShownWhereTheTenantHasNone(t *testing.T) {
	t.Parallel()
	env, w := open(t)
	env.Set(t, acme, `mfa.factors=["totp"]`)
	ann := w.Join("ann")
	a := ann.Bearer("Bearer", "POST", "/api/account/two-factor", nil).Want(t, 200)
	if !strings.Contains(a.Body, `"backupCodes":[]`) {
		t.Errorf("body %.200s", a.Body)
	}
}

func TestListingAndEndingSessions(t *testing.T) {
	t.Parallel()
	env, w := open(t)
	ann, bob := w.Join("ann"), w.Join("bob")
	env.Clock.Advance(time.Minute)
	agent := webtest.Header{Name: "User-Agent", Value: "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"}
	var in struct {
		Access string `json:"access_token"`
	}
	env.Do(t, "POST", api+"/auth/login", fields{"email": "ann@ex.test", "password": passphrase}, agent).Want(t, 200).JSON(t, &in)
	mine, at := webtest.Bearer(in.Access), api+"/sessions"
	tr := env.Transcribe(t, "sessions", "Sessions and their end.")
	var list struct {
		Sessions []struct {
			ID string `json:"_id"`
		}
	}
	tr.Do("list", "GET", at, nil, mine).Want(t, 200).JSON(t, &list)
	if len(list.Sessions) != 2 {
		t.Fatalf("%d sessions", len(list.Sessions))
	}
	last := list.Sessions[1].ID // the first, which was seen earlier
	his, _ := w.Sessions(bob)
	tr.Do("somebody else's", "DELETE", at+"/"+his[0], nil, mine).Want(t, 404)
	tr.Do("no id", "DELETE", at+"/nonsense", nil, mine).Want(t, 404)
	tr.Do("end one", "DELETE", at+"/"+last, nil, mine).Want(t, 200)
	tr.Do("it has ended", "GET", api+"/account", nil, webtest.Bearer(ann.Access)).Want(t, 401)
	tr.Do("end it again", "DELETE", at+"/"+last, nil, mine).Want(t, 404)
	tr.Do("nobody", "DELETE", at+"/"+last, nil).Want(t, 401)
	tr.Do("nobody lists", "GET", at, nil).Want(t, 401)
	tr.Do("end all", "DELETE", at, nil, mine).Want(t, 200)
	tr.Do("this one too", "DELETE", at, nil, mine).Want(t, 401)
	w.In(bob)
}
