package main

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/vektah/gqlparser/v2/ast"
)

// sound is a schema that breaks no rule.
const sound = `
"D" directive @auth("D" scope: Scope, "D" fresh: Boolean! = false) on FIELD_DEFINITION
"D" directive @cost("D" weight: Int!) on FIELD_DEFINITION
"D" enum Scope { "D" USERS_READ "D" USERS_PII "D" USERS_WRITE "D" SESSIONS_READ "D" SESSIONS_REVOKE "D" TENANTS_READ "D" KEYS_READ }
"D" interface Node { "D" id: ID! }
"D" interface Payload { "D" eventId: ID }
"D" type PageInfo { "D" hasNextPage: Boolean! }
"D" type User implements Node {
  "Opaque." id: ID!
  "D" email: String @auth(scope: USERS_PII)
  "D" name: String @auth(scope: USERS_PII)
  "D" sessions("1 to 20." first: Int!): SessionConnection @auth(scope: SESSIONS_READ) @cost(weight: 2)
}
"D" type Session implements Node {
  "Opaque." id: ID!
  "D" ipAddress: String @auth(scope: USERS_PII)
  "D" user: User @auth(scope: USERS_READ) @cost(weight: 1)
}
"D" type SessionConnection { "D" edges: [SessionEdge!]! "D" nodes: [Session!]! "D" pageInfo: PageInfo! "D" totalCount: Int! @cost(weight: 20) }
"D" type SessionEdge { "D" cursor: String! "D" node: Session! }
"D" type Query {
  "D" user("D" id: ID!): User @auth(scope: USERS_READ) @cost(weight: 1)
  "D" sessions("1 to 100." first: Int, "D" after: String, "1 to 100." last: Int, "D" before: String): SessionConnection
    @auth(scope: SESSIONS_READ) @cost(weight: 2)
}
"D" type Mutation { "D" suspendUser("D" input: UserInput!): UserPayload! @auth(scope: USERS_WRITE) @cost(weight: 10) }
"D" type Subscription { "D" followed: Int! @auth @cost(weight: 1) }
"D" input UserInput { "D" id: ID! "D" idempotencyKey: String }
"D" type UserPayload implements Payload { "D" eventId: ID "D" user: User }
`

func schemaOf(t *testing.T, text string) *ast.Schema {
	t.Helper()
	schema, err := load(&ast.Source{Name: "test", Input: text})
	if err != nil {
		t.Fatal(err)
	}
	return schema
}

func TestASoundSchemaBreaksNoRule(t *testing.T) {
	t.Parallel()
	if wrong := Check(schemaOf(t, sound)); len(wrong) > 0 {
		t.Error(strings.Join(wrong, "\n"))
	}
}

