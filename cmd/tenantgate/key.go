package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/tenantgate/tenantgate/internal/access"
	"github.com/tenantgate/tenantgate/internal/clock"
	"github.com/tenantgate/tenantgate/internal/fault"
	"github.com/tenantgate/tenantgate/internal/ids"
	"github.com/tenantgate/tenantgate/tenants"
)

type keyCommand struct {
	Create keyCreateCommand `cmd:"" help:"Make an API key, and print it once."`
	List   keyListCommand   `cmd:"" help:"List API keys, newest first."`
	Revoke keyRevokeCommand `cmd:"" help:"Revoke an API key: the next request with it is refused."`
}

// keyView is an API key as the commands print it.
type keyView struct {
	ID         string         `json:"id"`
	Name       string         `json:"name"`
	Role       access.Role    `json:"role"`
	Scopes     []access.Scope `json:"scopes"`
	Tenant     string         `json:"tenant,omitempty"` // its slug, empty for every tenant
	Status     string         `json:"status"`
	CreatedAt  time.Time      `json:"created_at"`
	CreatedBy  string         `json:"created_by,omitempty"` // an admin or a key, empty for the command line
	ExpiresAt  *time.Time     `json:"expires_at,omitempty"`
	LastUsedAt *time.Time     `json:"last_used_at,omitempty"`
	Key        string         `json:"key,omitempty"` // the secret, when it is made
}

// viewKey shows a key of a tenant; one of the reserved tenant is over every tenant.
func viewKey(k *tenants.APIKey, of *tenants.Tenant) keyView {
	view := keyView{
		ID: k.PublicID(), Name: k.Name, Role: k.Role, Scopes: k.Scopes, Status: "active",
		CreatedAt: k.CreatedAt, CreatedBy: k.CreatedBy, ExpiresAt: k.ExpiresAt, LastUsedAt: k.LastUsedAt,
	}
	if of.Slug != tenants.Reserved {
		view.Tenant = of.Slug
	}
	switch {
	case k.RevokedAt != nil:
		view.Status = "revoked"
	case !k.ActiveAt(clock.Now()):
		view.Status = "expired"
	}
	return view
}

type keyCreateCommand struct {
	Tenant  string   `help:"The tenant that the key reaches; every tenant without it." placeholder:"SLUG"`
	Role    string   `required:"" help:"What the key may do: ${enum}." enum:"owner,admin,support,auditor"`
	Scope   []string `help:"Something the role may do, such as users:read; may be repeated. All of it without." sep:"none" placeholder:"SCOPE"`
	Expires string   `help:"How long it lives, such as 90d, at most ten years; until it is revoked without it." placeholder:"DURATION"`
	Name    string   `help:"What people call it." default:"command line"`
}

var manyKeys = problem{
	what: fmt.Sprintf("there are %d keys over the same tenants that open something, and more there may not be", tenants.MaxAPIKeys),
	fix:  "revoke one that is not needed with `tenantgate key revoke`",
}

// Run makes the key.
func (c *keyCreateCommand) Run(sh *shell) error {
	in := tenants.NewAPIKey{Name: c.Name, Role: access.Role(c.Role)}
	var err error
	if in.Scopes, err = c.scopes(in.Role); err != nil {
		return err
	}
	if in.Life, err = c.life(); err != nil {
		return err
	}
	return sh.withTenants(func(ctx context.Context, r *tenants.Registry) error {
		t, err := r.BySlug(ctx, cmp.Or(c.Tenant, tenants.Reserved))
		if err != nil {
			return err
		}
		k, secret, err := r.CreateAPIKey(ctx, t, in)
		if fault.CodeOf(err) == fault.LimitReached {
			return &manyKeys
		}
		if err != nil {
			return err
		}
		view := viewKey(k, t)
		view.Key = secret
		return sh.print(view, func(w io.Writer) {
			sh.table(w, "", [][]string{
				{"key", view.Key},
				{"id", view.ID},
				{"name", view.Name},
				{"role", string(view.Role)},
				{"over", over(view.Tenant)},
				{"scopes", scopeList(view.Scopes)},
				{"expires", moment(view.ExpiresAt)},
				{"next", "keep the key where programs find their secrets: it is shown nowhere again"},
			})
		})
	})
}

// scopes returns what --scope names, nil for all that the role has.
func (c *keyCreateCommand) scopes(role access.Role) (out []access.Scope, _ error) {
	has := role.Scopes()
	var wrong []string
	for _, text := range c.Scope {
		if s := access.Scope(text); slices.Contains(has, s) {
			out = append(out, s)
		} else {
			wrong = append(wrong, strconv.QuoteToASCII(text))
		}
	}
	if len(wrong) > 0 {
		return nil, &usageError{
			fmt.Sprintf("--scope %s: the role %s has no such scope", strings.Join(wrong, ", "), role),
			"give --scope once for each, of those that it has: " + scopeList(has),
		}
	}
	return out, nil
}

