package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"time"

	"github.com/tenantgate/tenantgate/internal/fault"
	"github.com/tenantgate/tenantgate/tenants"
)

type domainCommand struct {
	Add    domainAddCommand    `cmd:"" help:"Note that a host is the tenant's, and print the DNS record that proves it."`
	Verify domainVerifyCommand `cmd:"" help:"Look for the record, and let the host lead to the tenant."`
	Remove domainRemoveCommand `cmd:"" help:"Take a host from a tenant."`
	List   domainListCommand   `cmd:"" help:"List the hosts of a tenant."`
}

// lookupTXT asks DNS; tests put their own answers in its place.
var lookupTXT tenants.TXTLookup = net.DefaultResolver.LookupTXT

// domainView is a host of a tenant's as the commands print it.
type domainView struct {
	Host       string     `json:"host"`
	Verified   bool       `json:"verified"`
	VerifiedAt *time.Time `json:"verified_at,omitempty"`
	CreatedAt  time.Time  `json:"created_at"`
	Record     recordView `json:"record"`
}

// recordView is the DNS record that proves a host.
type recordView struct {
	Type  string `json:"type"`
	Name  string `json:"name"`
	Value string `json:"value"`
}

func viewDomain(d *tenants.Domain) domainView {
	view := domainView{
		Host: d.Host, Verified: d.Verified(), CreatedAt: d.CreatedAt,
		Record: recordView{Type: "TXT", Name: d.RecordName, Value: d.Record},
	}
	if d.Verified() {
		view.VerifiedAt = &d.VerifiedAt
	}
	return view
}

func (v domainView) status() string {
	if v.VerifiedAt == nil {
		return "not verified"
	}
	return "verified " + v.VerifiedAt.Format(time.RFC3339)
}

// showDomain prints a host of a tenant's and what is to be done next.
func (s *shell) showDomain(slug string, d *tenants.Domain) error {
	view := viewDomain(d)
	return s.print(view, func(w io.Writer) {
		rows := [][]string{{"host", view.Host}, {"status", view.status()}}
		next := "let " + view.Host + " lead to this server; the tenant's paths begin there without /t/" + slug
		if !view.Verified {
			rows = append(rows, []string{"record name", view.Record.Name}, []string{"record type", view.Record.Type},
				[]string{"record value", view.Record.Value})
			next = fmt.Sprintf("make this DNS record, then run `tenantgate tenant domain verify %s %s`", slug, view.Host)
		}
		s.table(w, "", append(rows, []string{"next", next}))
	})
}

// hostArguments are what all but list take.
type hostArguments struct {
	Slug string `arg:"" help:"The tenant."`
	Host string `arg:"" help:"The host's whole name, such as login.example.com."`
}

type domainAddCommand struct{ hostArguments }

// Run adds the host; again, it shows the record again.
func (c *domainAddCommand) Run(sh *shell) error {
	return sh.withTenants(func(ctx context.Context, r *tenants.Registry) error {
		d, err := r.AddDomain(ctx, c.Slug, c.Host)
		if err != nil {
			return c.explain(err)
		}
		return sh.showDomain(c.Slug, d)
	})
}

type domainVerifyCommand struct {
	hostArguments
	Verified bool `help:"Take your word for it that the host is the tenant's, and look nothing up."`
}

// Run verifies the host.
func (c *domainVerifyCommand) Run(sh *shell) error {
	return sh.withTenants(func(ctx context.Context, r *tenants.Registry) error {
		d, err := r.VerifyDomain(ctx, c.Slug, c.Host, lookupTXT, c.Verified)
		if err != nil {
			return c.explain(err)
		}
		return sh.showDomain(c.Slug, d)
	})
}

type domainRemoveCommand struct{ hostArguments }

