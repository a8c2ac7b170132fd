package graph

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"github.com/tenantgate/tenantgate/internal/events"
)

// serverSent is the transport of subscriptions as server-sent events, by POST, in the distinct connections mode of the
// GraphQL-over-SSE protocol.
type serverSent struct{ streams *events.Streams }

// Supports reports whether a request asks for server-sent events.
func (serverSent) Supports(r *http.Request) bool {
	return r.Method == http.MethodPost && r.Header.Get("Upgrade") == "" && accepts(r, typeEvents)
}

// Do answers a request. What is wrong with it is told as an answer of its own; from then on all is told by events.
func (t serverSent) Do(w http.ResponseWriter, r *http.Request, exec graphql.GraphExecutor) {
	params, wrong := readParams(r)
	if wrong != nil {
		answer(w, r, http.StatusBadRequest, &graphql.Response{Errors: gqlerror.List{wrong}})
		return
	}
	why := &ending{}
	ctx := context.WithValue(context.WithValue(r.Context(), endingKey{}, why), streamingKey{}, true)
	op, refused := exec.CreateOperationContext(ctx, params)
	if len(refused) > 0 {
		refused = refused[:min(len(refused), maxErrors)]
		answer(w, r, statusOf(w, refused[0]), exec.DispatchError(graphql.WithOperationContext(ctx, op), refused))
		return
	}
	s := &sent{w: w, control: http.NewResponseController(w)}
	if s.begin() != nil {
		return
	}
	responses := make(chan []byte)
	run, ctx := exec.DispatchOperation(ctx, op)
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	go func() {
		defer close(responses)
		for {
			one := run(ctx)
			if one == nil {
				return
			}
			text, err := json.Marshal(one) // before the next one is run: they share a buffer
			if err != nil {
				end(ctx, err)
				return
			}
			select {
			case responses <- text:
			case <-ctx.Done():
				return
			}
		}
	}()
	t.send(s, responses, why)
}

// send writes responses as they come, and between them what keeps the connection open.
func (t serverSent) send(s *sent, responses <-chan []byte, why *ending) {
	ping := time.NewTicker(pingEvery)
	defer ping.Stop()
	for {
		var err error
		select {
		case one, ok := <-responses:
			if !ok {
				t.finish(s, why)
				return
			}
			err = s.next(one)
		case <-ping.C:
			err = s.write(":\n\n")
		}
		if err != nil {
			return
		}
	}
}

// finish says that a subscription has ended, and why. Of a server that stops nothing is said: the subscriber shall come again.
func (t serverSent) finish(s *sent, why *ending) {
	if told := why.told(); told != nil {
		if text, err := json.Marshal(&graphql.Response{Errors: gqlerror.List{told}}); err == nil {
			_ = s.next(text)
		}
	} else {
		select {
		case <-t.streams.Closed():
			return
		default:
		}
	}
	_ = s.write("event: complete\ndata:\n\n")
}

// sent is an answer of server-sent events. Each must leave in time.
type sent struct {
	w       http.ResponseWriter
	control *http.ResponseController
}

func (s *sent) begin() error {
	// The server's own limits are for requests that end.
	if err := errors.Join(s.control.SetReadDeadline(time.Time{}), s.control.SetWriteDeadline(time.Time{})); err != nil {
		return err
	}
	s.w.Header().Set("Content-Type", typeEvents)
	s.w.Header().Set("X-Accel-Buffering", "no") // proxies must not collect events
	s.w.WriteHeader(http.StatusOK)
	return s.write(":\n\n")
}

func (s *sent) next(one []byte) error { return s.write(fmt.Sprintf("event: next\ndata: %s\n\n", one)) }

func (s *sent) write(text string) error {
	late := time.AfterFunc(writeLimit, func() { _ = s.control.SetWriteDeadline(time.Unix(1, 0)) })
	defer late.Stop()
	if _, err := s.w.Write([]byte(text)); err != nil {
		return err
	}
	return s.control.Flush()
}
