package archtest

import (
	"fmt"
	"path"
	"slices"
	"strings"
)

// check returns every breach of the rules in files, each as "file: what, and why not".
func check(files []file) []string {
	var breaches []string
	report := func(where, format string, args ...any) {
		breaches = append(breaches, where+": "+fmt.Sprintf(format, args...))
	}
	for _, f := range files {
		checkLayers(f, report)
		checkFences(f, report)
		checkPlaces(f, report)
		if !f.generated && f.lines > longestFile {
			report(f.path, "%d lines, more than %d: it holds two subjects", f.lines, longestFile)
		}
	}
	checkPackages(files, report)
	slices.Sort(breaches)
	return slices.Compact(breaches)
}

type reporter func(where, format string, args ...any)

// checkLayers looks at imports within this module. Tests may reach further, as long as nothing imports them.
func checkLayers(f file, report reporter) {
	if f.test {
		return
	}
	at := slices.IndexFunc(layers, func(l layer) bool { return matches(l.pkg, f.dir) })
	if at < 0 {
		report(f.path, "no row of archtest says what %s may import: add one, with its reason", f.dir)
		return
	}
	row := layers[at]
	for _, imported := range f.imports {
		dir, ours := strings.CutPrefix(imported, module+"/")
		if !ours {
			continue
		}
		if supportsTests(dir) && !supportsTests(f.dir) {
			report(f.path, "imports %s, which exists for tests", dir)
		} else if !within(dir, f.dir) && !matchesAny(row.imports, dir) {
			report(f.path, "%s may not import %s: %s", f.dir, dir, row.why)
		}
	}
}

func checkFences(f file, report reporter) {
	for _, imported := range f.imports {
		for _, rule := range fences {
			if !within(imported, rule.path) {
				continue
			}
			banned := len(rule.in) == 0 && !rule.tests
			if (f.test && rule.tests) || (supportsTests(f.dir) && !banned) || matchesAny(rule.in, f.dir) {
				continue
			}
			report(f.path, "may not import %s: %s", imported, rule.why)
		}
	}
}

func checkPlaces(f file, report reporter) {
	if f.test || f.generated || supportsTests(f.dir) {
		return
	}
	for _, u := range f.uses {
		for _, rule := range places {
			if u.path != rule.path || u.name != rule.name || matchesAny(rule.in, f.dir) || matchesAny(rule.in, f.path) {
				continue
			}
			report(f.path, "line %d: %s.%s may not appear here: %s", u.line, path.Base(u.path), u.name, rule.why)
		}
	}
}

// checkPackages looks at names and package comments. Generated packages speak for themselves.
func checkPackages(files []file, report reporter) {
	comments := map[string][]string{}
	for _, f := range files {
		if f.test || f.generated {
			continue
		}
		if vague := slices.IndexFunc(vagueNames, func(v string) bool { return v == path.Base(f.dir) || v == f.pkg }); vague >= 0 {
			report(f.dir, "the name %s does not say what the package owns", vagueNames[vague])
		}
		comments[f.dir] = append(comments[f.dir], packageComment(f))
	}
	for dir, all := range comments {
		if !slices.ContainsFunc(all, func(c string) bool { return c != "" }) {
			report(dir, "no package comment: say what the package owns and what it does not")
		}
	}
}

// packageComment returns the comment if it begins as Go wants it.
func packageComment(f file) string {
	begin := "Package " + f.pkg + " "
	if f.pkg == "main" {
		begin = "Command "
	}
	if !strings.HasPrefix(f.doc, begin) {
		return ""
	}
	return f.doc
}
