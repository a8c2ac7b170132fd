package web

import (
	"testing"

	"github.com/google/uuid"

	"github.com/tenantgate/tenantgate/internal/access"
	"github.com/tenantgate/tenantgate/internal/fault"
	"github.com/tenantgate/tenantgate/internal/ids"
)

func TestNoActorAndNoTenantTakesAllTurnsOfExports(t *testing.T) {
	t.Parallel()
	turns, of := newTurns(), func(home uuid.UUID) *access.Actor { return &access.Actor{ID: ids.New(), Home: home} }
	acme, ann := ids.New(), of(ids.New())
	end, err := turns.take(ann)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := turns.take(ann); fault.CodeOf(err) != fault.Busy {
		t.Errorf("a second one of the same actor: %v", err)
	}
	ends := []func(){end}
	for n := 1; n < exportsAtOnce; n++ {
		home := ids.New()
		if n <= exportsOfHome {
			home = acme
		}
		end, err := turns.take(of(home))
		if err != nil {
			t.Fatalf("turn %d: %v", n+1, err)
		}
		if ends = append(ends, end); n == exportsOfHome {
			if _, err := turns.take(of(acme)); fault.CodeOf(err) != fault.Busy {
				t.Errorf("one more of a tenant that has %d: %v", exportsOfHome, err)
			}
		}
	}
	if _, err := turns.take(of(ids.New())); fault.CodeOf(err) != fault.Busy {
		t.Errorf("one more than there are: %v", err)
	}
	for _, end := range ends {
		end()
	}
	if turns.all != 0 || len(turns.actors) > 0 || len(turns.homes) > 0 {
		t.Errorf("%d turns of %d actors and %d tenants are left", turns.all, len(turns.actors), len(turns.homes))
	}
	if _, err := turns.take(ann); err != nil {
		t.Errorf("the next one: %v", err)
	}
}
