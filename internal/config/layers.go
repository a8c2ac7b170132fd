package config

import (
	"errors"
	"io/fs"
	"regexp"
	"slices"
	"strings"

	"github.com/knadh/koanf/parsers/yaml"
	"github.com/knadh/koanf/providers/env/v2"
	"github.com/knadh/koanf/providers/file"
	"github.com/knadh/koanf/v2"
)

// layer is one source: what it holds, how it spells a setting, and what it is called in front of that spelling.
type layer struct {
	ko    *koanf.Koanf
	spell func(Setting) string
	where string
	// file names the YAML file, for which a value's source is said without its key.
	file string
}

func (l layer) source(s Setting) string {
	if l.file != "" {
		return "file " + l.file
	}
	return l.where + l.spell(s)
}

// flags is the layer of the command line.
func (r *reading) flags() layer {
	l := layer{koanf.New("."), func(s Setting) string { return "--" + s.Flag }, "flag ", ""}
	values := flat{}
	byFlag := index(func(s Setting) string { return s.Flag })
	for name, value := range r.src.Flags {
		if key, ok := byFlag[name]; ok {
			values[key] = value
			continue
		}
		r.unknown("--"+name, "flag", l.spell)
	}
	r.load(l, values, nil)
	return l
}

// environment is the layer of the variables that start with our prefix.
func (r *reading) environment() layer {
	l := layer{koanf.New("."), func(s Setting) string { return s.Env }, "environment ", ""}
	byEnv := index(func(s Setting) string { return s.Env })
	keep := func(name, value string) (string, any) {
		key, ok := byEnv[name]
		if !ok && !strings.HasPrefix(name, testPrefix) && !serviceLink(name, value) {
			r.unknown(name, "environment", l.spell)
		}
		return key, value
	}
	environ := func() []string { return r.src.Environ }
	r.load(l, env.Provider("", env.Opt{Prefix: envPrefix, TransformFunc: keep, EnvironFunc: environ}), nil)
	return l
}

// file is the layer of the YAML file, empty where none is named.
func (r *reading) file() layer {
	l := layer{koanf.New("."), func(s Setting) string { return s.Name }, "", r.src.File}
	if r.src.File == "" {
		return l
	}
	r.load(l, file.Provider(r.src.File), yaml.Parser())
	known := index(l.spell)
	// A key below a known one is reported by text, as a value of the wrong kind.
	for key := range l.ko.Raw() {
		if _, ok := known[key]; !ok {
			r.unknown(key, l.source(Setting{}), l.spell)
		}
	}
	return l
}

// load fills a layer. Only the YAML file can fail.
func (r *reading) load(l layer, from koanf.Provider, parser koanf.Parser) {
	err := l.ko.Load(from, parser)
	if err == nil {
		return
	}
	what, fix := "cannot be read ("+reason(err)+")", "name a file that this process may read"
	if path := (*fs.PathError)(nil); !errors.As(err, &path) {
		what, fix = "is no YAML map of settings"+yamlPlace(err), "write one `setting: value` a line, each setting once"
	}
	r.note("config", "flag --config", what, fix)
}

// yamlLine finds the place in an error of the YAML parser. The rest is dropped, since it quotes the file, and the
// file may hold secrets.
var yamlLine = regexp.MustCompile(`\bline [0-9]+`)

func yamlPlace(err error) string {
	if line := yamlLine.FindString(err.Error()); line != "" {
		return " (" + line + ")"
	}
	return ""
}

// link matches the variables that Kubernetes sets in every pod for a Service whose name starts with tenantgate.
var link = regexp.MustCompile(`^TENANTGATE_([A-Z0-9_]+_)?` +
	`(SERVICE_HOST|SERVICE_PORT(_[A-Z0-9_]+)?|PORT_[0-9]+_(TCP|UDP|SCTP)(_(PROTO|PORT|ADDR))?)$`)

// serviceLink reports whether a variable is Kubernetes' own. TENANTGATE_PORT is so only with the value that
// Kubernetes gives it: with a number it is somebody's mistake for TENANTGATE_LISTEN.
func serviceLink(name, value string) bool {
	if strings.HasSuffix(name, "_PORT") {
		scheme, _, ok := strings.Cut(value, "://")
		if ok && slices.Contains([]string{"tcp", "udp", "sctp"}, scheme) {
			return true
		}
	}
	return link.MatchString(name)
}

// index maps a spelling of each input to its name.
func index(spell func(Setting) string) map[string]string {
	names := map[string]string{}
	for _, s := range Inputs() {
		names[spell(s)] = s.Name
	}
	return names
}

// flat is a koanf provider of values that are at hand.
type flat map[string]any

func (f flat) Read() (map[string]any, error) { return f, nil }
func (f flat) ReadBytes() ([]byte, error)    { return nil, errors.New("flat values have no bytes") }
