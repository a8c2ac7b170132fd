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

// Form is how the codes of a set look. A code is the same whichever form it was made in, and is typed in anywhere.
type Form struct {
	Count    int    // of a set
	Length   int    // characters of a code, the dash not counted; one of Lengths
	Alphabet string // characters that Normalize leaves as they are
	Dash     bool   // in the middle, for people
}

// Native is the form of our own codes: digits and lower-case letters, "xxxxx-xxxxx". With five bits each they are 50 bits:
// far more than a limited number of tries can search, and still short enough to type from paper.
var Native = Form{Count: 10, Length: 10, Alphabet: alphabet, Dash: true}

// Digits are the characters of codes that are numbers.
const Digits = "0123456789"

// Lowercase are letters and digits that are neither taken for each other nor missing from RFC 4648's base32.
const Lowercase = "abcdefghjkmnpqrstvwxyz234567"

// Lengths are those that a code may have: no other text is one.
var Lengths = []int{7, 8, length}

// length is that of the longest codes.
const length = 10

// alphabet is Crockford's base32 in lower case: without i, l and o, which read like digits, and without u.
const alphabet = "0123456789abcdefghjkmnpqrstvwxyz"

// New returns a set of different random codes as people are shown them.
func (f Form) New() []string {
	codes := make([]string, 0, f.Count)
	seen := make(map[string]bool, f.Count)
	for len(codes) < f.Count {
		code := f.draw()
		if seen[code] {
			continue // of two equal ones, only the first could be used
		}
		seen[code] = true
		if f.Dash {
			code = code[:f.Length/2] + "-" + code[f.Length/2:]
		}
		codes = append(codes, code)
	}
	return codes
}

func (f Form) draw() string {
	code := make([]byte, 0, f.Length)
	fair := 256 - 256%len(f.Alphabet) // bytes from here on would favour the first characters
	for len(code) < f.Length {
		var b [1]byte
		rand.Read(b[:])
		if int(b[0]) < fair {
			code = append(code, f.Alphabet[int(b[0])%len(f.Alphabet)])
		}
	}
	return string(code)
}

// Digest returns the HMAC-SHA256 under which a normalised code is kept. It holds for one user: the same code of
// another has another digest. The key is at least 32 random bytes that never leave the server, because codes
// of people's length do not withstand a search against a plain hash.
func Digest(key []byte, userID, code string) []byte {
	mac := hmac.New(sha256.New, key)
	// Each part follows its length, so that no two pairs of parts read the same.
	for _, part := range []string{userID, code} {
		mac.Write(binary.BigEndian.AppendUint64(nil, uint64(len(part))))
		mac.Write([]byte(part))
	}
	return mac.Sum(nil)
}
