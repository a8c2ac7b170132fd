package graph_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"testing"

	"golang.org/x/net/websocket"

	"github.com/tenantgate/tenantgate/graph/graphtest"
	"github.com/tenantgate/tenantgate/internal/access"
)

// wsMessage is a message of graphql-transport-ws.
type wsMessage struct {
	Type    string          `json:"type"`
	ID      string          `json:"id,omitempty"`
	Payload json.RawMessage `json:"payload,omitempty"`
}

// dial opens a WebSocket from an origin, with headers given as pairs.
func dial(t *testing.T, env *graphtest.Env, protocol, origin string, headers ...string) (*websocket.Conn, error) {
	t.Helper()
	config, err := websocket.NewConfig(strings.Replace(env.AdminURL, "http", "ws", 1)+"/admin/graphql", origin)
	if err != nil {
		t.Fatal(err)
	}
	config.Protocol = []string{protocol}
	for i := 0; i < len(headers); i += 2 {
		config.Header.Set(headers[i], headers[i+1])
	}
	conn, err := config.DialContext(t.Context())
	if err == nil {
		t.Cleanup(func() { _ = conn.Close() })
	}
	return conn, err
}

func say(t *testing.T, conn *websocket.Conn, kind, id string, payload any) {
	t.Helper()
	text, err := json.Marshal(payload)
	if err != nil {
		t.Fatal(err)
	}
	if err := websocket.JSON.Send(conn, wsMessage{kind, id, text}); err != nil {
		t.Fatal(err)
	}
}

// hear returns the next message that is no ping, and where the connection was closed an error with the close code.
func hear(t *testing.T, conn *websocket.Conn) (wsMessage, error) {
	t.Helper()
	for {
		frame, err := conn.NewFrameReader()
		if err != nil {
			return wsMessage{}, err
		}
		text, err := io.ReadAll(frame)
		if err != nil {
			return wsMessage{}, err
		}
		if frame.PayloadType() == websocket.CloseFrame {
			return wsMessage{}, fmt.Errorf("closed: %d", int(text[0])<<8|int(text[1]))
		}
		var m wsMessage
		if err := json.Unmarshal(text, &m); err != nil {
			t.Fatalf("%q: %v", text, err)
		}
		if m.Type != "ping" {
			return m, nil
		}
	}
}

func wants(t *testing.T, conn *websocket.Conn, kind string) wsMessage {
	t.Helper()
	m, err := hear(t, conn)
	if err != nil || m.Type != kind {
		t.Fatalf("heard %+v, %v; want %s", m, err, kind)
	}
	return m
}

const transportWS = "graphql-transport-ws"

func TestASubscriptionOverWebSocketTakesItsCredentialByHeaderOrWithTheFirstMessage(t *testing.T) {
	t.Parallel()
	env := graphtest.New(t)
	acme, auditor := env.TenantID(t, graphtest.Acme), env.Key(t, access.Auditor, graphtest.Acme)
	open := func(payload any, headers ...string) *websocket.Conn {
		conn, err := dial(t, env, transportWS, env.AdminURL, headers...)
		if err != nil {
			t.Fatal(err)
		}
		say(t, conn, "connection_init", "", payload)
		return conn
	}
	byHeader := open(nil, "Authorization", "Bearer "+auditor.Bearer)
	byMessage := open(map[string]string{"authorization": "Bearer " + auditor.Bearer})
	env.Place(t)
	for _, conn := range []*websocket.Conn{byHeader, byMessage} {
		wants(t, conn, "connection_ack")
		say(t, conn, "subscribe", "1", map[string]any{
			"query": follow, "variables": map[string]any{"tenant": acme, "types": []string{"user.signed_up"}},
		})
		// The answer says that the subscription before it has begun.
		say(t, conn, "subscribe", "2", map[string]any{"query": `{ viewer { kind } }`})
		if m := wants(t, conn, "next"); m.ID != "2" || !strings.Contains(string(m.Payload), "INVALID_INPUT") {
			t.Errorf("a query over WebSocket: %+v", m)
		}
		wants(t, conn, "complete")
	}
	last := subscribe(t, env, auditor, graphtest.Vars{"tenant": acme, "types": []string{"user.signed_up"}})
	env.SignUp(t, graphtest.Acme, "ann@x.test")
	env.Place(t)
	last.hears("user.signed_up")
	for _, conn := range []*websocket.Conn{byHeader, byMessage} {
		if m := wants(t, conn, "next"); m.ID != "1" || !strings.Contains(string(m.Payload), "user.signed_up") {
			t.Errorf("heard %+v", m)
		}
	}

	say(t, byHeader, "complete", "1", nil)
	if err := env.Tenants.Delete(t.Context(), graphtest.Acme, nil); err != nil {
		t.Fatal(err)
	}
	if m := wants(t, byMessage, "error"); m.ID != "1" || !strings.Contains(string(m.Payload), "INVALID_TOKEN") {
		t.Errorf("the subscription of a key that is gone ended with %s", m.Payload)
	}
}

