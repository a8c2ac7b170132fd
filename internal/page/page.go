// Package page reads lists in pages by keyset: a page begins behind a row, not at an offset, so that page 1000 costs what the
// first does and rows that come or go move none.
//
// It owns the arithmetic of pages and the form of cursors. Which rows a list has is its owner's.
package page

import (
	"slices"

	"github.com/google/uuid"
)

// Max is the most rows that a page holds.
const Max = 100

// Mark is the place of a row in a list: what the list is ordered by, and the id where that is the same.
type Mark struct {
	Text   string // for orders by text
	Number int64  // for orders by a number
	ID     uuid.UUID
}

// Request asks for one page.
type Request struct {
	Limit    int   // 1 to Max
	Behind   *Mark // the page lies behind this row, in the direction of reading; nil for the first page
	Desc     bool  // the list is in descending order
	Backward bool  // the last rows before Behind, or of the list
}

// Descending reports which way the database must read: backward through an ascending list is descending.
func (r Request) Descending() bool { return r.Desc != r.Backward }

// Take is how many rows to read: one more than the page holds tells whether there are more.
func (r Request) Take() int { return r.Limit + 1 }

// Of is a page of a list.
type Of[T any] struct {
	Rows              []T
	Previous, Further bool // whether there are rows before and behind the page
}

// Cut makes a page of up to Take rows in the order of reading.
func Cut[T any](rows []T, r Request) Of[T] {
	more := len(rows) > r.Limit
	rows = rows[:min(len(rows), r.Limit)]
	if !r.Backward {
		return Of[T]{Rows: rows, Previous: r.Behind != nil, Further: more}
	}
	slices.Reverse(rows)
	return Of[T]{Rows: rows, Previous: more, Further: r.Behind != nil}
}

// Map makes a page of what a function makes of its rows.
func Map[T, U any](p Of[T], of func(T) U) Of[U] {
	out := Of[U]{Rows: make([]U, 0, len(p.Rows)), Previous: p.Previous, Further: p.Further}
	for _, row := range p.Rows {
		out.Rows = append(out.Rows, of(row))
	}
	return out
}
