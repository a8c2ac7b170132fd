package devices

import (
	"context"
	"fmt"

	"github.com/google/uuid"

	"github.com/tenantgate/tenantgate/ent"
	"github.com/tenantgate/tenantgate/ent/trusteddevice"
)

// Trusts returns the trust that is put in some devices of users, by the ids of their tokens, in one statement. Trust that is
// over may be missing.
func Trusts(ctx context.Context, db *ent.Client, users, ids []uuid.UUID) (map[uuid.UUID]*Device, error) {
	out := map[uuid.UUID]*Device{}
	if len(ids) == 0 {
		return out, nil
	}
	rows, err := db.TrustedDevice.Query().
		Where(trusteddevice.UserIDIn(users...), trusteddevice.DeviceIDIn(ids...)).
		Select(trusteddevice.FieldDeviceID, trusteddevice.FieldCreatedAt, trusteddevice.FieldExpiresAt).
		All(ctx)
	if err != nil {
		return nil, fmt.Errorf("find trusted devices: %w", err)
	}
	for _, row := range rows {
		out[row.DeviceID] = &Device{DeviceID: row.DeviceID, CreatedAt: row.CreatedAt, ExpiresAt: row.ExpiresAt}
	}
	return out, nil
}
