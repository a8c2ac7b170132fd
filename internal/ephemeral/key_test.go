package ephemeral_test

import (
	"net/netip"
	"strings"
	"testing"

	"github.com/google/uuid"
	"pgregory.net/rapid"

	"github.com/tenantgate/tenantgate/internal/ephemeral"
)

// Case TEN-11.
func TestNoTwoTriplesGiveOneKey(t *testing.T) {
	t.Parallel()
	type triple struct {
		tenant        byte // 0 is the server
		kind, subject string
	}
	// Few characters, so that separators meet often.
	part := rapid.StringOfN(rapid.SampledFrom([]rune(":/%3A{}+ab\x00")), 0, 6, -1)
	draw := rapid.Custom(func(t *rapid.T) triple {
		return triple{rapid.ByteRange(0, 2).Draw(t, "tenant"), part.Draw(t, "kind"), part.Draw(t, "subject")}
	})
	key := func(x triple) ephemeral.Key {
		if x.tenant == 0 {
			return ephemeral.ServerKey(x.kind, x.subject)
		}
		return ephemeral.TenantKey(uuid.UUID{15: x.tenant}, x.kind, x.subject)
	}
	rapid.Check(t, func(t *rapid.T) {
		a, b := draw.Draw(t, "a"), draw.Draw(t, "b")
		if (a == b) != (key(a) == key(b)) {
			t.Fatalf("%v gives %v, %v gives %v", a, key(a), b, key(b))
		}
	})
}

func TestAKeyTellsNothingOfItsSubject(t *testing.T) {
	t.Parallel()
	tenant := uuid.New()
	key := ephemeral.TenantKey(tenant, "mail:{x}", "alice@x.test").String()
	if strings.Contains(key, "alice") || strings.Contains(key, "x.test") {
		t.Errorf("%s holds its subject", key)
	}
	if prefix := "tg:{" + tenant.String() + "}:mail%3A%7Bx%7D:"; !strings.HasPrefix(key, prefix) {
		t.Errorf("%s does not start with the tenant's hash tag and the kind, %s", key, prefix)
	}
	_, digest, _ := strings.Cut(key, "mail%3A%7Bx%7D:")
	elsewhere := ephemeral.TenantKey(uuid.New(), "mail:{x}", "alice@x.test").String()
	if strings.HasSuffix(elsewhere, digest) {
		t.Errorf("one subject has the digest %s in two tenants, which links them", digest)
	}
}

func TestATenantsKeyNeedsATenant(t *testing.T) {
	t.Parallel()
	if key := ephemeral.TenantKey(uuid.Nil, "login", "a"); key != (ephemeral.Key{}) {
		t.Errorf("got %v", key)
	}
}

// Case RTL-02.
func TestAnAddressIsCountedByWhatOneClientHolds(t *testing.T) {
	t.Parallel()
	for address, want := range map[string]string{
		"192.0.2.7":                  "192.0.2.7",
		"::ffff:192.0.2.7":           "192.0.2.7",
		"::ffff:192.0.2.7%eth0":      "192.0.2.7",
		"2001:db8:1:2::":             "2001:db8:1:2::/64",
		"2001:db8:1:2:ffff:1:2:3":    "2001:db8:1:2::/64",
		"2001:db8:1:3::1":            "2001:db8:1:3::/64",
		"fe80::1%eth0":               "fe80::/64",
		"fe80::2%eth1":               "fe80::/64",
		"::1":                        "::/64",
		"not an address":             "unknown",
		"192.0.2.7:80, 198.51.100.1": "unknown",
	} {
		addr, _ := netip.ParseAddr(address)
		if got := ephemeral.AddressSubject(addr); got != want {
			t.Errorf("%s is counted as %q, want %q", address, got, want)
		}
	}
}
