package api_test

import (
	"strings"
	"testing"

	"github.com/tenantgate/tenantgate/internal/fault"
	"github.com/tenantgate/tenantgate/web/webtest"
)

func TestWhatAStrangerTypesIsNotMailed(t *testing.T) { // INP-06, INP-10
	t.Parallel()
	env := webtest.New(t)
	env.Join(t, acme, "victim@ex.test")
	lure := webtest.Header{Name: "User-Agent", Value: "Claim your prize http://evil.test"}
	for _, email := range []string{"ann@ex.test", "victim@ex.test"} {
		signup := fields{
			"email": email, "password": passphrase, "name": lure.Value, "username": "evil.test-" + email[:3],
			"profile": fields{"bio": "<a href=http://evil.test>prize</a>"},
		}
		before := len(env.Mails(t, acme, email))
		env.Do(t, "POST", v1+"/signup", signup, lure).Want(t, 200)
		mails := env.Mails(t, acme, email)
		if len(mails) != before+1 {
			t.Fatalf("%d mails came, want one", len(mails)-before)
		}
		m := mails[before]
		for _, word := range []string{"evil", "rize", "Claim"} {
			if strings.Contains(m.Subject+m.Text+m.HTML, word) {
				t.Errorf("the mail %q holds the stranger's %q", m.Subject, word)
			}
		}
	}
	for _, end := range []string{"\r\nBcc: eve@evil.test", "\n", "\r\n.\r\n"} {
		for member, value := range map[string]string{"name": "Ann" + end + "x", "email": "new@ex.test" + end + "x", "username": "a" + end + "b"} {
			signup := fields{"email": "new@ex.test", "password": passphrase, member: value}
			env.Do(t, "POST", v1+"/signup", signup).Refused(t, 422, fault.InvalidInput)
		}
	}
	if n := len(env.Mails(t, acme, "new@ex.test")); n != 0 {
		t.Errorf("%d mails", n)
	}
}