// life returns what --expires says, zero for a key without an end.
func (c *keyCreateCommand) life() (time.Duration, error) {
	if c.Expires == "" {
		return 0, nil
	}
	life, err := tenants.ParseDuration(c.Expires)
	switch {
	case errors.Is(err, tenants.ErrLongDuration) || err == nil && life.Std() > tenants.LongestKeyLife:
		return 0, &usageError{
			"--expires is too long", "give at most ten years, such as 3650d, or leave --expires out for a key without an end",
		}
	case err != nil || life <= 0:
		return 0, &usageError{"--expires is no length of time", "write a duration in d, h, m and s, such as 90d"}
	}
	return life.Std(), nil
}

func scopeList(scopes []access.Scope) string {
	var out []string
	for _, s := range scopes {
		out = append(out, string(s))
	}
	return strings.Join(out, " ")
}

type keyListCommand struct {
	Tenant string `help:"Only the keys of this tenant; without it all keys." placeholder:"SLUG"`
}

// Run lists the keys of a tenant, or all of them.
func (c *keyListCommand) Run(sh *shell) error {
	return sh.withTenants(func(ctx context.Context, r *tenants.Registry) error {
		views, err := c.keys(ctx, r)
		if err != nil {
			return err
		}
		return sh.print(map[string]any{"keys": views}, func(w io.Writer) {
			var rows [][]string
			for _, v := range views {
				rows = append(rows, []string{
					v.ID, v.Name, string(v.Role), over(v.Tenant), v.Status, v.CreatedAt.Format(time.RFC3339),
					cmp.Or(v.CreatedBy, "command line"), moment(v.ExpiresAt), moment(v.LastUsedAt),
				})
			}
			sh.table(w, "ID\tNAME\tROLE\tOVER\tSTATUS\tCREATED\tMADE BY\tEXPIRES\tLAST USED", rows)
		})
	})
}

// keys returns what is to be listed, newest first.
func (c *keyListCommand) keys(ctx context.Context, r *tenants.Registry) ([]keyView, error) {
	views := []keyView{}
	add := func(of ...*tenants.Tenant) error {
		keys, err := r.APIKeysOf(ctx, of)
		for _, t := range of {
			for _, k := range keys[t.ID] {
				views = append(views, viewKey(k, t))
			}
		}
		return err
	}
	if c.Tenant != "" {
		t, err := r.BySlug(ctx, c.Tenant)
		if err != nil {
			return nil, err
		}
		return views, add(t)
	}
	for after := ""; ; {
		some, err := r.List(ctx, after, listPage)
		if err != nil {
			return nil, err
		}
		if err := add(some...); err != nil {
			return nil, err
		}
		if len(some) < listPage {
			break
		}
		after = some[len(some)-1].Slug
	}
	// Ids begin with the time at which they were made.
	slices.SortFunc(views, func(a, b keyView) int { return cmp.Compare(b.ID, a.ID) })
	return views, nil
}

type keyRevokeCommand struct {
	Tenant string `help:"The tenant that the key must be of; any without it." placeholder:"SLUG"`
	ID     string `arg:"" help:"The id, key_…, as the list shows it."`
}

var noKey = problem{what: "there is no such API key", fix: "`tenantgate key list` shows the keys"}

// Run revokes the key; again, it changes nothing.
func (c *keyRevokeCommand) Run(sh *shell) error {
	return sh.withTenants(func(ctx context.Context, r *tenants.Registry) error {
		view, err := c.revoke(ctx, r)
		if fault.CodeOf(err) == fault.NotFound {
			return &noKey
		}
		if err != nil {
			return err
		}
		return sh.print(view, func(w io.Writer) {
			sh.table(w, "", [][]string{{"id", view.ID}, {"name", view.Name}, {"over", over(view.Tenant)}, {"status", view.Status}})
		})
	})
}

func (c *keyRevokeCommand) revoke(ctx context.Context, r *tenants.Registry) (none keyView, _ error) {
	id, ok := ids.Parse(ids.APIKey, c.ID)
	if !ok {
		return none, fault.New(fault.NotFound)
	}
	find := func() (*tenants.Tenant, error) { return r.TenantOfAPIKey(ctx, id) }
	if c.Tenant != "" {
		find = func() (*tenants.Tenant, error) { return r.BySlug(ctx, c.Tenant) }
	}
	t, err := find()
	if err != nil {
		return none, err
	}
	k, err := r.RevokeAPIKey(ctx, t, id)
	if err != nil {
		return none, err
	}
	return viewKey(k, t), nil
}
