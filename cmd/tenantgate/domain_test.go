package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"os"
	"strings"
	"testing"

	"github.com/tenantgate/tenantgate/internal/fault"
	"github.com/tenantgate/tenantgate/tenants"
)

// In scripts the test binary is tenantgate, and DNS is what TEST_DNS holds: the records of each name as JSON, with an error
// instead where its first record begins with "error: ". Names that it lacks do not exist.
func init() {
	text, given := os.LookupEnv("TEST_DNS")
	if !given {
		return
	}
	lookupTXT = func(_ context.Context, name string) ([]string, error) {
		var zone map[string][]string
		if err := json.Unmarshal([]byte(text), &zone); err != nil {
			return nil, err
		}
		records := zone[name]
		if len(records) == 0 {
			return nil, &net.DNSError{Err: "no such host", Name: name, Server: "192.0.2.53:53", IsNotFound: true}
		}
		if reason, is := strings.CutPrefix(records[0], "error: "); is {
			return nil, &net.DNSError{Err: reason, Name: name, Server: "192.0.2.53:53", IsTemporary: true}
		}
		return records, nil
	}
}

func TestARefusedProofSaysWhatWasLookedUpAndWhatWasFound(t *testing.T) {
	t.Parallel()
	d := &tenants.Domain{Host: "a.test", RecordName: "_tenantgate.a.test", Record: "tenantgate-verification=x"}
	long := strings.Repeat("é", 100)
	for _, c := range []struct {
		why  tenants.Unproven
		what string
		fix  string
	}{
		{tenants.Unproven{}, "there is no TXT record at _tenantgate.a.test", "make one with the value tenantgate-verification=x"},
		{tenants.Unproven{Err: &net.DNSError{Err: "no such host", IsNotFound: true}}, "there is no TXT record at", "make one"},
		{tenants.Unproven{Err: &net.DNSError{Err: "i/o timeout", Server: "192.0.2.53:53"}}, "cannot be looked up: i/o timeout", "--verified"},
		{tenants.Unproven{Err: context.DeadlineExceeded}, "cannot be looked up: context deadline exceeded", "--verified"},
		{
			tenants.Unproven{Found: []string{"a\x1b[2J\"", long, "c", "d", "e", "f", "g"}},
			`says tenantgate-verification=x; found "a\x1b[2J\"", "` + strings.Repeat(`\u00e9`, 40) + `\u2026", "c", "d", "e", and 2 more`,
			"add that record beside",
		},
	} {
		c.why.Domain = d
		err := hostArguments{"acme", "a.test"}.explain(fmt.Errorf("x: %w", fault.New(fault.DomainUnproven).Because(&c.why)))
		var p *problem
		if !errors.As(err, &p) || !strings.Contains(p.what, c.what) || !strings.Contains(p.fix, c.fix) {
			t.Errorf("%+v is %+v", c.why, p)
		}
	}
}
