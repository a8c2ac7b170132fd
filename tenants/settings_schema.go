package tenants

import (
	"bytes"
	"encoding/json"
	"reflect"
	"slices"
	"strings"
	"sync"

	"github.com/tenantgate/tenantgate/internal/ephemeral"
)

// settingNode is a group or a setting. The tree of them is read off the type Settings, so that a field added there is
// decoded, changed, checked and shown without another word, except for its row in settingRows.
type settingNode struct {
	path   string // with <kind> and <locale> for the keys of maps
	name   string // the last part of path
	typ    reflect.Type
	field  int            // its place in the struct of its parent
	fields []*settingNode // of a struct
	elem   *settingNode   // of a map
}

var settingTree = sync.OnceValue(func() *settingNode { return newNode(reflect.TypeFor[Settings](), "", "") })

// keyNames stand for the keys of a map in paths.
var keyNames = map[reflect.Type]string{
	reflect.TypeFor[MailKind](): "<kind>",
	reflect.TypeFor[Locale]():   "<locale>",
}

func newNode(t reflect.Type, parent, name string) *settingNode {
	n := &settingNode{path: join(parent, name), name: name, typ: t}
	switch {
	case t == reflect.TypeFor[ephemeral.Limit](), t == reflect.TypeFor[Secret]():
	case t.Kind() == reflect.Map:
		n.elem = newNode(t.Elem(), n.path, keyNames[t.Key()])
	case t.Kind() == reflect.Struct:
		for i := range t.NumField() {
			child := newNode(t.Field(i).Type, n.path, t.Field(i).Tag.Get("json"))
			child.field = i
			n.fields = append(n.fields, child)
		}
	}
	return n
}

func join(parent, name string) string {
	if parent == "" {
		return name
	}
	return parent + "." + name
}

func (n *settingNode) group() bool { return n.fields != nil || n.elem != nil }

func (n *settingNode) secret() bool { return n.typ == reflect.TypeFor[Secret]() }

// child returns the node of one part of a path. A part that no node answers to gives neither node nor reason.
func (n *settingNode) child(part string) (*settingNode, *settingWrong) {
	if n.elem != nil {
		if w := checkKey(n.typ.Key(), part); w != nil {
			return nil, w
		}
		return n.elem, nil
	}
	for _, f := range n.fields {
		if f.name == part {
			return f, nil
		}
	}
	return nil, nil
}

func checkKey(t reflect.Type, key string) *settingWrong {
	if enum, known := isEnum(t, key); enum && !known {
		return &settingWrong{wrongValue, "names no mail; choose one of " + strings.Join(settingEnums[t], ", ")}
	}
	if t == reflect.TypeFor[Locale]() && !localeShape.MatchString(key) {
		return malformed("names no language; write one such as en, pt-BR or zh-Hant-TW")
	}
	return nil
}

// findSetting returns the node of a path, or why there is none.
func findSetting(path string) (*settingNode, *settingWrong) {
	n := settingTree()
	for part := range strings.SplitSeq(path, ".") {
		next, w := n.child(part)
		if w != nil {
			return nil, w
		}
		if next == nil {
			return nil, unknownSetting(path)
		}
		n = next
	}
	return n, nil
}

// each calls visit for every setting below n in v, in the order of the type, the keys of maps sorted.
func (n *settingNode) each(v reflect.Value, path string, visit func(path string, n *settingNode, v reflect.Value)) {
	switch {
	case n.elem != nil:
		keys := v.MapKeys()
		slices.SortFunc(keys, func(a, b reflect.Value) int { return strings.Compare(a.String(), b.String()) })
		for _, key := range keys {
			n.elem.each(v.MapIndex(key), join(path, key.String()), visit)
		}
	case n.fields != nil:
		for _, f := range n.fields {
			f.each(v.Field(f.field), join(path, f.name), visit)
		}
	default:
		visit(path, n, v)
	}
}

// put sets one setting below n in v, which must be addressable. Maps on the way are made.
func (n *settingNode) put(v reflect.Value, parts []string, value reflect.Value) {
	if len(parts) == 0 {
		v.Set(value)
		return
	}
	next, _ := n.child(parts[0])
	if n.elem == nil {
		next.put(v.Field(next.field), parts[1:], value)
		return
	}
	if v.IsNil() {
		v.Set(reflect.MakeMap(n.typ))
	}
	key := reflect.ValueOf(parts[0]).Convert(n.typ.Key())
	elem := reflect.New(n.elem.typ).Elem() // elements of maps are not addressable
	if old := v.MapIndex(key); old.IsValid() {
		elem.Set(old)
	}
	next.put(elem, parts[1:], value)
	v.SetMapIndex(key, elem)
}

// defaultTexts holds the JSON of every default. Settings in maps have none; theirs is the zero value.
var defaultTexts = sync.OnceValue(func() map[string]string {
	out := map[string]string{}
	settingTree().each(reflect.ValueOf(Defaults()), "", func(path string, _ *settingNode, v reflect.Value) {
		out[path] = string(settingJSON(v))
	})
	return out
})

// isDefault reports whether v is what a tenant has that decided nothing about path.
func (n *settingNode) isDefault(path string, v reflect.Value) bool {
	text, ok := defaultTexts()[path]
	if !ok {
		return v.IsZero()
	}
	return string(settingJSON(v)) == text
}

// settingJSON returns the one JSON text of a value.
func settingJSON(v reflect.Value) []byte {
	if v.Kind() == reflect.Slice && v.Len() == 0 {
		return []byte("[]")
	}
	var text bytes.Buffer
	out := json.NewEncoder(&text)
	out.SetEscapeHTML(false) // people read it too
	if err := out.Encode(v.Interface()); err != nil {
		panic("settings: " + err.Error()) // no type of a setting can fail to encode
	}
	return bytes.TrimSpace(text.Bytes())
}
