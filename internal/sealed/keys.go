package sealed

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"io"
	"sync"

	"github.com/google/uuid"
)

// Keys is a tenant's data keys, ready for use.
type Keys struct {
	tenant    uuid.UUID
	current   int
	byVersion map[int][KeySize]byte
	derived   sync.Map // derivation → []byte
}

type derivation struct {
	version int
	label   string
}

// NewKeys returns the keys of a tenant; the highest version seals.
func NewKeys(tenant uuid.UUID, byVersion map[int][KeySize]byte) *Keys {
	k := &Keys{tenant: tenant, byVersion: byVersion}
	for v := range byVersion {
		k.current = max(k.current, v)
	}
	return k
}

// Format hides the keys, however they are printed.
func (k *Keys) Format(f fmt.State, _ rune) {
	_, _ = io.WriteString(f, "data keys of tenant "+k.tenant.String())
}

// Current returns the version that seals and signs.
func (k *Keys) Current() int { return k.current }

// MACKey derives the key of a label, 32 bytes, from a version of the data key. It reports false for a version that
// does not exist.
func (k *Keys) MACKey(version int, label string) ([]byte, bool) {
	d := derivation{version, label}
	if key, ok := k.derived.Load(d); ok {
		return key.([]byte), true
	}
	data, ok := k.byVersion[version]
	if !ok {
		return nil, false
	}
	key, err := hkdf.Key(sha256.New, data[:], k.tenant[:], "tenantgate/"+label, KeySize)
	if err != nil {
		return nil, false
	}
	k.derived.Store(d, key)
	return key, true
}

// Place is where a sealed value belongs. A value moved elsewhere does not open.
type Place struct {
	Table, Column string
	Row           string
}

const headerSize = 1 + 4 // format, data-key version

// formatAESGCM is the only format so far.
const formatAESGCM = 1

// Seal encrypts plain for a place under the current data key.
func (k *Keys) Seal(p Place, plain []byte) ([]byte, error) {
	key, ok := k.byVersion[k.current]
	if !ok {
		return nil, fmt.Errorf("seal %s.%s: there is no data key", p.Table, p.Column)
	}
	box, err := encrypt(key, plain, aad(k.tenant, p.Table, p.Column, p.Row))
	if err != nil {
		return nil, fmt.Errorf("seal %s.%s: %w", p.Table, p.Column, err)
	}
	out := make([]byte, headerSize, headerSize+len(box))
	out[0] = formatAESGCM
	binary.BigEndian.PutUint32(out[1:], uint32(k.current))
	return append(out, box...), nil
}

// Open decrypts what Seal made for the same place.
func (k *Keys) Open(p Place, blob []byte) ([]byte, error) {
	if len(blob) < headerSize || blob[0] != formatAESGCM {
		return nil, fmt.Errorf("open %s.%s: unknown format", p.Table, p.Column)
	}
	version := int(binary.BigEndian.Uint32(blob[1:]))
	key, ok := k.byVersion[version]
	if !ok {
		return nil, fmt.Errorf("open %s.%s: data key version %d is gone", p.Table, p.Column, version)
	}
	plain, err := decrypt(key, blob[headerSize:], aad(k.tenant, p.Table, p.Column, p.Row))
	if err != nil {
		return nil, fmt.Errorf("open %s.%s: %w", p.Table, p.Column, err)
	}
	return plain, nil
}

func encrypt(key [KeySize]byte, plain, place []byte) ([]byte, error) {
	gcm, err := newGCM(key)
	if err != nil {
		return nil, err
	}
	nonce := make([]byte, gcm.NonceSize(), gcm.NonceSize()+len(plain)+gcm.Overhead())
	if _, err := rand.Read(nonce); err != nil {
		return nil, err
	}
	return gcm.Seal(nonce, nonce, plain, place), nil
}

func decrypt(key [KeySize]byte, box, place []byte) ([]byte, error) {
	gcm, err := newGCM(key)
	if err != nil {
		return nil, err
	}
	if len(box) < gcm.NonceSize() {
		return nil, ErrWrongKey
	}
	plain, err := gcm.Open(nil, box[:gcm.NonceSize()], box[gcm.NonceSize():], place)
	if err != nil {
		return nil, ErrWrongKey
	}
	return plain, nil
}

func newGCM(key [KeySize]byte) (cipher.AEAD, error) {
	block, err := aes.NewCipher(key[:])
	if err != nil {
		return nil, err
	}
	return cipher.NewGCM(block)
}

// aad joins the parts of a place with their lengths, so that no two places look alike.
func aad(tenant uuid.UUID, parts ...string) []byte {
	out := append([]byte(nil), tenant[:]...)
	for _, p := range parts {
		out = binary.BigEndian.AppendUint32(out, uint32(len(p)))
		out = append(out, p...)
	}
	return out
}
