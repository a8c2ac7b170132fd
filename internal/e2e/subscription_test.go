package e2e

import (
	"bufio"
	"bytes"
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/tenantgate/tenantgate/internal/ids"
	"github.com/tenantgate/tenantgate/internal/testenv"
)

// A GraphQL client that others wrote holds a subscription while replicas die and come back under load: it hears of every event of
// the tenant once and in order, and no longer than its key lives.
func TestASubscriptionLosesNothingAndRepeatsNothingWhileReplicasAreKilled(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"graphql", "graphql-ws", "graphql-sse", "ws"} {
		needsNode(t, name)
	}
	w := newWorld(t, with("TENANTGATE_REDIS_URL="+testenv.Redis(t)))
	var replicas []*replica
	var admins []string
	for range 3 {
		admin := fmt.Sprintf("127.0.0.1:%d", testenv.FreePort())
		admins = append(admins, admin)
		replicas = append(replicas, w.start("TENANTGATE_ADMIN_LISTEN="+admin))
	}
	url := "http://" + balance(t, admins) + "/admin/graphql"
	key := cliJSON[struct{ ID, Key string }](w, "key", "create", "--role", "auditor", "--tenant", tenant)
	id, first := firstEvent(t, url, key.Key)
	followers := map[string]*follower{}
	for _, transport := range []string{"ws", "sse"} {
		followers[transport] = startFollower(t, transport, url, key.Key, id, first)
	}

	_, stop := load(w, replicas, scaled(3, 10))
	for i := range scaled(6, 60) {
		time.Sleep(scaled(1500*time.Millisecond, 3*time.Second))
		r := replicas[i%len(replicas)]
		r.kill()
		if err := r.start(); err != nil {
			t.Fatal(err)
		}
	}
	stop()
	eventually(t, 30*time.Second, "every event has a position", func() bool {
		return w.count("SELECT count(*) FROM events WHERE position IS NULL") == 0
	})
	want := w.eventIDs()
	for transport, f := range followers {
		eventually(t, 30*time.Second, transport+" has heard the last event", func() bool {
			return f.last() == len(want)
		})
		f.matches(t, transport, want)
	}
	if len(want) < 50 {
		t.Errorf("%d events: too few to show anything", len(want))
	}

	// The replicas answer for what they do: revoking is an event, yet nobody who showed the key hears of more.
	w.cli("key", "revoke", key.ID, "--tenant", tenant)
	for transport, f := range followers {
		select {
		case <-f.done:
		case <-time.After(20 * time.Second):
			t.Errorf("%s goes on with a revoked key", transport)
		}
		if ended := f.ended(); len(ended) == 0 || ended[len(ended)-1] != "INVALID_TOKEN" {
			t.Errorf("%s ended with %v, want INVALID_TOKEN at last", transport, ended)
		}
		t.Logf("%s: %d events, %d times cut off", transport, f.last(), len(f.ended())-1)
	}
}

// eventIDs are the ids of the tenant's events in the order of their positions, as subscribers see them.
func (w *world) eventIDs() []string {
	w.t.Helper()
	db, err := sql.Open("pgx", w.database)
	if err != nil {
		w.t.Fatal(err)
	}
	defer db.Close()
	rows, err := db.Query(`SELECT e.position, e.id FROM events e JOIN tenants t ON t.id = e.tenant_id
		WHERE t.slug = $1 AND e.position IS NOT NULL ORDER BY e.position`, tenant)
	if err != nil {
		w.t.Fatal(err)
	}
	defer rows.Close()
	var out []string
	for rows.Next() {
		var position int
		var id string
		if err := rows.Scan(&position, &id); err != nil {
			w.t.Fatal(err)
		}
		if position != len(out)+1 {
			w.t.Fatalf("the position behind %d is %d", len(out), position)
		}
		out = append(out, id)
	}
	if err := rows.Err(); err != nil {
		w.t.Fatal(err)
	}
	return out
}

