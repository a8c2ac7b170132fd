package config

import (
	"net/netip"
	"strings"
	"testing"
)

func FuzzTrustedProxiesHoldNoMoreThanWasWritten(f *testing.F) {
	for _, text := range []string{
		"10.0.0.0/8", "10.0.0.0/8, fd00::/8", "10.0.0.1", "10.0.0.1/8", "0.0.0.0/0", "::/0", "::ffff:10.0.0.0/104",
		"fe80::1%eth0", "fe80::1%eth0/64", "", ",", "10.0.0.0/08", "010.0.0.0/8",
	} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		prefixes, bad := parseProxies(text)
		if len(prefixes)+len(bad) != strings.Count(text, ",")+1 {
			t.Errorf("%d prefixes and %d wrong ones of %q", len(prefixes), len(bad), text)
		}
		for _, prefix := range prefixes {
			if !prefix.IsValid() || prefix.Bits() == 0 || prefix != prefix.Masked() || prefix.Addr().Is4In6() {
				t.Errorf("%q gives %v", text, prefix)
			}
		}
		for _, w := range bad {
			// Where a fix proposes a prefix, it is one that passes.
			if proposal, ok := strings.CutPrefix(w.fix, "write "); ok {
				first := strings.TrimSuffix(strings.Fields(proposal)[0], ",")
				if prefix, err := netip.ParsePrefix(first); err == nil && prefix.Bits() > 0 {
					if _, again := parseProxies(first); again != nil {
						t.Errorf("the fix of %q is wrong too: %v", text, again)
					}
				}
			}
		}
	})
}
