package tenants

import (
	"cmp"
	"encoding/json"
	"reflect"
	"regexp"
	"slices"
	"strings"

	"github.com/tenantgate/tenantgate/internal/fault"
)

// PathInfo describes one setting.
type PathInfo struct {
	Path    string   `json:"path"`              // <kind> and <locale> stand for any
	Type    string   `json:"type"`              // text, secret, choice, list, bool, int, duration or N/duration
	Default string   `json:"default"`           // as Row shows it
	Values  []string `json:"values,omitempty"`  // what a choice, or each item of a list, is one of
	Allowed string   `json:"allowed,omitempty"` // what it may be beyond that, in words
	Help    string   `json:"help"`              // one sentence, without a full stop
}

// Row is one setting of a tenant as people read it.
type Row struct {
	Path    string `json:"path"`
	Value   string `json:"value"`   // lists as JSON; secrets hidden; where nothing is set, what counts then
	Default bool   `json:"default"` // whether the tenant decided nothing about it
}

// Paths describes every setting, in the order in which they are shown.
func Paths() []PathInfo {
	var out []PathInfo
	settingTree().patterns(func(n *settingNode) {
		row := settingRows[n.path]
		info := PathInfo{Path: n.path, Type: n.kind(), Values: n.values(), Allowed: row.rule.allowed, Help: row.help}
		value := reflect.Zero(n.typ)
		if text, ok := defaultTexts()[n.path]; ok && !n.secret() {
			value, _ = n.read([]byte(text))
		}
		info.Default = n.show(row, value)
		out = append(out, info)
	})
	return out
}

// patterns calls visit for every setting below n, those in maps once.
func (n *settingNode) patterns(visit func(n *settingNode)) {
	switch {
	case n.elem != nil:
		n.elem.patterns(visit)
	case n.fields != nil:
		for _, f := range n.fields {
			f.patterns(visit)
		}
	default:
		visit(n)
	}
}

// SecretPaths returns the settings that are secrets.
func SecretPaths() []string {
	var out []string
	settingTree().patterns(func(n *settingNode) {
		if n.secret() {
			out = append(out, n.path)
		}
	})
	return out
}

// Rows shows every setting of s in the order of Paths. doc is the stored document that s was decoded from: what it
// does not hold is a default.
func (s Settings) Rows(doc json.RawMessage) []Row {
	d, err := parseSettings(doc)
	if err != nil {
		d = settingsDoc{}
	}
	var out []Row
	settingTree().each(reflect.ValueOf(s), "", func(path string, n *settingNode, v reflect.Value) {
		row, value := settingRows[n.path], ""
		if row.effective != nil {
			value = row.effective(s)
		} else {
			value = n.show(row, v)
		}
		out = append(out, Row{Path: path, Value: value, Default: !d.has(path)})
	})
	return out
}

// show returns a value for people.
func (n *settingNode) show(row settingRow, v reflect.Value) string {
	if row.unset != "" && (v.IsZero() || v.Kind() == reflect.Slice && v.Len() == 0) {
		return row.unset
	}
	if n.secret() {
		return v.Interface().(Secret).String()
	}
	text := string(settingJSON(v))
	var plain string
	if json.Unmarshal([]byte(text), &plain) == nil {
		return plain
	}
	return text
}

// inOrder returns the problems in the order of Paths, those of unknown paths last.
func (e *settingsEdit) inOrder() []fault.Field {
	place := map[string]int{}
	settingTree().patterns(func(n *settingNode) { place[n.path] = len(place) + 1 })
	rank := func(f fault.Field) int {
		if n, w := findSetting(f.Field); w == nil && !n.group() {
			return place[n.path]
		}
		return len(place) + 1
	}
	slices.SortStableFunc(e.problems, func(a, b fault.Field) int { return cmp.Compare(rank(a), rank(b)) })
	return e.problems
}

// pathShape is that of paths that may be repeated. A secret that landed where a path belongs mostly looks different.
var pathShape = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_.-]{0,99}$`)

// shownPath returns a path as it was given, or "settings" for one that is not repeated.
func shownPath(path string) string {
	if pathShape.MatchString(path) {
		return path
	}
	return "settings"
}

// unknownSetting says that a path names nothing, and what it was most likely meant to be.
func unknownSetting(path string) *settingWrong {
	if shownPath(path) != path {
		return &settingWrong{wrongPath, "a path that is not shown is no setting; write one such as signup.mode"}
	}
	if near := nearestSetting(path); near != "" {
		return &settingWrong{wrongPath, "is no setting; did you mean " + near + "?"}
	}
	return &settingWrong{wrongPath, "is no setting; `tenantgate tenant show` lists all of them"}
}

// nearestSetting returns the path with the fewest slips to the given one; else the one whose last part is the same;
// else the first of the same group.
func nearestSetting(path string) string {
	path = strings.ToLower(path)
	last := path[strings.LastIndexByte(path, '.')+1:]
	group, _, _ := strings.Cut(path, ".")
	best, fewest, sameName, sameGroup := "", 2+len(path)/6, "", ""
	settingTree().patterns(func(n *settingNode) {
		if count := slips(path, n.path); count <= fewest {
			best, fewest = n.path, count-1
		}
		if sameName == "" && n.name == last {
			sameName = n.path
		}
		if sameGroup == "" && strings.HasPrefix(n.path, group+".") {
			sameGroup = n.path
		}
	})
	return cmp.Or(best, sameName, sameGroup)
}

// slips counts the characters to insert, drop or replace between two words.
func slips(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			replaced := diagonal
			if a[i] != b[j] {
				replaced++
			}
			diagonal = row[j+1]
			row[j+1] = min(row[j]+1, row[j+1]+1, replaced)
		}
	}
	return row[len(b)]
}
