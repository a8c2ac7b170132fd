// Package recoverycode owns the codes that replace a lost factor: how a set is made, how a typed code is read, and
// the keyed digest under which one is kept.
//
// It stores nothing. That a code serves once, and that a new set voids the one before, is up to whoever keeps them.
package recoverycode

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
)

// Count is the number of codes of a set.
const Count = 10

// length is the number of characters of a code, the dash not counted. With five bits each they are 50 bits: far
// more than a limited number of tries can search, and still short enough to type from paper.
const length = 10

// alphabet is Crockford's base32 in lower case: without i, l and o, which read like digits, and without u.
const alphabet = "0123456789abcdefghjkmnpqrstvwxyz"

// New returns a set of Count different codes as people are shown them: "xxxxx-xxxxx" in digits and lower-case
// letters, each of 50 random bits.
func New() []string {
	codes := make([]string, 0, Count)
	seen := make(map[string]bool, Count)
	for len(codes) < Count {
		code := draw()
		if !seen[code] { // of two equal ones, only the first could be used
			seen[code] = true
			codes = append(codes, code[:length/2]+"-"+code[length/2:])
		}
	}
	return codes
}

func draw() string {
	code := make([]byte, length)
	rand.Read(code)
	for i, b := range code {
		code[i] = alphabet[b%byte(len(alphabet))] // 256 is a multiple of 32: no character is favoured
	}
	return string(code)
}

// Digest returns the HMAC-SHA256 under which a normalised code is kept. It holds for one user: the same code of
// another has another digest. The key is at least 32 random bytes that never leave the server, because 50 bits do
// not withstand a search against a plain hash.
func Digest(key []byte, userID, code string) []byte {
	mac := hmac.New(sha256.New, key)
	// Each part follows its length, so that no two pairs of parts read the same.
	for _, part := range []string{userID, code} {
		mac.Write(binary.BigEndian.AppendUint64(nil, uint64(len(part))))
		mac.Write([]byte(part))
	}
	return mac.Sum(nil)
}
