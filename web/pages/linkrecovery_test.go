package pages_test

import (
	"net/url"
	"strings"
	"testing"

	"github.com/tenantgate/tenantgate/authflows/flowtest"
	"github.com/tenantgate/tenantgate/internal/ids"
	"github.com/tenantgate/tenantgate/web/webtest"
)

func TestALinkThatAnAdminHandedOverSetsAPasswordWithoutAnyMail(t *testing.T) {
	t.Parallel()
	env := webtest.New(t)
	ann := env.Join(t, acme, "ann@ex.test")
	env.MailOff.Store(true)
	id, _ := ids.Parse(ids.User, ann.ID)
	_, link, err := env.Engine.Directory(env.Tenant(t, acme)).IssueRecoveryLink(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	u, err := url.Parse(link.URL)
	if err != nil {
		t.Fatal(err)
	}
	c, s := u.Query().Get("c"), u.Query().Get("s")
	webtest.Log.Secret("a recovery link's secret", s)
	for range 2 {
		page := env.Do(t, "GET", strings.TrimPrefix(link.URL, flowtest.PublicURL), nil).Want(t, 200)
		if !strings.Contains(page.Body, "Choose a new password") || !strings.Contains(page.Body, `name="new_password"`) {
			t.Fatal(page.Body)
		}
	}
	env.Do(t, "GET", webtest.API(acme)+"/me", nil, ann.Auth()).Want(t, 200)
	press(t, env, c, "AAAAAAAAAAAAAAAAAAAAAAAAAA", next, own).Want(t, 410)
	press(t, env, c, s, "short", own).Want(t, 422)
	press(t, env, c, s, next, own).Want(t, 200)
	press(t, env, c, s, next, own).Want(t, 410)
	env.Do(t, "GET", webtest.API(acme)+"/me", nil, ann.Auth()).Want(t, 401)
	login := map[string]string{"identifier": "ann@ex.test", "password": next}
	env.Do(t, "POST", webtest.API(acme)+"/login", login).Want(t, 200)
}
