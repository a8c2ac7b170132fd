package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"reflect"
	"slices"
	"strings"

	"github.com/alecthomas/kong"

	"github.com/tenantgate/tenantgate/internal/config"
)

// The exit codes.
const (
	exitOK     = 0
	exitFailed = 1 // what was asked for did not succeed
	exitUsage  = 2 // it was not asked for correctly
)

const settingsGroup = "Settings, also TENANTGATE_… in the environment and keys of the --config file:"

// grammar is the command line. The flags of settings join it from the table of package config.
type grammar struct {
	File string `name:"config" help:"YAML file of settings." placeholder:"FILE"`
	JSON bool   `name:"json" help:"Print JSON, for scripts."`

	Dev        devCommand        `cmd:"" help:"Run everything embedded, with a demo tenant and a mailbox."`
	Serve      serveCommand      `cmd:"" help:"Run the server."`
	Migrate    migrateCommand    `cmd:"" help:"Bring the database schema up to date, or look at it."`
	Tenant     tenantCommand     `cmd:"" help:"Make, list, change, suspend and delete tenants."`
	Admin      adminCommand      `cmd:"" help:"Make, list and remove admins."`
	Key        keyCommand        `cmd:"" help:"Make, list and revoke API keys."`
	Keys       keysCommand       `cmd:"" help:"Rotate signing keys and wrap data keys anew."`
	Event      eventCommand      `cmd:"" help:"Take events out of the audit log of a tenant."`
	Doctor     doctorCommand     `cmd:"" help:"Check the whole setup and say what to mend."`
	Routes     routesCommand     `cmd:"" help:"List what is mounted."`
	Config     configCommand     `cmd:"" help:"Show the effective settings and where each came from."`
	Version    versionCommand    `cmd:"" help:"Show the version."`
	Completion completionCommand `cmd:"" help:"Print a completion script for a shell."`
}

// run executes a command line and returns its exit code.
func run(ctx context.Context, args []string) int {
	sh := &shell{ctx: ctx, out: os.Stdout, err: os.Stderr, environ: os.Environ()}
	// What matters to a command is its result; a server opens its own log.
	slog.SetDefault(slog.New(slog.NewTextHandler(sh.err, &slog.HandlerOptions{Level: slog.LevelWarn})))
	settings := settingFlags()
	var g grammar
	parser, err := kong.New(&g,
		kong.Name("tenantgate"),
		kong.Description("Multi-tenant authentication as a service."),
		kong.Embed(settings.Interface()),
		kong.ConfigureHelp(kong.HelpOptions{Compact: true, FlagsLast: true, NoExpandSubcommands: true}),
		kong.Help(printHelp),
		kong.ExplicitGroups([]kong.Group{{Key: settingsKey, Title: settingsGroup}}),
	)
	if err != nil {
		return sh.fail(fmt.Errorf("build the command line: %w", err))
	}
	if len(args) == 0 {
		return sh.overview(parser)
	}
	parsed, err := parser.Parse(args)
	if err != nil {
		sh.json = asksForJSON(args) // the parser has filled nothing
		return sh.fail(asUsage(err))
	}
	sh.json, sh.file, sh.flags, sh.model = g.JSON, g.File, given(settings.Elem()), parser.Model.Node
	return sh.fail(parsed.Run(sh))
}

// asksForJSON reports whether --json stands among the flags of a command line that cannot be parsed.
func asksForJSON(args []string) bool {
	if end := slices.Index(args, "--"); end >= 0 {
		args = args[:end]
	}
	return slices.Contains(args, "--json")
}

// asUsage turns what the parser says into a usage error that names the right help.
func asUsage(err error) error {
	command := "tenantgate"
	var parse *kong.ParseError
	if errors.As(err, &parse) && parse.Context != nil {
		for _, step := range parse.Context.Path {
			if step.Command != nil {
				command += " " + step.Command.Name
			}
		}
	}
	return &usageError{err.Error(), "see `" + command + " --help`"}
}

// settingFlags makes a pointer to a struct with one field for each setting, in the order of config.Inputs.
func settingFlags() reflect.Value {
	var fields []reflect.StructField
	for i, s := range config.Inputs() {
		tag := fmt.Sprintf(`name:%q help:%q group:%q`, s.Flag, s.Help+".", settingsKey)
		typ := reflect.TypeFor[*string]()
		if s.Bool {
			typ = reflect.TypeFor[*bool]()
		} else {
			tag += fmt.Sprintf(` placeholder:%q`, placeholder(s))
		}
		fields = append(fields, reflect.StructField{
			Name: fmt.Sprintf("Setting%d", i), Type: typ, Tag: reflect.StructTag(tag),
		})
	}
	return reflect.New(reflect.StructOf(fields))
}

func placeholder(s config.Setting) string {
	switch {
	case s.Default != "":
		return s.Default
	case strings.HasSuffix(s.Name, "_file"):
		return "FILE"
	case strings.HasSuffix(s.Name, "_url"):
		return "URL"
	}
	return strings.ToUpper(s.Flag[strings.LastIndexByte(s.Flag, '-')+1:])
}

// given returns the settings that the command line sets, by flag.
func given(settings reflect.Value) map[string]string {
	flags := map[string]string{}
	for i, s := range config.Inputs() {
		if field := settings.Field(i); !field.IsNil() {
			flags[s.Flag] = fmt.Sprint(field.Elem().Interface())
		}
	}
	return flags
}
