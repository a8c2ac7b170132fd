package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/tenantgate/tenantgate/tenants"
)

type tenantCommand struct {
	Create  tenantCreateCommand  `cmd:"" help:"Make a tenant with its keys."`
	List    tenantListCommand    `cmd:"" help:"List the tenants."`
	Show    tenantShowCommand    `cmd:"" help:"Show a tenant, its hosts and all of its settings."`
	Set     tenantSetCommand     `cmd:"" help:"Change settings, all of those given or none."`
	Suspend tenantSuspendCommand `cmd:"" help:"Stop every flow of a tenant and end its sessions."`
	Resume  tenantResumeCommand  `cmd:"" help:"Let the users of a suspended tenant sign in again."`
	Delete  tenantDeleteCommand  `cmd:"" help:"Destroy a tenant with its keys and users, for good."`
	Domain  domainCommand        `cmd:"" help:"Give a tenant host names of its own."`
}

// tenantView is a tenant as the commands print it.
type tenantView struct {
	Slug      string         `json:"slug"`
	ID        string         `json:"id"`
	Name      string         `json:"name"`
	Status    tenants.Status `json:"status"`
	Issuer    string         `json:"issuer"`
	BaseURL   string         `json:"base_url"`
	Version   int            `json:"version"` // of the settings
	CreatedAt time.Time      `json:"created_at"`
	Domains   []domainView   `json:"domains,omitempty"`
	Settings  []settingView  `json:"settings,omitempty"`
}

// settingView is a setting, and whether nothing acts on it yet.
type settingView struct {
	tenants.Row
	NotYet bool `json:"not_yet,omitempty"`
}

func viewTenant(t *tenants.Tenant) tenantView {
	return tenantView{
		Slug: t.Slug, ID: t.PublicID(), Name: t.Name, Status: t.Status, Issuer: t.Issuer, BaseURL: t.BaseURL,
		Version: t.Version, CreatedAt: t.CreatedAt,
	}
}

func (v tenantView) rows() [][]string {
	rows := [][]string{
		{"slug", v.Slug},
		{"id", v.ID},
		{"name", v.Name},
		{"status", string(v.Status)},
		{"issuer", v.Issuer},
		{"base URL", v.BaseURL},
		{"settings version", fmt.Sprint(v.Version)},
		{"created", v.CreatedAt.Format(time.RFC3339)},
	}
	for _, d := range v.Domains {
		rows = append(rows, []string{"host", d.Host, d.status()})
	}
	return rows
}

func (s *shell) showTenant(t *tenants.Tenant) error {
	view := viewTenant(t)
	return s.print(view, func(w io.Writer) { s.table(w, "", view.rows()) })
}

type tenantCreateCommand struct {
	Slug    string   `arg:"" help:"Its name in URLs: lower-case letters, digits and dashes."`
	Name    string   `help:"Its name for people; the slug without it."`
	Dialect []string `help:"A dialect to enable; may be repeated." sep:"none" placeholder:"NAME"`
	Set     []string `help:"A setting; may be repeated. Values are JSON, else texts." sep:"none" placeholder:"PATH=VALUE"`
}

// Run makes the tenant.
func (c *tenantCreateCommand) Run(sh *shell) error {
	changes, err := parseChanges(c.Set)
	if err != nil {
		return err
	}
	for _, name := range c.Dialect {
		changes = append(changes, tenants.Change{Path: "dialects." + name + ".enabled", Value: json.RawMessage("true")})
	}
	return sh.withTenants(func(ctx context.Context, r *tenants.Registry) error {
		t, err := r.Create(ctx, tenants.CreateInput{Slug: c.Slug, Name: c.Name, Settings: changes})
		if err != nil {
			return err
		}
		if err := sh.showTenant(t); err != nil {
			return err
		}
		return sh.noteUnbuilt(t, changes)
	})
}

// parseChanges reads path=value. What has no = is a wrong command line and is not repeated, for it may be a secret; what
// is wrong with a path or a value says the domain.
func parseChanges(texts []string) ([]tenants.Change, error) {
	var out []tenants.Change
	for _, text := range texts {
		if path, _, given := strings.Cut(text, "="); path == "" || !given {
			return nil, &usageError{"a setting is given without a value", "write PATH=VALUE, such as signup.mode=closed"}
		}
		c, err := tenants.ParseChange(text)
		if err != nil {
			return nil, err
		}
		out = append(out, c)
	}
	return out, nil
}

type tenantListCommand struct{}

// listPage is how many tenants are read at a time.
const listPage = 500

// Run lists all tenants by slug.
func (*tenantListCommand) Run(sh *shell) error {
	return sh.withTenants(func(ctx context.Context, r *tenants.Registry) error {
		views := []tenantView{}
		for after := ""; ; after = views[len(views)-1].Slug {
			page, err := r.List(ctx, after, listPage)
			if err != nil {
				return err
			}
			for _, t := range page {
				views = append(views, viewTenant(t))
			}
			if len(page) < listPage {
				break
			}
		}
		return sh.print(map[string]any{"tenants": views}, func(w io.Writer) {
			var rows [][]string
			for _, v := range views {
				rows = append(rows, []string{v.Slug, v.Name, string(v.Status), v.Issuer, v.CreatedAt.Format(time.DateOnly)})
			}
			sh.table(w, "SLUG\tNAME\tSTATUS\tISSUER\tCREATED", rows)
		})
	})
}

