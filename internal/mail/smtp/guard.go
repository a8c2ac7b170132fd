package smtp

import (
	"errors"
	"fmt"
	"net/netip"
)

// ErrNotPublic is the cause where PublicOnly refused an address.
var ErrNotPublic = errors.New("address of the mail server is not public")

// PublicOnly is a dial guard that allows only addresses of the public internet. It sees what a name resolved to, at
// the moment of dialling: a name that points elsewhere the second time gains nothing.
func PublicOnly(_, address string) error {
	at, err := netip.ParseAddrPort(address)
	if err != nil {
		return fmt.Errorf("%w: not an IP address and port", ErrNotPublic)
	}
	if !public(at.Addr()) {
		return ErrNotPublic
	}
	return nil
}

var (
	internet6 = netip.MustParsePrefix("2000::/3")     // all that is handed out; all else in IPv6 is special
	nat64     = netip.MustParsePrefix("64:ff9b::/96") // except where IPv4 is reached through it (RFC 6052)

	// special lists what IANA's special-purpose registries take out of the internet and netip has no word for.
	special = []netip.Prefix{
		netip.MustParsePrefix("0.0.0.0/8"),
		netip.MustParsePrefix("100.64.0.0/10"), // carrier-grade NAT; clouds put services there
		netip.MustParsePrefix("192.0.0.0/24"),
		netip.MustParsePrefix("192.0.2.0/24"),
		netip.MustParsePrefix("192.88.99.0/24"),
		netip.MustParsePrefix("198.18.0.0/15"),
		netip.MustParsePrefix("198.51.100.0/24"),
		netip.MustParsePrefix("203.0.113.0/24"),
		netip.MustParsePrefix("240.0.0.0/4"),
		netip.MustParsePrefix("2001::/23"), // Teredo and others: IPv4 in disguise
		netip.MustParsePrefix("2001:db8::/32"),
		netip.MustParsePrefix("2002::/16"), // 6to4: IPv4 in disguise
		netip.MustParsePrefix("3fff::/20"),
	}
)

func public(ip netip.Addr) bool {
	ip = ip.Unmap()
	if nat64.Contains(ip) {
		b := ip.As16()
		ip = netip.AddrFrom4([4]byte(b[12:]))
	}
	if ip.Zone() != "" || !ip.IsGlobalUnicast() || ip.IsPrivate() || ip.Is6() && !internet6.Contains(ip) {
		return false
	}
	for _, p := range special {
		if p.Contains(ip) {
			return false
		}
	}
	return true
}
