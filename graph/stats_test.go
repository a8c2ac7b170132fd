package graph_test

import (
	"testing"
	"time"

	"github.com/tenantgate/tenantgate/graph/graphtest"
	"github.com/tenantgate/tenantgate/internal/access"
	"github.com/tenantgate/tenantgate/web/webtest"
)

const readStats = `query($tenant: ID!, $from: Time!, $to: Time, $interval: StatsInterval! = DAY) {
  stats(tenant: $tenant, from: $from, to: $to, interval: $interval) {
    signIns { at outcome factor count } activeUsers { day week month } mfaAdoption { users enrolled totp passkey } } }`

func TestStats(t *testing.T) {
	t.Parallel()
	env := graphtest.New(t)
	auditor, acme := env.Key(t, access.Auditor, graphtest.Acme), env.TenantID(t, graphtest.Acme)
	type vars = graphtest.Vars
	start := env.Clock.Now().UTC().Truncate(24 * time.Hour).Add(48 * time.Hour)
	env.Clock.Advance(start.Sub(env.Clock.Now())) // to a midnight
	ann := env.Join(t, graphtest.Acme, "ann@ex.test")
	env.EnrolTOTP(t, ann)
	bob := env.Join(t, graphtest.Acme, "bob@ex.test")
	env.EnrolPasskey(t, bob)
	env.Join(t, graphtest.Acme, "cy@ex.test")
	env.Join(t, graphtest.Globex, "ann@ex.test")
	env.Clock.Advance(3 * time.Hour)
	for range 2 {
		env.SignIn(t, graphtest.Acme, "cy@ex.test")
	}
	wrong := map[string]string{"identifier": "cy@ex.test", "password": "not the password of anybody"}
	for range 10 {
		env.Env.Do(t, "POST", webtest.API(graphtest.Acme)+"/login", wrong).Want(t, 401)
	}
	env.Env.Do(t, "POST", webtest.API(graphtest.Acme)+"/login", wrong).Want(t, 429)
	env.Clock.Advance(48 * time.Hour)
	env.SignIn(t, graphtest.Acme, "cy@ex.test")
	env.Place(t)
	of := func(from, to time.Time, more ...vars) vars {
		out := vars{"tenant": acme, "from": from.Format(time.RFC3339), "to": to.Format(time.RFC3339)}
		for _, m := range more {
			for name, value := range m {
				out[name] = value
			}
		}
		return out
	}
	now, hours := env.Clock.Now(), vars{"interval": "HOUR"}
	tr := env.Transcribe(t, "stats", "Counts of a tenant; with each error.")
	tr.Do("by days until now", auditor, readStats, of(start, now, vars{"to": nil}))
	tr.Do("by hours", auditor, readStats, of(start, start.Add(24*time.Hour), hours))
	tr.Do("an hour that has begun counts", auditor, readStats, of(start.Add(59*time.Minute), start.Add(3*time.Hour+time.Minute), hours))
	tr.Do("nothing happened", auditor, readStats, of(start.Add(-30*24*time.Hour), start))
	tr.Do("31 days of hours", auditor, readStats, of(start.Add(-31*24*time.Hour), start, hours))
	tr.Do("more than 31 days of hours", auditor, readStats, of(start.Add(-31*24*time.Hour-time.Second), start, hours))
	tr.Do("366 days", auditor, readStats, of(start.Add(-366*24*time.Hour), start))
	tr.Do("more than 366 days", auditor, readStats, of(start.Add(-367*24*time.Hour), start))
	tr.Do("of the future", auditor, readStats, of(now.Add(48*time.Hour), now, vars{"to": nil}))
	tr.Do("back in time", auditor, readStats, of(start, start.Add(-time.Hour)))
	tr.Do("of no time", auditor, readStats, of(start, start, vars{"from": "yesterday"}))
	tr.Do("of another's tenant", env.Key(t, access.Owner, graphtest.Globex), readStats, of(start, now))
	tr.Do("of what is no tenant", auditor, readStats, of(start, now, vars{"tenant": "nothing"}))
	tr.Do("without the scope", env.Key(t, access.Owner, graphtest.Acme, access.TenantsRead), readStats, of(start, now))
}

// A first session is counted as a sign-up, and once.
func TestWhoSignsUpIsCountedOnce(t *testing.T) {
	t.Parallel()
	env := graphtest.New(t)
	owner, acme := env.Key(t, access.Owner, graphtest.Acme), env.TenantID(t, graphtest.Acme)
	env.Join(t, graphtest.Acme, "ann@ex.test")
	env.Set(t, graphtest.Acme, "signup.verify_email=off")
	atOnce := map[string]string{"email": "bob@ex.test", "password": webtest.Password}
	env.Env.Do(t, "POST", webtest.API(graphtest.Acme)+"/signup", atOnce).Want(t, 201)
	env.Place(t)
	env.Place(t)
	a := env.Must(t, owner, readStats, graphtest.Vars{"tenant": acme, "from": env.Clock.Now().Format(time.RFC3339), "interval": "HOUR"})
	counts, _ := a.At("stats", "signIns").([]any)
	if len(counts) != 2 || a.Text("stats", "signIns", 0, "outcome") != "SIGNED_UP" || a.Text("stats", "signIns", 0, "factor") != "email_code" ||
		a.Text("stats", "signIns", 1, "outcome") != "SIGNED_UP" || a.Text("stats", "signIns", 1, "factor") != "password" {
		t.Error(a.Body)
	}
}

// The number of statements does not grow with what is counted.
func TestStatsTakeAFixedNumberOfStatements(t *testing.T) {
	t.Parallel()
	env := graphtest.New(t)
	owner, acme := env.Key(t, access.Owner, graphtest.Acme), env.TenantID(t, graphtest.Acme)
	count := func() int {
		from := env.Clock.Now().Add(-300 * 24 * time.Hour).Format(time.RFC3339)
		return len(env.Statements(func() { env.Must(t, owner, readStats, graphtest.Vars{"tenant": acme, "from": from}) }))
	}
	env.Join(t, graphtest.Acme, "ann@ex.test")
	env.Place(t)
	count() // what is cached from now on
	one := count()
	for range 5 {
		env.Clock.Advance(24 * time.Hour)
		env.SignIn(t, graphtest.Acme, "ann@ex.test")
	}
	env.Place(t)
	count()
	if many := count(); many != one {
		t.Errorf("%d statements for a day, %d for many", one, many)
	}
}
