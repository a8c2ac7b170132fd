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
	Refresh = Kind{"tgr_", "refresh"}
	Cookie  = Kind{"tgc_", "cookie"}
)

// Rotating names a session and the generation it was handed out with. It is proven by a MAC under a key derived from the
// tenant's data key: a forged one never reaches the database, and a stolen database forges none.
type Rotating struct {
	Session    uuid.UUID
	Generation int
}

// session, generation, data-key version, MAC
const (
	bodySize     = 16 + 4 + 4
	rotatingSize = bodySize + sha256.Size
)

// Mint writes a token.
func (k Kind) Mint(keys *sealed.Keys, r Rotating) string {
	body := make([]byte, 0, rotatingSize)
	body = append(body, r.Session[:]...)
	body = binary.BigEndian.AppendUint32(body, uint32(r.Generation))
	body = binary.BigEndian.AppendUint32(body, uint32(keys.Current()))
	key, _ := keys.MACKey(keys.Current(), k.label)
	return k.prefix + canonical.EncodeToString(append(body, sum(key, body)...))
}

// Read verifies a token of the kind. It reports false for anything that Mint has not written for the same tenant.
func (k Kind) Read(keys *sealed.Keys, text string) (Rotating, bool) {
	encoded, ok := strings.CutPrefix(text, k.prefix)
	if !ok || len(encoded) != canonical.EncodedLen(rotatingSize) {
		return Rotating{}, false
	}
	raw, ok := decode(encoded)
	if !ok {
		return Rotating{}, false
	}
	body, mac := raw[:bodySize], raw[bodySize:]
	key, ok := keys.MACKey(int(binary.BigEndian.Uint32(body[20:])), k.label)
	if !ok || !hmac.Equal(mac, sum(key, body)) {
		return Rotating{}, false
	}
	return Rotating{uuid.UUID(body[:16]), int(binary.BigEndian.Uint32(body[16:]))}, true
}

func sum(key, body []byte) []byte {
	mac := hmac.New(sha256.New, key)
	mac.Write(body)
	return mac.Sum(nil)
}
