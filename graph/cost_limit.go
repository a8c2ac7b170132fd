package graph

import (
	"context"
	"fmt"
	"log/slog"
	"sync/atomic"
	"time"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"github.com/tenantgate/tenantgate/internal/access"
	"github.com/tenantgate/tenantgate/internal/ephemeral"
	"github.com/tenantgate/tenantgate/internal/fault"
	"github.com/tenantgate/tenantgate/internal/telemetry"
)

// defaultBudget lets an actor run two of the dearest operations at once, and that again within a minute.
var defaultBudget = ephemeral.Limit{Events: 2 * maxCost, Per: time.Minute}

// homeShare is how many times an actor's budget all actors of one tenant have together: keys are made by those who use them up.
const homeShare = 5

// costLimit is an extension of the server. It takes what an operation can cost from the budgets of its actor and of the tenant that
// this belongs to before it runs, and gives back what it did not cost. A subscription costs once, when it begins. It also ends an
// operation whose answer grows too large, whatever that cost.
type costLimit struct {
	rates  ephemeral.Store
	budget ephemeral.Limit // of an actor
	home   ephemeral.Limit // of a tenant's actors together
	costs  costs
}

func newCostLimit(rates ephemeral.Store, budget ephemeral.Limit) *costLimit {
	if budget.Events == 0 {
		budget = defaultBudget
	}
	home := ephemeral.Limit{Events: min(homeShare*budget.Events, ephemeral.MaxEvents), Per: budget.Per}
	return &costLimit{rates: rates, budget: budget, home: home}
}

// most is what one operation may cost.
func (l *costLimit) most() int { return min(maxCost, l.budget.Events) }

// bill is what became of one operation.
type bill struct {
	from      []purse
	requested int
	left      int // after requested was taken
	actual    atomic.Int64
	size      atomic.Int64 // of the answer
}

// purse is where points are taken from.
type purse struct {
	key   ephemeral.Key
	limit ephemeral.Limit
}

const billKey = "cost"

// ExtensionName names the extension.
func (*costLimit) ExtensionName() string { return "CostLimit" }

// Validate reads the costs of a schema.
func (l *costLimit) Validate(s graphql.ExecutableSchema) error {
	l.costs = costsOf(s.Schema())
	return nil
}

// MutateOperationContext takes what an operation can cost, before it runs. Where the counting store is away, the fallback of
// that store decides; where that fails too, nothing runs.
func (l *costLimit) MutateOperationContext(ctx context.Context, op *graphql.OperationContext) *gqlerror.Error {
	actor := access.From(ctx)
	if actor == nil {
		return present(ctx, fault.New(fault.Unauthenticated))
	}
	requested := l.costs.of(op)
	telemetry.Note(ctx, slog.Int("cost", requested))
	if most := l.most(); requested > most {
		wrong := refusal(codeTooComplex, fmt.Sprintf("The operation can cost more than %d points. Ask for smaller pages, or less of each object.", most))
		wrong.Extensions["cost"] = map[string]any{"requested": requested, "maximum": most}
		return wrong
	}
	b := &bill{requested: requested, left: l.budget.Events}
	for _, p := range []purse{
		{ephemeral.TenantKey(actor.Home, "graphql.cost", actor.ID.String()), l.budget},
		{ephemeral.TenantKey(actor.Home, "graphql.cost", ""), l.home},
	} {
		left, wait, err := l.rates.TakeN(ctx, p.key, p.limit, requested)
		if err == nil && wait == 0 {
			b.from, b.left = append(b.from, p), min(b.left, left)
			continue
		}
		l.giveBack(ctx, b, requested)
		if err != nil {
			return present(ctx, fault.New(fault.Unavailable).Because(err))
		}
		refused := present(ctx, fault.New(fault.RateLimited).After(wait))
		refused.Extensions["cost"] = map[string]any{"requested": requested, "remaining": min(left, b.left)}
		return refused
	}
	op.Stats.SetExtension(billKey, b)
	return nil
}

// giveBack gives back what was taken and not spent. It reports false where that stays: a budget gets narrower by it, never wider.
func (l *costLimit) giveBack(ctx context.Context, b *bill, points int) bool {
	ok := true
	for _, p := range b.from {
		ok = l.rates.GiveN(ctx, p.key, p.limit, points) == nil && ok
	}
	return ok
}

// InterceptField counts what an operation really costs, and how large its answer grows. What would make it too large is left out,
// and nothing more is looked up.
func (l *costLimit) InterceptField(ctx context.Context, next graphql.Resolver) (any, error) {
	b := billOf(ctx)
	if b == nil {
		return next(ctx)
	}
	if b.isTooLarge() {
		return nil, errTooLarge
	}
	f := graphql.GetFieldContext(ctx)
	if weight := l.costs[f.Object][f.Field.Name]; weight > 0 {
		arguments := f.Field.ArgumentMap(graphql.GetOperationContext(ctx).Variables)
		b.actual.Add(int64(weight*idsIn(f.Args) + filtered(arguments)))
	}
	out, err := next(ctx)
	if err == nil && !b.grow(sizeOf(ctx, f.Field, out)) {
		return nil, errTooLarge
	}
	return out, err
}

// InterceptResponse gives back what was not spent, and says so.
func (l *costLimit) InterceptResponse(ctx context.Context, next graphql.ResponseHandler) *graphql.Response {
	b := billOf(ctx)
	if b != nil {
		b.size.Store(0) // an answer of a subscription is one of many
	}
	response := next(ctx)
	if response != nil && b != nil && b.isTooLarge() {
		response.Data, response.Errors = nil, gqlerror.List{tooLarge()}
	}
	if response == nil || b == nil || graphql.GetOperationContext(ctx).Operation.Operation == ast.Subscription {
		return response
	}
	actual := int(b.actual.Load())
	back := max(0, b.requested-actual)
	if !l.giveBack(ctx, b, back) {
		back = 0
	}
	if response.Extensions == nil {
		response.Extensions = map[string]any{}
	}
	response.Extensions["cost"] = map[string]any{
		"requested": b.requested, "actual": actual, "remaining": min(b.left+back, l.budget.Events),
	}
	return response
}

func billOf(ctx context.Context) *bill {
	if !graphql.HasOperationContext(ctx) {
		return nil
	}
	b, _ := graphql.GetOperationContext(ctx).Stats.GetExtension(billKey).(*bill)
	return b
}
