package tenants

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"github.com/tenantgate/tenantgate/internal/page"
	"github.com/tenantgate/tenantgate/internal/store"
	"github.com/tenantgate/tenantgate/internal/store/storetest"
)

// slugsOf searches page by page and returns the slugs in order.
func slugsOf(t testing.TB, r *replica, q TenantQuery, at page.Request) []string {
	t.Helper()
	out := []string{}
	for {
		found, err := r.Search(t.Context(), q, at)
		if err != nil {
			t.Fatal(err)
		}
		var slugs []string
		for _, row := range found.Rows {
			slugs = append(slugs, row.Slug)
		}
		further, end := found.Further, len(found.Rows)-1
		if at.Backward {
			further, end = found.Previous, 0
			out = append(slugs, out...)
		} else {
			out = append(out, slugs...)
		}
		if !further {
			break
		}
		mark := q.Mark(found.Rows[end])
		at.Behind = &mark
	}
	n, err := r.CountTenants(t.Context(), q)
	if err != nil || n != len(out) {
		t.Errorf("counted %d, %v, and found %d", n, err, len(out))
	}
	return out
}

func TestTenantsAreFoundByWhatIsGivenPageByPageInEveryOrder(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.Store) {
		r, _ := newOne(t, db)
		made := []string{Reserved}
		ids := map[string]uuid.UUID{Reserved: find(t, r, Reserved).ID}
		for _, slug := range []string{"b", "a-b", "ab", "a0", "a", "ab-c", "z-last", "gone"} {
			ids[slug] = create(t, r, slug).ID
			made = append(made, slug)
		}
		if _, err := r.Suspend(t.Context(), "ab"); err != nil {
			t.Fatal(err)
		}
		if _, err := r.BeginDelete(t.Context(), "gone"); err != nil {
			t.Fatal(err)
		}
		made = made[:len(made)-1]
		bySlug := slices.Sorted(slices.Values(made))
		backwards := func(of []string) []string {
			out := slices.Clone(of)
			slices.Reverse(out)
			return out
		}
		for _, limit := range []int{1, 3, 100} {
			for _, c := range []struct {
				q    TenantQuery
				want []string
			}{{TenantQuery{}, bySlug}, {TenantQuery{ByAge: true}, made}} {
				for _, at := range []page.Request{{}, {Desc: true}, {Backward: true}, {Desc: true, Backward: true}} {
					at.Limit = limit
					want := c.want
					if at.Desc {
						want = backwards(want)
					}
					if diff := cmp.Diff(want, slugsOf(t, r, c.q, at)); diff != "" {
						t.Errorf("%+v %+v (-want +got):\n%s", c.q, at, diff)
					}
				}
			}
		}
		for what, c := range map[string]struct {
			q    TenantQuery
			want []string
		}{
			"a prefix":                {TenantQuery{SlugPrefix: "a"}, []string{"a", "a-b", "a0", "ab", "ab-c"}},
			"a prefix with a dash":    {TenantQuery{SlugPrefix: "a-"}, []string{"a-b"}},
			"the last letter":         {TenantQuery{SlugPrefix: "z"}, []string{"z-last"}},
			"a prefix of none":        {TenantQuery{SlugPrefix: "abc"}, []string{}},
			"one that is deleted":     {TenantQuery{SlugPrefix: "gone"}, []string{}},
			"a placeholder":           {TenantQuery{SlugPrefix: "%"}, []string{}},
			"a capital":               {TenantQuery{SlugPrefix: "A"}, []string{}},
			"a zero byte":             {TenantQuery{SlugPrefix: "a\x00"}, []string{}},
			"no Unicode":              {TenantQuery{SlugPrefix: "a\xff"}, []string{}},
			"a letter beyond a byte":  {TenantQuery{SlugPrefix: "š"}, []string{}}, // its last byte is that of a letter
			"too long":                {TenantQuery{SlugPrefix: strings.Repeat("a", 64)}, []string{}},
			"suspended":               {TenantQuery{Status: Suspended}, []string{"ab"}},
			"suspended with a prefix": {TenantQuery{Status: Active, SlugPrefix: "ab"}, []string{"ab-c"}},
			"some":                    {TenantQuery{Only: []uuid.UUID{ids["b"], ids["gone"], ids["a"]}}, []string{"a", "b"}},
			"none":                    {TenantQuery{Only: []uuid.UUID{}}, []string{}},
			"all but one":             {TenantQuery{Except: ids[Reserved], SlugPrefix: "t"}, []string{}},
		} {
			if diff := cmp.Diff(c.want, slugsOf(t, r, c.q, page.Request{Limit: 2})); diff != "" {
				t.Errorf("%s (-want +got):\n%s", what, diff)
			}
		}
	})
}

