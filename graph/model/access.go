package model

import (
	"strings"

	"github.com/google/uuid"

	"github.com/tenantgate/tenantgate/internal/access"
)

// RoleOf writes a role as the schema names it.
func RoleOf(r access.Role) Role { return Role(strings.ToUpper(string(r))) }

// Access is the role that a name of the schema stands for.
func (e Role) Access() access.Role { return access.Role(strings.ToLower(string(e))) }

// ScopeOf writes a scope as the schema names it: users:read is USERS_READ.
func ScopeOf(s access.Scope) Scope {
	return Scope(strings.ToUpper(strings.ReplaceAll(string(s), ":", "_")))
}

// ScopesOf is ScopeOf for a list.
func ScopesOf(in []access.Scope) []Scope {
	out := make([]Scope, 0, len(in))
	for _, s := range in {
		out = append(out, ScopeOf(s))
	}
	return out
}

// Access is the scope that a name of the schema stands for.
func (e Scope) Access() access.Scope {
	name := strings.ToLower(string(e))
	at := strings.LastIndexByte(name, '_')
	return access.Scope(name[:at] + ":" + name[at+1:])
}

// reached is the global id of the tenant that a grant reaches, nil for every tenant.
func reached(over uuid.UUID) *string {
	if over == uuid.Nil {
		return nil
	}
	id := TenantID(over).String()
	return &id
}
