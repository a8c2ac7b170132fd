package tenants

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/tenantgate/tenantgate/internal/fault"
)

// Change gives one setting a value. Path may also name a group: then Value is an object of what changes in it. null
// goes back to the default, for a group of everything in it.
type Change struct {
	Path  string          `json:"path"`
	Value json.RawMessage `json:"value"`
}

// ParseChange reads "path=value". The value is JSON, else the text itself; nothing behind = is the empty text. What
// the path and the value mean is for Apply to say; but what begins as a list or an object, and is no JSON, is refused
// here: the quotes are missing.
func ParseChange(text string) (Change, error) {
	path, value, ok := strings.Cut(text, "=")
	if !ok || path == "" {
		return Change{}, fault.Invalid(fault.Field{
			Field: shownPath(path), Code: wrongShape, Message: "write path=value, such as signup.mode=closed",
		})
	}
	if !utf8.ValidString(value) {
		return Change{}, fault.Invalid(fault.Field{
			Field: shownPath(path), Code: wrongShape, Message: "holds bytes that are no Unicode text",
		})
	}
	if raw := json.RawMessage(value); json.Valid(raw) {
		return Change{path, raw}, nil
	}
	// A mail's text may begin with a placeholder.
	begun := strings.TrimSpace(value)
	at := placeholder.FindStringIndex(begun)
	if strings.HasPrefix(begun, "[") || strings.HasPrefix(begun, "{") && (at == nil || at[0] != 0) {
		return Change{}, fault.Invalid(fault.Field{
			Field: shownPath(path), Code: wrongShape, Message: `is not JSON; quote each text, as in ["one","two"] or "[one] two"`,
		})
	}
	raw, err := json.Marshal(value)
	if err != nil {
		return Change{}, fmt.Errorf("read a change of settings: %w", err)
	}
	return Change{path, raw}, nil
}

// The bounds of what one tenant can store, and of what is said about one attempt.
const (
	maxSettings = 256 << 10 // bytes of the document
	maxProblems = 100
)

// Apply changes a stored document and returns the new one with its settings. Whatever is wrong, with the changes or
// with what they lead to, is one fault invalid_input that has a field for each path and repeats no value; then nothing
// is changed. Paths that only a newer version knows stay as they are.
//
// seal seals a secret for its path with the tenant's key. It may be nil where no secret is set; its errors end Apply.
func Apply(
	doc json.RawMessage, changes []Change, seal func(path string, plain []byte) ([]byte, error),
) (json.RawMessage, Settings, error) {
	d, err := parseSettings(doc)
	if err != nil {
		return nil, Settings{}, fmt.Errorf("change settings: %w", err)
	}
	e := settingsEdit{doc: d, seal: seal, seen: map[string]bool{}}
	for _, c := range changes {
		if len(e.problems) == maxProblems {
			break
		}
		if err := e.change(c.Path, c.Value); err != nil {
			return nil, Settings{}, fmt.Errorf("change settings: %w", err)
		}
	}
	s, err := d.settings()
	if err != nil {
		return nil, Settings{}, fmt.Errorf("change settings: %w", err)
	}
	e.check(s)
	out, err := json.Marshal(d)
	if err != nil {
		return nil, Settings{}, fmt.Errorf("change settings: %w", err)
	}
	if len(out) > maxSettings {
		e.note("settings", settingWrong{wrongSize, fmt.Sprintf("are longer than %d KiB together; shorten texts and "+
			"lists, or give the logo as an https URL", maxSettings>>10)})
	}
	if len(e.problems) > 0 {
		return nil, Settings{}, fault.Invalid(e.inOrder()...)
	}
	return out, s, nil
}

// settingsEdit is a document on its way, and what is wrong so far.
type settingsEdit struct {
	doc      settingsDoc
	seal     func(path string, plain []byte) ([]byte, error)
	seen     map[string]bool // paths that a change named
	problems []fault.Field
}

func (e *settingsEdit) note(path string, w settingWrong) {
	if len(e.problems) < maxProblems {
		e.problems = append(e.problems, fault.Field{Field: path, Code: w.code, Message: w.message})
	}
}

