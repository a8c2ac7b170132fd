package authflows_test

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/tenantgate/tenantgate/authflows"
	"github.com/tenantgate/tenantgate/ent"
	"github.com/tenantgate/tenantgate/internal/amr"
)

// endOf ends what a change of password ends: the sessions of a user but one, and its challenges.
func (g *gate) endOf(u *gateUser, except *gateSession) {
	for _, s := range g.sessions {
		if s.user == u && s != except {
			s.ended = true
		}
	}
	for _, c := range g.challenges {
		if c.user == u {
			c.ended = true
		}
	}
}

// claim is what happens to a user whose address was never proven when somebody reads its mailbox.
func (g *gate) claim(u *gateUser) {
	u.password = ""
	g.dispossess(u)
	g.saw("account claimed")
}

func (g *gate) dispossess(u *gateUser) {
	u.verified = true
	u.apps, u.keys, u.codes, u.devices = nil, nil, nil, nil
	g.endOf(u, nil)
}

func (g *gate) reset(u *gateUser, in authflows.Answer) {
	u.budget(in.Device.Token).count = 0
	if !u.verified {
		g.dispossess(u)
	}
	u.password, u.devices = in.NewPassword, nil
	g.endOf(u, nil)
	g.saw("password reset")
}

// check compares the database with the model.
func (g *gate) check() {
	g.t.Helper()
	for _, slug := range []string{acme, globex} {
		ctx := g.within[slug]
		users, versions := g.checkUsers(ctx, slug)
		sessions := g.checkSessions(ctx, slug, versions)
		g.checkChallenges(ctx, slug, users, sessions)
		g.checkBudgets(ctx, slug, users)
		g.checkEvents(ctx, users, sessions)
		g.checkDevices(ctx, slug, users)
	}
}

type idSet map[uuid.UUID]bool

// checkUsers checks who exists and with which factors. It returns them, and their credential versions.
func (g *gate) checkUsers(ctx context.Context, slug string) (idSet, map[uuid.UUID]int) {
	g.t.Helper()
	ids, versions := idSet{}, map[uuid.UUID]int{}
	rows := map[uuid.UUID]*ent.User{}
	for _, row := range must[[]*ent.User](g.t)(g.env.DB.User.Query().All(ctx)) {
		ids[row.ID], versions[row.ID], rows[row.ID] = true, row.CredentialVersion, row
	}
	apps := must[[]*ent.TOTPDevice](g.t)(g.env.DB.TOTPDevice.Query().All(ctx))
	keys := must[[]*ent.Passkey](g.t)(g.env.DB.Passkey.Query().All(ctx))
	codes := must[[]*ent.RecoveryCode](g.t)(g.env.DB.RecoveryCode.Query().All(ctx))
	n, nApps, nKeys, nUsed, nUnused := 0, 0, 0, 0, 0
	for _, u := range g.users {
		if u.slug != slug {
			continue
		}
		n++
		nApps, nKeys = nApps+len(u.apps), nKeys+len(u.keys)
		var kinds []amr.Method
		for _, m := range rows[u.id].Factors {
			kinds = append(kinds, amr.Method(m))
		}
		if !sameMethods(kinds, u.kinds()) || rows[u.id].EmailVerified != u.verified {
			g.t.Fatalf("a user has %v (verified: %t), want %v", kinds, rows[u.id].EmailVerified, u.kinds())
		}
		for _, a := range u.apps {
			if !slices.ContainsFunc(apps, func(row *ent.TOTPDevice) bool {
				return row.ID == a.id && row.UserID == u.id && row.LastStep == a.lastStep
			}) {
				g.t.Fatalf("no app of its user whose step %d was used last", a.lastStep)
			}
		}
		for _, c := range u.codes {
			if c.used {
				nUsed++
			} else {
				nUnused++
			}
		}
	}
	for _, row := range codes {
		if row.UsedAt != nil {
			nUsed--
		} else {
			nUnused--
		}
	}
	if n != len(rows) || nApps != len(apps) || nKeys != len(keys) || nUsed != 0 || nUnused != 0 {
		g.t.Fatalf("%d users, %d apps, %d passkeys; want %d, %d, %d; recovery codes: %d used and %d unused more than there are",
			len(rows), len(apps), len(keys), n, nApps, nKeys, nUsed, nUnused)
	}
	return ids, versions
}

