package tenants

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"reflect"
	"strings"
)

// Decode reads a stored document: the defaults, and over them what the tenant decided. An empty document is one that
// holds nothing. Paths that this version does not know are passed over, so that a newer one's document can be read;
// a value that this version does not know is an error, because guessing could weaken a policy.
func Decode(doc json.RawMessage) (Settings, error) {
	d, err := parseSettings(doc)
	if err != nil {
		return Settings{}, fmt.Errorf("decode settings: %w", err)
	}
	s, err := d.settings()
	if err != nil {
		return Settings{}, fmt.Errorf("decode settings: %w", err)
	}
	return s, nil
}

// Encode returns the document of s: what differs from the defaults, secrets sealed. Change stored settings with Apply,
// which keeps what a newer version wrote.
func (s Settings) Encode() (json.RawMessage, error) {
	d := settingsDoc{}
	settingTree().each(reflect.ValueOf(s), "", func(path string, n *settingNode, v reflect.Value) {
		if secret, ok := v.Interface().(Secret); ok {
			if secret.IsSet() {
				d.put(path, secret.stored())
			}
		} else if !n.isDefault(path, v) {
			d.put(path, json.RawMessage(settingJSON(v)))
		}
	})
	doc, err := json.Marshal(d)
	if err != nil {
		return nil, fmt.Errorf("encode settings: %w", err)
	}
	return doc, nil
}

// settingsDoc is a stored document: objects nested as the groups are, and below them what was decided.
type settingsDoc map[string]any

// errNoDocument does not say where, because the decoder's words repeat what they met.
var errNoDocument = errors.New("the document is no JSON object")

func parseSettings(doc json.RawMessage) (settingsDoc, error) {
	if len(bytes.TrimSpace(doc)) == 0 {
		return settingsDoc{}, nil
	}
	in := json.NewDecoder(bytes.NewReader(doc))
	in.UseNumber()
	var d settingsDoc
	if err := in.Decode(&d); err != nil {
		return nil, errNoDocument
	}
	if _, err := in.Token(); !errors.Is(err, io.EOF) {
		return nil, errNoDocument
	}
	if d == nil { // null
		d = settingsDoc{}
	}
	return d, nil
}

// settings lays d over the defaults.
func (d settingsDoc) settings() (Settings, error) {
	s := Defaults()
	root := reflect.ValueOf(&s).Elem()
	err := d.each(settingTree(), "", func(path string, n *settingNode, stored any) error {
		raw, err := json.Marshal(stored)
		if err != nil {
			return err
		}
		var v reflect.Value
		if n.secret() {
			secret, err := readSecret(path, raw)
			if err != nil {
				return fmt.Errorf("%s %w", path, err)
			}
			v = reflect.ValueOf(secret)
		} else {
			var w *settingWrong
			if v, w = n.read(raw); w != nil {
				return fmt.Errorf("%s %s", path, w.message)
			}
		}
		settingTree().put(root, strings.Split(path, "."), v)
		return nil
	})
	return s, err
}

// each calls visit for every known setting below n that d holds, in the order of the type.
func (d settingsDoc) each(
	n *settingNode, path string, visit func(path string, n *settingNode, stored any) error,
) error {
	for _, name := range n.names(d) {
		child, _ := n.child(name)
		at := join(path, name)
		if !child.group() {
			if err := visit(at, child, d[name]); err != nil {
				return err
			}
			continue
		}
		below, ok := asObject(d[name])
		if !ok {
			return fmt.Errorf("%s is no object", at)
		}
		if err := below.each(child, at, visit); err != nil {
			return err
		}
	}
	return nil
}

func asObject(stored any) (settingsDoc, bool) {
	switch o := stored.(type) {
	case settingsDoc:
		return o, true
	case map[string]any:
		return o, true
	}
	return nil, false
}

// put writes one value. Groups on the way are made.
func (d settingsDoc) put(path string, value any) {
	parts := strings.Split(path, ".")
	for _, part := range parts[:len(parts)-1] {
		below, ok := asObject(d[part])
		if !ok {
			below = settingsDoc{}
			d[part] = below
		}
		d = below
	}
	d[parts[len(parts)-1]] = value
}

// remove drops one value, and the groups that are empty without it.
func (d settingsDoc) remove(path string) {
	name, rest, deeper := strings.Cut(path, ".")
	if !deeper {
		delete(d, name)
		return
	}
	if below, ok := asObject(d[name]); ok {
		below.remove(rest)
		if len(below) == 0 {
			delete(d, name)
		}
	}
}

// has reports whether the document holds a value at path.
func (d settingsDoc) has(path string) bool {
	name, rest, deeper := strings.Cut(path, ".")
	if !deeper {
		_, ok := d[name]
		return ok
	}
	below, ok := asObject(d[name])
	return ok && below.has(rest)
}
