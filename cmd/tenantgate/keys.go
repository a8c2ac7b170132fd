package main

import (
	"context"
	"fmt"
	"io"
	"time"

	"github.com/tenantgate/tenantgate/tenants"
)

type keysCommand struct {
	Rotate keysRotateCommand `cmd:"" help:"Let a tenant's next signing key sign."`
	List   keysListCommand   `cmd:"" help:"List a tenant's signing keys, newest first."`
	Rewrap keysRewrapCommand `cmd:"" help:"Wrap every data key under the first master key."`
}

type keysRotateCommand struct {
	Slug        string `arg:"" help:"The tenant."`
	Compromised bool   `help:"The active key is out: replace it at once and accept nothing it signed."`
	EndSessions bool   `help:"End all sessions of the tenant too."`
}

// Run rotates and shows the keys.
func (c *keysRotateCommand) Run(sh *shell) error {
	return sh.withTenants(func(ctx context.Context, r *tenants.Registry) error {
		in := tenants.RotateInput{Compromised: c.Compromised, EndSessions: c.EndSessions}
		if _, err := r.Rotate(ctx, c.Slug, in); err != nil {
			return err
		}
		return sh.showKeys(ctx, r, c.Slug)
	})
}

type keysListCommand struct {
	Slug string `arg:"" help:"The tenant."`
}

// Run lists the keys.
func (c *keysListCommand) Run(sh *shell) error {
	return sh.withTenants(func(ctx context.Context, r *tenants.Registry) error {
		return sh.showKeys(ctx, r, c.Slug)
	})
}

func (s *shell) showKeys(ctx context.Context, r *tenants.Registry, slug string) error {
	keys, err := r.SigningKeys(ctx, slug)
	if err != nil {
		return err
	}
	return s.print(map[string]any{"keys": keys}, func(w io.Writer) {
		var rows [][]string
		for _, k := range keys {
			status := k.Status
			if k.Compromised {
				status += ", compromised"
			}
			rows = append(rows, []string{
				k.Kid, k.Algorithm, status, k.PublishedAt.Format(time.RFC3339), moment(k.ActivatedAt), moment(k.Until),
			})
		}
		s.table(w, "KID\tALGORITHM\tSTATUS\tPUBLISHED\tACTIVATED\tUNTIL", rows)
	})
}

func moment(t *time.Time) string {
	if t == nil {
		return "-"
	}
	return t.Format(time.RFC3339)
}

type keysRewrapCommand struct{}

// Run wraps the data keys anew; it goes on where an earlier run stopped.
func (*keysRewrapCommand) Run(sh *shell) error {
	return sh.withTenants(func(ctx context.Context, r *tenants.Registry) error {
		say, end := sh.progress()
		result, err := r.Rewrap(ctx, func(now tenants.RewrapResult) { say("wrapped %d of %d", now.Rewrapped, now.Total) })
		end()
		if err != nil {
			return err
		}
		return sh.print(result, func(w io.Writer) {
			fmt.Fprintf(w, "wrapped %d of %d data keys anew; all are under the first master key now\n",
				result.Rewrapped, result.Total)
		})
	})
}
