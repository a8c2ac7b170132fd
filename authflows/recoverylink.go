package authflows

import (
	"context"
	"fmt"
	"time"

	"github.com/tenantgate/tenantgate/authflows/accounts"
	"github.com/tenantgate/tenantgate/authflows/factors/emailcode"
	"github.com/tenantgate/tenantgate/ent"
	"github.com/tenantgate/tenantgate/internal/amr"
	"github.com/tenantgate/tenantgate/internal/fault"
	"github.com/tenantgate/tenantgate/internal/ids"
)

// recoveryLinkLife is how long somebody who is handed a link has to use it.
const recoveryLinkLife = 24 * time.Hour

// RecoveryLink is where somebody sets a password, once. Whoever has the URL can.
type RecoveryLink struct {
	URL       string
	ExpiresAt time.Time
}

// recoveryLink issues the challenge of a link that an admin hands over, in a transaction of what it is for. Nothing is mailed, and
// the link alone answers. It voids the links that were handed over for the user before. It proves no address: whoever answers may
// have read no mail. The fault method_disabled says that the tenant's users have no passwords.
func (f *Flows) recoveryLink(ctx context.Context, tx *ent.Tx, user *accounts.User) (*RecoveryLink, error) {
	if !f.tenant.Settings.Password.Enabled {
		return nil, fault.New(fault.MethodDisabled)
	}
	now, id, secret := f.now(), ids.NewUnguessable(), emailcode.NewSecret()
	subject := emailcode.Digest(f.key("subject"), "recovery link", "", userSubject(user.ID))[:16]
	if err := f.lapse(ctx, tx, subject, 1, now); err != nil {
		return nil, err
	}
	box, err := f.seal(id, pendingReset{Subject: userSubject(user.ID), Handed: true})
	if err != nil {
		return nil, err
	}
	until := now.Add(recoveryLinkLife)
	err = tx.Challenge.Create().SetID(id).
		SetPurpose(purposeReset).SetSubject(subject).SetUserID(user.ID).
		SetFactors(amr.Texts([]amr.Method{amr.EmailCode})).SetProofs([]string{}).
		SetLinkDigest(f.digest(f.linkOf(purposeReset), id, secret)).
		SetTriesLeft(f.tenant.Settings.Codes.Tries).SetSealed(box).
		SetCreatedAt(now).SetExpiresAt(until).
		Exec(ctx)
	if err != nil {
		return nil, fmt.Errorf("issue recovery link: %w", err)
	}
	return &RecoveryLink{URL: f.linkURL(id, secret), ExpiresAt: until}, nil
}
