package ephemeral

import (
	"crypto/sha256"
	"encoding/base64"
	"net/netip"
	"net/url"

	"github.com/google/uuid"
)

// Key names one counter. Only TenantKey and ServerKey make one; no two different triples of tenant, kind and subject
// give the same. The zero Key names nothing and is refused.
type Key struct{ text string }

// TenantKey names what is counted about subject (an address, an identifier, …) within a tenant. kind says what is
// counted, such as "login.address". Neither the subject nor anything it could be looked up by is stored: the key
// holds its SHA-256, mixed with tenant and kind. Without a tenant it returns the zero Key.
func TenantKey(tenant uuid.UUID, kind, subject string) Key {
	if tenant == uuid.Nil {
		return Key{}
	}
	// The braces are a hash tag: in a Redis Cluster all keys of a tenant lie on one node.
	return newKey("tg:{"+tenant.String()+"}:", kind, subject)
}

// ServerKey names what is counted across all tenants.
func ServerKey(kind, subject string) Key {
	return newKey("tg:server:", kind, subject)
}

func newKey(scope, kind, subject string) Key {
	// Escaping leaves neither colon nor brace in kind, so the prefix reads in one way only.
	prefix := scope + url.QueryEscape(kind) + ":"
	sum := sha256.Sum256([]byte(prefix + subject))
	return Key{text: prefix + base64.RawURLEncoding.EncodeToString(sum[:])}
}

// String returns the key as stores write it.
func (k Key) String() string {
	return k.text
}

// AddressSubject is the subject under which a client's address is counted: an IPv4 address by itself, also where it
// comes mapped into IPv6, and an IPv6 address by its /64, within which one client has as many as it likes. Addresses
// that are none share one subject, so that a malformed one does not escape the limit.
func AddressSubject(addr netip.Addr) string {
	addr = addr.Unmap().WithZone("")
	switch {
	case addr.Is4():
		return addr.String()
	case addr.Is6():
		return netip.PrefixFrom(addr, 64).Masked().String()
	}
	return "unknown"
}
