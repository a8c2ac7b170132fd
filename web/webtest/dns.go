package webtest

import (
	"context"
	"net"
	"strings"
	"sync"
)

// Zone is the DNS that a service asks.
type Zone struct {
	mu  sync.Mutex
	txt map[string][]string
}

// Answer gives a name its TXT records.
func (z *Zone) Answer(name string, records ...string) {
	z.mu.Lock()
	defer z.mu.Unlock()
	if z.txt == nil {
		z.txt = map[string][]string{}
	}
	z.txt[name] = records
}

func (z *Zone) lookup(_ context.Context, name string) ([]string, error) {
	z.mu.Lock()
	defer z.mu.Unlock()
	records, ok := z.txt[strings.TrimSuffix(name, ".")]
	if !ok {
		return nil, &net.DNSError{Err: "no such host", Name: name, IsNotFound: true}
	}
	if records == nil {
		return nil, &net.DNSError{Err: "server misbehaving", Name: name, IsTemporary: true}
	}
	return records, nil
}
