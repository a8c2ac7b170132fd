package main

import (
	"context"
	"errors"
	"io"
	"time"

	"github.com/google/uuid"

	"github.com/tenantgate/tenantgate/authflows"
	"github.com/tenantgate/tenantgate/authflows/factors/password"
	"github.com/tenantgate/tenantgate/internal/access"
	"github.com/tenantgate/tenantgate/internal/clock"
	"github.com/tenantgate/tenantgate/internal/config"
	"github.com/tenantgate/tenantgate/internal/ephemeral/memory"
	"github.com/tenantgate/tenantgate/internal/fault"
	"github.com/tenantgate/tenantgate/internal/jobs"
	"github.com/tenantgate/tenantgate/internal/page"
	"github.com/tenantgate/tenantgate/tenants"
	"github.com/tenantgate/tenantgate/web/console"
)

type adminCommand struct {
	Create adminCreateCommand `cmd:"" help:"Make somebody an admin, and print a one-time link to set a password."`
	List   adminListCommand   `cmd:"" help:"List the admins."`
	Remove adminRemoveCommand `cmd:"" help:"Take an admin's role away and end its sessions."`
}

// adminView is an admin as the commands print it.
type adminView struct {
	ID        string      `json:"id"` // of the user
	Email     string      `json:"email"`
	Role      access.Role `json:"role"`
	Tenant    string      `json:"tenant,omitempty"` // its slug, empty for every tenant
	MFA       bool        `json:"mfa_enrolled"`
	CreatedAt time.Time   `json:"created_at"`
	SetupURL  string      `json:"setup_url,omitempty"`
	Until     *time.Time  `json:"setup_until,omitempty"`
}

// over is how a view names what an admin or a key reaches.
func over(slug string) string {
	if slug == "" {
		return "every tenant"
	}
	return slug
}

// viewAdmin shows an admin; slug is the tenant that --tenant or the grant names, the reserved one too.
func viewAdmin(a *authflows.Admin, slug string) adminView {
	if a.Over == uuid.Nil {
		slug = ""
	}
	return adminView{ID: a.PublicID(), Email: a.Email, Role: a.Role, Tenant: slug, MFA: a.MFAEnrolled, CreatedAt: a.CreatedAt}
}

// signInPlace says where admins sign in. Only dev takes its own key, and serves the console at the public URL; where a proxy or a
// port-forward shows the admin listener of another server, no setting tells.
func signInPlace(cfg *config.Config) string {
	if _, dev := cfg.DevKey(); dev {
		return cfg.PublicURL.String() + console.Home
	}
	return console.Home + " of the admin listener"
}

func (s *shell) showAdmin(view adminView, link *authflows.RecoveryLink, signIn string) error {
	if link != nil {
		view.SetupURL, view.Until = link.URL, &link.ExpiresAt
	}
	return s.print(view, func(w io.Writer) {
		rows := [][]string{{"admin", view.Email}, {"role", string(view.Role)}, {"over", over(view.Tenant)}}
		if view.SetupURL != "" {
			rows = append(rows, []string{"link", view.SetupURL}, []string{"until", moment(view.Until)},
				[]string{"next", "hand the link over safely: whoever opens it sets the password, once; then sign in at " + signIn})
		} else {
			rows = append(rows, []string{"next", "sign in at " + signIn + ", with the password that this user has"})
		}
		s.table(w, "", rows)
	})
}

// withAdmins is withTenants for what admins are made with.
func (s *shell) withAdmins(do func(context.Context, *app, *authflows.Admins) error) error {
	return s.with(func(ctx context.Context, a *app) error {
		if err := a.check(ctx); err != nil {
			return err
		}
		platform, err := a.tenants.BySlug(ctx, tenants.Reserved)
		if err != nil {
			return err
		}
		rates := memory.New(clock.Now, mostBuckets)
		engine := authflows.NewEngine(authflows.Deps{
			DB: a.db, Hasher: password.NewHasher(password.Options{}), Rates: rates, Feed: a.feed, Events: a.log,
			Jobs: jobs.NewQueue(clock.Now), Now: clock.Now, CanMail: func(*tenants.Tenant) bool { return false },
		})
		defer func() { _ = rates.Close() }() // in memory: nothing to lose
		return do(ctx, a, engine.Admins(platform))
	})
}

// reached returns the id of the tenant that --tenant names, uuid.Nil for every tenant.
func reached(ctx context.Context, r *tenants.Registry, slug string) (uuid.UUID, error) {
	if slug == "" || slug == tenants.Reserved {
		return uuid.Nil, nil
	}
	t, err := r.BySlug(ctx, slug)
	if err != nil {
		return uuid.Nil, err
	}
	return t.ID, nil
}

type adminCreateCommand struct {
	Email   string  `required:"" help:"The address that the admin signs in with." placeholder:"ADDRESS"`
	Role    *string `help:"What the admin may do: ${enum}. Required without --new-link." enum:"owner,admin,support,auditor" placeholder:"ROLE"`
	Tenant  string  `help:"The tenant that the role is over; every tenant without it." placeholder:"SLUG"`
	Another bool    `help:"Make a further owner of every tenant, beside the one that there is."`
	NewLink bool    `help:"Print another link for an admin who has lost the first one, and change nothing else."`
}

