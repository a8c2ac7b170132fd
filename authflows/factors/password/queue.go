package password

import (
	"container/list"
	"context"
	"errors"
	"fmt"
	"sync"
	"time"
)

// errBusy means that the queue is full, or that a turn did not come in time.
var errBusy = errors.New("too many passwords to hash")

// queue lets a few in at a time, and the others in the order they came.
type queue struct {
	parallel int
	limit    int // how many may wait
	maxWait  time.Duration

	mu      sync.Mutex
	running int
	waiting list.List // of chan struct{}, closed when the slot is theirs
}

// enter returns nil once the caller holds a slot, which it gives back by leave. It returns errBusy, or the wrapped
// error of a context that ended first.
func (q *queue) enter(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("wait to hash a password: %w", err)
	}
	q.mu.Lock()
	if q.running < q.parallel {
		q.running++
		q.mu.Unlock()
		return nil
	}
	if q.waiting.Len() >= q.limit {
		q.mu.Unlock()
		return errBusy
	}
	turn := make(chan struct{})
	place := q.waiting.PushBack(turn)
	q.mu.Unlock()

	deadline := time.NewTimer(q.maxWait)
	defer deadline.Stop()
	select {
	case <-turn:
		return nil
	case <-deadline.C:
		if q.giveUp(place) {
			return errBusy
		}
		return nil
	case <-ctx.Done():
		if !q.giveUp(place) {
			q.leave()
		}
		return fmt.Errorf("wait to hash a password: %w", ctx.Err())
	}
}

// giveUp leaves the queue. It returns false if the slot has been handed over in the meantime.
func (q *queue) giveUp(place *list.Element) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	select {
	case <-place.Value.(chan struct{}):
		return false
	default:
		q.waiting.Remove(place)
		return true
	}
}

// leave hands the slot to the first in the queue. It stays counted as running, so that nobody slips in between.
func (q *queue) leave() {
	q.mu.Lock()
	defer q.mu.Unlock()
	if first := q.waiting.Front(); first != nil {
		close(q.waiting.Remove(first).(chan struct{}))
		return
	}
	q.running--
}

func (q *queue) count() (running, waiting int64) {
	q.mu.Lock()
	defer q.mu.Unlock()
	return int64(q.running), int64(q.waiting.Len())
}
