package graph

import (
	"strings"
	"testing"

	"github.com/99designs/gqlgen/graphql"

	"github.com/tenantgate/tenantgate/graph/model"
	"github.com/tenantgate/tenantgate/internal/fault"
	"github.com/tenantgate/tenantgate/internal/telemetry"
)

func TestTheRequestsLineNamesItsOperationAndNothingElseOfIt(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("a", maxOperationName)
	for document, want := range map[string]string{
		`{ viewer { kind } }`:           "query",
		`query Who { viewer { kind } }`: "query Who",
		`mutation Stop { suspendTenant(input: {id: "canary"}) { userErrors { code } } }`: "mutation Stop",
		`subscription { events(tenant: "canary") { type } }`:                             "subscription",
		`query ` + long + ` { viewer { kind } }`:                                         "query " + long[:loggedName],
	} {
		ctx, event := telemetry.WithEvent(t.Context())
		params := &graphql.RawParams{Query: document, Variables: map[string]any{"canary": "canary"}}
		if err := (documentLimits{}).MutateOperationParameters(ctx, params); err != nil {
			t.Fatal(err)
		}
		noted := event.Attrs()
		if len(noted) != 1 || noted[0].Key != "operation" || noted[0].Value.String() != want {
			t.Errorf("%s: noted %v, want %q", document, noted, want)
		}
	}
}

func TestAMutationsOutcomeIsACodeOfTheCatalogue(t *testing.T) {
	t.Parallel()
	outcome := func(code string) fault.Code {
		return fault.CodeOf(firstUserError(&model.TenantPayload{UserErrors: []*model.UserError{{Code: code}}}))
	}
	for code, want := range map[string]fault.Code{
		"NOT_FOUND": fault.NotFound, "CONFLICT": fault.VersionConflict, "SLUG_TAKEN": fault.SlugTaken, "TOO_LONG": fault.InvalidInput,
	} {
		if got := outcome(code); got != want {
			t.Errorf("%s counts as %s, want %s", code, got, want)
		}
	}
	if err := firstUserError(&model.TenantPayload{}); err != nil {
		t.Errorf("a mutation without user errors counts as %v", err)
	}
	if err := firstUserError((*model.TenantPayload)(nil)); err != nil {
		t.Errorf("no payload counts as %v", err)
	}
	if err := firstUserError(&model.Viewer{}); err != nil {
		t.Errorf("what is no payload counts as %v", err)
	}
}
