package main

import (
	"context"
	"fmt"
	"io"

	"github.com/tenantgate/tenantgate/internal/store"
)

type migrateCommand struct {
	Up     migrateUpCommand     `cmd:"" help:"Apply what is missing; safe to run from several places at once."`
	Status migrateStatusCommand `cmd:"" help:"Compare the database with this binary, changing nothing."`
}

type migrateUpCommand struct{}

// Run migrates and makes the reserved tenant.
func (*migrateUpCommand) Run(sh *shell) error {
	return sh.with(func(ctx context.Context, a *app) error {
		before, err := a.db.MigrationStatus(ctx)
		if err != nil {
			return err
		}
		if err := a.migrate(ctx); err != nil {
			return err
		}
		return sh.showStatus(ctx, a, before.Pending)
	})
}

type migrateStatusCommand struct{}

// Run fails where something is pending, so that scripts may ask.
func (*migrateStatusCommand) Run(sh *shell) error {
	return sh.with(func(ctx context.Context, a *app) error {
		if err := sh.showStatus(ctx, a, nil); err != nil {
			return err
		}
		status, err := a.db.MigrationStatus(ctx)
		if err != nil {
			return err
		}
		return schemaFits(status)
	})
}

// migrationStatus is what both commands print.
type migrationStatus struct {
	Current int64    `json:"current"`
	Latest  int64    `json:"latest"`
	Applied []string `json:"applied,omitempty"` // by this command
	Pending []string `json:"pending"`
	Newer   bool     `json:"newer"`
}

// showStatus prints how the database compares. pending is what was missing before this command.
func (s *shell) showStatus(ctx context.Context, a *app, pending []string) error {
	now, err := a.db.MigrationStatus(ctx)
	if err != nil {
		return err
	}
	out := migrationStatus{now.Current, now.Latest, pending, append([]string{}, now.Pending...), now.Newer}
	return s.print(out, func(w io.Writer) {
		for _, name := range out.Applied {
			fmt.Fprintln(w, "applied "+name)
		}
		for _, name := range out.Pending {
			fmt.Fprintln(w, "pending "+name)
		}
		fmt.Fprintln(w, describeSchema(now))
	})
}

func describeSchema(st store.Status) string {
	switch {
	case st.Newer:
		return fmt.Sprintf("at version %d, newer than this binary's %d", st.Current, st.Latest)
	case len(st.Pending) > 0:
		return fmt.Sprintf("at version %d of %d", st.Current, st.Latest)
	}
	return fmt.Sprintf("up to date at version %d", st.Current)
}
