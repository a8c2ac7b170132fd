package graph_test

import (
	"strings"
	"testing"

	"github.com/tenantgate/tenantgate/graph/graphtest"
	"github.com/tenantgate/tenantgate/internal/access"
)

func TestWhatIsWrongWithARequestIsSaidWithoutRepeatingIt(t *testing.T) {
	t.Parallel()
	env := graphtest.New(t)
	owner := env.Key(t, access.Owner, "")
	for what, c := range map[string]struct{ body, code, says string }{
		"no JSON":                   {`{"query": "canary`, "INVALID_JSON", ""},
		"text behind the JSON":      {`{"query":"{ viewer { kind } }"} canary`, "INVALID_JSON", ""},
		"a member twice":            {`{"query":"canary","query":"{ viewer { kind } }"}`, "INVALID_JSON", ""},
		"a text":                    {`"canary"`, "VALIDATION", "Send a JSON object"},
		"null":                      {`null`, "VALIDATION", "Send the document as query."},
		"no document":               {`{"variables":{}}`, "VALIDATION", "Send the document as query."},
		"an empty document":         {`{"query":"  "}`, "SYNTAX", "Send a document as query."},
		"another member":            {`{"query":"{ viewer { kind } }","canary":1}`, "VALIDATION", "only"},
		"a document of a number":    {`{"query":1}`, "VALIDATION", "query is of another type"},
		"variables that are a list": {`{"query":"{ viewer { kind } }","variables":["canary"]}`, "VALIDATION", "variables is of another type"},
		"a persisted document":      {`{"extensions":{"persistedQuery":{"version":1,"sha256Hash":"canary"}}}`, "VALIDATION", "Send the document as query."},

		"no GraphQL":                  {`{"query":"{ viewer { kind"}`, "SYNTAX", `"locations":[{"line":1,`},
		"what stands elsewhere":       {`{"query":"{ viewer(\"canary\") { kind } }"}`, "SYNTAX", "expected Name"},
		"a character of none":         {`{"query":"{ ? }"}`, "SYNTAX", `"locations"`},
		"an operation that is not":    {`{"query":"query a { viewer { kind } }","operationName":"canary"}`, "VALIDATION", "no operation of that operationName"},
		"two operations and no name":  {`{"query":"query a { viewer { kind } } query b { viewer { kind } }"}`, "VALIDATION", "operationName"},
		"fragments alone":             {`{"query":"fragment a on Query { viewer { kind } }"}`, "VALIDATION", "holds no operation"},
		"an unknown field":            {`{"query":"{ viewer { nothing } }"}`, "VALIDATION", `\"nothing\" on type \"Viewer\"`},
		"a value of another type":     {`{"query":"{ tenants(first: \"canary\") { totalCount } }"}`, "VALIDATION", `"locations":[{"line":1,`},
		"an unknown enum value":       {`{"query":"{ tenants(first: 1, where: {status: CANARY}) { totalCount } }"}`, "VALIDATION", `in \"TenantStatus\" enum. Use ACTIVE or SUSPENDED.`},
		"a time that is none":         {`{"query":"{ users(tenant: \"x\", first: 1, where: {createdAfter: \"canary\"}) { totalCount } }"}`, "VALIDATION", `"path":["users","where","createdAfter"]`},
		"a duration that is none":     {`{"query":"{ simulateMfaPolicy(tenant: \"x\", policy: {}, window: \"canary\") { users } }"}`, "VALIDATION", `"path":["simulateMfaPolicy","window"]`},
		"a variable of another type":  {`{"query":"query($n: Int) { tenants(first: $n) { totalCount } }","variables":{"n":"canary"}}`, "VALIDATION", `"message":"n must be of the type Int.","path":["n"]`},
		"a variable that is missing":  {`{"query":"query($n: Int!) { tenants(first: $n) { totalCount } }"}`, "VALIDATION", `"message":"Give n.","path":["n"]`},
		"a variable of no such value": {`{"query":"query($s: TenantStatus) { tenants(first: 1, where: {status: $s}) { totalCount } }","variables":{"s":"canary"}}`, "VALIDATION", `"message":"Use ACTIVE or SUSPENDED.`},
		"a member that is unknown":    {`{"query":"query($w: TenantWhere) { tenants(first: 1, where: $w) { totalCount } }","variables":{"w":{"<canary>":1}}}`, "VALIDATION", `"message":"There is no field w.?.","path":["w","?"]`},
	} {
		got := raw(t, env, "POST", owner, c.body)
		if !strings.Contains(got.Body, `"code":"`+c.code+`"`) || !strings.Contains(got.Body, c.says) || strings.Contains(strings.ToLower(got.Body), "canary") {
			t.Errorf("%s: %d %s", what, got.Status, got.Body)
		}
	}
}

