package graph

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/99designs/gqlgen/graphql"
	"github.com/99designs/gqlgen/graphql/handler/transport"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"github.com/tenantgate/tenantgate/internal/access"
	"github.com/tenantgate/tenantgate/internal/fault"
)

const (
	// subprotocol is the one that is spoken over WebSocket. The older "graphql-ws" is not: what it refuses it does not say.
	subprotocol = "graphql-transport-ws"

	initTimeout = 10 * time.Second
	pingEvery   = 12 * time.Second // an answer is due before the next but one
	maxMessage  = 64 << 10
	// writeLimit is how long one message may take to leave: a reader that takes none has no connection any more.
	writeLimit = 10 * time.Second
)

// Codes with which WebSockets are closed: of the subprotocol, and of RFC 6455.
const (
	closeUnauthorized = 4401
	closeForbidden    = 4403
	closeInitTimeout  = 4408
	closeIDInUse      = 4409
	closeRestart      = 1012
)

// errWrongTransport says how what was asked for is asked for.
var errWrongTransport = fault.Invalid(fault.Field{
	Field: "query", Code: "invalid",
	Message: "Subscribe over WebSocket or with Accept: text/event-stream, and send queries and mutations by POST without.",
})

type streamingKey struct{}

// onItsTransport lets subscriptions through where there is a stream, and queries and mutations where there is none: who asks is
// looked at when a connection begins, which is too long ago for a change.
func (r *Resolver) onItsTransport(ctx context.Context, next graphql.OperationHandler) graphql.ResponseHandler {
	streaming, _ := ctx.Value(streamingKey{}).(bool)
	subscribes := graphql.GetOperationContext(ctx).Operation.Operation == ast.Subscription
	var err error
	switch {
	case subscribes != streaming:
		err = errWrongTransport
	case subscribes:
		ctx, err = r.lookedUpAnew(ctx)
	}
	if err != nil {
		return graphql.OneShot(&graphql.Response{Errors: gqlerror.List{present(ctx, err)}})
	}
	return next(ctx)
}

// lookedUpAnew returns ctx with the actor as it is now: a connection may be older than what its actor has lost. All that a
// subscription asks for and shows goes by it.
func (r *Resolver) lookedUpAnew(ctx context.Context) (context.Context, error) {
	actor, err := r.Engine.Actor(ctx, r.Tenants, access.Presented(ctx))
	if err != nil {
		return ctx, err
	}
	return access.With(ctx, actor), nil
}

// checkUpgrade refuses what is no WebSocket of ours, before anything is switched. A browser comes from our own host: WebSockets are
// the one request for which it asks no leave.
func checkUpgrade(r *http.Request) error {
	if !strings.EqualFold(r.Header.Get("Upgrade"), "websocket") || r.Header.Get("Sec-WebSocket-Version") != "13" {
		return wrongArgument("Upgrade", "Upgrade to websocket, version 13.")
	}
	offered := strings.Split(strings.Join(r.Header["Sec-Websocket-Protocol"], ","), ",")
	if !slices.ContainsFunc(offered, func(p string) bool { return strings.TrimSpace(p) == subprotocol }) {
		return wrongArgument("Sec-WebSocket-Protocol", "Offer the subprotocol "+subprotocol+"; no other one is spoken.")
	}
	if origin := r.Header.Get("Origin"); origin != "" {
		if u, err := url.Parse(origin); err != nil || !strings.EqualFold(u.Host, r.Host) {
			return fault.New(fault.CrossOrigin)
		}
	}
	return nil
}

// webSocket is the transport of subscriptions over WebSocket.
func (r *Resolver) webSocket(open *sockets) transport.Websocket {
	limit := int64(maxMessage)
	return transport.Websocket{
		Implementation:   open,
		InitFunc:         r.begin,
		InitTimeout:      initTimeout,
		PingPongInterval: pingEvery,
		PayloadReadLimit: &limit,
	}
}

// begin takes the message with which a connection begins. It may carry the credential that a browser cannot send as a header:
// {"authorization": "Bearer tg_…"}.
func (r *Resolver) begin(ctx context.Context, payload transport.InitPayload) (context.Context, *transport.InitPayload, error) {
	shown := payload.Authorization()
	if shown != "" && access.From(ctx) != nil {
		return refused(ctx, fault.New(fault.AmbiguousCredentials))
	}
	if access.From(ctx) == nil {
		scheme, bearer, _ := strings.Cut(shown, " ")
		if !strings.EqualFold(scheme, "Bearer") {
			bearer = ""
		}
		credential := access.Presented(ctx)
		credential.Bearer = bearer
		var err error
		if ctx, err = r.lookedUpAnew(access.Present(ctx, credential)); err != nil {
			return refused(ctx, err)
		}
	}
	return context.WithValue(ctx, streamingKey{}, true), nil, nil
}

// refused closes a connection that has not begun, and says why in its close frame.
func refused(ctx context.Context, err error) (context.Context, *transport.InitPayload, error) {
	told := present(ctx, err)
	code := closeForbidden
	switch fault.CodeOf(err) {
	case fault.Unauthenticated, fault.InvalidToken, fault.StepUpRequired:
		code = closeUnauthorized
	case fault.Unavailable, fault.Busy, fault.Internal:
		code = closeRestart
	}
	reason := fmt.Sprint(told.Extensions["code"])
	return transport.AppendCloseReason(transport.WithWebsocketCloseCode(ctx, code), reason), nil, told
}
