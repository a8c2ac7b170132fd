package tenants

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"reflect"
	"strings"

	"github.com/tenantgate/tenantgate/internal/events"
	"github.com/tenantgate/tenantgate/internal/fault"
)

// SettingValue is one setting as programs read it.
type SettingValue struct {
	Path    string
	Value   json.RawMessage // in force; of a secret only whether it is set
	Default bool
	Secret  bool
}

// Under returns the setting of a path, or those below it, in the order of Paths; all of them for the empty path. The fault for a
// path that is none is invalid_input with the field under.
func (s Settings) Under(path string) ([]SettingValue, error) {
	if path != "" {
		if _, w := findSetting(path); w != nil {
			text := w.message
			if shownPath(path) == path {
				text = path + " " + text
			}
			return nil, fault.Invalid(fault.Field{Field: "under", Code: w.code, Message: text})
		}
	}
	out := []SettingValue{}
	settingTree().each(reflect.ValueOf(s), "", func(at string, n *settingNode, v reflect.Value) {
		if path == "" || at == path || strings.HasPrefix(at, path+".") {
			out = append(out, s.shown(at, n, v))
		}
	})
	return out, nil
}

func (s Settings) shown(path string, n *settingNode, v reflect.Value) SettingValue {
	if n.secret() {
		set := v.Interface().(Secret).IsSet()
		return SettingValue{Path: path, Value: settingJSON(reflect.ValueOf(set)), Default: !set, Secret: true}
	}
	out := SettingValue{Path: path, Value: settingJSON(v), Default: n.isDefault(path, v)}
	if effective := settingRows[n.path].effective; effective != nil {
		out.Value = json.RawMessage(effective(s))
	}
	return out
}

// longestInEvent bounds, in bytes, the value of a setting that an event repeats. Of a longer one, such as a logo, it tells the digest.
const longestInEvent = 1024

// tellSettings writes what became of settings into an event's data, those that are somebody's address apart.
func tellSettings(data map[string]any, before, after Settings) {
	was, is := eachSetting(before), eachSetting(after)
	for _, side := range []struct {
		member  string
		of, not map[string]settingState
	}{{events.Before, was, is}, {events.After, is, was}} {
		open, personal := map[string]any{}, map[string]any{}
		for path, state := range side.of {
			if other, ok := side.not[path]; ok && other.same == state.same {
				continue
			}
			if state.personal {
				personal[path] = state.told
			} else {
				open[path] = state.told
			}
		}
		put(data, side.member, open)
		if len(personal) > 0 {
			both, _ := data[events.Personal].(map[string]any)
			if both == nil {
				both = map[string]any{}
				data[events.Personal] = both
			}
			both[side.member] = personal
		}
	}
}

// put adds members to an object of an event's data.
func put(data map[string]any, name string, members map[string]any) {
	object, _ := data[name].(map[string]any)
	if object == nil {
		object = map[string]any{}
		data[name] = object
	}
	for k, v := range members {
		object[k] = v
	}
}

// settingState is a setting for comparison, and what an event tells of it.
type settingState struct {
	same     string // of two that are the same
	told     any
	personal bool
}

func eachSetting(s Settings) map[string]settingState {
	out := map[string]settingState{}
	settingTree().each(reflect.ValueOf(s), "", func(path string, n *settingNode, v reflect.Value) {
		if n.secret() {
			secret := v.Interface().(Secret)
			state := settingState{told: secret.IsSet()}
			if secret.IsSet() {
				state.same = secret.stored().Sealed
			}
			out[path] = state
			return
		}
		raw := settingJSON(v)
		state := settingState{same: string(raw), told: json.RawMessage(raw), personal: settingRows[n.path].personal}
		if len(raw) > longestInEvent {
			sum := sha256.Sum256(raw)
			state.told = map[string]any{"bytes": len(raw), "sha256": hex.EncodeToString(sum[:])}
		}
		out[path] = state
	})
	return out
}
