package config

import (
	"encoding/json"
	"reflect"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestNamesVariablesAndFlagsCorrespond(t *testing.T) {
	t.Parallel()
	name := regexp.MustCompile(`^[a-z]+(_[a-z]+)*$`)
	seen := map[string]bool{}
	for _, s := range Inputs() {
		if !name.MatchString(s.Name) || seen[s.Name] {
			t.Errorf("name %q is misshapen or taken", s.Name)
		}
		seen[s.Name] = true
		if want := "TENANTGATE_" + strings.ToUpper(s.Name); s.Env != want {
			t.Errorf("%s: variable %s, want %s", s.Name, s.Env, want)
		}
		if want := strings.ReplaceAll(s.Name, "_", "-"); s.Flag != want {
			t.Errorf("%s: flag %s, want %s", s.Name, s.Flag, want)
		}
		if s.Help == "" || strings.HasSuffix(s.Help, ".") {
			t.Errorf("%s: help %q is missing or ends in a full stop", s.Name, s.Help)
		}
		if strings.HasPrefix(s.Env, testPrefix) || serviceLink(s.Env, "tcp://10.1.2.3:80") {
			t.Errorf("%s would be overlooked in the environment", s.Env)
		}
	}
	for _, want := range []string{"database_url_file", "redis_url_file", "master_keys_file", "smtp_url_file"} {
		if !seen[want] {
			t.Errorf("%s is missing", want)
		}
	}
	if seen["listen_file"] {
		t.Error("listen is no secret, yet has a file")
	}
}

func TestEveryFieldOfConfigHasASetting(t *testing.T) {
	t.Parallel()
	fields := map[string]bool{"dev": true, "database": true}
	for _, s := range Settings {
		fields[strings.ReplaceAll(s.Name, "_", "")] = true
	}
	for i := range reflect.TypeFor[Config]().NumField() {
		field := reflect.TypeFor[Config]().Field(i)
		if field.IsExported() && !fields[strings.ToLower(field.Name)] {
			t.Errorf("%s has no setting", field.Name)
		}
	}
}

func TestDefaultsInTheTableAreTheOnesInEffect(t *testing.T) {
	t.Parallel()
	stands := strings.NewReplacer("<data-dir>", "tenantgate-data", "PORT", "8080")
	cfg := load(t, Sources{Environ: []string{keysEnv}})
	for i, got := range cfg.Effective() {
		s := Settings[i]
		want := Row{s.Name, stands.Replace(s.Default), "default", s.Secret}
		if s.Default == "" {
			want.Value = "not set"
		}
		if s.Name == "master_keys" {
			want = Row{s.Name, "set, hidden", "environment TENANTGATE_MASTER_KEYS", true}
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error(diff)
		}
	}
}

func TestEffectiveSettingsAreACopyAndEncodeAsJSON(t *testing.T) {
	t.Parallel()
	cfg := load(t, Sources{Environ: []string{keysEnv}})
	cfg.Effective()[0].Value = "changed"
	text, err := json.Marshal(cfg.Effective()[:1])
	want := `[{"name":"database_url","value":"sqlite://tenantgate-data/tenantgate.db","source":"default","secret":true}]`
	if err != nil || string(text) != want {
		t.Errorf("%s, %v; want %s", text, err, want)
	}
}

func TestTheDocsTableHasARowForEachSetting(t *testing.T) {
	t.Parallel()
	lines := strings.Split(strings.TrimSuffix(Markdown(), "\n"), "\n")
	if len(lines) != len(Settings)+2 {
		t.Fatalf("%d lines for %d settings", len(lines), len(Settings))
	}
	for i, s := range Settings {
		line := lines[i+2]
		if !strings.HasPrefix(line, "| `"+s.Env+"` | `--"+s.Flag+"` | `"+s.Name+"` | ") ||
			strings.Count(strings.ReplaceAll(line, `\|`, ""), "|") != 6 {
			t.Errorf("row of %s: %s", s.Name, line)
		}
	}
}