var owned = problem{
	what:  "somebody owns the platform already",
	fix:   "`tenantgate admin list` shows who; give --another for a further owner, or --role for another role",
	cause: authflows.ErrOwned,
}

// Run makes the admin, or another link for one.
func (c *adminCreateCommand) Run(sh *shell) error {
	if c.Role == nil && !c.NewLink {
		return &usageError{"missing flags: --role=ROLE", "say what the admin may do: owner, admin, support or auditor"}
	}
	return sh.withAdmins(func(ctx context.Context, a *app, admins *authflows.Admins) error {
		over, err := reached(ctx, a.tenants, c.Tenant)
		if err != nil {
			return err
		}
		if c.NewLink {
			return c.newLink(ctx, sh, a, admins, over)
		}
		in := authflows.NewAdmin{Email: c.Email, Role: access.Role(*c.Role), Over: over}
		in.First = in.Role == access.Owner && over == uuid.Nil && !c.Another
		made, link, err := admins.Create(ctx, in)
		if errors.Is(err, authflows.ErrOwned) {
			return &owned
		}
		if err != nil {
			return err
		}
		return sh.showAdmin(viewAdmin(made, c.Tenant), link, signInPlace(a.cfg))
	})
}

func (c *adminCreateCommand) newLink(
	ctx context.Context, sh *shell, a *app, admins *authflows.Admins, over uuid.UUID,
) error {
	found, err := grantOf(ctx, admins, c.Email, over)
	if err != nil {
		return err
	}
	link, err := admins.NewLink(ctx, c.Email)
	if err != nil {
		return err
	}
	return sh.showAdmin(viewAdmin(found, c.Tenant), link, signInPlace(a.cfg))
}

var noAdmin = problem{
	what: "there is no such admin over the same tenants", fix: "`tenantgate admin list` shows the admins; name the tenant with --tenant",
}

// grantOf returns what somebody holds over a tenant, or over every one.
func grantOf(ctx context.Context, admins *authflows.Admins, email string, over uuid.UUID) (*authflows.Admin, error) {
	held, err := admins.Of(ctx, email)
	if fault.CodeOf(err) == fault.NotFound {
		return nil, &noAdmin
	}
	for _, a := range held {
		if a.Over == over {
			return a, nil
		}
	}
	if err == nil {
		err = &noAdmin
	}
	return nil, err
}

type adminListCommand struct{}

// Run lists all admins by when they were made.
func (*adminListCommand) Run(sh *shell) error {
	return sh.withAdmins(func(ctx context.Context, a *app, admins *authflows.Admins) error {
		views, at := []adminView{}, page.Request{Limit: page.Max}
		for {
			rows, err := admins.List(ctx, authflows.AdminQuery{}, at)
			if err != nil {
				return err
			}
			for _, row := range rows.Rows {
				at.Behind = &page.Mark{ID: row.ID}
				slug, err := slugOf(ctx, a.tenants, row.Over)
				if fault.CodeOf(err) == fault.TenantNotFound {
					continue // the tenant is being deleted, and the grant with it
				}
				if err != nil {
					return err
				}
				views = append(views, viewAdmin(row, slug))
			}
			if !rows.Further {
				break
			}
		}
		return sh.print(map[string]any{"admins": views}, func(w io.Writer) {
			var rows [][]string
			for _, v := range views {
				mfa := "enrolled"
				if !v.MFA {
					mfa = "-"
				}
				rows = append(rows, []string{v.Email, string(v.Role), over(v.Tenant), mfa, v.CreatedAt.Format(time.RFC3339)})
			}
			sh.table(w, "ADMIN\tROLE\tOVER\tSECOND FACTOR\tSINCE", rows)
		})
	})
}

func slugOf(ctx context.Context, r *tenants.Registry, id uuid.UUID) (string, error) {
	if id == uuid.Nil {
		return "", nil
	}
	t, err := r.ByID(ctx, id)
	if err != nil {
		return "", err
	}
	return t.Slug, nil
}

type adminRemoveCommand struct {
	Email  string `arg:"" help:"The address that the admin signs in with."`
	Tenant string `help:"The tenant that the role is over; every tenant without it." placeholder:"SLUG"`
}

// Run takes the role away.
func (c *adminRemoveCommand) Run(sh *shell) error {
	return sh.withAdmins(func(ctx context.Context, a *app, admins *authflows.Admins) error {
		tenant, err := reached(ctx, a.tenants, c.Tenant)
		if err != nil {
			return err
		}
		found, err := grantOf(ctx, admins, c.Email, tenant)
		if err != nil {
			return err
		}
		if err := admins.Remove(ctx, tenant, found.ID); err != nil {
			return err
		}
		view := viewAdmin(found, c.Tenant)
		return sh.print(map[string]any{"removed": view}, func(w io.Writer) {
			sh.table(w, "", [][]string{{"removed", view.Email}, {"role", string(view.Role)}, {"over", over(view.Tenant)}})
		})
	})
}
