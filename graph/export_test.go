package graph

import (
	"net/http"

	"github.com/99designs/gqlgen/graphql"

	"github.com/tenantgate/tenantgate/internal/access"
)

// As answers requests as those of an actor, whatever they show.
func (s *Server) As(a *access.Actor) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.handler.ServeHTTP(w, r.WithContext(access.With(r.Context(), a)))
	})
}

// AroundFields lets a test stand between the server and its resolvers.
func (s *Server) AroundFields(f graphql.FieldMiddleware) { s.handler.AroundFields(f) }

// Caps of documents, for tests that go to their edge.
const (
	MaxTokens     = maxTokens
	MaxDepth      = maxDepth
	MaxFields     = maxFields
	MaxRoots      = maxRoots
	MaxAliases    = maxAliases
	MaxDirectives = maxDirectives
	MaxFragments  = maxFragments
	MaxOperations = maxOperations
	MaxValueDepth = maxValueDepth
	MaxCost       = maxCost
	Budget        = 2 * maxCost
	HomeShare     = homeShare
)
