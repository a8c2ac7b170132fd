package model

import (
	"context"
	"sync"

	"github.com/google/uuid"
)

// Batch is what hangs on the objects of a page. The first object that is asked loads it for all of them.
type Batch[V any] struct {
	once   sync.Once
	load   func(context.Context) (map[uuid.UUID]V, error)
	loaded map[uuid.UUID]V
	err    error
}

// NewBatch returns a batch that load fills, by the ids of the objects.
func NewBatch[V any](load func(context.Context) (map[uuid.UUID]V, error)) *Batch[V] {
	return &Batch[V]{load: load}
}

// Of returns what hangs on an object, the zero value where that is nothing.
func (b *Batch[V]) Of(ctx context.Context, id uuid.UUID) (V, error) {
	b.once.Do(func() { b.loaded, b.err = b.load(ctx) })
	return b.loaded[id], b.err
}

// Counter counts a list, when it is asked for.
type Counter func(context.Context) (int, error)
