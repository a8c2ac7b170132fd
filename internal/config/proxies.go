package config

import (
	"net/netip"
	"strings"
)

// trustedProxies reads the proxies whose word about addresses counts.
func (r *reading) trustedProxies() []netip.Prefix {
	f := r.found["trusted_proxies"]
	if !f.set {
		return nil
	}
	prefixes, bad := parseProxies(f.text)
	for _, w := range bad {
		r.note("trusted_proxies", f.source, w.what, w.fix)
	}
	return prefixes
}

// parseProxies reads CIDRs, comma-separated, with blanks around them, and says what is wrong with each of the others.
func parseProxies(text string) (prefixes []netip.Prefix, bad []wrong) {
	for item := range strings.SplitSeq(text, ",") {
		prefix, w := parseProxy(strings.TrimSpace(item))
		if w != nil {
			bad = append(bad, *w)
			continue
		}
		prefixes = append(prefixes, prefix)
	}
	return prefixes, bad
}

func parseProxy(item string) (netip.Prefix, *wrong) {
	if addr, err := netip.ParseAddr(item); err == nil && addr.Zone() == "" {
		single := netip.PrefixFrom(addr.Unmap(), addr.Unmap().BitLen())
		return netip.Prefix{}, &wrong{quote(item) + " is an address without a length", "write " + single.String()}
	}
	prefix, err := netip.ParsePrefix(item)
	switch {
	case err != nil:
		return netip.Prefix{}, &wrong{
			quote(item) + " is no CIDR",
			"write it like 10.0.0.0/8, or 10.1.2.3/32 for one address",
		}
	case prefix.Addr().Is4In6():
		return netip.Prefix{}, &wrong{quote(item) + " is IPv4 written as IPv6, which matches nothing", "write it as IPv4"}
	case prefix.Bits() == 0:
		return netip.Prefix{}, &wrong{
			quote(item) + " trusts everyone, so that clients choose their own address",
			"name the proxies' own ranges",
		}
	case prefix.Masked() != prefix:
		single := netip.PrefixFrom(prefix.Addr(), prefix.Addr().BitLen())
		return netip.Prefix{}, &wrong{
			quote(item) + " has bits behind its length",
			"write " + prefix.Masked().String() + ", or " + single.String() + " for one address",
		}
	}
	return prefix, nil
}
