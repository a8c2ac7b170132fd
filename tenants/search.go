package tenants

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/google/uuid"

	"github.com/tenantgate/tenantgate/ent"
	"github.com/tenantgate/tenantgate/ent/predicate"
	"github.com/tenantgate/tenantgate/ent/tenant"
	"github.com/tenantgate/tenantgate/internal/page"
)

// TenantQuery says which tenants, and in which order. All that is given must hold; one that is being deleted is never found.
type TenantQuery struct {
	Only         []uuid.UUID // nil for every tenant
	Except       uuid.UUID   // uuid.Nil for none
	SlugPrefix   string
	NameContains string // in any case, letter by letter
	Status       Status // any where empty
	ByAge        bool   // in the order in which they were made, else by slug
}

// Mark is the place of a tenant in the list.
func (q TenantQuery) Mark(t *Tenant) page.Mark {
	if q.ByAge {
		return page.Mark{ID: t.ID}
	}
	return page.Mark{Text: t.Slug, ID: t.ID}
}

// Search returns a page of tenants. They carry no keys.
func (r *Registry) Search(ctx context.Context, q TenantQuery, at page.Request) (page.Of[*Tenant], error) {
	if q.impossible() {
		return page.Cut[*Tenant](nil, at), nil
	}
	query := r.db.Tenant.Query().Where(q.predicates()...)
	if at.Behind != nil {
		query.Where(q.behind(at))
	}
	rows, err := query.Order(q.order(at)).Limit(at.Take()).All(ctx)
	if err != nil {
		return page.Of[*Tenant]{}, fmt.Errorf("search tenants: %w", err)
	}
	found := make([]*Tenant, 0, len(rows))
	for _, row := range rows {
		t, err := r.describe(row)
		if err != nil {
			return page.Of[*Tenant]{}, err
		}
		found = append(found, t)
	}
	return page.Cut(found, at), nil
}

// CountTenants counts what Search finds.
func (r *Registry) CountTenants(ctx context.Context, q TenantQuery) (int, error) {
	if q.impossible() {
		return 0, nil
	}
	n, err := r.db.Tenant.Query().Where(q.predicates()...).Count(ctx)
	if err != nil {
		return 0, fmt.Errorf("count tenants: %w", err)
	}
	return n, nil
}

// impossible reports whether no tenant can be found, because no slug or name has what is looked for. The database is not
// asked then: some of it, such as a zero byte, it could not even read.
func (q TenantQuery) impossible() bool {
	beyond := strings.IndexFunc(q.SlugPrefix, func(r rune) bool { return r > 'z' || !isSlugByte(byte(r)) })
	return q.Only != nil && len(q.Only) == 0 || beyond >= 0 || len(q.SlugPrefix) > longestSlug ||
		!isPlainText(q.NameContains) || len([]rune(q.NameContains)) > longestName
}

func (q TenantQuery) predicates() []predicate.Tenant {
	out := []predicate.Tenant{tenant.StatusNEQ(tenant.StatusDeleting)}
	if q.Only != nil {
		out = append(out, tenant.IDIn(q.Only...))
	}
	if q.Except != uuid.Nil {
		out = append(out, tenant.IDNEQ(q.Except))
	}
	if q.SlugPrefix != "" {
		// A range of the index: slugs are sorted by their bytes, and '{' follows 'z', the greatest byte of one.
		out = append(out, tenant.SlugGTE(q.SlugPrefix), tenant.SlugLT(q.SlugPrefix+"{"))
	}
	if q.NameContains != "" {
		out = append(out, nameContains(q.NameContains))
	}
	if q.Status != "" {
		out = append(out, tenant.StatusEQ(tenant.Status(q.Status)))
	}
	return slices.Clip(out)
}

func (q TenantQuery) behind(at page.Request) predicate.Tenant {
	switch {
	case q.ByAge && at.Descending():
		return tenant.IDLT(at.Behind.ID)
	case q.ByAge:
		return tenant.IDGT(at.Behind.ID)
	case at.Descending():
		return tenant.SlugLT(at.Behind.Text)
	}
	return tenant.SlugGT(at.Behind.Text) // no two are the same
}

func (q TenantQuery) order(at page.Request) tenant.OrderOption {
	column := tenant.FieldSlug
	if q.ByAge {
		column = tenant.FieldID
	}
	if at.Descending() {
		return ent.Desc(column)
	}
	return ent.Asc(column)
}
