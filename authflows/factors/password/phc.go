package password

import (
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"golang.org/x/crypto/argon2"
)

// errMalformed says no more, because a stored hash belongs in no log.
var errMalformed = errors.New("unknown or malformed password hash")

// maxPHCLen is above the longest hash that parse accepts, in bytes.
const maxPHCLen = 256

// stored is a parsed hash of any algorithm.
type stored interface {
	// matches hashes a normalised password at the stored cost and compares in constant time.
	matches(password string) bool
	// outdated reports whether a new hash of the given costs would be stronger.
	outdated(current Params) bool
}

// parse reads an argon2id or a bcrypt hash that keeps the bounds of this package, or returns errMalformed.
func parse(phc string) (stored, error) {
	switch {
	case len(phc) > maxPHCLen:
		return nil, errMalformed
	case strings.HasPrefix(phc, "$argon2id$"):
		return parseArgon(phc)
	default:
		return parseBcrypt(phc)
	}
}

// argonHash is $argon2id$v=19$m=…,t=…,p=…$salt$key.
type argonHash struct {
	Params
	salt, key []byte
}

// newArgonHash hashes a normalised password with a fresh salt.
func newArgonHash(p Params, password string) argonHash {
	salt := make([]byte, saltLen)
	rand.Read(salt)
	return argonHash{Params: p, salt: salt, key: p.derive(password, salt, keyLen)}
}

func parseArgon(phc string) (stored, error) {
	parts := strings.Split(phc, "$")
	if len(parts) != 6 {
		return nil, errMalformed
	}
	var h argonHash
	costs := strings.Split(parts[3], ",")
	if len(costs) != 3 {
		return nil, errMalformed
	}
	h.MemoryKiB = uint32(cost(costs[0], "m="))
	h.Time = uint32(cost(costs[1], "t="))
	h.Parallelism = uint8(min(cost(costs[2], "p="), maxParallelism+1))
	h.salt, _ = base64.RawStdEncoding.DecodeString(parts[4])
	h.key, _ = base64.RawStdEncoding.DecodeString(parts[5])
	if !h.valid() || len(h.salt) < minSaltLen || len(h.salt) > maxSaltLen ||
		len(h.key) < minKeyLen || len(h.key) > maxKeyLen {
		return nil, errMalformed
	}
	// One spelling for one hash: this refuses other versions, leading zeros, line breaks and stray bits in base64.
	if h.String() != phc {
		return nil, errMalformed
	}
	return h, nil
}

// cost reads a number behind its name. What is no number is 0, which no parameter may be.
func cost(text, name string) uint64 {
	digits, _ := strings.CutPrefix(text, name)
	n, err := strconv.ParseUint(digits, 10, 32)
	if err != nil {
		return 0
	}
	return n
}

// String returns the PHC form, which parse reads.
func (h argonHash) String() string {
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version, h.MemoryKiB, h.Time, h.Parallelism,
		base64.RawStdEncoding.EncodeToString(h.salt), base64.RawStdEncoding.EncodeToString(h.key))
}

func (h argonHash) matches(password string) bool {
	return subtle.ConstantTimeCompare(h.derive(password, h.salt, len(h.key)), h.key) == 1
}

func (h argonHash) outdated(current Params) bool {
	if h.effort() != current.effort() {
		return h.effort() < current.effort()
	}
	return len(h.salt) < saltLen || len(h.key) < keyLen
}

// decoy stands for the hash of a user that does not exist: the work of a real one, and never a match.
type decoy struct{ argonHash }

func newDecoy(p Params) decoy {
	return decoy{argonHash{Params: p, salt: make([]byte, saltLen), key: make([]byte, keyLen)}}
}

func (d decoy) matches(password string) bool {
	d.argonHash.matches(password)
	return false
}
