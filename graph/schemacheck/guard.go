package main

import (
	"slices"
	"strings"

	"github.com/vektah/gqlparser/v2/ast"
)

// nouns is the scope that reading an object of a type asks for. What is not here has no scope of its own: it is part of its
// parent.
var nouns = map[string]string{
	"Tenant": "TENANTS_READ", "Domain": "TENANTS_READ", "MfaPolicy": "TENANTS_READ", "Setting": "TENANTS_READ", "Dialect": "TENANTS_READ",
	"SigningKey": "KEYS_READ",
	"User":       "USERS_READ", "Identifier": "USERS_PII", "Factor": "USERS_PII",
	"Session": "SESSIONS_READ",
	"Event":   "EVENTS_READ", "MfaSimulation": "EVENTS_READ",
	"Stats": "STATS_READ", "TenantCounts": "STATS_READ",
	"Admin":  "ADMINS_READ",
	"ApiKey": "API_KEYS_READ",
}

// implied are the scopes whose holder may read more than their own noun.
var implied = map[string]string{"USERS_PII": "USERS_READ"}

// shown are the nouns that the holder of a scope sees since it has changed them, without the scope that reads them. What else a
// payload leads to is asked for like anything.
var shown = map[string][]string{
	"TENANTS_CREATE":  {"Tenant"},
	"TENANTS_WRITE":   {"Tenant", "Domain"},
	"TENANTS_DELETE":  {"Tenant"},
	"POLICY_WRITE":    {"MfaPolicy"},
	"KEYS_ROTATE":     {"SigningKey"},
	"USERS_WRITE":     {"User"},
	"FACTORS_RESET":   {"User"},
	"SESSIONS_REVOKE": {"Session"},
	"ADMINS_WRITE":    {"Admin"},
	"API_KEYS_WRITE":  {"ApiKey"},
}

// shows reports whether who holds a scope may see a noun.
func shows(held, noun string) bool {
	return held == nouns[noun] || implied[held] == nouns[noun] || slices.Contains(shown[held], noun)
}

// sensitive are the names of fields that tell more than the object they belong to, wherever they stand, with the scopes that
// will do.
var sensitive = map[string][]string{
	"email": {"USERS_PII", "ADMINS_READ"}, "emails": {"USERS_PII"}, "phone": {"USERS_PII"}, "username": {"USERS_PII"},
	"profile": {"USERS_PII"}, "personal": {"USERS_PII"}, "identifiers": {"USERS_PII"}, "factors": {"USERS_PII"}, "devices": {"USERS_PII"},
	"ipAddress": {"USERS_PII"}, "address": {"USERS_PII"}, "userAgent": {"USERS_PII"}, "location": {"USERS_PII"},
	"signingKeys": {"KEYS_READ"}, "apiKeys": {"API_KEYS_READ"}, "admins": {"ADMINS_READ"},
}

// sensitiveHere are those whose name alone tells nothing.
var sensitiveHere = map[string][]string{
	"User.name": {"USERS_PII"}, "Tenant.counts": {"STATS_READ"},
}

// guarded: every field at a root asks for something, and so does each that tells more than its parent.
func (c *check) guarded(t *ast.Definition) {
	for _, f := range own(t) {
		place := t.Name + "." + f.Name
		auth := f.Directives.ForName("auth")
		if c.isRoot(t) && auth == nil {
			c.breach(place, "has no @auth")
			continue
		}
		c.sensitiveField(t, f)
		c.otherNoun(t, f)
	}
}

func (c *check) sensitiveField(t *ast.Definition, f *ast.FieldDefinition) {
	want := sensitiveHere[t.Name+"."+f.Name]
	if want == nil {
		want = sensitive[f.Name]
	}
	// A type of enums, such as the factors of a policy, tells nothing of anybody.
	of := c.schema.Types[f.Type.Name()]
	if want == nil || c.isRoot(t) || of != nil && of.Kind == ast.Enum {
		return
	}
	if !slices.Contains(want, scopeOf(f)) {
		c.breach(t.Name+"."+f.Name, "is sensitive and has no @auth(scope: %s)", strings.Join(want, " or "))
	}
}

// otherNoun: a field that leads to another noun asks for that noun's scope, unless who was let to its parent sees it anyway.
func (c *check) otherNoun(t *ast.Definition, f *ast.FieldDefinition) {
	noun := nounOf(f.Type.Name())
	asked := nouns[noun]
	if asked == "" || f.Directives.ForName("auth") != nil && shows(scopeOf(f), noun) {
		return
	}
	if c.isRoot(t) {
		c.breach(t.Name+"."+f.Name, "leads to %s and has no @auth(scope: %s)", f.Type.Name(), asked)
		return
	}
	for _, held := range c.leading(t, map[string]bool{}) {
		if !shows(held, noun) {
			c.breach(t.Name+"."+f.Name, "leads to %s and has no @auth(scope: %s), which %s does not imply", f.Type.Name(), asked, held)
		}
	}
}

// leading returns the scopes under which an object of a type is met: its noun's, else those of the fields that lead to it.
func (c *check) leading(t *ast.Definition, seen map[string]bool) []string {
	if scope := nouns[nounOf(t.Name)]; scope != "" {
		return []string{scope}
	}
	if seen[t.Name] {
		return nil
	}
	seen[t.Name] = true
	var out []string
	for _, owner := range types(c.schema) {
		if owner.Kind != ast.Object {
			continue
		}
		for _, f := range own(owner) {
			if f.Type.Name() != t.Name {
				continue
			}
			switch scope := scopeOf(f); {
			case scope != "":
				out = append(out, scope)
			case c.isRoot(owner):
				out = append(out, "no scope")
			default:
				out = append(out, c.leading(owner, seen)...)
			}
		}
	}
	return out
}

// nounOf is what a page or an edge holds.
func nounOf(name string) string {
	return strings.TrimSuffix(strings.TrimSuffix(name, "Connection"), "Edge")
}

func scopeOf(f *ast.FieldDefinition) string {
	auth := f.Directives.ForName("auth")
	if auth == nil {
		return ""
	}
	scope := auth.Arguments.ForName("scope")
	if scope == nil {
		return ""
	}
	return scope.Value.Raw
}
