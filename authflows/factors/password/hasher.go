package password

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"time"

	"github.com/tenantgate/tenantgate/internal/fault"
)

// Options of a Hasher. The zero value is good for a server.
type Options struct {
	Parallel int                   // hashes at a time; 0: one per core
	QueueLen int                   // how many wait; 0: 64 × Parallel, negative: none
	MaxWait  time.Duration         // how long they wait; 0: 2 s
	Params   Params                // costs of new hashes; zero: Default
	OnReject func(context.Context) // called for each one turned away as busy, from its own goroutine
}

// Hasher makes and checks hashes, a few at a time. It is safe for use by many goroutines and starts none.
type Hasher struct {
	params   Params
	decoy    decoy
	onReject func(context.Context)
	queue    queue
}

// NewHasher panics on Params outside the bounds of this package: its hashes could not be read back.
func NewHasher(o Options) *Hasher {
	if o.Parallel <= 0 {
		o.Parallel = runtime.GOMAXPROCS(0)
	}
	if o.QueueLen == 0 {
		o.QueueLen = 64 * o.Parallel
	}
	if o.MaxWait <= 0 {
		o.MaxWait = 2 * time.Second
	}
	if o.Params == (Params{}) {
		o.Params = Default
	}
	if !o.Params.valid() {
		panic("password: parameters out of bounds")
	}
	return &Hasher{
		params:   o.Params,
		decoy:    newDecoy(o.Params),
		onReject: o.OnReject,
		queue:    queue{parallel: o.Parallel, limit: o.QueueLen, maxWait: o.MaxWait},
	}
}

// Hash normalises the password and returns its argon2id hash in PHC form. It does not ask whether the password is
// a good one; Check does. Errors: those of Normalize, before any work; busy with the time after which to try
// again; the wrapped error of ctx if it ends while waiting.
func (h *Hasher) Hash(ctx context.Context, password string) (phc string, err error) {
	normal, err := Normalize(password)
	if err != nil {
		return "", err
	}
	if err := h.enter(ctx); err != nil {
		return "", err
	}
	defer h.queue.leave()
	return newArgonHash(h.params, normal).String(), nil
}

// Verify normalises the password and reports whether it belongs to the hash, and whether the caller, who holds
// the right password now, ought to replace the hash by that of Hash. rehash is true only with ok, for hashes of
// another algorithm and for weaker ones, never for stronger.
//
// An empty phc stands for a user without one: the answer is no, at the cost of a hash with the current
// parameters. A hash of other parameters, or bcrypt's, costs what it costs until it is replaced.
//
// Errors are those of Hash, the same for any phc; and one that is no fault for a stored text that is not a
// readable hash within the bounds of this package.
func (h *Hasher) Verify(ctx context.Context, phc, password string) (ok, rehash bool, err error) {
	normal, err := Normalize(password)
	if err != nil {
		return false, false, err
	}
	var hash stored = h.decoy
	if phc != "" {
		if hash, err = parse(phc); err != nil {
			return false, false, fmt.Errorf("verify password: %w", err)
		}
	}
	if err := h.enter(ctx); err != nil {
		return false, false, err
	}
	defer h.queue.leave()
	ok = hash.matches(normal)
	return ok, ok && hash.outdated(h.params), nil
}

// Running returns how many hashes are being computed.
func (h *Hasher) Running() int64 {
	running, _ := h.queue.count()
	return running
}

// Waiting returns how many callers wait for their turn.
func (h *Hasher) Waiting() int64 {
	_, waiting := h.queue.count()
	return waiting
}

func (h *Hasher) enter(ctx context.Context) error {
	err := h.queue.enter(ctx)
	if !errors.Is(err, errBusy) {
		return err
	}
	if h.onReject != nil {
		h.onReject(ctx)
	}
	return fault.New(fault.Busy).After(max(h.queue.maxWait, time.Second))
}
