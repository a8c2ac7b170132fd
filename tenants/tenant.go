package tenants

import (
	"regexp"
	"time"

	"github.com/google/uuid"

	"github.com/tenantgate/tenantgate/internal/fault"
	"github.com/tenantgate/tenantgate/internal/ids"
	"github.com/tenantgate/tenantgate/internal/sealed"
)

// Status of a tenant.
type Status string

// The statuses. A tenant that is being deleted has no slug and is never resolved.
const (
	Active    Status = "active"
	Suspended Status = "suspended"
	Deleting  Status = "deleting"
)

// Reserved is the slug of the platform's own tenant: its users are the admins. Its data key seals the proof that the
// master keys fit the database.
const Reserved = "tenantgate"

// Tenant is a snapshot of a tenant as a request sees it. It is shared between requests and never changed.
type Tenant struct {
	ID        uuid.UUID
	Slug      string
	Name      string
	Status    Status
	Issuer    string // iss of its tokens, the same on every host
	BaseURL   string // where its routes begin
	Settings  Settings
	Version   int
	CreatedAt time.Time

	Keys    *sealed.Keys // data keys
	Signing *KeySet
}

// PublicID returns ten_….
func (t *Tenant) PublicID() string { return ids.Format(ids.Tenant, t.ID) }

// DisplayName is what the tenant's users know it by.
func (t *Tenant) DisplayName() string {
	if t.Settings.Branding.Name != "" {
		return t.Settings.Branding.Name
	}
	return t.Name
}

// Usable returns the fault of a tenant that is suspended.
func (t *Tenant) Usable() error {
	if t.Status != Active {
		return fault.New(fault.TenantSuspended)
	}
	return nil
}

// The bounds of slugs, in bytes, and of names, in characters.
const (
	longestSlug = 63
	longestName = 100
)

var slugForm = regexp.MustCompile(`^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$`)

// isSlugByte reports whether slugs can hold a byte.
func isSlugByte(b byte) bool { return b >= 'a' && b <= 'z' || b >= '0' && b <= '9' || b == '-' }

// checkSlug accepts what can stand in a URL and in a host name alike.
func checkSlug(slug string) error {
	if slugForm.MatchString(slug) {
		return nil
	}
	return fault.Invalid(fault.Field{
		Field: "slug", Code: "invalid",
		Message: "Use 1 to 63 lower-case letters, digits and dashes, with no dash at either end.",
	})
}

func checkName(name string) error {
	if name == "" || len([]rune(name)) > longestName || !isPlainText(name) {
		return fault.Invalid(fault.Field{
			Field: "name", Code: "invalid",
			Message: "Use 1 to 100 characters on one line.",
		})
	}
	return nil
}

// isPlainText reports whether s is valid UTF-8 without control characters.
func isPlainText(s string) bool {
	for _, r := range s {
		if r < ' ' || r == 0x7f || r == '\uFFFD' {
			return false
		}
	}
	return true
}
