package graph

import (
	"bytes"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"reflect"
	"strings"
	"sync"
	"time"

	"github.com/99designs/gqlgen/graphql/handler/transport"
)

// sockets are the WebSockets of a server.
type sockets struct {
	accept transport.WebsocketImplementation

	mu   sync.Mutex
	open map[*socket]bool
}

func newSockets() *sockets {
	return &sockets{accept: transport.CoderWebsocketImplementation{}, open: map[*socket]bool{}}
}

// Accept switches a request to a WebSocket.
func (s *sockets) Accept(w http.ResponseWriter, r *http.Request, o transport.WebsocketAcceptOptions) (transport.WebsocketConn, error) {
	o.Subprotocols = []string{subprotocol}
	conn, err := s.accept.Accept(w, r, o)
	if err != nil {
		return nil, err
	}
	one := &socket{WebsocketConn: conn, of: s, asked: map[string]bool{}}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.open[one] = true
	return one, nil
}

// drain tells all subscribers that the server stops.
func (s *sockets) drain() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for one := range s.open {
		one.stop()
	}
}

// socket is one WebSocket. It bounds how long a message may take, and gives no id to two subscriptions at a time.
type socket struct {
	transport.WebsocketConn
	of *sockets

	mu      sync.Mutex
	stopped bool
	asked   map[string]bool // the ids of subscriptions that have not ended
}

// message is what a socket looks at of a message.
type message struct {
	Type string `json:"type"`
	ID   string `json:"id"`
}

// NextReader waits for a message. A subscription whose id another one has that has not ended closes the connection: the library
// would lose sight of the other one.
func (s *socket) NextReader() (int, io.Reader, error) {
	kind, r, err := s.WebsocketConn.NextReader()
	if err != nil {
		return kind, nil, err
	}
	text, err := io.ReadAll(r)
	if err != nil {
		return kind, nil, err
	}
	var m message
	if json.Unmarshal(text, &m) != nil || m.Type != "subscribe" { // what is wrong with it, the library says
		return kind, bytes.NewReader(text), nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.asked[m.ID] {
		s.stopped = true
		_ = s.WebsocketConn.WriteClose(closeIDInUse, "A subscription of this id has not ended")
		return kind, nil, net.ErrClosed
	}
	s.asked[m.ID] = true
	return kind, bytes.NewReader(text), nil
}

// SetReadLimit bounds messages.
func (s *socket) SetReadLimit(limit int64) {
	if limiter, ok := s.WebsocketConn.(transport.WebsocketReadLimiter); ok {
		limiter.SetReadLimit(limit)
	}
}

// SetReadDeadline bounds the wait for a message.
func (s *socket) SetReadDeadline(at time.Time) error {
	if deadliner, ok := s.WebsocketConn.(transport.WebsocketReadDeadliner); ok {
		return deadliner.SetReadDeadline(at)
	}
	return nil
}

// WriteJSON sends a message. One that does not leave in time takes the connection with it. While the server stops nothing is
// sent: that a subscription ends with it must not look like its end.
func (s *socket) WriteJSON(v any) error {
	s.mu.Lock()
	stopped := s.stopped
	if m := messageOf(v); m.Type == "complete" || m.Type == "error" {
		delete(s.asked, m.ID)
	}
	s.mu.Unlock()
	if stopped {
		return io.ErrClosedPipe
	}
	late := time.AfterFunc(writeLimit, func() { _ = s.Close() })
	defer late.Stop()
	return s.WebsocketConn.WriteJSON(v)
}

// messageOf looks at a message of the library's, whose type it keeps to itself.
func messageOf(v any) message {
	m := reflect.Indirect(reflect.ValueOf(v))
	return message{m.FieldByName("Type").String(), m.FieldByName("ID").String()}
}

// WriteClose says good-bye, with the codes of the subprotocol.
func (s *socket) WriteClose(code int, reason string) error {
	if code == transport.WebsocketCloseProtocolError && strings.Contains(reason, "timeout") {
		code, reason = closeInitTimeout, "Connection initialisation timeout"
	}
	return s.WebsocketConn.WriteClose(code, reason)
}

func (s *socket) stop() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.stopped = true
	_ = s.WebsocketConn.WriteClose(closeRestart, "The server stops: go on at another one from your cursor.")
}

// Close ends the connection.
func (s *socket) Close() error {
	s.of.mu.Lock()
	delete(s.of.open, s)
	s.of.mu.Unlock()
	return s.WebsocketConn.Close()
}
