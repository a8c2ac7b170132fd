package sealed

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/uuid"
)

var (
	acme  = uuid.MustParse("01900000-0000-7000-8000-000000000001")
	other = uuid.MustParse("01900000-0000-7000-8000-000000000002")
)

func ring(ids ...string) Ring {
	var r Ring
	for _, id := range ids {
		m := Master{ID: id}
		copy(m.Key[:], strings.Repeat(id, KeySize))
		r = append(r, m)
	}
	return r
}

func TestADataKeyUnwrapsOnlyForItsTenantVersionAndMasterKey(t *testing.T) {
	t.Parallel()
	key, id, wrapped, err := ring("a", "b").NewDataKey(acme, 1)
	if err != nil || id != "a" {
		t.Fatalf("NewDataKey: %q, %v", id, err)
	}
	if back, err := ring("b", "a").Unwrap(acme, 1, id, wrapped); err != nil || back != key {
		t.Errorf("Unwrap with the ring turned: %v", err)
	}
	stranger := ring("a")
	stranger[0].Key[0] ^= 1
	for name, try := range map[string]func() error{
		"other tenant":         func() error { _, err := ring("a").Unwrap(other, 1, id, wrapped); return err },
		"other version":        func() error { _, err := ring("a").Unwrap(acme, 2, id, wrapped); return err },
		"other key, same name": func() error { _, err := stranger.Unwrap(acme, 1, id, wrapped); return err },
	} {
		if err := try(); !errors.Is(err, ErrWrongKey) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := ring("b").Unwrap(acme, 1, id, wrapped); err == nil || !strings.Contains(err.Error(), `"a"`) {
		t.Errorf("missing master key: %v; want its id named", err)
	}
}

func TestASealedValueOpensOnlyInItsPlace(t *testing.T) {
	t.Parallel()
	keys := NewKeys(acme, map[int][KeySize]byte{1: {1}, 2: {2}})
	place := Place{"challenges", "sealed", "row"}
	blob, err := keys.Seal(place, []byte("canary"))
	if err != nil {
		t.Fatal(err)
	}
	if bytes.Contains(blob, []byte("canary")) {
		t.Error("the value stands in clear")
	}
	if plain, err := keys.Open(place, blob); err != nil || string(plain) != "canary" {
		t.Errorf("Open = %q, %v", plain, err)
	}
	foreign := NewKeys(other, map[int][KeySize]byte{1: {1}, 2: {2}})
	altered := bytes.Clone(blob)
	altered[len(altered)-1] ^= 1
	for name, try := range map[string]func() error{
		"other row":     func() error { _, err := keys.Open(Place{"challenges", "sealed", "other"}, blob); return err },
		"shifted parts": func() error { _, err := keys.Open(Place{"challengess", "ealed", "row"}, blob); return err },
		"other tenant":  func() error { _, err := foreign.Open(place, blob); return err },
		"altered":       func() error { _, err := keys.Open(place, altered); return err },
		"empty":         func() error { _, err := keys.Open(place, nil); return err },
	} {
		if err := try(); err == nil {
			t.Errorf("%s: opened", name)
		}
	}
}

func TestMACKeysDifferByLabelVersionAndTenant(t *testing.T) {
	t.Parallel()
	keys := NewKeys(acme, map[int][KeySize]byte{1: {1}, 2: {2}})
	foreign := NewKeys(other, map[int][KeySize]byte{1: {1}})
	seen := map[string]bool{}
	for _, k := range []*Keys{keys, foreign} {
		for _, version := range []int{1, 2} {
			for _, label := range []string{"refresh", "cookie"} {
				if key, ok := k.MACKey(version, label); ok {
					seen[string(key)] = true
				}
			}
		}
	}
	if len(seen) != 6 {
		t.Errorf("%d different keys, want 6", len(seen))
	}
	if _, ok := keys.MACKey(3, "refresh"); ok {
		t.Error("a version that does not exist has a key")
	}
}

func TestAMasterKeyIsNeverPrinted(t *testing.T) {
	t.Parallel()
	m := ring("k")[0]
	for _, verb := range []string{"%v", "%+v", "%#v", "%s"} {
		if text := fmt.Sprintf(verb, m); strings.Contains(text, "107") || strings.Contains(text, "kkk") {
			t.Errorf("%s prints %s", verb, text)
		}
	}
}
