package flowtest

import (
	"context"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/tenantgate/tenantgate/authflows"
	"github.com/tenantgate/tenantgate/authflows/factors/password"
	"github.com/tenantgate/tenantgate/internal/ephemeral"
	"github.com/tenantgate/tenantgate/internal/ephemeral/memory"
	"github.com/tenantgate/tenantgate/internal/ephemeral/redis"
	"github.com/tenantgate/tenantgate/internal/events"
	"github.com/tenantgate/tenantgate/internal/jobs"
	"github.com/tenantgate/tenantgate/internal/mail/mailbox"
	"github.com/tenantgate/tenantgate/internal/sealed"
	"github.com/tenantgate/tenantgate/internal/store"
	"github.com/tenantgate/tenantgate/internal/store/storetest"
	"github.com/tenantgate/tenantgate/internal/testenv"
	"github.com/tenantgate/tenantgate/internal/turnstile/turnstiletest"
	"github.com/tenantgate/tenantgate/tenants"
)

// The tenants of every environment, with the default settings but for the limit on requests of one address, which is
// off.
const (
	Acme   = "acme"
	Globex = "globex"
)

// PublicURL is the base of issuers and links.
const PublicURL = "https://auth.example.test"

// Env is one replica of the service, without its HTTP surfaces.
type Env struct {
	Clock   *Clock
	DB      *store.Store
	Tenants *tenants.Registry
	Engine  *authflows.Engine
	Feed    *events.Feed
	Hasher  *password.Hasher

	// MailOff lets flows find that mails have nowhere to go.
	MailOff *atomic.Bool

	// Captcha is what the flows of all replicas ask about captchas; nil without the option Captcha.
	Captcha *turnstiletest.Server

	shared *shared
	worker *jobs.Worker
	watch  *watch
}

// shared is what all replicas of one environment see.
type shared struct {
	databaseURL, redisURL string
	masters               sealed.Ring
	hasher                password.Options
	boxes                 map[uuid.UUID]*mailbox.Box
	withCaptcha           bool
	captcha               *turnstiletest.Server
}

// Option changes an environment.
type Option func(*shared)

// Hashing replaces the cheap parameters of the password hasher and its long queue.
func Hashing(o password.Options) Option {
	return func(s *shared) { s.hasher = o }
}

// Captcha lets the flows verify captchas with a fake of Turnstile, Env.Captcha. Which tenants ask for one says AskCaptcha.
func Captcha() Option {
	return func(s *shared) { s.withCaptcha = true }
}

// AskCaptcha gives a tenant the keys that the fake of Turnstile knows, and a mode: off, optional or required.
func (env *Env) AskCaptcha(t testing.TB, slug string, mode tenants.CaptchaMode) {
	t.Helper()
	env.Set(t, slug, "abuse.turnstile.site_key="+turnstiletest.SiteKey, "abuse.turnstile.secret="+turnstiletest.Secret,
		"abuse.turnstile.mode="+string(mode))
}

// cheap makes a hash cost microseconds; everybody waits for a turn.
var cheap = password.Options{
	Params:   password.Params{MemoryKiB: 8, Time: 1, Parallelism: 1},
	QueueLen: 10_000,
	MaxWait:  time.Minute,
}

// New returns an environment on SQLite and the in-process ephemeral store.
func New(t testing.TB, options ...Option) *Env {
	t.Helper()
	return found(t, storetest.SQLiteURL(t), "", options)
}

// Each runs a test on SQLite with the in-process store and on Postgres with Redis, in parallel, as the subtests sqlite
// and postgres. The latter is skipped where there are no servers.
func Each(t *testing.T, test func(*testing.T, *Env), options ...Option) {
	t.Helper()
	t.Run("sqlite", func(t *testing.T) {
		t.Parallel()
		test(t, New(t, options...))
	})
	t.Run("postgres", func(t *testing.T) {
		t.Parallel()
		test(t, found(t, storetest.PostgresURL(t), testenv.Redis(t), options))
	})
}

// found makes the first replica and the tenants.
func found(t testing.TB, databaseURL, redisURL string, options []Option) *Env {
	t.Helper()
	s := &shared{
		databaseURL: databaseURL, redisURL: redisURL, hasher: cheap,
		masters: sealed.Ring{{ID: "test", Key: [sealed.KeySize]byte{1}}},
		boxes:   map[uuid.UUID]*mailbox.Box{},
	}
	for _, o := range options {
		o(s)
	}
	if s.withCaptcha {
		s.captcha = turnstiletest.New(t)
	}
	env := newReplica(t, s, NewClock())
	if err := env.Tenants.EnsureReserved(t.Context()); err != nil {
		t.Fatalf("make the reserved tenant: %v", err)
	}
	env.CreateTenant(t, Acme)
	env.CreateTenant(t, Globex)
	return env
}

// Replicas returns n replicas over the same database and clock, env the first of them: each with connections, a change
// feed and caches of its own, and where there is no Redis with an ephemeral store of its own.
func (env *Env) Replicas(t testing.TB, n int) []*Env {
	t.Helper()
	out := []*Env{env}
	for len(out) < n {
		out = append(out, newReplica(t, env.shared, env.Clock))
	}
	return out
}

func newReplica(t testing.TB, s *shared, c *Clock) *Env {
	t.Helper()
	env := &Env{
		Clock: c, Hasher: password.NewHasher(s.hasher), MailOff: &atomic.Bool{}, Captcha: s.captcha,
		shared: s, watch: newWatch(t),
	}
	var err error
	if env.DB, err = store.Open(s.databaseURL, store.Watch(env.watch.see)); err != nil {
		t.Fatalf("open the database: %v", err)
	}
	t.Cleanup(func() {
		if err := env.DB.Close(); err != nil {
			t.Errorf("close the database: %v", err)
		}
	})
	rates := openRates(t, s.redisURL, c)
	env.Feed = events.NewFeed(env.DB, nil)
	log := events.NewLog(env.Feed, c.Now)
	env.Tenants = tenants.NewRegistry(env.DB, s.masters, env.Feed, log, func() string { return PublicURL }, c.Now)
	queue := jobs.NewQueue(c.Now)
	deps := authflows.Deps{
		DB: env.DB, Hasher: env.Hasher, Rates: rates, Feed: env.Feed, Events: log, Jobs: queue, Now: c.Now,
		CanMail: func(*tenants.Tenant) bool { return !env.MailOff.Load() },
	}
	if s.captcha != nil {
		deps.Captcha = s.captcha.Verifier()
	}
	env.Engine = authflows.NewEngine(deps)
	postman := &authflows.Postman{Tenants: env.Tenants, Sender: env.sender, DB: env.DB}
	env.worker = jobs.NewWorker(env.DB, queue, env.Tenants.Keys, map[string]jobs.Handler{authflows.MailJob: postman.Send})
	return env
}

func openRates(t testing.TB, redisURL string, c *Clock) ephemeral.Store {
	t.Helper()
	var rates ephemeral.Store = memory.New(c.Now, 10_000)
	if redisURL != "" {
		var err error
		if rates, err = redis.Open(context.Background(), redisURL); err != nil {
			t.Fatalf("open Redis: %v", err)
		}
	}
	t.Cleanup(func() {
		if err := rates.Close(); err != nil {
			t.Errorf("close the ephemeral store: %v", err)
		}
	})
	return rates
}
