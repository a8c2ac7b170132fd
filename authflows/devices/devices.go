// Package devices keeps trusted devices: those on which their user need not give a second factor for some days.
//
// Which devices a user has signed in on is not kept: a device token says so itself (authflows/tokens).
package devices

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"

	"github.com/tenantgate/tenantgate/ent"
	"github.com/tenantgate/tenantgate/ent/predicate"
	"github.com/tenantgate/tenantgate/ent/trusteddevice"
	"github.com/tenantgate/tenantgate/internal/ids"
)

// Device is a trusted device.
type Device struct {
	ID        uuid.UUID
	DeviceID  uuid.UUID // the one of the device token
	UserAgent string
	Address   string
	CreatedAt time.Time
	ExpiresAt time.Time
}

// PublicID returns dev_….
func (d *Device) PublicID() string { return ids.Format(ids.Device, d.ID) }

// Trust trusts a device until a time. Where it is trusted already, the trust begins anew.
func Trust(ctx context.Context, tx *ent.Tx, user uuid.UUID, d Device) error {
	_, err := tx.TrustedDevice.Delete().
		Where(trusteddevice.UserID(user), trusteddevice.DeviceID(d.DeviceID)).
		Exec(ctx)
	if err != nil {
		return fmt.Errorf("trust device: %w", err)
	}
	err = tx.TrustedDevice.Create().SetID(ids.New()).SetUserID(user).SetDeviceID(d.DeviceID).
		SetUserAgent(d.UserAgent).SetAddress(d.Address).SetCreatedAt(d.CreatedAt).SetExpiresAt(d.ExpiresAt).
		Exec(ctx)
	if err != nil {
		return fmt.Errorf("trust device: %w", err)
	}
	return nil
}

// Trusted reports whether a device of a user is trusted now.
func Trusted(ctx context.Context, db *ent.Client, user, device uuid.UUID, now time.Time) (bool, error) {
	trusted, err := db.TrustedDevice.Query().
		Where(trusteddevice.UserID(user), trusteddevice.DeviceID(device), trusteddevice.ExpiresAtGT(now)).
		Exist(ctx)
	if err != nil {
		return false, fmt.Errorf("find trusted device: %w", err)
	}
	return trusted, nil
}

// List returns the trusted devices of a user, newest first, at most 100.
func List(ctx context.Context, db *ent.Client, user uuid.UUID, now time.Time) ([]*Device, error) {
	rows, err := db.TrustedDevice.Query().
		Where(trusteddevice.UserID(user), trusteddevice.ExpiresAtGT(now)).
		Order(ent.Desc(trusteddevice.FieldCreatedAt), ent.Desc(trusteddevice.FieldID)).
		Limit(100).
		All(ctx)
	if err != nil {
		return nil, fmt.Errorf("list trusted devices: %w", err)
	}
	out := make([]*Device, 0, len(rows))
	for _, row := range rows {
		out = append(out, &Device{
			ID: row.ID, DeviceID: row.DeviceID, UserAgent: row.UserAgent, Address: row.Address,
			CreatedAt: row.CreatedAt, ExpiresAt: row.ExpiresAt,
		})
	}
	return out, nil
}

// Forget trusts a device of a user no more. It reports whether it was trusted.
func Forget(ctx context.Context, tx *ent.Tx, user, id uuid.UUID) (bool, error) {
	n, err := tx.TrustedDevice.Delete().Where(trusteddevice.UserID(user), trusteddevice.ID(id)).Exec(ctx)
	if err != nil {
		return false, fmt.Errorf("forget device: %w", err)
	}
	return n == 1, nil
}

// ForgetAll trusts no device of a user any more.
func ForgetAll(ctx context.Context, tx *ent.Tx, user uuid.UUID) error {
	if _, err := tx.TrustedDevice.Delete().Where(trusteddevice.UserID(user)).Exec(ctx); err != nil {
		return fmt.Errorf("forget devices: %w", err)
	}
	return nil
}

// Expired selects the devices whose trust ended before a time.
func Expired(before time.Time) predicate.TrustedDevice { return trusteddevice.ExpiresAtLT(before) }
