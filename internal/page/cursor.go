package page

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"errors"

	"github.com/google/uuid"
)

// ErrCursor is what Open says of a text that Seal has not written, for this list or at all.
var ErrCursor = errors.New("page: the cursor is not one of this list")

// Cursors writes marks as cursors under a key of the server's. A cursor is bound to its list: the tenant, the filter, the order.
type Cursors struct{ key []byte }

// NewCursors returns cursors under a key.
func NewCursors(key []byte) *Cursors { return &Cursors{key} }

const macSize = 12

// Seal writes a mark of a list.
func (c *Cursors) Seal(list string, m Mark) string {
	body := binary.AppendVarint(nil, m.Number)
	body = append(body, m.ID[:]...)
	body = append(body, m.Text...)
	return base64.RawURLEncoding.EncodeToString(append(c.mac(list, body), body...))
}

// Open reads a cursor of a list. The error is ErrCursor.
func (c *Cursors) Open(list, cursor string) (*Mark, error) {
	raw, err := base64.RawURLEncoding.Strict().DecodeString(cursor)
	if err != nil || len(raw) < macSize {
		return nil, ErrCursor
	}
	body := raw[macSize:]
	if !hmac.Equal(raw[:macSize], c.mac(list, body)) {
		return nil, ErrCursor
	}
	number, n := binary.Varint(body)
	if n <= 0 || len(body) < n+len(uuid.UUID{}) {
		return nil, ErrCursor
	}
	m := &Mark{Number: number, Text: string(body[n+16:])}
	copy(m.ID[:], body[n:])
	return m, nil
}

func (c *Cursors) mac(list string, body []byte) []byte {
	h := hmac.New(sha256.New, c.key)
	h.Write(binary.AppendUvarint(nil, uint64(len(list))))
	h.Write([]byte(list))
	h.Write(body)
	return h.Sum(nil)[:macSize]
}
