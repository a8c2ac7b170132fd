package config

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// Problem is one thing that is wrong with the settings. It holds no value of a secret.
type Problem struct {
	Setting string `json:"setting"` // the name in the table, or as it was given where no setting answers to it
	Source  string `json:"source"`  // where it came from
	What    string `json:"what"`
	Fix     string `json:"fix"`
}

func (p Problem) String() string {
	return fmt.Sprintf("%s: %s; %s", p.Where(), p.What, p.Fix)
}

// Where names the setting and its source, unless nobody gave a value.
func (p Problem) Where() string {
	if p.Source == fromDefault || p.Source == fromDevDefault {
		return p.Setting
	}
	return p.Setting + " (" + p.Source + ")"
}

// Problems is all that is wrong with the settings, in the order of the table, unknown names last.
type Problems struct {
	List []Problem `json:"problems"`
}

// Error has one line for each problem.
func (p *Problems) Error() string {
	lines := make([]string, 0, len(p.List))
	for _, one := range p.List {
		lines = append(lines, one.String())
	}
	return strings.Join(lines, "\n")
}

// wrong is what a parser says of a text: what is wrong with it, and the fix.
type wrong struct{ what, fix string }

func (r *reading) note(setting, source, what, fix string) {
	r.problems = append(r.problems, Problem{setting, source, what, fix})
}

// err returns the problems in a stable order, or nil.
func (r *reading) err() error {
	if len(r.problems) == 0 {
		return nil
	}
	place := map[string]int{"config": -1}
	for i, s := range Inputs() {
		place[s.Name] = i
	}
	list := slices.Clone(r.problems)
	slices.SortStableFunc(list, func(a, b Problem) int {
		i, known := place[a.Setting]
		j, alsoKnown := place[b.Setting]
		switch {
		case known && alsoKnown:
			return cmp.Compare(i, j)
		case known:
			return -1
		case alsoKnown:
			return 1
		}
		return cmp.Compare(a.Setting, b.Setting)
	})
	return &Problems{List: list}
}

// printable is a name that may be repeated. A secret that landed where a name belongs mostly does not look like one.
var printable = regexp.MustCompile(`^[A-Za-z_.-]([A-Za-z0-9_.-]{0,49})$`)

// unknown notes a name that no setting has, with the setting that was probably meant.
func (r *reading) unknown(name, source string, spell func(Setting) string) {
	shown, fix := name, "see `tenantgate config` for all settings"
	if !printable.MatchString(name) {
		shown = "a name that is not shown"
	} else if near := nearest(name, spell); near != "" {
		fix = "did you mean " + near + "?"
	}
	r.note(shown, source, "is no setting", fix)
}

// nearest returns the input that a name was most likely meant to be, spelled for its source: the one with the fewest
// slips, or else the first that it begins. Empty means that none is near.
func nearest(name string, spell func(Setting) string) string {
	name = strings.TrimPrefix(strings.ToLower(name), strings.ToLower(envPrefix))
	name = strings.NewReplacer("-", "_", ".", "_").Replace(strings.TrimPrefix(name, "--"))
	best, fewest, begun := "", 1+len(name)/4, ""
	for _, s := range Inputs() {
		if n := slips(name, s.Name); n <= fewest {
			best, fewest = spell(s), n-1
		}
		if begun == "" && name != "" && strings.HasPrefix(s.Name, name) {
			begun = spell(s)
		}
	}
	return cmp.Or(best, begun)
}

// slips counts the characters to insert, drop, replace or swap with their neighbour between two words.
func slips(a, b string) int {
	rows := make([][]int, len(a)+1)
	for i := range rows {
		rows[i] = make([]int, len(b)+1)
		rows[i][0] = i
	}
	for j := range rows[0] {
		rows[0][j] = j
	}
	for i := 1; i <= len(a); i++ {
		for j := 1; j <= len(b); j++ {
			replaced := rows[i-1][j-1]
			if a[i-1] != b[j-1] {
				replaced++
			}
			n := min(rows[i-1][j]+1, rows[i][j-1]+1, replaced)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				n = min(n, rows[i-2][j-2]+1)
			}
			rows[i][j] = n
		}
	}
	return rows[len(a)][len(b)]
}
