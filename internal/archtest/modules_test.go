package archtest

import (
	_ "embed"
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

//go:embed licences.txt
var licenceList string

// accepted are the licences that modules may have, each with words that its text holds.
var accepted = map[string]string{
	"MIT":          "Permission is hereby granted, free of charge",
	"BSD-2-Clause": "Redistribution and use in source and binary forms",
	"BSD-3-Clause": "Redistribution and use in source and binary forms",
	"ISC":          "Permission to use, copy, modify, and",
	"Apache-2.0":   "Apache License",
	"MPL-2.0":      "Mozilla Public License",
}

// required reads the modules and versions that a go.mod requires.
func required(t *testing.T, goMod string) map[string]string {
	t.Helper()
	text, err := os.ReadFile(goMod)
	if err != nil {
		t.Fatal(err)
	}
	modules := map[string]string{}
	for _, m := range regexp.MustCompile(`(?m)^(?:require |\t)(\S+\.\S+) (v\S+)`).FindAllStringSubmatch(string(text), -1) {
		modules[m[1]] = m[2]
	}
	if len(modules) == 0 {
		t.Fatalf("%s requires nothing", goMod)
	}
	return modules
}

// moduleCache is where the go command keeps the source of modules.
func moduleCache(t *testing.T) string {
	t.Helper()
	out, err := exec.Command("go", "env", "GOMODCACHE").Output()
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(string(out))
}

// escaped is how the module cache writes upper-case letters.
func escaped(path string) string {
	return regexp.MustCompile(`[A-Z]`).ReplaceAllStringFunc(path, func(c string) string { return "!" + strings.ToLower(c) })
}

// licenceText joins the licence files of a module, with single spaces. It is empty for a module that is not in the
// cache, because no package of it is built or tested.
func licenceText(t *testing.T, dir string) string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return ""
	}
	if err != nil {
		t.Fatal(err)
	}
	var all strings.Builder
	for _, e := range entries {
		name := strings.ToUpper(e.Name())
		if e.IsDir() {
			continue
		}
		if strings.HasPrefix(name, "LICEN") || strings.HasPrefix(name, "COPYING") {
			text, err := os.ReadFile(filepath.Join(dir, e.Name()))
			if err != nil {
				t.Fatal(err)
			}
			all.Write(text)
		}
	}
	return strings.Join(strings.Fields(all.String()), " ")
}

func TestEveryModuleHasAnAcceptedLicence(t *testing.T) {
	t.Parallel()
	modules := required(t, filepath.Join(root(t), "go.mod"))
	cache := moduleCache(t)
	listed := map[string]bool{}
	for line := range strings.Lines(licenceList) {
		module, licences, ok := strings.Cut(strings.TrimSpace(line), " ")
		if module == "#" || !ok {
			continue
		}
		listed[module] = true
		version, used := modules[module]
		if !used {
			t.Errorf("licences.txt: go.mod no longer requires %s", module)
			continue
		}
		text := licenceText(t, filepath.Join(cache, filepath.FromSlash(escaped(module)+"@"+version)))
		for licence := range strings.SplitSeq(licences, " AND ") {
			words, ok := accepted[licence]
			if !ok {
				t.Errorf("licences.txt: %s has %q, which is not accepted", module, licence)
			} else if text != "" && !strings.Contains(text, words) {
				t.Errorf("licences.txt: %s says %s, its licence file does not", module, licence)
			}
		}
	}
	for module := range modules {
		if !listed[module] {
			t.Errorf("licences.txt: no line for %s: read its licence and add one", module)
		}
	}
}

// SQLite is C compiled to Go against exactly one version of its library.
func TestLibcIsTheVersionThatSQLiteWasBuiltWith(t *testing.T) {
	t.Parallel()
	ours := required(t, filepath.Join(root(t), "go.mod"))
	sqlite := ours["modernc.org/sqlite"]
	theirs := required(t, filepath.Join(moduleCache(t), "cache", "download", "modernc.org", "sqlite", "@v", sqlite+".mod"))
	if ours["modernc.org/libc"] != theirs["modernc.org/libc"] {
		t.Errorf("modernc.org/libc is %s, sqlite %s wants %s", ours["modernc.org/libc"], sqlite, theirs["modernc.org/libc"])
	}
}
