// Package securitydoc tells which security and fault cases are tested, and where: it looks for their ids in the tests and
// writes docs/security-tests.md.
//
// It owns the list of cases. What a case demands in full says its test.
package securitydoc

//go:generate go run ./cmd

import (
	"fmt"
	"io/fs"
	"path"
	"regexp"
	"slices"
	"strings"
)

// File is the page that Render writes, below the root of the repository.
const File = "docs/security-tests.md"

// id finds ids as comments write them, OTC-05, and as names of Go do, OTC_05 or OTC05.
var id = regexp.MustCompile(`(?:^|[^A-Z])(` + prefixes() + `)[-_]?([0-9]{2})(?:[^0-9]|$)`)

// short finds lists that leave the group out behind the first id, OTC-05, 06: the page would miss all but that.
var short = regexp.MustCompile(`(?:` + prefixes() + `)[-_]?[0-9]{2}(?:\s*(?:,|/|&|and|or|to)\s*-?[0-9]{2})+` +
	`(?:\s*$|\s*[,.;:)]|\s+(?:and|or|to)\s)`)

func prefixes() string {
	var all []string
	for _, g := range Groups {
		all = append(all, g.Prefix)
	}
	return strings.Join(all, "|")
}

// Tests returns the files that name each id, sorted. A list of ids that leaves the group out behind the first is an error.
func Tests(root fs.FS) (map[string][]string, error) {
	found := map[string][]string{}
	err := fs.WalkDir(root, ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if entry.IsDir() {
			if base := path.Base(name); name != "." && (base[0] == '.' || base == "node_modules" || base == "securitydoc") {
				return fs.SkipDir
			}
			return nil
		}
		if !isTest(name) {
			return nil
		}
		text, err := fs.ReadFile(root, name)
		if err != nil {
			return err
		}
		for line := range strings.Lines(string(text)) {
			if list := short.FindString(line); list != "" {
				return fmt.Errorf("%s: %q: write each id in full", name, list)
			}
			for _, m := range matches(line) {
				if !slices.Contains(found[m], name) {
					found[m] = append(found[m], name)
				}
			}
		}
		return nil
	})
	return found, err
}

// matches returns the ids in a line. Two ids may share the character between them, so each search begins at its id.
func matches(line string) (ids []string) {
	for {
		m := id.FindStringSubmatchIndex(line)
		if m == nil {
			return ids
		}
		ids = append(ids, line[m[2]:m[3]]+"-"+line[m[4]:m[5]])
		line = line[m[5]:]
	}
}

// isTest reports whether a file holds tests: Go's, scripts, and suites that packages named …test offer.
func isTest(name string) bool {
	return strings.HasSuffix(name, "_test.go") || path.Ext(name) == ".txtar" ||
		path.Ext(name) == ".go" && strings.HasSuffix(path.Base(path.Dir(name)), "test")
}

// Render writes the page.
func Render(tests map[string][]string) string {
	all, tested := 0, 0
	var tables strings.Builder
	for _, g := range Groups {
		fmt.Fprintf(&tables, "\n## %s: %s\n\n| id | what must hold | tested by |\n| --- | --- | --- |\n", g.Prefix, g.Title)
		for _, c := range g.Cases {
			all++
			by := "open: no test yet"
			if c.Open != "" {
				by = "open: " + c.Open
			}
			if files := tests[c.ID]; len(files) > 0 {
				tested++
				by = links(files)
				if c.Open != "" {
					by += "; the rest " + c.Open
				}
			}
			fmt.Fprintf(&tables, "| %s | %s | %s |\n", c.ID, c.Title, by)
		}
	}
	return fmt.Sprintf(`# Security and fault tests

<!-- Written by go generate ./internal/e2e/securitydoc; edit its cases.go or the tests. -->

What must hold under attack and fault, and the tests that show it. A test counts here once it names a case's id. Of %d cases
%d are tested; the others are open, for the reason given. Where a case is tested in part, the rest has its reason too.
%s`, all, tested, tables.String())
}

func links(files []string) string {
	var out []string
	for _, f := range files {
		out = append(out, fmt.Sprintf("[%s](../%s)", f, f))
	}
	return strings.Join(out, ", ")
}
