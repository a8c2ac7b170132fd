package main

import (
	"context"
	"fmt"
	"math"
)

// What the admin API is asked about tenants.
const (
	createTenant    = "create a tenant"
	firstTenants    = "tenants, first page of 100"
	distantTenants  = "tenants, page 90"
	prefixTenants   = "tenants, slug prefix"
	settingsOfOne   = "settings of a tenant"
	tenantsDocument = `query($first: Int!, $after: String, $where: TenantWhere) {` +
		` tenants(first: $first, after: $after, where: $where) { nodes { tenantId slug name status createdAt } pageInfo { endCursor } } }`
	settingsDocument = `query($slug: String!) { tenant(slug: $slug) { version settings { path value isDefault } } }`
)

// distantPages is how many pages lie before the distant one, as far as there are as many.
const distantPages = 89

// compareTenants compares what admins do with many tenants and with few, and tells what each tenant costs.
func (b *bench) compareTenants(ctx context.Context, base, large *stack) error {
	b.say("%s: managing tenants", base.on.name)
	var turns []turn
	for of, s := range map[string]*stack{few: base, many: large} {
		made := 0
		turns = append(turns, turn{createTenant + of, clients, func(ctx context.Context) (sample, error) {
			c := &documents{checks{}}
			for range b.sizes.cold / 4 {
				made++
				c.requests = append(c.requests, s.document(
					`mutation($slug: String!) { createTenant(input: {slug: $slug}) { tenant { id } userErrors { code } } }`,
					vars{"slug": fmt.Sprintf("made-%d", made)}))
			}
			return drive(ctx, s.server.admin, []script{c}, untilDone, s.groups())
		}})
		pages, err := s.tenantPages(ctx)
		if err != nil {
			return fmt.Errorf("prepare tenants: %w", err)
		}
		asking, err := b.asking(ctx, s, of, pages)
		if err != nil {
			return err
		}
		turns = append(turns, asking...)
	}
	all, err := b.rounds(ctx, turns)
	if err != nil {
		return err
	}
	for _, what := range []string{createTenant, prefixTenants, settingsOfOne} {
		b.report.atMost(fmt.Sprintf("%s: %s, of %d ÷ of 1", base.on.name, what, b.sizes.manyTenants),
			"×", all.ratio(what+many, clients, what+few), 1.1)
	}
	b.report.atMost(fmt.Sprintf("%s: tenants, page 90 ÷ first page, of %d", base.on.name, b.sizes.manyTenants),
		"×", all.ratio(distantTenants+many, clients, firstTenants+many), 1.1)
	b.report.load(base.on.name, all)
	return b.openAll(ctx, large)
}

// tenantPages are what is read of tenants again and again. Searches find one.
func (s *stack) tenantPages(ctx context.Context) (map[string][]byte, error) {
	slug := s.users[0].slug
	var after *string
	for range distantPages {
		var found struct {
			Tenants struct {
				Nodes    []struct{ Slug string }
				PageInfo struct{ EndCursor *string }
			}
		}
		if err := s.ask(ctx, tenantsDocument, vars{"first": 100, "after": after}, &found); err != nil {
			return nil, err
		}
		if len(found.Tenants.Nodes) < 100 {
			break
		}
		after = found.Tenants.PageInfo.EndCursor
	}
	return map[string][]byte{
		firstTenants:   s.document(tenantsDocument, vars{"first": 100}),
		distantTenants: s.document(tenantsDocument, vars{"first": 100, "after": after}),
		prefixTenants:  s.document(tenantsDocument, vars{"first": 1, "where": vars{"slugPrefix": slug}}),
		settingsOfOne:  s.document(settingsDocument, vars{"slug": slug}),
	}, nil
}

// openAll opens every tenant's settings once, so that all are in the server's memory, and tells what that took.
func (b *bench) openAll(ctx context.Context, large *stack) error {
	before, err := residentOf(large.server.cmd.Process.Pid)
	if err != nil {
		return err
	}
	c := &documents{checks{}}
	for i := range b.sizes.manyTenants {
		c.requests = append(c.requests, large.document(settingsDocument, vars{"slug": fmt.Sprintf("%s-%d", baseSlug, i)}))
	}
	opened, err := drive(ctx, large.server.admin, []script{c}, 10*untilDone, large.groups())
	if err != nil {
		return fmt.Errorf("open every tenant: %w", err)
	}
	if err := pause(ctx, b.sizes.idle); err != nil {
		return err
	}
	after, err := residentOf(large.server.cmd.Process.Pid)
	if err != nil {
		return err
	}
	const mebi = 1 << 20
	n := float64(opened.requests)
	b.report.note("%s: settings of %d tenants opened one after the other, none in memory before: %.1f s, %.0f µs of CPU each; "+
		"the server grew from %.1f to %.1f MiB, %.1f KiB each.", large.on.name, opened.requests, opened.took.Seconds(),
		microseconds(opened.perRequest()), float64(before.all)/mebi, float64(after.all)/mebi,
		math.Max(0, float64(after.all-before.all))/1024/n)
	return nil
}
