package tenants

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/tenantgate/tenantgate/internal/ephemeral"
)

// The codes of fields that are wrong.
const (
	wrongPath     = "unknown_path"
	wrongType     = "wrong_type"
	wrongValue    = "unknown_value"
	wrongRange    = "out_of_range"
	wrongShape    = "malformed"
	wrongSize     = "too_long"
	wrongTwice    = "duplicate"
	wrongTogether = "contradiction"
)

// settingWrong is what is wrong with a setting and how to mend it. No message repeats a value: it could be a secret
// that landed in the wrong place.
type settingWrong struct{ code, message string }

func malformed(format string, args ...any) *settingWrong {
	return &settingWrong{wrongShape, fmt.Sprintf(format, args...)}
}

func contradicts(format string, args ...any) *settingWrong {
	return &settingWrong{wrongTogether, fmt.Sprintf(format, args...)}
}

// names returns the parts below n that d holds and n knows, in the order of the type, the keys of maps sorted.
func (n *settingNode) names(d settingsDoc) []string {
	var out []string
	if n.elem != nil {
		for _, key := range slices.Sorted(maps.Keys(d)) {
			if checkKey(n.typ.Key(), key) == nil {
				out = append(out, key)
			}
		}
		return out
	}
	for _, f := range n.fields {
		if _, ok := d[f.name]; ok {
			out = append(out, f.name)
		}
	}
	return out
}

// kind names the type of a setting for people.
func (n *settingNode) kind() string {
	enum, _ := isEnum(n.typ, "")
	switch {
	case n.secret():
		return "secret"
	case enum:
		return "choice"
	case n.typ == reflect.TypeFor[Duration]():
		return "duration"
	case n.typ == reflect.TypeFor[ephemeral.Limit]():
		return "N/duration"
	case n.typ.Kind() == reflect.Slice:
		return "list"
	case n.typ.Kind() == reflect.Int, n.typ.Kind() == reflect.Bool:
		return n.typ.Kind().String()
	}
	return "text"
}

var kindFixes = map[string]string{
	"secret":     `write a text, in quotes where it reads as a number`,
	"choice":     `write a text`,
	"duration":   "write a duration in d, h, m and s, such as 10m, 1h30m or 30d",
	"N/duration": `write events/duration such as 10/15m: ` + limitBounds,
	"list":       `write a list of texts such as ["one", "two"], or []`,
	"int":        `write a whole number`,
	"bool":       `write true or false`,
	"text":       `write a text, in quotes where it reads as a number`,
}

// read decodes one value that is no secret. Ranges are not looked at: a stored value outlives a bound that moved.
func (n *settingNode) read(raw []byte) (reflect.Value, *settingWrong) {
	kind := n.kind()
	raw = bytes.TrimSpace(raw)
	if kind == "duration" && string(raw) == "0" {
		raw = []byte(`"0"`) // the command line gives a number
	}
	v := reflect.New(n.typ)
	if err := json.Unmarshal(raw, v.Interface()); err != nil || string(raw) == "null" {
		if raw[0] == '"' && (kind == "duration" || kind == "N/duration") {
			return v, malformed("cannot be read; %s", kindFixes[kind])
		}
		return v, &settingWrong{wrongType, "is of another type; " + n.fix(kind)}
	}
	v = v.Elem()
	for _, text := range textsOf(v) {
		if w := n.checkText(text); w != nil {
			return v, w
		}
	}
	return v, nil
}

func (n *settingNode) fix(kind string) string {
	if values := n.values(); values != nil && kind == "choice" {
		return "choose one of " + strings.Join(values, ", ")
	} else if values != nil {
		return "write a list of some of " + strings.Join(values, ", ")
	}
	return kindFixes[kind]
}

// values returns the closed list that a setting, or each item of it, is chosen from.
func (n *settingNode) values() []string {
	if n.typ.Kind() == reflect.Slice {
		return settingEnums[n.typ.Elem()]
	}
	return settingEnums[n.typ]
}

// checkText refuses what is in no closed list that there is, and what was no Unicode before it was decoded.
func (n *settingNode) checkText(text string) *settingWrong {
	values := n.values()
	switch {
	case values != nil && !slices.Contains(values, text):
		return &settingWrong{wrongValue, "holds an unknown value; " + n.fix(n.kind())}
	case strings.ContainsRune(text, utf8.RuneError):
		return malformed("holds bytes that are no Unicode text")
	}
	return nil
}

// textsOf returns a text, or the items of a list.
func textsOf(v reflect.Value) []string {
	switch v.Kind() {
	case reflect.String:
		return []string{v.String()}
	case reflect.Slice:
		out := make([]string, 0, v.Len())
		for i := range v.Len() {
			out = append(out, v.Index(i).String())
		}
		return out
	}
	return nil
}