type tenantShowCommand struct {
	Slug string `arg:"" help:"The tenant."`
}

// Run shows the tenant with its hosts and settings; secrets stay hidden.
func (c *tenantShowCommand) Run(sh *shell) error {
	return sh.withTenants(func(ctx context.Context, r *tenants.Registry) error {
		t, err := r.BySlug(ctx, c.Slug)
		if err != nil {
			return err
		}
		domains, err := r.Domains(ctx, c.Slug)
		if err != nil {
			return err
		}
		return sh.showSettings(t, domains, func(string) bool { return true })
	})
}

// showSettings shows a tenant with hosts of its own and those of its settings that are wanted.
func (s *shell) showSettings(t *tenants.Tenant, domains []*tenants.Domain, wanted func(path string) bool) error {
	rows, err := settingsOf(t)
	if err != nil {
		return err
	}
	view := viewTenant(t)
	for _, d := range domains {
		view.Domains = append(view.Domains, viewDomain(d))
	}
	for _, row := range rows {
		if wanted(row.Path) {
			_, unbuilt := notYet(row)
			view.Settings = append(view.Settings, settingView{row, unbuilt})
		}
	}
	return s.print(view, func(w io.Writer) {
		s.table(w, "", view.rows())
		if len(view.Settings) > 0 {
			fmt.Fprintln(w)
			s.table(w, "SETTING\tVALUE\tFROM", settingRows(view.Settings))
		}
	})
}

func settingsOf(t *tenants.Tenant) ([]tenants.Row, error) {
	doc, err := t.Settings.Encode()
	if err != nil {
		return nil, err
	}
	return t.Settings.Rows(doc), nil
}

func settingRows(settings []settingView) [][]string {
	var out [][]string
	for _, s := range settings {
		row := []string{s.Path, s.Value, "tenant"}
		if s.Default {
			row[2] = "default"
		}
		if s.NotYet {
			row = append(row, "(not yet)")
		}
		out = append(out, row)
	}
	return out
}

type tenantSetCommand struct {
	Slug    string   `arg:"" help:"The tenant."`
	Changes []string `arg:"" name:"path=value" help:"What to change. Values are JSON, else texts; null goes back to the default."`
}

// Run changes the settings and shows what the changed ones are now.
func (c *tenantSetCommand) Run(sh *shell) error {
	changes, err := parseChanges(c.Changes)
	if err != nil {
		return err
	}
	return sh.withTenants(func(ctx context.Context, r *tenants.Registry) error {
		t, err := r.Set(ctx, c.Slug, 0, changes)
		if err != nil {
			return err
		}
		err = sh.showSettings(t, nil, func(path string) bool {
			return slices.ContainsFunc(changes, func(c tenants.Change) bool { return below(path, c.Path) })
		})
		if err != nil {
			return err
		}
		return sh.noteUnbuilt(t, changes)
	})
}

type tenantSuspendCommand struct {
	Slug string `arg:"" help:"The tenant."`
}

// Run suspends the tenant.
func (c *tenantSuspendCommand) Run(sh *shell) error {
	return sh.withTenants(func(ctx context.Context, r *tenants.Registry) error {
		t, err := r.Suspend(ctx, c.Slug)
		if err != nil {
			return err
		}
		return sh.showTenant(t)
	})
}

type tenantResumeCommand struct {
	Slug string `arg:"" help:"The tenant."`
}

// Run resumes the tenant.
func (c *tenantResumeCommand) Run(sh *shell) error {
	return sh.withTenants(func(ctx context.Context, r *tenants.Registry) error {
		t, err := r.Resume(ctx, c.Slug)
		if err != nil {
			return err
		}
		return sh.showTenant(t)
	})
}

type tenantDeleteCommand struct {
	Slug    string `arg:"" help:"The tenant."`
	Confirm string `required:"" help:"The slug once more." placeholder:"SLUG"`
}

// Run deletes the tenant. What an interruption leaves, a server removes.
func (c *tenantDeleteCommand) Run(sh *shell) error {
	if c.Confirm != c.Slug {
		return &usageError{
			"--confirm does not repeat the slug",
			"to destroy this tenant for good, give --confirm " + c.Slug,
		}
	}
	return sh.withTenants(func(ctx context.Context, r *tenants.Registry) error {
		removed := 0
		say, end := sh.progress()
		err := r.Delete(ctx, c.Slug, func(rows int) {
			removed = rows
			say("removed %d rows", rows)
		})
		end()
		if err != nil {
			return err
		}
		return sh.print(map[string]any{"deleted": c.Slug, "rows": removed}, func(w io.Writer) {
			fmt.Fprintf(w, "deleted %s, %d rows\n", c.Slug, removed)
		})
	})
}