func TestEachRuleCanBeBroken(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ what, from, to, want string }{
		{"a type without a description", `"D" type User implements`, `type User implements`, "User: is not described"},
		{"a field without one", `"D" email:`, `email:`, "User.email: is not described"},
		{"an argument without one", `user("D" id`, `user(id`, "Query.user(id): is not described"},
		{"an input field without one", `{ "D" id: ID! "D" idem`, `{ id: ID! "D" idem`, "UserInput.id: is not described"},
		{"an enum value without one", `"D" TENANTS_READ`, `TENANTS_READ`, "Scope.TENANTS_READ: is not described"},
		{"a directive without one", `"D" directive @cost`, `directive @cost`, "@cost: is not described"},

		{"a query for everybody", ` @auth(scope: USERS_READ) @cost(weight: 1)` + "\n" + `  "D" sessions("1 to 100."`, ` @cost(weight: 1)` + "\n" + `  "D" sessions("1 to 100."`, "Query.user: has no @auth"},
		{"a mutation for everybody", `@auth(scope: USERS_WRITE) `, ``, "Mutation.suspendUser: has no @auth"},
		{"a subscription for everybody", `@auth @cost(weight: 1) }`, `@cost(weight: 1) }`, "Subscription.followed: has no @auth"},
		{"an address for who reads users", `email: String @auth(scope: USERS_PII)`, `email: String`, "User.email: is sensitive and has no @auth(scope: USERS_PII or ADMINS_READ)"},
		{"a name for who reads users", `name: String @auth(scope: USERS_PII)`, `name: String @auth(scope: USERS_READ)`, "User.name: is sensitive and has no @auth(scope: USERS_PII)"},
		{"a network address for who reads sessions", `ipAddress: String @auth(scope: USERS_PII)`, `ipAddress: String`, "Session.ipAddress: is sensitive and has no @auth(scope: USERS_PII)"},
		{"a user for who reads sessions", `user: User @auth(scope: USERS_READ) @cost(weight: 1)` + "\n}", `user: User @cost(weight: 1)` + "\n}", "Session.user: leads to User and has no @auth(scope: USERS_READ), which SESSIONS_READ does not imply"},
		{"sessions for who reads users", `first: Int!): SessionConnection @auth(scope: SESSIONS_READ)`, `first: Int!): SessionConnection @auth(scope: USERS_READ)`, "User.sessions: leads to SessionConnection and has no @auth(scope: SESSIONS_READ), which USERS_READ does not imply"},
		{"a root with another noun's scope", "    @auth(scope: SESSIONS_READ)", "    @auth(scope: USERS_READ)", "Query.sessions: leads to SessionConnection and has no @auth(scope: SESSIONS_READ)"},
		{"a payload that shows more than was changed", `@auth(scope: USERS_WRITE)`, `@auth(scope: SESSIONS_REVOKE)`, "UserPayload.user: leads to User and has no @auth(scope: USERS_READ), which SESSIONS_REVOKE does not imply"},
		{"a payload that leads beyond what was changed", `"D" eventId: ID "D" user: User }`, `"D" eventId: ID "D" user: User "D" tenant: Tenant }` + "\n" + `"D" type Tenant { "D" slug: String! }`, "UserPayload.tenant: leads to Tenant and has no @auth(scope: TENANTS_READ), which USERS_WRITE does not imply"},
		{"a payload of one noun of two that a scope reads", `"D" eventId: ID "D" user: User }`, `"D" eventId: ID "D" user: User "D" sessions: [Session!]! @auth(scope: USERS_READ) }`, "UserPayload.sessions: leads to Session and has no @auth(scope: SESSIONS_READ), which USERS_WRITE does not imply"},

		{"a root field without cost", `@auth @cost(weight: 1) }`, `@auth }`, "Subscription.followed: has no @cost"},
		{"a load without cost", `user: User @auth(scope: USERS_READ) @cost(weight: 1)` + "\n}", `user: User @auth(scope: USERS_READ)` + "\n}", "Session.user: has no @cost"},
		{"a list without cost", `"D" name: String`, `"D" friends: [User!]! "D" name: String`, "User.friends: has no @cost"},
		{"a count without cost", `totalCount: Int! @cost(weight: 20)`, `totalCount: Int!`, "SessionConnection.totalCount: has no @cost"},

		{"a mutation with two arguments", `"D" input: UserInput!)`, `"D" input: UserInput!, "D" more: Int)`, "Mutation.suspendUser: does not take one argument, input"},
		{"a mutation whose input can be left out", `input: UserInput!)`, `input: UserInput)`, "Mutation.suspendUser: its input is UserInput, not an …Input!"},
		{"an input without an idempotency key", ` "D" idempotencyKey: String }`, ` }`, "Mutation.suspendUser: its input has no idempotencyKey: String"},
		{"a payload that is none", `type UserPayload implements Payload`, `type UserPayload`, "Mutation.suspendUser: does not return a type! that implements Payload"},
		{"a payload that can be null", `): UserPayload!`, `): UserPayload`, "Mutation.suspendUser: does not return a type! that implements Payload"},

		{"a connection without a count", ` "D" totalCount: Int! @cost(weight: 20)`, ``, "SessionConnection.totalCount: is not Int!"},
		{"a connection with something else", `"D" pageInfo: PageInfo!`, `"D" pageInfo: PageInfo! "D" more: Int`, "SessionConnection.more: does not belong there"},
		{"an edge without a cursor", `"D" cursor: String! `, ``, "SessionEdge.cursor: is not String!"},
		{"a connection without an edge", `[SessionEdge!]! "D" nodes`, `[Session!]! "D" nodes`, "SessionConnection.edges: is not [SessionEdge!]!"},
		{"a list that cannot be read backwards", `, "1 to 100." last: Int, "D" before: String`, ``, "Query.sessions(before): is not String"},
		{"a list with a required argument", `"1 to 100." first: Int,`, `"1 to 100." first: Int!,`, "Query.sessions(first): is not Int"},
		{"a list below an object without a bound", `("1 to 20." first`, `("Some." first`, "User.sessions(first): its description does not say how many may be asked for"},

		{"an id that is a number", `user("D" id: ID!)`, `user("D" id: Int!)`, "Query.user(id): an id is ID or String, not Int!"},
		{"an id that is a text", `{ "D" id: ID! "D" idem`, `{ "D" id: String! "D" idem`, "UserInput.id: an id is ID, not String!"},
		{"an id that may be null", `"D" interface Node { "D" id: ID! }`, `"D" interface Node { "D" id: ID }`, "Node.id: an id is ID!, not ID"},
		{"an id that does not say it is opaque", `"Opaque." id: ID!` + "\n" + `  "D" email`, `"A number." id: ID!` + "\n" + `  "D" email`, "User.id: its description does not say that it is opaque"},
	} {
		t.Run(c.what, func(t *testing.T) {
			t.Parallel()
			if strings.Count(sound, c.from) != 1 {
				t.Fatalf("%q stands %d times in the sound schema", c.from, strings.Count(sound, c.from))
			}
			wrong := Check(schemaOf(t, strings.Replace(sound, c.from, c.to, 1)))
			if !strings.Contains("\n"+strings.Join(wrong, "\n")+"\n", "\n"+c.want+"\n") {
				t.Errorf("found %q, want %q", wrong, c.want)
			}
		})
	}
}

func TestTheSchemaKeepsToItsRules(t *testing.T) {
	t.Parallel()
	root, err := moduleRoot()
	if err != nil {
		t.Fatal(err)
	}
	schema, err := loadFolder(root + "/" + sources)
	if err != nil {
		t.Fatal(err)
	}
	broken, err := sinceRelease(root, schema)
	if err != nil {
		t.Fatal(err)
	}
	for _, line := range append(Check(schema), broken...) {
		t.Error(line)
	}
}

func TestAPrintedSchemaIsTheSame(t *testing.T) {
	t.Parallel()
	text := Print(schemaOf(t, sound))
	again := schemaOf(t, string(text))
	if diff := cmp.Diff(string(text), string(Print(again))); diff != "" {
		t.Error(diff)
	}
	if broken := append(Broken(again, schemaOf(t, sound)), Broken(schemaOf(t, sound), again)...); len(broken) > 0 {
		t.Error(broken)
	}
}
