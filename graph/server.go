package graph

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"runtime/debug"

	"github.com/99designs/gqlgen/graphql/handler"
	"github.com/99designs/gqlgen/graphql/handler/extension"

	"github.com/tenantgate/tenantgate/graph/generated"
	"github.com/tenantgate/tenantgate/internal/access"
	"github.com/tenantgate/tenantgate/internal/events"
	"github.com/tenantgate/tenantgate/internal/fault"
	"github.com/tenantgate/tenantgate/internal/telemetry"
)

// Server answers GraphQL requests. What a request shows for itself is in its context, as access.Present put it there.
type Server struct {
	resolver *Resolver
	handler  *handler.Server
	sockets  *sockets
}

// New returns the server of the admin API.
func New(d Deps) *Server {
	r := &Resolver{Deps: d, streams: events.NewStreams(d.Engine.DB)}
	config := generated.Config{Resolvers: r}
	config.Directives.Auth = r.auth
	h := handler.New(generated.NewExecutableSchema(config))
	open := newSockets()
	h.AddTransport(r.webSocket(open))
	h.AddTransport(serverSent{r.streams})
	h.AddTransport(post{})
	h.AroundOperations(r.onItsTransport)
	h.Use(extension.Introspection{}) // whoever gets this far is an admin or an API key
	h.Use(documentLimits{})
	h.Use(newCostLimit(d.Engine.Rates, d.Budget))
	h.Use(&rootFields{})
	h.SetParserTokenLimit(maxTokens)
	h.SetDisableSuggestion(true)
	h.SetErrorPresenter(present)
	h.SetRecoverFunc(func(ctx context.Context, p any) error {
		telemetry.Note(ctx, slog.String("panic", fmt.Sprint(p)), slog.String("stack", string(debug.Stack())))
		return fault.New(fault.Internal)
	})
	return &Server{r, h, open}
}

// ServeHTTP authenticates a request and answers it. What a request began ends with it.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	ctx, end := context.WithCancel(r.Context())
	defer end()
	r = r.WithContext(ctx)
	if r.Header.Get("Upgrade") != "" {
		if err := checkUpgrade(r); err != nil {
			refuse(w, r, err)
			return
		}
		if shown := access.Presented(r.Context()); shown.Bearer == "" && shown.Cookie == "" {
			s.handler.ServeHTTP(w, r) // it shows one when it begins
			return
		}
	}
	actor, err := s.resolver.Engine.Actor(r.Context(), s.resolver.Tenants, access.Presented(r.Context()))
	if err != nil {
		refuse(w, r, err)
		return
	}
	s.handler.ServeHTTP(w, r.WithContext(access.With(r.Context(), actor)))
}

// Drain ends all subscriptions, for a server that stops: subscribers go on at another one, from their cursors.
func (s *Server) Drain() {
	s.sockets.drain()
	s.resolver.streams.Close()
}

// Refuse answers a request that whoever mounts the server does not let through: a body that is none, a browser that sends it
// from elsewhere. The answer is shaped as all others.
func (s *Server) Refuse(w http.ResponseWriter, r *http.Request, err error) { refuse(w, r, err) }
