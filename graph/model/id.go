package model

import (
	"encoding/base64"

	"github.com/google/uuid"
)

// Kind is the type of an object that an id names.
type Kind byte

// The kinds. They are part of ids that callers keep: none is used for a second type.
const (
	KindTenant     Kind = 1
	KindUser       Kind = 2
	KindSession    Kind = 3
	KindEvent      Kind = 4
	KindSigningKey Kind = 5
	KindDomain     Kind = 6
	KindAdmin      Kind = 7
	KindAPIKey     Kind = 8
)

// GlobalID names an object of a tenant. Of a tenant, Object is the tenant again.
type GlobalID struct {
	Kind   Kind
	Tenant uuid.UUID
	Object uuid.UUID
}

// TenantID returns the global id of a tenant.
func TenantID(tenant uuid.UUID) GlobalID { return GlobalID{KindTenant, tenant, tenant} }

const idSize = 1 + 2*16

// String returns the opaque form.
func (g GlobalID) String() string {
	raw := append([]byte{byte(g.Kind)}, g.Tenant[:]...)
	return base64.RawURLEncoding.EncodeToString(append(raw, g.Object[:]...))
}

// ParseID reads the opaque form. It reports false for any text that String would not have written.
func ParseID(text string) (GlobalID, bool) {
	raw, err := base64.RawURLEncoding.Strict().DecodeString(text)
	if err != nil || len(raw) != idSize {
		return GlobalID{}, false
	}
	g := GlobalID{Kind: Kind(raw[0])}
	copy(g.Tenant[:], raw[1:])
	copy(g.Object[:], raw[17:])
	known := g.Kind >= KindTenant && g.Kind <= KindAPIKey
	return g, known && (g.Kind != KindTenant || g.Tenant == g.Object)
}
