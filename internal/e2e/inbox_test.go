package e2e

import (
	"context"
	"fmt"
	"sync"
	"testing"

	"github.com/tenantgate/tenantgate/internal/mail/mailtest"
)

// inbox sorts the mails of a sink by their recipient.
type inbox struct {
	mu      sync.Mutex
	to      map[string][]mailtest.Message
	arrived chan struct{} // closed and replaced with each mail
}

func openInbox(t testing.TB, sink *mailtest.Sink) *inbox {
	in := &inbox{to: map[string][]mailtest.Message{}, arrived: make(chan struct{})}
	ctx, cancel := context.WithCancel(context.Background())
	var reading sync.WaitGroup
	reading.Go(func() {
		for seen := 0; ; {
			all, err := sink.Await(ctx, seen+1)
			if err != nil {
				return
			}
			in.take(all[seen:])
			seen = len(all)
		}
	})
	t.Cleanup(func() {
		cancel()
		reading.Wait()
	})
	return in
}

func (in *inbox) take(mails []mailtest.Message) {
	in.mu.Lock()
	defer in.mu.Unlock()
	for _, m := range mails {
		for _, address := range m.EnvelopeTo {
			in.to[address] = append(in.to[address], m)
		}
	}
	close(in.arrived)
	in.arrived = make(chan struct{})
}

// of returns the mails to an address, oldest first. Nobody changes what it returns.
func (in *inbox) of(address string) []mailtest.Message {
	in.mu.Lock()
	defer in.mu.Unlock()
	return in.to[address]
}

// await waits for the nth mail to an address.
func (in *inbox) await(ctx context.Context, address string, n int) (mailtest.Message, error) {
	for {
		in.mu.Lock()
		found, arrived := in.to[address], in.arrived
		in.mu.Unlock()
		if len(found) >= n {
			return found[n-1], nil
		}
		select {
		case <-arrived:
		case <-ctx.Done():
			return mailtest.Message{}, fmt.Errorf("wait for mail %d to %s: %w", n, address, ctx.Err())
		}
	}
}
