package authflows

import (
	"context"
	"time"

	"github.com/tenantgate/tenantgate/authflows/factors/password"
	"github.com/tenantgate/tenantgate/internal/clock"
	"github.com/tenantgate/tenantgate/internal/ephemeral"
	"github.com/tenantgate/tenantgate/internal/events"
	"github.com/tenantgate/tenantgate/internal/fault"
	"github.com/tenantgate/tenantgate/internal/jobs"
	"github.com/tenantgate/tenantgate/internal/store"
	"github.com/tenantgate/tenantgate/internal/telemetry"
	"github.com/tenantgate/tenantgate/internal/tenancy"
	"github.com/tenantgate/tenantgate/tenants"
)

// Deps are what the flows stand on.
type Deps struct {
	DB     *store.Store
	Hasher *password.Hasher
	Rates  ephemeral.Store // address-wide rates
	Feed   *events.Feed
	Events *events.Log
	Jobs   *jobs.Queue
	Now    clock.Clock
	// ServerFailures bounds the failed guesses of unknown devices over all tenants; off by zero.
	ServerFailures ephemeral.Limit
	// CanMail reports whether mails of a tenant have somewhere to go.
	CanMail func(*tenants.Tenant) bool
	Captcha Captcha // nil checks none, and refuses where one is required
}

// Engine holds what the flows of all tenants share.
type Engine struct {
	Deps
	cache *sessionCache
	seen  *lastSeen
	// simulating holds a token for each simulation under way.
	simulating chan struct{}
}

// NewEngine returns an engine.
func NewEngine(d Deps) *Engine {
	telemetry.HashQueue(d.Hasher.Waiting, d.Hasher.Running)
	return &Engine{Deps: d, cache: newSessionCache(d.Feed), seen: newLastSeen(), simulating: make(chan struct{}, simulationsAtOnce)}
}

// Flows are the flows of one tenant, for one request or more.
type Flows struct {
	*Engine
	tenant *tenants.Tenant
	client *Client
}

// For returns the flows of a tenant; there is no other way to call one. Of a suspended tenant there are none: the fault
// tenant_suspended.
func (e *Engine) For(t *tenants.Tenant) (*Flows, error) {
	if err := t.Usable(); err != nil {
		return nil, err
	}
	return &Flows{e, t, native}, nil
}

// Tenant returns whose flows these are.
func (f *Flows) Tenant() *tenants.Tenant { return f.tenant }

// begin limits ctx to the tenant and starts a flow's span and outcome.
func (f *Flows) begin(ctx context.Context, flow string) (context.Context, func(*error)) {
	return telemetry.Flow(tenancy.With(ctx, f.tenant.ID), flow)
}

// limit limits ctx to the tenant, for what is no flow of its own.
func (f *Flows) limit(ctx context.Context) context.Context { return tenancy.With(ctx, f.tenant.ID) }

func (f *Flows) now() time.Time { return f.Now() }

// key derives a MAC key of the tenant's for a use of its own.
func (f *Flows) key(label string) []byte {
	key, _ := f.tenant.Keys.MACKey(f.tenant.Keys.Current(), label)
	return key
}

// limitAddress counts a request against the address it came from.
func (f *Flows) limitAddress(ctx context.Context, d Device) error {
	limit := f.tenant.Settings.Abuse.Address
	if limit.Off() || !d.Address.IsValid() {
		return nil
	}
	return f.take(ctx, "address", ephemeral.AddressSubject(d.Address), limit)
}

// userWrites bounds what a signed-in user may write: each write is an event that stays.
var userWrites = ephemeral.Limit{Events: 60, Per: time.Minute}

// limitUser counts a write of a signed-in user.
func (f *Flows) limitUser(ctx context.Context, c *Caller) error {
	return f.take(ctx, "user", c.User.ID.String(), userWrites)
}

func (f *Flows) take(ctx context.Context, kind, subject string, limit ephemeral.Limit) error {
	return f.takeFrom(ctx, ephemeral.TenantKey(f.tenant.ID, kind, subject), limit)
}

func (f *Flows) takeFrom(ctx context.Context, key ephemeral.Key, limit ephemeral.Limit) error {
	if limit.Off() {
		return nil
	}
	wait, err := f.Rates.Take(ctx, key, limit)
	if err != nil {
		return fault.New(fault.Unavailable).Because(err)
	}
	if wait > 0 {
		return fault.New(fault.RateLimited).After(wait)
	}
	return nil
}
