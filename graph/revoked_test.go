package graph_test

import (
	"bufio"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/websocket"

	"github.com/tenantgate/tenantgate/ent"
	"github.com/tenantgate/tenantgate/graph/graphtest"
	"github.com/tenantgate/tenantgate/internal/access"
	"github.com/tenantgate/tenantgate/internal/events"
	"github.com/tenantgate/tenantgate/internal/ids"
	"github.com/tenantgate/tenantgate/internal/tenancy"
	"github.com/tenantgate/tenantgate/tenants"
)

// lengthen writes n events of a size into a tenant's audit log.
func lengthen(t *testing.T, env *graphtest.Env, slug string, n, size int) {
	t.Helper()
	env.Place(t)
	ctx := tenancy.With(t.Context(), env.Tenant(t, slug).ID)
	last, err := events.Last(ctx, env.DB.Client)
	must(t, err)
	data := []byte(`{"x":"` + strings.Repeat("y", size) + `"}`)
	for at := 0; at < n; at += 500 {
		var rows []*ent.EventCreate
		for i := range min(500, n-at) {
			rows = append(rows, env.DB.Event.Create().SetID(ids.New()).SetType("user.changed").SetActor("system").SetAt(env.Clock.Now()).
				SetUserID(ids.New()).SetPosition(last+int64(at+i)+1).SetData(data))
		}
		must(t, env.DB.Event.CreateBulk(rows...).Exec(ctx))
	}
	must(t, env.DB.EventSequence.Update().SetLast(last+int64(n)).Exec(ctx))
}

// beginExport returns an export of which the first line was read.
func beginExport(t *testing.T, env *graphtest.Env, as graphtest.Caller) *bufio.Reader {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, env.AdminURL+"/admin/events.jsonl?tenant=acme", nil)
	must(t, err)
	r.Header.Set("Authorization", "Bearer "+as.Bearer)
	response, err := env.Client.Do(r)
	must(t, err)
	t.Cleanup(func() { _ = response.Body.Close() })
	out := bufio.NewReader(response.Body)
	if line, err := out.ReadString('\n'); response.StatusCode != http.StatusOK || err != nil {
		t.Fatalf("%d %s %v", response.StatusCode, line, err)
	}
	return out
}

// reader is all that one key has open at one replica.
type reader struct {
	env       *graphtest.Env
	following *following
	socket    *websocket.Conn
	export    *bufio.Reader
}

func TestARevokedKeyIsRefusedEverywhereAndReadsNoFurther(t *testing.T) {
	t.Parallel()
	graphtest.Each(t, func(t *testing.T, first *graphtest.Env) {
		t.Run("ADM-03", func(t *testing.T) {
			const many, size = 2500, 10 << 10 // more than lies between a server and its reader
			acme, tenant := first.TenantID(t, graphtest.Acme), first.Tenant(t, graphtest.Acme)
			lengthen(t, first, graphtest.Acme, many, size)
			key, secret, err := first.Tenants.CreateAPIKey(t.Context(), tenant, tenants.NewAPIKey{Name: "x", Role: access.Auditor})
			must(t, err)
			as := graphtest.Caller{Bearer: secret}
			var all []*reader
			for _, env := range first.Replicas(t, 3) {
				env.Must(t, as, whoAmI, nil)
				vars := graphtest.Vars{"tenant": acme, "types": []string{"tenant.deleted"}}
				r := &reader{env: env, following: subscribe(t, env, as, vars), export: beginExport(t, env, as)}
				r.socket, err = dial(t, env, transportWS, env.AdminURL, "Authorization", "Bearer "+secret)
				must(t, err)
				say(t, r.socket, "connection_init", "", nil)
				wants(t, r.socket, "connection_ack")
				say(t, r.socket, "subscribe", "1", map[string]any{"query": follow, "variables": vars})
				say(t, r.socket, "subscribe", "2", map[string]any{"query": `{ viewer { kind } }`})
				wants(t, r.socket, "next") // of the second: the first has begun, or is about to
				wants(t, r.socket, "complete")
				all = append(all, r)
			}
			_, err = first.Tenants.RevokeAPIKey(t.Context(), tenant, key.ID)
			must(t, err)
			began := time.Now()
			for i, r := range all {
				if a := r.env.Do(t, as, whoAmI, nil); a.Status != http.StatusUnauthorized || a.Code() != "INVALID_TOKEN" {
					t.Errorf("replica %d answers a revoked key %d %s", i, a.Status, a.Body)
				}
				r.following.t = t
				r.following.endsWith("INVALID_TOKEN")
				// One that had begun ends with an error; one that had not is refused.
				refused := `{"errors":[{"message":"The API key or session is not valid any more.","extensions":{"code":"INVALID_TOKEN"}}],"data":null}`
				m, err := hear(t, r.socket)
				ended := m.Type == "error" && strings.Contains(string(m.Payload), "INVALID_TOKEN")
				if err == nil && !ended && (m.Type != "next" || string(m.Payload) != refused) {
					t.Errorf("replica %d: the WebSocket of a revoked key hears %s %s", i, m.Type, m.Payload)
				}
			}
			if took := time.Since(began); took > 5*time.Second { // each looks every second; the rest is for a slow machine
				t.Errorf("the last subscription ended %v after the revocation", took)
			}
			for i, r := range all {
				if n, err := io.Copy(io.Discard, r.export); err == nil || n > many*size*9/10 {
					t.Errorf("replica %d exported %d bytes to a revoked key, ending with %v", i, n, err)
				}
			}
		})
	})
}

// What a key may see is looked at again with each part, not only that there is the key.
func TestAnExportEndsWithThePermissionToSeeWhatItHolds(t *testing.T) {
	t.Parallel()
	env := graphtest.New(t)
	const many, size = 2500, 10 << 10
	lengthen(t, env, graphtest.Acme, many, size)
	suspended := beginExport(t, env, env.Key(t, access.Auditor, graphtest.Acme))
	platform := beginExport(t, env, env.Key(t, access.Auditor, ""))
	_, err := env.Tenants.Suspend(t.Context(), graphtest.Acme) // with the tenant its keys open nothing
	must(t, err)
	if n, err := io.Copy(io.Discard, suspended); err == nil || n > many*size*9/10 {
		t.Errorf("%d bytes were exported to a key of a suspended tenant, ending with %v", n, err)
	}
	if n, err := io.Copy(io.Discard, platform); err != nil || n < many*size {
		t.Errorf("%d bytes were exported to a key of the platform, ending with %v", n, err)
	}
}