// Run removes the host.
func (c *domainRemoveCommand) Run(sh *shell) error {
	return sh.withTenants(func(ctx context.Context, r *tenants.Registry) error {
		if err := r.RemoveDomain(ctx, c.Slug, c.Host); err != nil {
			return c.explain(err)
		}
		return sh.print(map[string]any{"removed": c.Host}, func(w io.Writer) {
			fmt.Fprintf(w, "removed %s from %s\n", c.Host, c.Slug)
		})
	})
}

type domainListCommand struct {
	Slug string `arg:"" help:"The tenant."`
}

// Run lists the hosts by name.
func (c *domainListCommand) Run(sh *shell) error {
	return sh.withTenants(func(ctx context.Context, r *tenants.Registry) error {
		domains, err := r.Domains(ctx, c.Slug)
		if err != nil {
			return err
		}
		views := []domainView{}
		for _, d := range domains {
			views = append(views, viewDomain(d))
		}
		return sh.print(map[string]any{"domains": views}, func(w io.Writer) {
			var rows [][]string
			for _, v := range views {
				rows = append(rows, []string{v.Host, v.status(), v.Record.Name, v.Record.Value})
			}
			sh.table(w, "HOST\tSTATUS\tTXT RECORD\tVALUE", rows)
		})
	})
}

// explain words the faults that only hosts meet.
func (c hostArguments) explain(err error) error {
	var unproven *tenants.Unproven
	switch fault.CodeOf(err) {
	case fault.NotFound:
		return &problem{
			what: fmt.Sprintf("%q is no host of the tenant %s", c.Host, c.Slug),
			fix: fmt.Sprintf("`tenantgate tenant domain list %s` shows those that it has, `tenantgate tenant domain add` "+
				"adds one", c.Slug),
			cause: err,
		}
	case fault.LimitReached:
		return &problem{
			what:  fmt.Sprintf("the tenant has %d hosts, and more there may not be", tenants.MaxDomains),
			fix:   "remove one that is not needed with `tenantgate tenant domain remove`",
			cause: err,
		}
	case fault.DomainTaken:
		return &problem{
			what:  c.Host + " is verified for another tenant",
			fix:   "remove it there first: `tenantgate tenant show` lists the hosts of a tenant",
			cause: err,
		}
	case fault.DomainUnproven:
		if errors.As(err, &unproven) {
			return explainUnproven(unproven, err)
		}
	}
	return err
}

// mostShown is how many strange records are shown, and longestShown how much of each.
const (
	mostShown    = 5
	longestShown = 80
)

// explainUnproven says what was looked up and what was found.
func explainUnproven(u *tenants.Unproven, cause error) *problem {
	p := &problem{
		what:  "there is no TXT record at " + u.Domain.RecordName,
		fix:   fmt.Sprintf("make one with the value %s, wait until DNS shows it and try again", u.Domain.Record),
		cause: cause,
	}
	var dns *net.DNSError
	switch {
	case errors.As(u.Err, &dns) && dns.IsNotFound:
	case u.Err != nil:
		reason := u.Err.Error()
		if dns != nil {
			reason = dns.Err
		}
		p.what = fmt.Sprintf("the TXT records at %s cannot be looked up: %s", u.Domain.RecordName, reason)
		p.fix = "check that this machine reaches DNS and try again, or give --verified if you know that the host is the tenant's"
	case len(u.Found) > 0:
		p.what = fmt.Sprintf("no TXT record at %s says %s; found %s", u.Domain.RecordName, u.Domain.Record, quoted(u.Found))
		p.fix = "add that record beside what is there, wait until DNS shows it and try again"
	}
	return p
}

// quoted shows what strangers wrote on one line, without what a terminal would act on.
func quoted(texts []string) string {
	var out []string
	for i, text := range texts {
		if i == mostShown {
			out = append(out, fmt.Sprintf("and %d more", len(texts)-mostShown))
			break
		}
		if len(text) > longestShown {
			text = strings.ToValidUTF8(text[:longestShown], "") + "…"
		}
		out = append(out, fmt.Sprintf("%+q", text))
	}
	return strings.Join(out, ", ")
}
