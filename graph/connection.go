package graph

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/tenantgate/tenantgate/graph/model"
	"github.com/tenantgate/tenantgate/internal/fault"
	"github.com/tenantgate/tenantgate/internal/page"
)

// paging is what the arguments of a connection say.
type paging struct {
	first, last   *int
	after, before *string
}

// list is a list that is read in pages: its name holds all that a cursor is bound to.
type list struct {
	cursors *page.Cursors
	name    string
}

// listOf names a list by its noun, tenant, filter and order.
func (r *Resolver) listOf(ctx context.Context, noun string, parts ...any) (list, error) {
	cursors, err := r.cursors(ctx)
	if err != nil {
		return list{}, err
	}
	return list{cursors: cursors}.of(noun, parts...)
}

// of returns the list of another noun, tenant, filter or order.
func (l list) of(noun string, parts ...any) (list, error) {
	text, err := json.Marshal(parts)
	if err != nil {
		return list{}, fmt.Errorf("name a list: %w", err)
	}
	return list{l.cursors, noun + " " + string(text)}, nil
}

func (l list) seal(m page.Mark) string { return l.cursors.Seal(l.name, m) }

// request reads the arguments of a connection. desc is the order of the list. The fault is invalid_input.
func (l list) request(p paging, desc bool) (page.Request, error) {
	at := page.Request{Desc: desc}
	limit, cursor, field := p.first, p.after, "first"
	switch {
	case p.first != nil && p.last != nil:
		return at, wrongArgument("last", "Give first or last, not both.")
	case p.first != nil && p.before != nil:
		return at, wrongArgument("before", "Give after with first, and before with last.")
	case p.last != nil && p.after != nil:
		return at, wrongArgument("after", "Give after with first, and before with last.")
	case p.last != nil:
		limit, cursor, field = p.last, p.before, "last"
		at.Backward = true
	case p.first == nil:
		return at, wrongArgument("first", fmt.Sprintf("Give first or last, 1 to %d.", page.Max))
	}
	if *limit < 1 || *limit > page.Max {
		return at, wrongArgument(field, fmt.Sprintf("Give 1 to %d.", page.Max))
	}
	at.Limit = *limit
	if cursor == nil {
		return at, nil
	}
	mark, err := l.cursors.Open(l.name, *cursor)
	if errors.Is(err, page.ErrCursor) {
		field = map[bool]string{false: "after", true: "before"}[at.Backward]
		return at, wrongArgument(field, "The cursor is not one of this list: it belongs to one tenant, filter and order. Start again without it.")
	}
	at.Behind = mark
	return at, err
}

func wrongArgument(field, message string) error {
	return fault.Invalid(fault.Field{Field: field, Code: "invalid", Message: message})
}

// place is what a page says of itself.
func place[T any](p page.Of[T], cursor func(T) string) *model.PageInfo {
	info := &model.PageInfo{HasNextPage: p.Further, HasPreviousPage: p.Previous}
	if len(p.Rows) > 0 {
		start, end := cursor(p.Rows[0]), cursor(p.Rows[len(p.Rows)-1])
		info.StartCursor, info.EndCursor = &start, &end
	}
	return info
}
