// Command bench measures the numbers that the design promises: a closed-loop load on the real binary beside what
// the bare parts cost, on the same machine in the same run.
//
//	bench [-binary FILE] [-json FILE] [-only MEASUREMENT]
//
// Each promise is a ratio of CPU time per request: of the server, Postgres and Redis together, over that of the
// parts. What is compared takes turns in short rounds, and medians count, so that a busy machine disturbs both
// alike. Postgres and Redis are private to the run; without them only SQLite is measured.
//
// What is measured beside its parts: session checks and refreshes, warm and cold; sign-ins with a password; sign-ins with a
// passkey, from the request for a challenge to the session; the answer to a challenge with the code of an authenticator app;
// the request for a mailed code with the mail that follows, and the answer with such a code. Beside them: start, memory,
// SQL statements, how refusals are told apart by their time, and what more tenants and users cost, also in the lists of the
// admin API.
//
// TENANTGATE_BENCH_QUICK=1 is a smoke run whose figures mean nothing. TENANTGATE_BENCH_FULL=1 takes ten times as
// many users.
//
// It owns the load, the bare parts and the report. It decides nothing for the product: a promise that is missed is
// printed, and the exit code tells only whether the measuring worked.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"syscall"
)

func main() {
	if isBare(os.Args) {
		os.Exit(bareMain(os.Args[2:]))
	}
	slog.SetDefault(slog.New(slog.DiscardHandler)) // what the parts of the product would say while a database is filled
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	o := options{out: os.Stdout, progress: os.Stderr, sizes: sizesOf(os.Getenv)}
	flag.StringVar(&o.binary, "binary", "", "the `FILE` to measure; it is built otherwise")
	flag.StringVar(&o.json, "json", "", "write the report to `FILE` too")
	flag.Func("only", "make one `MEASUREMENT`: start, statements, load, timing or growth", func(name string) error {
		for _, m := range measurements {
			if m.name == name {
				o.only = name
				return nil
			}
		}
		return errors.New("there is no such measurement")
	})
	flag.Parse()
	if err := run(ctx, o); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		stop()
		os.Exit(1)
	}
}

type options struct {
	binary, json  string
	only          string // one of measurements, empty for all
	out, progress io.Writer
	sizes         sizes
}

// run measures everything and prints the report.
func run(ctx context.Context, o options) error {
	r, err := measure(ctx, o)
	if err != nil {
		if r != nil {
			r.note("The run ended early: what follows the last promise was not measured.")
			err = errors.Join(err, r.print(o.out))
		}
		return err
	}
	if o.json != "" {
		text, err := json.MarshalIndent(r, "", "  ")
		if err != nil {
			return fmt.Errorf("write the report: %w", err)
		}
		if err := os.WriteFile(o.json, append(text, '\n'), 0o600); err != nil {
			return fmt.Errorf("write the report: %w", err)
		}
	}
	return r.print(o.out)
}

// measure runs every part. What one part has started is gone when it returns. With an error the report tells what was
// measured before it.
func measure(ctx context.Context, o options) (r *report, err error) {
	dir, err := os.MkdirTemp("", "tenantgate-bench-")
	if err != nil {
		return nil, fmt.Errorf("make a folder: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	b := &bench{options: o, dir: dir, report: newReport(o.sizes)}
	if err := b.build(ctx); err != nil {
		return nil, err
	}
	if b.mails, err = startSink(ctx); err != nil {
		return nil, err
	}
	defer b.mails.stop()
	databases, err := b.databases(ctx)
	if err != nil {
		return nil, err
	}
	defer func() {
		for _, d := range databases {
			d.stop()
		}
	}()
	b.explainFactors()
	for _, d := range databases {
		if err := b.measureOn(ctx, d); err != nil {
			return b.report, fmt.Errorf("on %s: %w", d.name, err)
		}
	}
	return b.report, nil
}

var measurements = []struct {
	name    string
	measure func(*bench, context.Context, *stack) error
}{
	{"start", (*bench).measureStart},
	{"statements", (*bench).measureStatements},
	{"load", (*bench).measureLoad},
	{"timing", (*bench).measureTiming},
	{"growth", (*bench).measureGrowth},
}

// measureOn measures on one kind of database.
func (b *bench) measureOn(ctx context.Context, d *database) error {
	plan := plan{
		tenants: 1, users: b.sizes.users, active: b.sizes.active, cold: b.sizes.coldSessions(), limited: true,
		answers: b.sizes.answers(), mailServer: b.mails.url(),
	}
	base, err := b.stack(ctx, d, "base", plan)
	if err != nil {
		return err
	}
	defer func() { base.server.stop() }() // the last one: measureStart replaces it
	for _, m := range measurements {
		if b.only != "" && b.only != m.name {
			continue
		}
		if err := m.measure(b, ctx, base); err != nil {
			return err
		}
	}
	return nil
}
