// Package emailcode owns the secrets that a mail carries: short codes of digits that people type, secrets of
// links, how a typed code is read, and the keyed digests under which both are kept.
//
// It sends nothing and stores nothing. How often and how long a code may be tried is its challenge's.
package emailcode

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base32"
	"encoding/binary"
	"fmt"
	"math/big"
)

// Lengths of codes, in digits. Six digits and five tries leave one chance in 200,000.
const (
	MinDigits = 6
	MaxDigits = 10
)

// secretLen is the size of a link's secret, in bytes.
const secretLen = 20

// secretText avoids what mail programs and people change in a link: it has one case and no punctuation.
var secretText = base32.NewEncoding("abcdefghijklmnopqrstuvwxyz234567").WithPadding(base32.NoPadding)

// New returns a code of so many ASCII digits, each code as likely as any other. It returns an error only for a
// number of digits outside MinDigits and MaxDigits.
func New(digits int) (code string, err error) {
	if digits < MinDigits || digits > MaxDigits {
		return "", fmt.Errorf("make a code of %d digits: outside %d to %d", digits, MinDigits, MaxDigits)
	}
	codes := new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(digits)), nil)
	n, err := rand.Int(rand.Reader, codes) // draws again instead of taking a remainder, which would favour some
	if err != nil {
		return "", fmt.Errorf("make a code: %w", err)
	}
	return fmt.Sprintf("%0*d", digits, n), nil
}

// NewSecret returns the secret of a link: 160 random bits as 32 lower-case letters and digits.
func NewSecret() string {
	secret := make([]byte, secretLen)
	rand.Read(secret)
	return secretText.EncodeToString(secret)
}

// Digest returns the HMAC-SHA256 under which a normalised code or the secret of a link is kept. It holds for one
// purpose and one challenge: the same code elsewhere has another digest. The key is at least 32 random bytes that
// never leave the server, because all codes of six digits are soon tried against a plain hash.
func Digest(key []byte, purpose, challengeID, code string) []byte {
	mac := hmac.New(sha256.New, key)
	// Each part follows its length, so that no two lists of parts read the same.
	for _, part := range []string{purpose, challengeID, code} {
		mac.Write(binary.BigEndian.AppendUint64(nil, uint64(len(part))))
		mac.Write([]byte(part))
	}
	return mac.Sum(nil)
}

// Equal compares two digests in constant time. What is no digest, such as the empty column of a challenge without
// a code, equals nothing.
func Equal(a, b []byte) bool {
	return len(a) == sha256.Size && hmac.Equal(a, b)
}