func TestNamesAreFoundByAnyPartInAnyCaseAndLiterally(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.Store) {
		r, _ := newOne(t, db)
		names := []string{
			"Größe & Co.", "100% [pure] {x}", `back\slash_under`, "a*b?c^d$e|f(g)+h-i", "ΣΊΣΥΦΟΣ", "plain",
		}
		for i, name := range names {
			if _, err := r.Create(t.Context(), CreateInput{Slug: fmt.Sprint("t", i), Name: name}); err != nil {
				t.Fatal(err)
			}
		}
		for text, want := range map[string][]string{
			"größe": {"t0"}, "GRÖSSE": {}, "GRÖ": {"t0"}, "& c": {"t0"}, "0%": {"t1"}, "[PURE]": {"t1"}, "{x}": {"t1"}, "[p": {"t1"},
			`\`: {"t2"}, `K\S`: {"t2"}, "_": {"t2"}, "%": {"t1"}, "*": {"t3"}, "?C": {"t3"}, "^d$": {"t3"}, "|": {"t3"}, "(g)+H-": {"t3"},
			".": {"t0"}, "σίσυφος": {"t4"}, "***=p": {}, "PLAIN": {"t5"}, "[a-z]": {}, "a.b": {}, "a\x00": {}, "\xff": {},
			strings.Repeat("a", 101): {}, strings.Repeat("Σ", 100): {},
		} {
			if diff := cmp.Diff(want, slugsOf(t, r, TenantQuery{NameContains: text, SlugPrefix: "t"}, page.Request{Limit: 100})); diff != "" {
				t.Errorf("%q (-want +got):\n%s", text, diff)
			}
		}
	})
}

func TestAPageOfTenantsAndWhatHangsOnThemIsAFixedNumberOfStatements(t *testing.T) {
	t.Parallel()
	eachURL(t, func(t *testing.T, url string) {
		n := 0
		db, err := store.Open(url, store.Watch(func(context.Context, store.Statement) { n++ }))
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = db.Close() })
		r, _ := newOne(t, db)
		for i := range 12 {
			made := create(t, r, fmt.Sprintf("t%02d", i))
			addUsers(t, db, made.ID, i%3)
			addDomain(t, r, made.Slug, fmt.Sprintf("t%02d.example.com", i))
		}
		for _, limit := range []int{1, 12} {
			n = 0
			found, err := r.Search(t.Context(), TenantQuery{SlugPrefix: "t"}, page.Request{Limit: limit})
			if err != nil {
				t.Fatal(err)
			}
			domains, err1 := r.DomainsOf(t.Context(), found.Rows)
			keys, err2 := r.SigningKeysOf(t.Context(), found.Rows)
			counts, err3 := r.CountsOf(t.Context(), found.Rows)
			if err1 != nil || err2 != nil || err3 != nil || n != 5 {
				t.Fatalf("%v %v %v, %d statements", err1, err2, err3, n)
			}
			if len(domains) != limit || len(keys) != limit {
				t.Errorf("domains of %d and keys of %d of %d tenants", len(domains), len(keys), limit)
			}
			for i, row := range found.Rows {
				if len(domains[row.ID]) != 1 || domains[row.ID][0].Host != row.Slug+".example.com" || len(keys[row.ID]) != 2 ||
					counts[row.ID].Users != i%3 {
					t.Errorf("%s: %v, %v, %v", row.Slug, domains[row.ID], keys[row.ID], counts[row.ID])
				}
			}
		}
	})
}
