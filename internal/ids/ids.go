// Package ids makes and reads the ids that users of the service see: a prefix that names the kind and 26
// lower-case base32 characters of a UUID, such as usr_01k0j2….
//
// It owns the text form. What an id names, and whether it exists, is its owner's.
package ids

import (
	"crypto/rand"
	"encoding/base32"

	"github.com/google/uuid"
)

// Prefixes of the ids that leave the service.
const (
	Tenant     = "ten"
	User       = "usr"
	Identifier = "idf"
	Session    = "ses"
	Challenge  = "chl"
	Factor     = "fac"
	Device     = "dev"
	Event      = "evt"
	APIKey     = "key"
	Job        = "job"
)

// alphabet is base32 in the order of its characters' codes, so that ids sort as their UUIDs do.
var alphabet = base32.NewEncoding("0123456789abcdefghjkmnpqrstvwxyz").WithPadding(base32.NoPadding)

// textLen is the number of characters behind the prefix: 128 bits and two leading zero bits, five to a character.
const textLen = 26

// New returns a UUIDv7. It reveals when it was made and carries too few random bits for a secret.
func New() uuid.UUID {
	return uuid.Must(uuid.NewV7())
}

// NewUnguessable returns a UUID of 122 random bits, for rows whose id alone lets its bearer go on.
func NewUnguessable() uuid.UUID {
	return uuid.Must(uuid.NewRandomFromReader(rand.Reader))
}

// Format returns the text form, prefix_26characters.
func Format(prefix string, id uuid.UUID) string {
	// 130 bits are encoded: two zero bits and the UUID. The encoder works on whole bytes, so the UUID is
	// moved right by two bits in 17 bytes, and the 27th and last character, which is always zero, is cut.
	var wide [17]byte
	for i, b := range id {
		wide[i] |= b >> 2
		wide[i+1] = b << 6
	}
	return prefix + "_" + alphabet.EncodeToString(wide[:])[:textLen]
}

// Parse reads the text form back. It reports false for any other prefix, length or character, and for a text
// that Format would not have written.
func Parse(prefix, text string) (uuid.UUID, bool) {
	if len(text) != len(prefix)+1+textLen || text[:len(prefix)] != prefix || text[len(prefix)] != '_' {
		return uuid.Nil, false
	}
	wide, err := alphabet.DecodeString(text[len(prefix)+1:] + "00")
	// The decoder skips line breaks: what then lacks is no id.
	if err != nil || len(wide) != 17 || wide[0]>>6 != 0 {
		return uuid.Nil, false
	}
	var id uuid.UUID
	for i := range id {
		id[i] = wide[i]<<2 | wide[i+1]>>6
	}
	return id, true
}
