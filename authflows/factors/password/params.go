// Package password owns what a password may be, how it is hashed and how it is checked: one Unicode normal form,
// limits, the policy that refuses guessable passwords, argon2id hashes in PHC form, foreign bcrypt hashes, and the
// queue that keeps hashing from taking the whole machine.
//
// It stores nothing and knows no user. Who may try how often, and what follows a match, is the flows'.
package password

import "golang.org/x/crypto/argon2"

// Params are the costs of argon2id (RFC 9106).
type Params struct {
	MemoryKiB   uint32
	Time        uint32
	Parallelism uint8
}

// Default are the costs of new hashes: 19 MiB, two passes, one lane.
var Default = Params{MemoryKiB: 19 * 1024, Time: 2, Parallelism: 1}

// Lengths of new hashes, in bytes.
const (
	saltLen = 16
	keyLen  = 32
)

// Bounds on parameters, whoever chose them: one stored string costs at most this much memory and time.
const (
	maxMemoryKiB   = 256 * 1024
	maxTime        = 16
	maxParallelism = 16
	minSaltLen     = 8
	maxSaltLen     = 64
	minKeyLen      = 16
	maxKeyLen      = 64
)

// valid reports whether p lies within the bounds. The lower one of memory is RFC 9106's: eight blocks a lane.
func (p Params) valid() bool {
	return p.Time >= 1 && p.Time <= maxTime &&
		p.Parallelism >= 1 && p.Parallelism <= maxParallelism &&
		p.MemoryKiB >= 8*uint32(p.Parallelism) && p.MemoryKiB <= maxMemoryKiB
}

// effort is what one guess costs its maker, memory times time (which itself grows with memory and passes). It
// puts all parameters in one order. Lanes share the same memory, so they change the delay and not the effort.
func (p Params) effort() uint64 {
	return uint64(p.MemoryKiB) * uint64(p.MemoryKiB) * uint64(p.Time)
}

func (p Params) derive(password string, salt []byte, length int) []byte {
	return argon2.IDKey([]byte(password), salt, p.Time, p.MemoryKiB, p.Parallelism, uint32(length))
}
