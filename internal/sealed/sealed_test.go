package sealed

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
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

func TestADataKeyUnwrapsOnlyForItsTenantVersionAndMasterKey(t *testing.T) { // KEY-04
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

func TestKeysAreNeverPrinted(t *testing.T) {
	t.Parallel()
	master := ring("k")
	keys := NewKeys(acme, map[int][KeySize]byte{1: master[0].Key})
	texts := map[string]string{}
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
		texts["master "+verb] = fmt.Sprintf(verb, master[0])
		texts["ring "+verb] = fmt.Sprintf(verb, master)
		texts["data keys "+verb] = fmt.Sprintf(verb, keys)
	}
	var log bytes.Buffer
	for _, h := range []slog.Handler{slog.NewTextHandler(&log, nil), slog.NewJSONHandler(&log, nil)} {
		slog.New(h).Info("keys", "master", master[0], "ring", master, "data", keys)
	}
	texts["log"] = log.String()
	encoded, err := json.Marshal([]any{master, keys})
	if err != nil {
		t.Fatal(err)
	}
	texts["JSON"] = string(encoded)
	for name, text := range texts {
		for _, form := range []string{"107", "kkk", "6b6b", "0x6b", "a2tr"} {
			if strings.Contains(text, form) {
				t.Errorf("%s shows the key: %s", name, text)
			}
		}
	}
	if !strings.Contains(texts["log"], "master key k") {
		t.Errorf("the log does not name the master key: %s", texts["log"])
	}
}

func TestNothingIsSealedWithoutADataKey(t *testing.T) {
	t.Parallel()
	if box, err := NewKeys(acme, nil).Seal(Place{"jobs", "payload", "row"}, []byte("canary")); err == nil {
		t.Errorf("sealed without a key: %x", box)
	}
	if _, _, err := Ring(nil).Wrap(acme, 1, [KeySize]byte{1}); err == nil {
		t.Error("wrapped without a master key")
	}
}

func TestAnOlderDataKeyStillOpensAndTheNewestSeals(t *testing.T) {
	t.Parallel()
	place := Place{"jobs", "payload", "row"}
	old, err := NewKeys(acme, map[int][KeySize]byte{1: {1}}).Seal(place, []byte("canary"))
	if err != nil {
		t.Fatal(err)
	}
	both := NewKeys(acme, map[int][KeySize]byte{1: {1}, 2: {2}})
	if plain, err := both.Open(place, old); err != nil || string(plain) != "canary" {
		t.Errorf("Open of version 1 = %q, %v", plain, err)
	}
	fresh, err := both.Seal(place, []byte("canary"))
	if err != nil || both.Current() != 2 {
		t.Fatalf("Seal: version %d, %v", both.Current(), err)
	}
	if _, err := NewKeys(acme, map[int][KeySize]byte{1: {1}}).Open(place, fresh); err == nil {
		t.Error("a value of version 2 opens without its key")
	}
}

func TestTwoSealsOfOneTextDiffer(t *testing.T) {
	t.Parallel()
	keys := NewKeys(acme, map[int][KeySize]byte{1: {1}})
	seen := map[string]bool{}
	for range 100 {
		box, err := keys.Seal(Place{"jobs", "payload", "row"}, []byte("canary"))
		if err != nil {
			t.Fatal(err)
		}
		if bytes.Contains(box, []byte("canary")) {
			t.Fatalf("in clear: %x", box)
		}
		seen[string(box)] = true
	}
	if len(seen) != 100 {
		t.Errorf("%d different boxes of 100", len(seen))
	}
}

func FuzzOpenTakesNothingButWhatSealMade(f *testing.F) {
	keys := NewKeys(acme, map[int][KeySize]byte{1: {1}, 2: {2}})
	place := Place{"jobs", "payload", "row"}
	box, err := keys.Seal(place, []byte("canary"))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(box)
	f.Add(box[:headerSize])
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, blob []byte) {
		if plain, err := keys.Open(place, blob); err == nil && !bytes.Equal(blob, box) {
			t.Errorf("%x opens as %q", blob, plain)
		}
	})
}
