package tokens

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"strings"

	"github.com/google/uuid"

	"github.com/tenantgate/tenantgate/internal/sealed"
)

// Kind is a kind of rotating token.
type Kind struct{ prefix, label string }

// The kinds. Each has a prefix that secret scanners can know and a MAC key of its own.
var (
	Refresh    = Kind{"tgr_", "refresh"}
	Cookie     = Kind{"tgc_", "cookie"}
	SessionKey = Kind{"tgs_", "session key"} // names a session to end it; of no generation
)

// Rotating names a session and the generation it was handed out with. It is proven by a MAC under a key derived from the
// tenant's data key: a forged one never reaches the database, and a stolen database forges none.
type Rotating struct {
	Session    uuid.UUID
	Generation int
}

// Mint writes a token.
func (k Kind) Mint(keys *sealed.Keys, r Rotating) string {
	return k.write(keys, binary.BigEndian.AppendUint32(r.Session[:], uint32(r.Generation)))
}

// Read verifies a token of the kind. It reports false for anything that Mint has not written for the same tenant.
func (k Kind) Read(keys *sealed.Keys, text string) (Rotating, bool) {
	said, ok := k.read(keys, text, 16+4)
	if !ok {
		return Rotating{}, false
	}
	return Rotating{uuid.UUID(said[:16]), int(binary.BigEndian.Uint32(said[16:]))}, true
}

// versionSize is the data key's version, between what a token says and its MAC.
const versionSize = 4

// write returns what a token says with the data key's version and a MAC over both.
func (k Kind) write(keys *sealed.Keys, says []byte) string {
	body := binary.BigEndian.AppendUint32(append([]byte(nil), says...), uint32(keys.Current()))
	key, _ := keys.MACKey(keys.Current(), k.label)
	return k.prefix + canonical.EncodeToString(append(body, sum(key, body)...))
}

// read returns the size bytes that a token says.
func (k Kind) read(keys *sealed.Keys, text string, size int) ([]byte, bool) {
	bodySize := size + versionSize
	encoded, ok := strings.CutPrefix(text, k.prefix)
	if !ok || len(encoded) != canonical.EncodedLen(bodySize+sha256.Size) {
		return nil, false
	}
	raw, ok := decode(encoded)
	if !ok {
		return nil, false
	}
	body, mac := raw[:bodySize], raw[bodySize:]
	key, ok := keys.MACKey(int(binary.BigEndian.Uint32(body[size:])), k.label)
	if !ok || !hmac.Equal(mac, sum(key, body)) {
		return nil, false
	}
	return body[:size], true
}

func sum(key, body []byte) []byte {
	mac := hmac.New(sha256.New, key)
	mac.Write(body)
	return mac.Sum(nil)
}
