package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strings"
	"text/tabwriter"

	"github.com/alecthomas/kong"
	"golang.org/x/term"

	"github.com/tenantgate/tenantgate/internal/config"
)

// shell is what a command runs in: where its words go and what the command line said beside the command.
type shell struct {
	ctx     context.Context
	out     io.Writer
	err     io.Writer
	environ []string

	json  bool
	file  string            // of settings, empty for none
	flags map[string]string // settings given as flags
	model *kong.Node
}

// load reads the settings of a command beside a server.
func (s *shell) load() (*config.Config, error) {
	src := s.sources()
	src.Tool = true
	return config.Load(src)
}

func (s *shell) sources() config.Sources {
	return config.Sources{Flags: s.flags, Environ: s.environ, File: s.file}
}

// print writes v as JSON where the command line asks for it, else what text writes.
func (s *shell) print(v any, text func(io.Writer)) error {
	if s.json {
		encoder := json.NewEncoder(s.out)
		encoder.SetEscapeHTML(false)
		encoder.SetIndent("", "  ")
		return encoder.Encode(v)
	}
	return written(s.out, text)
}

// written collects what text writes, so that a full disk or a closed pipe is noticed once.
func written(out io.Writer, text func(io.Writer)) error {
	var b strings.Builder
	text(&b)
	_, err := io.WriteString(out, b.String())
	return err
}

// table writes rows with their header: in columns for people, separated by tabs for programs.
func (s *shell) table(w io.Writer, header string, rows [][]string) {
	if isTerminal(s.out) {
		columns := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
		defer func() { _ = columns.Flush() }() // w keeps all in memory
		w = columns
	}
	if header != "" {
		fmt.Fprintln(w, header)
	}
	for _, row := range rows {
		fmt.Fprintln(w, strings.Join(row, "\t"))
	}
}

// progress returns what tells a person on a terminal how far something long has come, and what ends the line. A pipe
// hears nothing.
func (s *shell) progress() (say func(format string, args ...any), end func()) {
	if !isTerminal(s.err) {
		return func(string, ...any) {}, func() {}
	}
	said := false
	say = func(format string, args ...any) {
		said = true
		fmt.Fprintf(s.err, "\r\x1b[K"+format, args...)
	}
	return say, func() {
		if said {
			fmt.Fprintln(s.err)
		}
	}
}

// person returns where somebody reads along, nil where nobody does or only JSON is wanted.
func (s *shell) person() io.Writer {
	switch {
	case s.json:
	case isTerminal(s.out):
		return s.out
	case isTerminal(s.err):
		return s.err
	}
	return nil
}

func isTerminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}
