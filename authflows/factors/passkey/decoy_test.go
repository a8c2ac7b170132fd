package passkey

import (
	"bytes"
	"errors"
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var decoyKey = bytes.Repeat([]byte{7}, 32)

func TestADecoyIsTheSameForItsIdentifierAndKeyAlone(t *testing.T) {
	t.Parallel()
	own := Decoy(decoyKey, "alice@app.test")
	if diff := cmp.Diff(own, Decoy(decoyKey, "alice@app.test")); diff != "" {
		t.Error(diff)
	}
	for name, other := range map[string][]Credential{
		"identifier": Decoy(decoyKey, "bob@app.test"),
		"key":        Decoy(bytes.Repeat([]byte{8}, 32), "alice@app.test"),
		"nothing":    Decoy(decoyKey, ""),
	} {
		if n := min(len(own[0].ID), len(other[0].ID)); bytes.Equal(own[0].ID[:n], other[0].ID[:n]) {
			t.Errorf("another %s has the same decoy", name)
		}
	}
	own[0].ID[0]++
	own[0].Transports[0] = "changed"
	again := Decoy(decoyKey, "alice@app.test")
	if again[0].ID[0] == own[0].ID[0] || again[0].Transports[0] == "changed" {
		t.Error("decoys share memory")
	}
}

func TestDecoysLookLikePasskeysInTheWild(t *testing.T) {
	t.Parallel()
	shapes, ids := make(map[int]int), make(map[string]bool)
	for i := range 2000 {
		decoys := Decoy(decoyKey, fmt.Sprintf("user%d@app.test", i))
		if len(decoys) != 1 || ids[string(decoys[0].ID)] {
			t.Fatalf("%d: %v", i, decoys)
		}
		c := decoys[0]
		ids[string(c.ID)] = true
		shapes[len(c.ID)]++
		if diff := cmp.Diff(known(descriptors(decoys)[0].Transport), c.Transports); diff != "" {
			t.Errorf("transports are told in another order than those of genuine ones: %s", diff)
		}
	}
	if len(shapes) != 4 || shapes[20] < shapes[48] {
		t.Errorf("lengths of ids: %v", shapes)
	}
}

func TestOptionsOfADecoyDoNotTell(t *testing.T) {
	t.Parallel()
	genuine := Credential{ID: bytes.Repeat([]byte{1}, 20), Transports: []string{"hybrid", "internal"}}
	options, _ := asked(t, acme, genuine)
	want, _ := opened(t, options)
	var seen bool
	for i := range 64 {
		decoys := Decoy(decoyKey, fmt.Sprint(i))
		if len(decoys[0].ID) != len(genuine.ID) {
			continue
		}
		seen = true
		options, _ := asked(t, acme, decoys...)
		got, _ := opened(t, options)
		got["allowCredentials"].([]any)[0].(map[string]any)["id"] = b64(genuine.ID)
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error(diff)
		}
	}
	if !seen {
		t.Error("no decoy has the shape of the passkey")
	}
}

func TestNobodySignsInWithADecoy(t *testing.T) {
	t.Parallel()
	owner := newOwner()
	decoy := Decoy(decoyKey, "alice@app.test")[0]
	d := newDevice(t, "ES256", owner)
	d.id = decoy.ID
	options, kept := asked(t, acme, decoy)
	_, err := acme.Verify(owner, decoy, kept, d.get(t, options))
	if !errors.Is(err, ErrRefused) {
		t.Error(err)
	}
}