func TestAWebSocketThatShowsNoCredentialIsClosedWithACode(t *testing.T) {
	t.Parallel()
	env := graphtest.New(t)
	auditor := env.Key(t, access.Auditor, graphtest.Acme)
	for what, c := range map[string]struct {
		payload any
		headers []string
		code    string
	}{
		"none":         {nil, nil, "4401"},
		"a wrong one":  {map[string]string{"authorization": "Bearer tg_wrong"}, nil, "4401"},
		"two":          {map[string]string{"authorization": "Bearer " + auditor.Bearer}, []string{"Authorization", "Bearer " + auditor.Bearer}, "4403"},
		"no bearer":    {map[string]string{"authorization": auditor.Bearer}, nil, "4401"},
		"not even one": {map[string]any{"authorization": []int{1}}, nil, "4401"},
	} {
		conn, err := dial(t, env, transportWS, env.AdminURL, c.headers...)
		if err != nil {
			t.Fatal(err)
		}
		say(t, conn, "connection_init", "", c.payload)
		if m, err := hear(t, conn); err == nil || !strings.HasSuffix(err.Error(), c.code) {
			t.Errorf("%s: %+v, %v; want %s", what, m, err, c.code)
		}
	}
}

func TestAWebSocketOfAnotherProtocolOrOriginIsRefusedBeforeItBegins(t *testing.T) {
	t.Parallel()
	env := graphtest.New(t)
	auditor := env.Key(t, access.Auditor, graphtest.Acme)
	for what, c := range map[string]struct{ protocol, origin, key string }{
		"the older subprotocol": {"graphql-ws", env.AdminURL, auditor.Bearer},
		"another origin":        {transportWS, "https://evil.test", auditor.Bearer},
		"a wrong key":           {transportWS, env.AdminURL, "tg_wrong"},
	} {
		_, err := dial(t, env, c.protocol, c.origin, "Authorization", "Bearer "+c.key)
		if err == nil {
			t.Errorf("%s is let in", what)
		}
	}
}

func TestWebSocketsAreToldThatTheServerStops(t *testing.T) {
	t.Parallel()
	env := graphtest.New(t)
	acme, auditor := env.TenantID(t, graphtest.Acme), env.Key(t, access.Auditor, graphtest.Acme)
	conn, err := dial(t, env, transportWS, env.AdminURL, "Authorization", "Bearer "+auditor.Bearer)
	if err != nil {
		t.Fatal(err)
	}
	say(t, conn, "connection_init", "", nil)
	wants(t, conn, "connection_ack")
	say(t, conn, "subscribe", "1", map[string]any{"query": follow, "variables": map[string]any{"tenant": acme}})
	env.Server.Drain()
	_, err = hear(t, conn)
	if err == nil || errors.Is(err, net.ErrClosed) || !strings.HasSuffix(err.Error(), "1012") {
		t.Errorf("heard %v, want to be closed with 1012", err)
	}
}
