package smtp

import (
	"errors"
	"net"
	"testing"

	"github.com/tenantgate/tenantgate/internal/mail/mailtest"
)

func TestPublicOnlyKnowsTheInternet(t *testing.T) {
	t.Parallel()
	cases := map[string]bool{
		"8.8.8.8": true, "2606:4700::1111": true, "::ffff:8.8.8.8": true, "64:ff9b::808:808": true,
		"127.0.0.1": false, "127.9.9.9": false, "::1": false, "::ffff:127.0.0.1": false, "0.0.0.0": false, "::": false,
		"10.0.0.1": false, "172.16.0.1": false, "192.168.1.1": false, "100.64.0.1": false, "169.254.169.254": false,
		"::ffff:169.254.169.254": false, "fe80::1": false, "fc00::1": false, "fd00:ec2::254": false, "fec0::1": false,
		"224.0.0.1": false, "ff02::1": false, "255.255.255.255": false, "240.0.0.1": false, "198.18.0.1": false,
		"192.0.2.1": false, "64:ff9b::a00:1": false, "64:ff9b::7f00:1": false, "64:ff9b:1::1": false,
		"2002:7f00:1::": false, "2001:0:1::1": false, "2001:db8::1": false, "::127.0.0.1": false,
	}
	for ip, want := range cases {
		err := PublicOnly("tcp", net.JoinHostPort(ip, "25"))
		if want && err != nil || !want && !errors.Is(err, ErrNotPublic) {
			t.Errorf("%s: %v, public is %v", ip, err, want)
		}
	}
	if err := PublicOnly("tcp", "mail.test:25"); !errors.Is(err, ErrNotPublic) {
		t.Errorf("a name that nobody resolved: %v", err)
	}
}

func TestAGuardedSenderDialsNoPrivateAddress(t *testing.T) {
	t.Parallel()
	sink := mailtest.Start(t)
	_, port, err := net.SplitHostPort(sink.Addr())
	if err != nil {
		t.Fatal(err)
	}
	for _, host := range []string{"127.0.0.1", "localhost", "[::ffff:127.0.0.1]", "0.0.0.0"} {
		s, err := Open("smtp://"+host+":"+port, WithDialGuard(PublicOnly))
		if err != nil {
			t.Fatal(err)
		}
		if err := s.Check(t.Context()); !errors.Is(err, ErrNotPublic) {
			t.Errorf("%s: %v, want %v", host, err, ErrNotPublic)
		}
	}
	if n := sink.Attempts(); n != 0 {
		t.Errorf("%d connections came in", n)
	}
}
