package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/tenantgate/tenantgate/internal/events"
	"github.com/tenantgate/tenantgate/internal/tenancy"
)

type eventCommand struct {
	Export eventExportCommand `cmd:"" help:"Write the events of a tenant as lines of JSON."`
}

type eventExportCommand struct {
	Slug string   `arg:"" help:"The tenant."`
	From string   `help:"Only events of this time or later, such as 2026-01-31T00:00:00Z." placeholder:"TIME"`
	To   string   `help:"Only events before this time." placeholder:"TIME"`
	Type []string `help:"Only events of this type; may be repeated." sep:"none" placeholder:"TYPE"`
	Out  string   `help:"File to write, which must not exist yet; standard output without it." placeholder:"FILE"`
}

// Run writes the events, and that they were taken out into the audit log.
func (c *eventExportCommand) Run(sh *shell) error {
	q, err := c.query()
	if err != nil {
		return err
	}
	return sh.with(func(ctx context.Context, a *app) (err error) {
		if err := a.check(ctx); err != nil {
			return err
		}
		t, err := a.tenants.BySlug(ctx, c.Slug)
		if err != nil {
			return err
		}
		if err := a.placeAll(ctx); err != nil {
			return err
		}
		out, finish, err := c.open(sh)
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, finish(err == nil)) }()
		ctx = tenancy.With(ctx, t.ID)
		export, err := a.log.BeginExport(ctx, a.db, q, true)
		if err != nil {
			return err
		}
		say, end := sh.progress()
		defer end()
		return export.WriteTo(ctx, out, func(total int) error {
			say("%d events", total)
			return nil
		})
	})
}

// placeAll gives a position to what no server has given one yet: it may be long that one ran.
func (a *app) placeAll(ctx context.Context) error {
	s := a.sequencer()
	for {
		if n, err := s.Place(ctx); n == 0 || err != nil {
			return err
		}
	}
}

func (c *eventExportCommand) query() (events.Query, error) {
	var q events.Query
	for _, bound := range []struct {
		flag, text string
		at         *time.Time
	}{{"--from", c.From, &q.From}, {"--to", c.To, &q.To}} {
		if bound.text == "" {
			continue
		}
		var err error
		if *bound.at, err = time.Parse(time.RFC3339, bound.text); err != nil {
			return q, &usageError{bound.flag + " is no time", "write it as 2026-01-31T00:00:00Z"}
		}
	}
	if c.From != "" && c.To != "" && !q.From.Before(q.To) {
		return q, &usageError{"--to is not after --from", "swap them"}
	}
	for _, name := range c.Type {
		if !events.Known(events.Type(name)) {
			return q, &usageError{fmt.Sprintf("there is no type of events %q", name), "write one such as user.signed_in"}
		}
		q.Types = append(q.Types, events.Type(name))
	}
	return q, nil
}

// open returns where the events go and what ends it. Of a file that is not finished nothing stays.
func (c *eventExportCommand) open(sh *shell) (out io.Writer, finish func(whole bool) error, err error) {
	if c.Out == "" {
		buffered := bufio.NewWriter(sh.out)
		return buffered, func(bool) error { return buffered.Flush() }, nil
	}
	file, err := os.OpenFile(c.Out, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600) // it holds personal values
	if errors.Is(err, os.ErrExist) {
		return nil, nil, &problem{what: c.Out + " exists", fix: "choose another file, or remove it first", cause: err}
	}
	if err != nil {
		return nil, nil, &problem{what: "the file cannot be written: " + err.Error(), fix: "choose another one with --out", cause: err}
	}
	buffered := bufio.NewWriter(file)
	return buffered, func(whole bool) error {
		err := errors.Join(buffered.Flush(), file.Sync(), file.Close())
		if !whole || err != nil {
			return errors.Join(err, os.Remove(c.Out))
		}
		return nil
	}, nil
}
