package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/tenantgate/tenantgate/internal/config"
	"github.com/tenantgate/tenantgate/internal/fault"
	"github.com/tenantgate/tenantgate/internal/store"
	"github.com/tenantgate/tenantgate/tenants"
)

// problem is a failure that says its fix.
type problem struct {
	what, fix string
	cause     error
}

func (p *problem) Error() string { return p.what }
func (p *problem) Unwrap() error { return p.cause }

// usageError is a command line that asks for nothing that exists.
type usageError struct{ what, fix string }

func (u *usageError) Error() string { return u.what }

// errReported is a failure whose words have been printed already.
var errReported = errors.New("reported")

// fail says what is wrong on stderr and returns the exit code of err, which may be nil.
func (s *shell) fail(err error) int {
	var usage *usageError
	switch {
	case err == nil:
		return exitOK
	case errors.Is(err, errReported):
		return exitFailed
	case errors.As(err, &usage):
		s.say([]problem{{what: usage.what, fix: usage.fix}})
		return exitUsage
	}
	s.say(explain(err))
	return exitFailed
}

// problemView is a problem as --json prints it.
type problemView struct {
	What string `json:"what"`
	Fix  string `json:"fix,omitempty"`
}

// say prints problems on stderr: as one line of JSON where the command line asks for JSON, else as text.
func (s *shell) say(problems []problem) {
	if s.json {
		views := []problemView{}
		for _, p := range problems {
			views = append(views, problemView{p.what, p.fix})
		}
		encoder := json.NewEncoder(s.err)
		encoder.SetEscapeHTML(false)
		_ = encoder.Encode(map[string]any{"problems": views}) // where stderr is gone nobody can be told
		return
	}
	for _, p := range problems {
		fmt.Fprintln(s.err, "tenantgate: "+p.what)
		if p.fix != "" {
			fmt.Fprintln(s.err, "fix: "+p.fix)
		}
	}
}

// explain puts an error into words, one problem for each thing to mend.
func explain(err error) []problem {
	var (
		wrong   *config.Problems
		known   *problem
		refused *fault.Fault
	)
	switch {
	case errors.As(err, &wrong):
		var out []problem
		for _, p := range wrong.List {
			out = append(out, problem{what: p.Where() + " " + p.What, fix: p.Fix})
		}
		return out
	case errors.As(err, &known):
		return []problem{*known}
	case errors.Is(err, store.ErrNewer):
		return []problem{newerDatabase}
	case errors.Is(err, context.Canceled):
		return []problem{{what: "interrupted", fix: "run the command again: it goes on where it stopped"}}
	case errors.As(err, &refused):
		return explainFault(refused)
	}
	return []problem{{what: err.Error(), fix: "`tenantgate doctor` checks the whole setup"}}
}

var newerDatabase = problem{
	what:  "the database was migrated by a newer version of tenantgate",
	fix:   "run that version, or restore a backup made before it",
	cause: store.ErrNewer,
}

// explainFault words the faults that operators meet.
func explainFault(f *fault.Fault) []problem {
	if len(f.Fields) > 0 {
		var out []problem
		for _, field := range f.Fields {
			out = append(out, explainField(field))
		}
		return out
	}
	switch f.Code {
	case fault.TenantNotFound:
		return []problem{{what: "there is no such tenant", fix: "`tenantgate tenant list` shows those that exist"}}
	case fault.TenantReserved:
		return []problem{{
			what: "the tenant " + tenants.Reserved + " is the platform's own",
			fix:  "choose another tenant: this one can be neither made, suspended nor deleted",
		}}
	case fault.SlugTaken:
		return []problem{{what: "another tenant has this slug", fix: "choose another slug"}}
	case fault.AdminTaken:
		return []problem{{
			what: "somebody with this address is an admin over the same tenants already",
			fix:  "give --new-link for another link, or remove the admin first to give another role",
		}}
	case fault.LastOwner:
		return []problem{{what: "without an owner nobody could make admins", fix: "make another owner first"}}
	case fault.VersionConflict:
		return []problem{{what: "somebody else changed the tenant at the same moment", fix: "look at it and try again"}}
	case fault.KeyNotReady:
		return []problem{{
			what: fmt.Sprintf("the next signing key is not published for %s yet, so clients may not know it", hours(tenants.PublishLead)),
			fix:  fmt.Sprintf("try again in %s, or give --compromised if the active key is out", hours(f.RetryAfter)),
		}}
	case fault.Unavailable:
		what := "the database cannot be used"
		if cause := errors.Unwrap(f); cause != nil {
			what += ": " + shortened(cause.Error())
		}
		return []problem{{what: what, fix: "check that it runs and that database_url is right, then try again"}}
	}
	return []problem{{what: f.Error(), fix: "`tenantgate doctor` checks the whole setup"}}
}

// dialling is what the database's driver says of an address twice.
var dialling = regexp.MustCompile(`dial error: dial \w+ \S+: (connect: )?`)

// shortened puts the words of the database's driver on one line, each once: it has a line for each address of a host, and
// for each with and without TLS.
func shortened(text string) string {
	var kept []string
	for line := range strings.Lines(dialling.ReplaceAllString(strings.TrimPrefix(text, "failed to "), "")) {
		line = strings.TrimSpace(line)
		if !slices.ContainsFunc(kept, func(earlier string) bool { return strings.Contains(earlier, line) }) {
			kept = append(kept, line)
		}
	}
	return strings.ReplaceAll(strings.Join(kept, "; "), ":; ", ": ")
}

// explainField words one field. Messages about settings go on after the path, "must be 1 to 10; …"; others are sentences
// that say what to do.
func explainField(f fault.Field) problem {
	first := f.Message[:min(1, len(f.Message))]
	if lower := strings.ToLower(first); first != lower {
		return problem{what: f.Field + " is not accepted", fix: lower + strings.TrimSuffix(f.Message[1:], ".")}
	}
	what, fix, _ := strings.Cut(f.Message, "; ")
	return problem{what: f.Field + " " + what, fix: fix}
}

// hours rounds up to minutes, the way people say it: 24h, 3h20m.
func hours(d time.Duration) string {
	d = (d + time.Minute - 1).Truncate(time.Minute)
	h, m := int(d.Hours()), int(d.Minutes())%60
	switch {
	case h == 0:
		return fmt.Sprintf("%dm", m)
	case m == 0:
		return fmt.Sprintf("%dh", h)
	}
	return fmt.Sprintf("%dh%dm", h, m)
}
