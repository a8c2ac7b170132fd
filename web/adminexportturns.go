package web

import (
	"sync"
	"time"

	"github.com/google/uuid"

	"github.com/tenantgate/tenantgate/internal/access"
	"github.com/tenantgate/tenantgate/internal/fault"
)

// exportAgain is when to come again for whom there was no turn.
const exportAgain = 10 * time.Second

// turns say who may take an export now.
type turns struct {
	mu     sync.Mutex
	actors map[uuid.UUID]bool
	homes  map[uuid.UUID]int
	all    int
}

func newTurns() *turns { return &turns{actors: map[uuid.UUID]bool{}, homes: map[uuid.UUID]int{}} }

// take gives an actor its turn, which lasts until end is called. The fault is busy where it has one already, or where those that
// belong to its tenant, or all, have as many as there are.
func (t *turns) take(actor *access.Actor) (end func(), err error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.actors[actor.ID] || t.homes[actor.Home] >= exportsOfHome || t.all >= exportsAtOnce {
		return nil, fault.New(fault.Busy).After(exportAgain)
	}
	t.actors[actor.ID] = true
	t.homes[actor.Home]++
	t.all++
	return func() {
		t.mu.Lock()
		defer t.mu.Unlock()
		delete(t.actors, actor.ID)
		if t.homes[actor.Home]--; t.homes[actor.Home] == 0 {
			delete(t.homes, actor.Home)
		}
		t.all--
	}, nil
}
