package main

import (
	"fmt"
	"strings"

	"github.com/alecthomas/kong"
)

const settingsKey = "settings"

// Of the settings, help about a command shows those that every command beside a server needs; some commands need none.
var (
	commonSettings = map[string]bool{"data-dir": true, "database-url": true}
	withoutAny     = map[string]bool{"routes": true, "version": true, "completion": true}
)

// printHelp shows all settings with tenantgate itself, and few with a command, so that its own flags are seen.
func printHelp(options kong.HelpOptions, ctx *kong.Context) error {
	selected := ctx.Selected()
	if selected == nil {
		return kong.DefaultHelpPrinter(options, ctx)
	}
	none := withoutAny[selected.Name]
	for _, f := range ctx.Model.Flags {
		switch {
		case f.Group == nil || f.Group.Key != settingsKey:
			f.Hidden = f.Hidden || none && f.Name == "config"
		case commonSettings[f.Name] && !none:
			f.Group = nil
		default:
			f.Hidden = true
		}
	}
	// The parser's own summary forgets the flags of tenantgate itself where a command two levels down has none.
	const flags = " [flags]"
	options.NoAppSummary = true
	summary := strings.TrimSuffix(selected.Summary(), flags)
	if _, err := fmt.Fprintf(ctx.Stdout, "Usage: %s %s%s\n", ctx.Model.Name, summary, flags); err != nil {
		return err
	}
	if err := kong.DefaultHelpPrinter(options, ctx); err != nil || none {
		return err
	}
	_, err := fmt.Fprintln(ctx.Stdout, "\nSettings of the server: see `tenantgate --help`")
	return err
}

// overview lists the commands on stderr, for a command line that names none.
func (s *shell) overview(parser *kong.Kong) int {
	parser.Stdout = s.err
	for _, f := range parser.Model.Flags {
		f.Hidden = true
	}
	empty, err := kong.Trace(parser, nil)
	if err == nil {
		err = empty.PrintUsage(false)
	}
	if err != nil {
		return s.fail(err)
	}
	return exitUsage
}
