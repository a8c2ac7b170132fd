package e2e

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"
)

// bound is how long another replica may still honour an access token of a session that has ended.
const bound = time.Second

// refusedWithin checks that every replica refuses a bearer token within the bound from now on.
func refusedWithin(t *testing.T, replicas []*replica, tokens []string, status int) {
	t.Helper()
	begin := time.Now()
	for _, r := range replicas {
		for _, token := range tokens {
			for {
				asked := time.Since(begin)
				a := ask(r.api().me(token))
				if a.Status == status {
					break
				}
				if asked > bound {
					t.Errorf("asked %s after the end, %s answers %s, want %d", asked, r.url, a, status)
					break
				}
				time.Sleep(10 * time.Millisecond)
			}
		}
	}
}

// warm has every replica keep the session in its cache.
func warm(t *testing.T, replicas []*replica, token string) {
	t.Helper()
	for _, r := range replicas {
		expect(t, 200)(r.api().me(token))
		expect(t, 200)(r.api().me(token))
	}
}

// SES-04, and OPS-01 for its revocations.
func TestASessionEndedAtOneReplicaIsRefusedAtTheOthers(t *testing.T) {
	for _, name := range []string{"with Redis", "with Redis stopped", "without Redis"} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			var env []string
			stop := func() {}
			if name != "without Redis" {
				redis := ownRedis(t)
				env = []string{"TENANTGATE_REDIS_URL=" + redis.URL()}
				if name == "with Redis stopped" {
					stop = redis.Kill
				}
			}
			replicas := w.startAll(3, env...)
			first := w.signUp(replicas[0].api(), "ann@x.test")
			stop()
			for range scaled(3, 20) {
				in := expect(t, 200)(replicas[1].api().login("ann@x.test", password))
				warm(t, replicas, in.AccessToken)
				expect(t, http.StatusNoContent)(replicas[0].api().logout(in.AccessToken))
				for _, r := range replicas {
					if a := ask(r.api().refresh(in.RefreshToken)); a.Status != 401 {
						t.Errorf("%s refreshes an ended session: %s", r.url, a)
					}
				}
				refusedWithin(t, replicas, []string{in.AccessToken}, 401)
			}
			warm(t, replicas, first.AccessToken)
		})
	}
}

// TEN-10, by the command line, and SES-09 for the tenant.
func TestASuspendedTenantIsRefusedEverywhereAndItsSessionsStayDead(t *testing.T) {
	w, replicas := cluster(t)
	w.createTenant("other")
	in := w.signUp(replicas[0].api(), "ann@x.test")
	warm(t, replicas, in.AccessToken)
	w.cli("tenant", "suspend", tenant)
	for _, r := range replicas {
		if a := ask(r.api().refresh(in.RefreshToken)); a.Status != 403 && a.Status != 401 {
			t.Errorf("%s refreshes for a suspended tenant: %s", r.url, a)
		}
	}
	refusedWithin(t, replicas, []string{in.AccessToken}, 403)
	for _, r := range replicas {
		if a := ask(r.api().login("ann@x.test", password)); a.Code != "tenant_suspended" {
			t.Errorf("log-in at %s: %s", r.url, a)
		}
		if len(jwksOf(t, r)) == 0 {
			t.Errorf("%s publishes no keys while the tenant is suspended", r.url)
		}
		if a := ask(r.tenant("other").login("ann@x.test", password)); a.Status != 401 {
			t.Errorf("another tenant at %s: %s, want 401 as ever", r.url, a)
		}
	}
	w.cli("tenant", "resume", tenant)
	eventually(t, 2*bound, "a resumed tenant lets its users in", func() bool {
		return !slices.ContainsFunc(replicas, func(r *replica) bool {
			return ask(r.api().login("ann@x.test", password)).Status != 200
		})
	})
	for _, r := range replicas {
		if a := ask(r.api().refresh(in.RefreshToken)); a.Status != 401 {
			t.Errorf("%s refreshes a session from before the suspension: %s", r.url, a)
		}
	}
}

// SES-02.
func TestParallelRefreshesOfOneTokenLogNobodyOut(t *testing.T) {
	w, replicas := cluster(t)
	in := w.signUp(replicas[0].api(), "ann@x.test")
	for range scaled(3, 50) {
		answers := together(20, func(i int) answer { return ask(replicas[i%3].api().refresh(in.RefreshToken)) })
		leaves := map[string]bool{}
		for _, a := range answers {
			if a.Status != 200 {
				t.Fatalf("an honest refresh: %s", a)
			}
			leaves[a.RefreshToken] = true
			in = a
		}
		if len(leaves) != 1 {
			t.Errorf("%d successors of one token, want 1", len(leaves))
		}
	}
	warm(t, replicas, in.AccessToken)
}

// SES-01 and SES-03. The clock moves past the grace.
func TestAnOldRefreshTokenEndsItsSessionAndALostAnswerDoesNot(t *testing.T) {
	w := newWorld(t, withTestClock)
	clock := newClock(t)
	replicas := w.startAll(3, clock.env())
	first := w.signUp(replicas[0].api(), "ann@x.test")
	second := expect(t, 200)(replicas[1].api().refresh(first.RefreshToken))
	again := expect(t, 200)(replicas[2].api().refresh(first.RefreshToken))
	if again.RefreshToken != second.RefreshToken {
		t.Error("a retry within the grace forks the session")
	}
	third := expect(t, 200)(replicas[0].api().refresh(second.RefreshToken))
	warm(t, replicas, third.AccessToken)
	clock.set(15 * time.Second)
	if a := expect(t, 401)(replicas[1].api().refresh(first.RefreshToken)); a.Code != "refresh_token_reused" {
		t.Errorf("an old token: %s", a)
	}
	for _, r := range replicas {
		expect(t, 401)(r.api().refresh(third.RefreshToken))
	}
	refusedWithin(t, replicas, []string{third.AccessToken}, 401)
	if n := w.count("SELECT count(*) FROM events WHERE type = 'session.refresh_token_reused'"); n != 1 {
		t.Errorf("%d events, want 1", n)
	}
	ctx, cancel := context.WithTimeout(t.Context(), mailLimit)
	defer cancel()
	if _, err := w.mails.await(ctx, "ann@x.test", 2); err != nil {
		t.Errorf("no notice was mailed: %v", err)
	}
}

func kidOf(t testing.TB, token string) string {
	t.Helper()
	var header struct{ Kid string }
	first, _, _ := strings.Cut(token, ".")
	text := must(base64.RawURLEncoding.DecodeString(first))(t)
	if err := json.Unmarshal(text, &header); err != nil {
		t.Fatal(err)
	}
	return header.Kid
}

// jwksOf returns the kids that a replica publishes.
func jwksOf(t testing.TB, r *replica) map[string]bool {
	t.Helper()
	resp, err := httpClient.Get(r.url + "/t/" + tenant + "/.well-known/jwks.json")
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	var set struct {
		Keys []struct{ Kid string } `json:"keys"`
	}
	if err := json.NewDecoder(resp.Body).Decode(&set); err != nil {
		t.Fatal(err)
	}
	kids := map[string]bool{}
	for _, k := range set.Keys {
		kids[k.Kid] = true
	}
	return kids
}