// checkSessions checks that no session is open but those that the model allowed.
func (g *gate) checkSessions(ctx context.Context, slug string, versions map[uuid.UUID]int) idSet {
	g.t.Helper()
	ids := idSet{}
	known := map[uuid.UUID]*gateSession{}
	for _, s := range g.sessions {
		known[s.id] = s
	}
	for _, row := range must[[]*ent.Session](g.t)(g.env.DB.Session.Query().All(ctx)) {
		ids[row.ID] = true
		s := known[row.ID]
		if s == nil || s.user.slug != slug || versions[row.UserID] == 0 || s.user.id != row.UserID {
			g.t.Fatal("a session that no answer opened, or another's")
		}
		live := row.EndedAt == nil && row.CredentialVersion == versions[row.UserID]
		var proofs []amr.Method
		for _, p := range row.Proofs {
			proofs = append(proofs, amr.Method(p))
		}
		if live == s.ended || !sameMethods(proofs, s.proofs) {
			g.t.Fatalf("session live: %t by %v, want %t by %v", live, proofs, !s.ended, s.proofs)
		}
	}
	return ids
}

// checkChallenges checks the tries and the end of each.
func (g *gate) checkChallenges(ctx context.Context, slug string, users, sessions idSet) {
	g.t.Helper()
	known := map[uuid.UUID]*gateChallenge{}
	for _, c := range g.challenges {
		known[c.ID] = c
	}
	for _, row := range must[[]*ent.Challenge](g.t)(g.env.DB.Challenge.Query().All(ctx)) {
		c := known[row.ID]
		if c == nil || c.slug != slug || row.UserID != nil && !users[*row.UserID] || row.SessionID != nil && !sessions[*row.SessionID] {
			g.t.Fatalf("a challenge to %s that nobody was given, or another's", row.Purpose)
		}
		if row.TriesLeft < 0 || row.TriesLeft > gateTries-c.evaluated || c.ended && row.UsedAt == nil {
			g.t.Fatalf("challenge to %s: %d tries left after %d, ended %t", c.purpose, row.TriesLeft, c.evaluated, row.UsedAt != nil)
		}
	}
}

// checkBudgets checks that what is counted against users are this tenant's users, and no more than may be.
func (g *gate) checkBudgets(ctx context.Context, slug string, users idSet) {
	g.t.Helper()
	s := g.tenants[slug]
	for _, row := range must[[]*ent.Throttle](g.t)(g.env.DB.Throttle.Query().All(ctx)) {
		kind, id, _ := strings.Cut(row.Subject, ":")
		if kind != "user" && kind != "known" {
			continue
		}
		u, err := uuid.Parse(id)
		if err != nil || !users[u] {
			g.t.Fatal("guesses at another tenant's user")
		}
		if row.Count > s.failures || row.Failures > s.daily {
			g.t.Fatalf("%d guesses in a window, %d failures in a day", row.Count, row.Failures)
		}
	}
}

// checkEvents checks that what has happened concerns this tenant's own.
func (g *gate) checkEvents(ctx context.Context, users, sessions idSet) {
	g.t.Helper()
	if g.now().Unix()%10 != 0 { // there are many
		return
	}
	for _, row := range must[[]*ent.Event](g.t)(g.env.DB.Event.Query().All(ctx)) {
		if row.UserID != nil && !users[*row.UserID] || row.SessionID != nil && !sessions[*row.SessionID] {
			g.t.Fatalf("an event %s of another tenant's", row.Type)
		}
	}
}

// checkDevices checks that those devices are trusted that earned it, and no others.
func (g *gate) checkDevices(ctx context.Context, slug string, users idSet) {
	g.t.Helper()
	trusted := map[uuid.UUID]int{}
	for _, row := range must[[]*ent.TrustedDevice](g.t)(g.env.DB.TrustedDevice.Query().All(ctx)) {
		if !users[row.UserID] {
			g.t.Fatal("a device of another tenant's")
		}
		if row.ExpiresAt.After(g.now()) {
			trusted[row.UserID]++
		}
	}
	for _, u := range g.users {
		want := 0
		for _, d := range u.devices {
			if g.now().Before(d.trustedUntil) {
				want++
			}
		}
		if u.slug == slug && trusted[u.id] != want {
			g.t.Fatalf("%d devices are trusted, want %d", trusted[u.id], want)
		}
	}
}

// gateBudget counts guesses as they should be counted: those of a window, and of a day those that failed.
type gateBudget struct {
	count, failures int
	ends, day       time.Time
}

// guess counts one that was evaluated.
func (b *gateBudget) guess(now time.Time, failed bool) {
	if b.count == 0 || !now.Before(b.ends) {
		b.count, b.ends = 0, now.Add(15*time.Minute)
	}
	b.count++
	if !failed {
		return
	}
	if !now.Before(b.day) {
		b.failures, b.day = 0, now.Add(24*time.Hour)
	}
	b.failures++
}

// sameMethods compares sets.
func sameMethods(a, b []amr.Method) bool {
	set := func(of []amr.Method) []amr.Method { return slices.Compact(slices.Sorted(slices.Values(of))) }
	return slices.Equal(set(a), set(b))
}
