package tokens

import (
	"encoding/binary"

	"github.com/google/uuid"

	"github.com/tenantgate/tenantgate/internal/sealed"
)

var deviceKind = Kind{"tgd_", "device"}

// Device says that a user once signed in on a device. It proves nothing of who holds it now: it earns a budget of failures
// apart from strangers', and where the device is trusted it spares the second factor.
type Device struct {
	User    uuid.UUID
	ID      uuid.UUID // random
	Version int       // the user's device version; under a later one the token is worth nothing
}

// MintDevice writes a device token.
func MintDevice(keys *sealed.Keys, d Device) string {
	said := append(append(make([]byte, 0, 36), d.User[:]...), d.ID[:]...)
	return deviceKind.write(keys, binary.BigEndian.AppendUint32(said, uint32(d.Version)))
}

// ReadDevice verifies a device token. It reports false for anything that MintDevice has not written for the same tenant.
func ReadDevice(keys *sealed.Keys, text string) (Device, bool) {
	said, ok := deviceKind.read(keys, text, 16+16+4)
	if !ok {
		return Device{}, false
	}
	return Device{uuid.UUID(said[:16]), uuid.UUID(said[16:32]), int(binary.BigEndian.Uint32(said[32:]))}, true
}
