package sealed

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"strconv"

	"github.com/google/uuid"
)

// KeySize is the length of master and data keys in bytes.
const KeySize = 32

// ErrWrongKey says that sealed data does not open: another key, another place, or altered bytes.
var ErrWrongKey = errors.New("sealed data does not open under this key")

// Master is one of the operator's master keys.
type Master struct {
	ID  string
	Key [KeySize]byte
}

// String hides the key.
func (m Master) String() string { return "master key " + m.ID }

// Format prints String, whatever the verb.
func (m Master) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, m.String()) }

// MarshalText encodes String, in logs and JSON too.
func (m Master) MarshalText() ([]byte, error) { return []byte(m.String()), nil }

// Ring is the operator's master keys. The first wraps; all of them unwrap.
type Ring []Master

// NewDataKey returns a fresh data key and its wrapped form.
func (r Ring) NewDataKey(tenant uuid.UUID, version int) (key [KeySize]byte, masterID string, wrapped []byte, err error) {
	if _, err := rand.Read(key[:]); err != nil {
		return key, "", nil, err
	}
	masterID, wrapped, err = r.Wrap(tenant, version, key)
	return key, masterID, wrapped, err
}

// Wrap seals a data key under the first master key.
func (r Ring) Wrap(tenant uuid.UUID, version int, key [KeySize]byte) (masterID string, wrapped []byte, err error) {
	if len(r) == 0 {
		return "", nil, errors.New("wrap data key: no master key is set")
	}
	wrapped, err = encrypt(r[0].Key, key[:], wrapPlace(tenant, version))
	return r[0].ID, wrapped, err
}

// Unwrap opens a wrapped data key. It fails with ErrWrongKey where the master key of that id is another one.
func (r Ring) Unwrap(tenant uuid.UUID, version int, masterID string, wrapped []byte) (key [KeySize]byte, err error) {
	for _, m := range r {
		if m.ID != masterID {
			continue
		}
		plain, err := decrypt(m.Key, wrapped, wrapPlace(tenant, version))
		if err != nil || len(plain) != KeySize {
			return key, fmt.Errorf("unwrap data key with master key %q: %w", masterID, ErrWrongKey)
		}
		return [KeySize]byte(plain), nil
	}
	return key, fmt.Errorf("unwrap data key: master key %q is not among those set", masterID)
}

func wrapPlace(tenant uuid.UUID, version int) []byte {
	return aad(tenant, "data_keys", "wrapped", strconv.Itoa(version))
}
