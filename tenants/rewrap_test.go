package tenants

import (
	"context"
	"fmt"
	"testing"

	"github.com/tenantgate/tenantgate/ent/datakey"
	"github.com/tenantgate/tenantgate/internal/store"
	"github.com/tenantgate/tenantgate/internal/store/storetest"
	"github.com/tenantgate/tenantgate/internal/tenancy"
)

func TestAfterRewrappingTheOldMasterKeyIsNotNeeded(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.Store) {
		old, clk := newOne(t, db)
		const n = 5
		var sealedBefore [][]byte
		for i := range n {
			made := create(t, old, fmt.Sprintf("acme%d", i))
			box, err := made.Keys.Seal(settingPlace("x"), []byte(made.Slug))
			if err != nil {
				t.Fatal(err)
			}
			sealedBefore = append(sealedBefore, box)
		}
		under := func(master string) int {
			c, err := db.DataKey.Query().Where(datakey.MasterKeyID(master)).Count(tenancy.Across(t.Context(), tenancy.KeyCare))
			if err != nil {
				t.Fatal(err)
			}
			return c
		}

		both := newReplica(db, clk.read, ringOf("b", "a"))
		ctx, interrupt := context.WithCancel(t.Context())
		var heard []RewrapResult
		_, err := both.Rewrap(ctx, func(p RewrapResult) {
			heard = append(heard, p)
			if p.Rewrapped == 2 {
				interrupt()
			}
		})
		if err == nil || under("b") != 2 || under("a") != n-1 {
			t.Fatalf("interrupted: %v, %d keys under b, %d under a", err, under("b"), under("a"))
		}
		if len(heard) != 2 || heard[1] != (RewrapResult{Rewrapped: 2, Total: n + 1}) {
			t.Errorf("progress %v", heard)
		}
		find(t, both, "acme0") // goes on while half is done
		find(t, both, "acme4")

		out, err := both.Rewrap(t.Context(), nil)
		if err != nil || out != (RewrapResult{Rewrapped: n - 1, Total: n + 1}) || under("a") != 0 {
			t.Errorf("resumed: %+v, %v, %d keys under a", out, err, under("a"))
		}
		out, err = both.Rewrap(t.Context(), nil)
		if err != nil || out.Rewrapped != 0 {
			t.Errorf("again: %+v, %v", out, err)
		}

		alone := newReplica(db, clk.read, ringOf("b"))
		if err := alone.EnsureReserved(t.Context()); err != nil {
			t.Error(err)
		}
		for i, box := range sealedBefore {
			slug := fmt.Sprintf("acme%d", i)
			if plain, err := find(t, alone, slug).Keys.Open(settingPlace("x"), box); err != nil || string(plain) != slug {
				t.Errorf("%s: opened %q, %v", slug, plain, err)
			}
		}
		reserved := find(t, alone, Reserved)
		data := lastData(t, db, reserved.ID)
		if data["master_key"] != "b" || data["count"] != float64(n-1) {
			t.Errorf("event %v", data)
		}
		if err := newReplica(db, clk.read, ringOf("a")).CheckMasterKeys(t.Context()); err == nil {
			t.Error("the old master key still opens")
		}
		if _, err := newReplica(db, clk.read, nil).Rewrap(t.Context(), nil); err == nil {
			t.Error("rewrapped without a master key")
		}
	})
}

func TestRewrappingNeedsEveryMasterKeyThatIsInUse(t *testing.T) { // KEY-04
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.Store) {
		_, clk := newOne(t, db)
		if out, err := newReplica(db, clk.read, ringOf("b")).Rewrap(t.Context(), nil); err == nil {
			t.Errorf("rewrapped %+v without the key they lie under", out)
		}
		if err := newReplica(db, clk.read, ringOf("a")).CheckMasterKeys(t.Context()); err != nil {
			t.Errorf("afterwards: %v", err)
		}
	})
}
