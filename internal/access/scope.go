package access

import "slices"

// Scope is one thing that may be done. Scopes are permanent names: API keys list them.
type Scope string

// The scopes.
const (
	TenantsRead    Scope = "tenants:read"    // tenants, their settings, domains and policy
	TenantsCreate  Scope = "tenants:create"  // reaches every tenant: a grant over one tenant has no use for it
	TenantsWrite   Scope = "tenants:write"   // settings, domains, status
	TenantsDelete  Scope = "tenants:delete"  // for good
	PolicyWrite    Scope = "policy:write"    // MFA policy
	KeysRead       Scope = "keys:read"       // signing keys, never their private part
	KeysRotate     Scope = "keys:rotate"     // also as compromised
	UsersRead      Scope = "users:read"      // users without what tells who they are
	UsersPII       Scope = "users:pii"       // names, addresses, factors, network addresses
	UsersWrite     Scope = "users:write"     // create, change, suspend, restore, delete, recovery links
	FactorsReset   Scope = "factors:reset"   // remove second factors, mail a password reset
	SessionsRead   Scope = "sessions:read"   // sessions without network addresses
	SessionsRevoke Scope = "sessions:revoke" // of one session, a user, a tenant
	EventsRead     Scope = "events:read"     // audit log and live events
	StatsRead      Scope = "stats:read"      // counts
	AdminsRead     Scope = "admins:read"     // who the admins are
	AdminsWrite    Scope = "admins:write"    // make and remove admins, and all that changes the reserved tenant
	APIKeysRead    Scope = "api_keys:read"   // which keys exist, never their secret
	APIKeysWrite   Scope = "api_keys:write"  // make and revoke keys with no more than one has
	TokensInspect  Scope = "tokens:inspect"  // introspection and revocation of tokens (RFC 7662, RFC 7009)
)

// Scopes returns all of them.
func Scopes() []Scope {
	return []Scope{
		TenantsRead, TenantsCreate, TenantsWrite, TenantsDelete, PolicyWrite, KeysRead, KeysRotate, UsersRead, UsersPII, UsersWrite,
		FactorsReset, SessionsRead, SessionsRevoke, EventsRead, StatsRead, AdminsRead, AdminsWrite, APIKeysRead, APIKeysWrite,
		TokensInspect,
	}
}

// Role is a named bundle of scopes.
type Role string

// The roles. An auditor reads, support helps users who are locked out, an admin runs a tenant, an owner also says who the
// admins are.
const (
	Owner   Role = "owner"
	Admin   Role = "admin"
	Support Role = "support"
	Auditor Role = "auditor"
)

// Roles returns all roles, the mightiest first.
func Roles() []Role { return []Role{Owner, Admin, Support, Auditor} }

var bundles = map[Role][]Scope{
	Owner: Scopes(),
	Admin: {
		TenantsRead, TenantsCreate, TenantsWrite, PolicyWrite, KeysRead, KeysRotate, UsersRead, UsersPII, UsersWrite, FactorsReset,
		SessionsRead, SessionsRevoke, EventsRead, StatsRead, AdminsRead, APIKeysRead, APIKeysWrite, TokensInspect,
	},
	Support: {
		TenantsRead, UsersRead, UsersPII, FactorsReset, SessionsRead, SessionsRevoke, EventsRead, StatsRead,
	},
	Auditor: {
		TenantsRead, KeysRead, UsersRead, UsersPII, SessionsRead, EventsRead, StatsRead, AdminsRead, APIKeysRead,
	},
}

// Scopes returns what a role may do; nothing for one that does not exist.
func (r Role) Scopes() []Scope { return slices.Clone(bundles[r]) }

// Exists reports whether r is one of the roles.
func (r Role) Exists() bool { return bundles[r] != nil }