// firstEvent returns the id of the tenant and the cursor of its first event.
func firstEvent(t *testing.T, url, key string) (tenantID, cursor string) {
	t.Helper()
	ask := func(query string, into any) {
		body, _ := json.Marshal(fields{"query": query})
		req, err := http.NewRequestWithContext(t.Context(), "POST", url, bytes.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Content-Type", "application/json")
		req.Header.Set("Authorization", "Bearer "+key)
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		text, err := io.ReadAll(resp.Body)
		if err != nil || json.Unmarshal(text, into) != nil {
			t.Fatalf("%d %s, %v", resp.StatusCode, text, err)
		}
	}
	var found struct {
		Data struct{ Tenant struct{ ID string } }
	}
	ask(`{ tenant(slug: "`+tenant+`") { id } }`, &found)
	tenantID = found.Data.Tenant.ID
	eventually(t, 10*time.Second, "the first event has a position", func() bool {
		var list struct {
			Data struct {
				Events struct{ Nodes []struct{ Cursor string } }
			}
		}
		ask(`{ events(tenant: "`+tenantID+`", first: 1, orderBy: {field: POSITION, direction: ASC}) { nodes { cursor } } }`, &list)
		if len(list.Data.Events.Nodes) > 0 {
			cursor = list.Data.Events.Nodes[0].Cursor
		}
		return cursor != ""
	})
	return tenantID, cursor
}

// follower is a client that follows the events of a tenant.
type follower struct {
	done chan struct{}

	mu    sync.Mutex
	heard []heardEvent
	ends  []string
	rest  []string // what it printed besides
}

type heardEvent struct {
	ID       string
	Position int
	Ended    string
}

func startFollower(t *testing.T, args ...string) *follower {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	cmd := exec.CommandContext(ctx, "node", append([]string{"subscribe.mjs"}, args...)...)
	cmd.Dir = "clients"
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	read, write := io.Pipe()
	cmd.Stdout, cmd.Stderr = write, write
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	f := &follower{done: make(chan struct{})}
	go func() {
		_ = cmd.Wait()
		_ = write.Close()
	}()
	go func() {
		defer close(f.done)
		for lines := bufio.NewScanner(read); lines.Scan(); {
			f.note(lines.Bytes())
		}
	}()
	t.Cleanup(func() {
		cancel()
		<-f.done
		if t.Failed() {
			t.Logf("%s was cut off by %v and printed %s", args[0], f.ends, strings.Join(f.rest, "\n"))
		}
	})
	return f
}

func (f *follower) note(line []byte) {
	f.mu.Lock()
	defer f.mu.Unlock()
	var e heardEvent
	switch err := json.Unmarshal(line, &e); {
	case err != nil:
		f.rest = append(f.rest, string(line))
	case e.Ended != "":
		f.ends = append(f.ends, e.Ended)
	default:
		f.heard = append(f.heard, e)
	}
}

// last is the position of the last event that was heard.
func (f *follower) last() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	if len(f.heard) == 0 {
		return 0
	}
	return f.heard[len(f.heard)-1].Position
}

func (f *follower) ended() []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return append([]string{}, f.ends...)
}

// matches compares what was heard with all events behind the first.
func (f *follower) matches(t *testing.T, transport string, want []string) {
	t.Helper()
	f.mu.Lock()
	defer f.mu.Unlock()
	if len(f.heard) != len(want)-1 {
		t.Errorf("%s heard %d events, want %d", transport, len(f.heard), len(want)-1)
	}
	for i, e := range f.heard {
		if i+1 < len(want) && (e.Position != i+2 || e.ID != ids.Format(ids.Event, uuid.MustParse(want[i+1]))) {
			t.Fatalf("%s heard %+v as number %d, want %s", transport, e, i+2, want[i+1])
		}
	}
	if len(f.ends) == 0 {
		t.Errorf("%s was never cut off: that shows nothing", transport)
	}
}

// balance forwards each connection to the next address that takes it, as a balancer of TCP does.
func balance(t *testing.T, targets []string) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	go func() {
		for turn := 0; ; turn++ {
			in, err := l.Accept()
			if err != nil {
				return
			}
			go forward(in, targets, turn)
		}
	}()
	return l.Addr().String()
}

func forward(in net.Conn, targets []string, turn int) {
	defer in.Close()
	for i := range targets {
		out, err := net.DialTimeout("tcp", targets[(turn+i)%len(targets)], time.Second)
		if err != nil {
			continue
		}
		go func() {
			_, _ = io.Copy(out, in)
			_ = out.Close()
		}()
		_, _ = io.Copy(in, out)
		_ = out.Close()
		return
	}
}
