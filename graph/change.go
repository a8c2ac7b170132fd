package graph

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/99designs/gqlgen/graphql"

	"github.com/tenantgate/tenantgate/graph/model"
	"github.com/tenantgate/tenantgate/internal/access"
	"github.com/tenantgate/tenantgate/internal/events"
	"github.com/tenantgate/tenantgate/internal/fault"
	"github.com/tenantgate/tenantgate/internal/ids"
)

// longestKey is how long an idempotency key may be, in bytes.
const longestKey = 255

// outcome is what every payload says beside its object.
type outcome struct {
	userErrors *[]*model.UserError
	eventID    **string
}

// change runs a mutation. do does it, in terms of the domain; the events that it appends name the actor, and the first is
// the payload's eventId. With an idempotency key it is done at most once a day: again then renders what it led to, and
// nothing that was shown once. Faults that concern the input go to the payload's userErrors, the others are returned.
func (r *Resolver) change(ctx context.Context, out outcome, input any, key *string,
	do func(context.Context) error, again func(context.Context, events.Fact) error,
) error {
	*out.userErrors = []*model.UserError{}
	fact, err := r.once(ctx, input, key, do, again)
	if err != nil {
		wrong, ok := userErrors(err, input)
		if !ok {
			return err
		}
		*out.userErrors = wrong
		return nil
	}
	if fact != nil {
		id := ids.Format(ids.Event, fact.Event)
		*out.eventID = &id
	}
	return nil
}

func (r *Resolver) once(ctx context.Context, input any, key *string,
	do func(context.Context) error, again func(context.Context, events.Fact) error,
) (*events.Fact, error) {
	once, err := r.onceOf(ctx, input, key)
	if err != nil {
		return nil, err
	}
	if fact, err := r.repeated(ctx, once, again); fact != nil || err != nil {
		return fact, err
	}
	recording, recorder := events.Record(ctx, once)
	if err := do(recording); err != nil {
		// The same may have been under way and be the very reason, such as a slug that is taken since.
		if fact, e := r.repeated(ctx, once, again); fact != nil || errors.Is(err, events.ErrRepeated) {
			return fact, e
		}
		return nil, err
	}
	if fact, ok := recorder.Fact(); ok {
		return &fact, nil
	}
	return nil, nil
}

// onceOf names a mutation that has an idempotency key, nil for one without.
func (r *Resolver) onceOf(ctx context.Context, input any, key *string) (*events.Once, error) {
	if key == nil {
		return nil, nil
	}
	if *key == "" || len(*key) > longestKey {
		return nil, fault.Invalid(fault.Field{
			Field: "idempotencyKey", Code: "invalid", Message: fmt.Sprintf("Use 1 to %d bytes, such as a random UUID.", longestKey),
		})
	}
	text, err := json.Marshal(input)
	if err != nil {
		return nil, fmt.Errorf("digest the input: %w", err)
	}
	mac, err := r.derive(ctx, "mutation key")
	if err != nil {
		return nil, err
	}
	actor := access.From(ctx)
	return &events.Once{
		Home: actor.Home, Actor: actor.ID, Mutation: graphql.GetFieldContext(ctx).Field.Name,
		Key: digest(mac, *key), Input: digest(mac, string(text)),
	}, nil
}

func digest(key []byte, text string) []byte {
	h := hmac.New(sha256.New, key)
	h.Write([]byte(text))
	return h.Sum(nil)
}

// repeated renders what a mutation led to before, nil where it was not done yet.
func (r *Resolver) repeated(ctx context.Context, once *events.Once, again func(context.Context, events.Fact) error) (*events.Fact, error) {
	if once == nil {
		return nil, nil
	}
	fact, same, found, err := r.Engine.Events.Done(ctx, r.Engine.DB.Client, once)
	if err != nil || !found {
		return nil, err
	}
	if !same {
		return nil, fault.New(fault.KeyReused)
	}
	// What the actor may do can have changed since.
	if !access.From(ctx).May(scopeOf(ctx), fact.Tenant) {
		return nil, fault.New(fault.NotFound)
	}
	return &fact, again(ctx, fact)
}
