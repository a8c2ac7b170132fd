package config

import (
	"fmt"
	"slices"
	"strings"
)

// Row is one setting as it is in effect, fit to be shown: secrets are hidden.
type Row struct {
	Name   string `json:"name"`
	Value  string `json:"value"` // "not set" where there is none
	Source string `json:"source"`
	Secret bool   `json:"secret"`
}

// Effective returns every setting in the order of the table, and where each came from.
func (c *Config) Effective() []Row { return slices.Clone(c.rows) }

// Format prints the effective settings, whatever the verb, also where fmt would print the fields one by one.
func (c Config) Format(f fmt.State, _ rune) { fmt.Fprintf(f, "%+v", c.rows) }

func (r *reading) rows() []Row {
	rows := make([]Row, 0, len(Settings))
	for _, s := range Settings {
		f := r.found[s.Name]
		row := Row{s.Name, f.text, r.source(s.Name), s.Secret}
		switch {
		case !f.set:
			row.Value = notSet
		case s.Name == "master_keys":
			row.Value = hidden
		// These URLs hold a password only where they are wrong.
		case s.Secret || (s.Name == "public_url" || s.Name == "turnstile_url") && strings.Contains(f.text, "@"):
			row.Value = maskURL(f.text)
		}
		rows = append(rows, row)
	}
	return rows
}