// broken reports whether something is wrong with a path, so that nothing else needs to be said about it.
func (e *settingsEdit) broken(path string) bool {
	return slices.ContainsFunc(e.problems, func(f fault.Field) bool { return f.Field == path })
}

// change makes one change or notes what is wrong with it. Its errors are those of sealing.
func (e *settingsEdit) change(path string, raw json.RawMessage) error {
	n, w := findSetting(path)
	switch {
	case w != nil:
		e.note(shownPath(path), *w)
	case e.seen[path]:
		e.note(path, settingWrong{wrongTwice, "is given twice; give it once"})
	case len(raw) > maxSettings:
		e.note(path, settingWrong{wrongSize, fmt.Sprintf("is longer than %d KiB", maxSettings>>10)})
	case !utf8.Valid(raw):
		e.note(path, *malformed("holds bytes that are no Unicode text"))
	case !json.Valid(raw):
		e.note(path, *malformed("is no JSON; write texts in quotes"))
	case n.group():
		return e.changeGroup(path, n, raw)
	case isNull(raw):
		e.doc.remove(path)
	case n.secret():
		e.seen[path] = true
		return e.changeSecret(path, raw)
	default:
		v, w := n.read(raw)
		switch {
		case w != nil:
			e.note(path, *w)
		case n.isDefault(path, v):
			e.doc.remove(path)
		default:
			e.doc.put(path, json.RawMessage(settingJSON(v)))
		}
	}
	e.seen[path] = true
	return nil
}

func isNull(raw []byte) bool { return string(bytes.TrimSpace(raw)) == "null" }

// changeGroup makes the changes that an object holds, or takes a group back to its defaults.
func (e *settingsEdit) changeGroup(path string, n *settingNode, raw json.RawMessage) error {
	if isNull(raw) {
		var known []string
		err := e.doc.each(settingTree(), "", func(at string, _ *settingNode, _ any) error {
			if strings.HasPrefix(at, path+".") {
				known = append(known, at)
			}
			return nil
		})
		for _, at := range known {
			e.doc.remove(at)
		}
		return err
	}
	in := json.NewDecoder(bytes.NewReader(raw))
	if open, _ := in.Token(); open != json.Delim('{') {
		e.note(path, settingWrong{wrongType, "is a group; name one of its settings: " + n.members()})
		return nil
	}
	for in.More() && len(e.problems) < maxProblems {
		name, _ := in.Token() // Valid has seen all of raw
		var value json.RawMessage
		if err := in.Decode(&value); err != nil {
			return err
		}
		if err := e.change(join(path, name.(string)), value); err != nil {
			return err
		}
	}
	return nil
}

// members lists the settings of a group, for people.
func (n *settingNode) members() string {
	var paths []string
	n.patterns(func(setting *settingNode) { paths = append(paths, setting.path) })
	return strings.Join(paths, ", ")
}

// errNoSeal means that the caller expected no secret.
var errNoSeal = errors.New("there is no key to seal it with")

func (e *settingsEdit) changeSecret(path string, raw json.RawMessage) error {
	var plain string
	if err := json.Unmarshal(raw, &plain); err != nil {
		e.note(path, settingWrong{wrongType, "is of another type; " + kindFixes["secret"]})
		return nil
	}
	if plain == "" {
		e.doc.remove(path)
		return nil
	}
	w := settingRows[path].rule.check(plain)
	if plain == secretHidden {
		w = malformed("is what stands for a hidden secret; leave it out to keep the one that is set")
	}
	if w != nil {
		e.note(path, *w)
		return nil
	}
	if e.seal == nil {
		return fmt.Errorf("seal %s: %w", path, errNoSeal)
	}
	sealed, err := e.seal(path, []byte(plain))
	if err != nil {
		return fmt.Errorf("seal %s: %w", path, err)
	}
	e.doc.put(path, Secret{&secretBox{path, sealed}}.stored())
	return nil
}
