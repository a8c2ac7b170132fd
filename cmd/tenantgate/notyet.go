package main

import (
	"fmt"
	"slices"
	"strings"

	"github.com/tenantgate/tenantgate/tenants"
)

// unbuilt lists what tenants may set although nothing acts on it yet: settings, groups of them, and single values. The
// first row that fits counts. A row leaves with the flow that acts on it.
var unbuilt = []struct{ path, value, effect string }{
	{"signup.mode", string(tenants.SignupInvite), "until invitations are built nobody can sign up"},
	{"mail.templates", "", ""},
	{"redirects", "", ""},
}

// notYet reports whether nothing acts on a setting as it is, and what that leads to.
func notYet(row tenants.Row) (effect string, is bool) {
	for _, u := range unbuilt {
		if below(row.Path, u.path) && (u.value == "" || u.value == row.Value) {
			if u.effect == "" {
				return "nothing acts on it yet", true
			}
			return u.effect, true
		}
	}
	return "", false
}

// below reports whether a path is that of a group or setting, or in the group.
func below(path, group string) bool { return path == group || strings.HasPrefix(path, group+".") }

// noteUnbuilt tells on stderr which of the changes nothing acts on yet.
func (s *shell) noteUnbuilt(t *tenants.Tenant, changes []tenants.Change) error {
	rows, err := settingsOf(t)
	if err != nil {
		return err
	}
	for _, row := range rows {
		effect, is := notYet(row)
		if is && slices.ContainsFunc(changes, func(c tenants.Change) bool { return sets(c, row) }) {
			fmt.Fprintf(s.err, "note: %s is kept; %s\n", row.Path, effect)
		}
	}
	return nil
}

// sets reports whether a change decides a setting, rather than going back to its default.
func sets(c tenants.Change, row tenants.Row) bool {
	return string(c.Value) != "null" && below(row.Path, c.Path) && (row.Path == c.Path || !row.Default)
}