func TestADocumentAtTheCapsIsTaken(t *testing.T) {
	t.Parallel()
	env := graphtest.New(t)
	owner := env.Key(t, access.Owner, "")
	for _, document := range []string{
		"{" + numbered("a%d: viewer { kind }", 20) + "}",
		"{ viewer {" + numbered("a%d: kind", 30) + "} }",
		"{ viewer { kind " + strings.Repeat("@include(if: true) ", 1) + "} }" + "",
		introspection,
	} {
		if got := env.Do(t, owner, document, nil); got.Status != 200 || len(got.Errors) > 0 {
			t.Errorf("%.80s: %d %.300s", document, got.Status, got.Body)
		}
	}
}

// introspection is what the usual clients ask when they begin.
const introspection = `query IntrospectionQuery { __schema { queryType { name } mutationType { name } subscriptionType { name }
  types { ...FullType } directives { name description locations args { ...InputValue } } } }
fragment FullType on __Type { kind name description
  fields(includeDeprecated: true) { name description args { ...InputValue } type { ...TypeRef } isDeprecated deprecationReason }
  inputFields { ...InputValue } interfaces { ...TypeRef }
  enumValues(includeDeprecated: true) { name description isDeprecated deprecationReason } possibleTypes { ...TypeRef } }
fragment InputValue on __InputValue { name description type { ...TypeRef } defaultValue }
fragment TypeRef on __Type { kind name ofType { kind name ofType { kind name ofType { kind name ofType { kind name
  ofType { kind name ofType { kind name ofType { kind name ofType { kind name ofType { kind name } } } } } } } } } }`

func TestWhatIsWrongWithVariablesIsOneStatusAndASentence(t *testing.T) {
	t.Parallel()
	env := graphtest.New(t)
	owner, acme := env.Key(t, access.Owner, ""), env.TenantID(t, graphtest.Acme)
	const set = `mutation($input: UpdateMfaPolicyInput!) { updateMfaPolicy(input: $input) { eventId } }`
	policy := func(of graphtest.Vars) graphtest.Vars { return input("tenant", acme, "policy", of) }
	for what, c := range map[string]struct {
		vars graphtest.Vars
		says string
	}{
		"an enum of no such value":       {policy(graphtest.Vars{"requirement": "canary"}), `"message":"Use OFF, OPTIONAL or REQUIRED.","path":["input","policy","requirement"]`},
		"an enum in other letters":       {policy(graphtest.Vars{"requirement": "off"}), `"message":"Use OFF, OPTIONAL or REQUIRED.","path":["input","policy","requirement"]`},
		"one in other letters in a list": {policy(graphtest.Vars{"factors": []string{"TOTP", "totp"}}), `"path":["input","policy","factors",1]`},
		"one for a list":                 {policy(graphtest.Vars{"factors": "totp"}), `"path":["input","policy","factors"`},
		"an unknown field":               {policy(graphtest.Vars{"require": "OFF"}), `"message":"There is no field input.policy.require.","path":["input","policy","require"]`},
		"a field that is missing":        {input("tenant", acme), `"message":"Give input.policy.","path":["input","policy"]`},
		"a null":                         {input("tenant", acme, "policy", nil), `"message":"Give input.policy a value other than null.","path":["input","policy"]`},
		"a text for an object":           {input("tenant", acme, "policy", "canary"), `"message":"input.policy must be of the type MfaPolicyInput.","path":["input","policy"]`},
	} {
		got := env.Do(t, owner, set, c.vars)
		if got.Status != 400 || got.Code() != "VALIDATION" || !strings.Contains(got.Body, c.says) || strings.Contains(got.Body, "canary") {
			t.Errorf("%s: %d %s", what, got.Status, got.Body)
		}
	}
	if got := env.Do(t, owner, set, policy(graphtest.Vars{"factors": "TOTP"})); got.Status != 200 || len(got.Errors) > 0 {
		t.Errorf("one for a list of one: %d %s", got.Status, got.Body)
	}
}
