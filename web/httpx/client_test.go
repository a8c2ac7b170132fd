package httpx_test

import (
	"net/http"
	"net/http/httptest"
	"net/netip"
	"testing"

	"github.com/tenantgate/tenantgate/internal/ephemeral"
	"github.com/tenantgate/tenantgate/web/httpx"
)

var proxies = []netip.Prefix{
	netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("fd00::/8"), netip.MustParsePrefix("127.0.0.1/32"),
}

func TestOnlyTrustedProxiesTellTheClientsAddress(t *testing.T) { // RTL-01
	t.Parallel()
	for name, c := range map[string]struct {
		peer      string
		trusted   []netip.Prefix
		forwarded []string // X-Forwarded-For, as often as sent
		want      string
	}{
		"nobody trusted":                   {"203.0.113.9:1", nil, []string{"198.51.100.1"}, "203.0.113.9"},
		"a peer that is not trusted":       {"203.0.113.9:1", proxies, []string{"198.51.100.1"}, "203.0.113.9"},
		"one trusted proxy":                {"10.0.0.1:1", proxies, []string{"198.51.100.1"}, "198.51.100.1"},
		"the client's own claim":           {"10.0.0.1:1", proxies, []string{"1.2.3.4, 198.51.100.1"}, "198.51.100.1"},
		"two trusted proxies":              {"10.0.0.1:1", proxies, []string{"1.2.3.4, 198.51.100.1, 10.0.0.2"}, "198.51.100.1"},
		"all trusted":                      {"10.0.0.1:1", proxies, []string{"10.0.0.3, 10.0.0.2"}, "10.0.0.3"},
		"several headers":                  {"10.0.0.1:1", proxies, []string{"1.2.3.4", "198.51.100.1"}, "198.51.100.1"},
		"no header":                        {"10.0.0.1:1", proxies, nil, "10.0.0.1"},
		"an empty header":                  {"10.0.0.1:1", proxies, []string{""}, "10.0.0.1"},
		"malformed":                        {"10.0.0.1:1", proxies, []string{"unknown"}, "10.0.0.1"},
		"malformed behind a good one":      {"10.0.0.1:1", proxies, []string{"198.51.100.1, x"}, "10.0.0.1"},
		"malformed before a trusted one":   {"10.0.0.1:1", proxies, []string{"<script>, 10.0.0.2"}, "10.0.0.2"},
		"an address with a port":           {"10.0.0.1:1", proxies, []string{"198.51.100.1:80"}, "10.0.0.1"},
		"IPv4 mapped into IPv6, the peer":  {"[::ffff:10.0.0.1]:1", proxies, []string{"198.51.100.1"}, "198.51.100.1"},
		"IPv4 mapped into IPv6, forwarded": {"10.0.0.1:1", proxies, []string{"::ffff:198.51.100.1"}, "198.51.100.1"},
		"IPv6":                             {"[fd00::1]:1", proxies, []string{"2001:db8::7"}, "2001:db8::7"},
		"no socket address":                {"@", proxies, []string{"198.51.100.1"}, "invalid IP"},
	} {
		r := httptest.NewRequest(http.MethodGet, "/", nil)
		r.RemoteAddr = c.peer
		r.Header["X-Forwarded-For"] = c.forwarded
		for _, ignored := range []string{"X-Real-Ip", "Forwarded", "True-Client-Ip", "Cf-Connecting-Ip"} {
			r.Header.Set(ignored, "192.0.2.66")
		}
		if got, _ := httpx.Client(r, c.trusted); got.String() != c.want {
			t.Errorf("%s: %s, want %s", name, got, c.want)
		}
	}
}

func TestOnlyTrustedProxiesTellTheScheme(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		peer, proto string
		want        bool
	}{
		{"10.0.0.1:1", "https", true},
		{"10.0.0.1:1", "HTTPS", true},
		{"10.0.0.1:1", "http", false},
		{"10.0.0.1:1", "", false},
		{"203.0.113.9:1", "https", false},
	} {
		r := httptest.NewRequest(http.MethodGet, "/", nil)
		r.RemoteAddr = c.peer
		r.Header.Set("X-Forwarded-Proto", c.proto)
		if _, got := httpx.Client(r, proxies); got != c.want {
			t.Errorf("%s says %q: secure %v", c.peer, c.proto, got)
		}
	}
}

func TestAddressesOfOneClientShareABucket(t *testing.T) { // RTL-02
	t.Parallel()
	subject := func(address string) string {
		r := httptest.NewRequest(http.MethodGet, "/", nil)
		r.RemoteAddr = "127.0.0.1:1"
		r.Header.Set("X-Forwarded-For", address)
		got, _ := httpx.Client(r, proxies)
		return ephemeral.AddressSubject(got)
	}
	if a, b := subject("2001:db8::1"), subject("2001:db8::ffff:0:9"); a != b {
		t.Errorf("one /64 has the buckets %s and %s", a, b)
	}
	if a, b := subject("198.51.100.1"), subject("::ffff:198.51.100.1"); a != b {
		t.Errorf("one IPv4 address has the buckets %s and %s", a, b)
	}
	if a, b := subject("2001:db8::1"), subject("2001:db8:0:1::1"); a == b {
		t.Errorf("two /64 share the bucket %s", a)
	}
}
