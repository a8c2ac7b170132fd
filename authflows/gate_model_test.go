package authflows_test

import (
	"context"
	"flag"
	"fmt"
	"maps"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/tenantgate/tenantgate/authflows"
	"github.com/tenantgate/tenantgate/authflows/flowtest"
	"github.com/tenantgate/tenantgate/internal/fault"
)

var gateSeeds = flag.Int("gate.seeds", 6, "how many random walks the model test of the gate makes")

// gateSteps is how many flow calls a walk makes, at least.
const gateSteps = 200

// dice is splitmix64: of the same seed comes the same walk.
type dice uint64

func (d *dice) roll(n int) int {
	*d += 0x9e3779b97f4a7c15
	z := uint64(*d)
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return int((z ^ z>>31) % uint64(n))
}

func (d *dice) chance(percent int) bool { return d.roll(100) < percent }

func pick[T any](d *dice, of []T) T { return of[d.roll(len(of))] }

// gate is one walk: an environment, and what the model knows of it.
type gate struct {
	t    *testing.T
	env  *flowtest.Env
	dice dice

	within     map[string]context.Context // limited to a tenant
	tenants    map[string]*gateTenant
	users      []*gateUser
	challenges []*gateChallenge       // every one that was handed out
	sessions   []*gateSession         // every one that was opened
	taken      []*gateTry             // answers that counted
	spent      map[string]bool        // proofs that counted
	strangers  map[string]*gateBudget // guesses at addresses rather than users
	mails      map[string]int         // mails seen, by address
	did        map[string]int         // how often something came about
	names      int
}

// gateMoves are what a walk does, by how often.
var gateMoves = []struct {
	weight int
	do     func(*gate)
}{
	{7, (*gate).signUp},
	{16, (*gate).passwordLogin},
	{4, (*gate).guessWildly},
	{8, (*gate).codeLogin},
	{8, (*gate).passkeyLogin},
	{24, (*gate).answerSome},
	{5, (*gate).replay},
	{3, (*gate).elsewhere},
	{4, (*gate).resend},
	{10, (*gate).stepUp},
	{14, (*gate).beginOwn},
	{6, (*gate).finishOwn},
	{8, (*gate).enrol},
	{6, (*gate).removeFactor},
	{3, (*gate).recoveryCodes},
	{3, (*gate).requestReset},
	{2, (*gate).changePassword},
	{2, (*gate).forgetDevice},
	{2, (*gate).logout},
	{4, (*gate).useSession},
	{4, (*gate).configure},
	{2, (*gate).promote},
	{6, (*gate).moveClock},
}

// TestNoWalkThroughTheFlowsPassesTheGate makes random walks through the flows and checks after each call, against a model
// and the database, that no session is open which the policy forbids, that no proof counts twice, and that no limit is
// passed. Its seed, which names the subtest, repeats a walk; -gate.seeds makes more of them.
func TestNoWalkThroughTheFlowsPassesTheGate(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	did, walks := map[string]int{}, 0
	t.Run("walks", func(t *testing.T) {
		for seed := 1; seed <= *gateSeeds; seed++ {
			t.Run(fmt.Sprintf("seed %d", seed), func(t *testing.T) {
				t.Parallel()
				g := newGate(t, seed)
				g.walk()
				mu.Lock()
				defer mu.Unlock()
				walks++
				for what, n := range g.did {
					did[what] += n
				}
			})
		}
	})
	for _, what := range slices.Sorted(maps.Keys(did)) {
		t.Logf("%5d %s", did[what], what)
	}
	if walks < 6 {
		return // too few to come by everything
	}
	for _, what := range gateMustSee {
		if did[what] == 0 {
			t.Errorf("no walk came by %q", what)
		}
	}
}

// gateMustSee is what the walks must have come by to mean something.
var gateMustSee = []string{
	"session aal1", "session aal2", "session under required", "session raised", "session refreshed",
	"session outgrown", "outgrown cookie refused", "device trusted", "factor demanded", "session of a magic link", "account claimed", "account budget used up", "tries used up",
	"proof password", "proof email_code", "proof totp", "proof passkey", "proof passkey_touch", "proof recovery_code",
	"challenge mfa", "challenge enrol", "enrolled totp", "enrolled passkey",
	"password reset", "password changed", "replay refused", "other tenant refused", "void challenge refused",
	"code repeated", "refused wrong_code", "refused invalid_credentials", "refused passkey_refused", "refused challenge_expired",
	"refused rate_limited", "refused step_up_required", "refused factor_needed", "refused factor_not_offered",
}

func newGate(t *testing.T, seed int) *gate {
	t.Helper()
	g := &gate{
		t: t, env: flowtest.New(t), dice: dice(seed),
		within: map[string]context.Context{}, tenants: map[string]*gateTenant{acme: newGateTenant(), globex: newGateTenant()},
		spent: map[string]bool{}, strangers: map[string]*gateBudget{}, mails: map[string]int{}, did: map[string]int{},
	}
	g.set(acme, "abuse.account_failures=7/15m", "abuse.account_daily=25/24h")
	// One tenant lets people in before their address is proven, and mails links that lead somewhere.
	g.set(globex, "signup.verify_email=after_session", "mail.link_url=https://app.ex.test/in", "abuse.mails=0",
		"passkeys.user_verification=preferred")
	for _, slug := range []string{acme, globex} {
		g.within[slug] = within(t, g.env, slug)
		g.set(slug, "mfa.trust_device_days=1", pick(&g.dice, []string{"mfa.enrol_grace=0", "mfa.enrol_grace=2h"}))
		g.set(slug, pick(&g.dice, []string{"mfa.policy=optional", "mfa.policy=required"}))
	}
	return g
}

func (g *gate) walk() {
	total := 0
	for _, m := range gateMoves {
		total += m.weight
	}
	for step := 1; step <= gateSteps && !g.t.Failed(); step++ {
		g.env.Clock.Advance(time.Duration(g.dice.roll(25)) * time.Second)
		g.t.Logf("step %d, %s", step, g.env.Clock.Now().Format(time.TimeOnly))
		at := g.dice.roll(total)
		for _, m := range gateMoves {
			if at -= m.weight; at < 0 {
				m.do(g)
				break
			}
		}
		g.check()
	}
}

// saw notes that something came about.
func (g *gate) saw(format string, args ...any) {
	what := fmt.Sprintf(format, args...)
	g.did[what]++
	g.t.Log("   ", what)
}

// refused notes a refusal, which must be one that flows may answer.
func (g *gate) refused(err error) fault.Code {
	g.t.Helper()
	code := fault.CodeOf(err)
	if code == fault.Internal || code == fault.Unavailable || code == fault.Busy || code == fault.VersionConflict {
		g.t.Fatalf("refused by %s: %v", code, err)
	}
	g.saw("refused %s", code)
	return code
}

func (g *gate) flows(slug string) *authflows.Flows { return g.env.Flows(g.t, slug) }

func (g *gate) now() time.Time { return g.env.Clock.Now() }

func (g *gate) slug() string { return pick(&g.dice, []string{acme, globex}) }

// set changes settings of a tenant, and what the model knows of them.
func (g *gate) set(slug string, settings ...string) {
	g.t.Helper()
	g.t.Logf("    %s: %v", slug, settings)
	g.env.Set(g.t, slug, settings...)
	for _, s := range settings {
		g.tenants[slug].set(s)
	}
}
