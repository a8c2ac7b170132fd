// Package mailbox is where mails go on a developer's machine: into memory, to be read on a page.
//
// It delivers nothing and forgets everything with its process. It shows every code to whoever reaches it, so only
// `tenantgate dev`, which refuses to listen beyond loopback, and tests may have one.
package mailbox

import (
	"context"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/tenantgate/tenantgate/internal/clock"
	"github.com/tenantgate/tenantgate/internal/mail"
)

// keep is how many mails a box holds; beyond it the oldest go.
const keep = 200

// Box holds the last mails. It is safe for concurrent use.
type Box struct {
	now clock.Clock

	mu    sync.Mutex
	mails []Stored // newest last
}

var _ mail.Sender = (*Box)(nil)

// Stored is a mail and when it came in.
type Stored struct {
	mail.Message
	At time.Time
}

// New returns an empty box.
func New(now clock.Clock) *Box { return &Box{now: now} }

// Send stores a mail. It refuses what every sender refuses, so that development finds it.
func (b *Box) Send(ctx context.Context, m mail.Message) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if err := m.Validate(); err != nil {
		return err
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if len(b.mails) == keep {
		b.mails = slices.Delete(b.mails, 0, 1)
	}
	b.mails = append(b.mails, Stored{Message: m, At: b.now()})
	return nil
}

// List returns the mails to an address, in whatever case it is written, or all of them for none, newest last.
func (b *Box) List(to string) []Stored {
	b.mu.Lock()
	defer b.mu.Unlock()
	out := make([]Stored, 0, len(b.mails))
	for _, m := range b.mails {
		if to == "" || strings.EqualFold(m.To, to) {
			out = append(out, m)
		}
	}
	return out
}

// find returns the newest mail of an id: one that was sent twice is there twice.
func (b *Box) find(id string) (Stored, bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, m := range slices.Backward(b.mails) {
		if m.ID == id {
			return m, true
		}
	}
	return Stored{}, false
}
