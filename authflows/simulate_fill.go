package authflows

import (
	"context"
	"slices"

	"github.com/google/uuid"

	"github.com/tenantgate/tenantgate/authflows/accounts"
	"github.com/tenantgate/tenantgate/authflows/devices"
	"github.com/tenantgate/tenantgate/internal/amr"
	"github.com/tenantgate/tenantgate/tenants"
)

// fill completes what sign-ins did not record by what holds now, in at most two statements.
func (e *Engine) fill(ctx context.Context, t *tenants.Tenant, page []*signIn) error {
	if err := e.fillPasswords(ctx, t, page); err != nil {
		return err
	}
	return e.fillTrust(ctx, page)
}

func (e *Engine) fillPasswords(ctx context.Context, t *tenants.Tenant, page []*signIn) error {
	var unknown []*signIn
	var users []uuid.UUID
	for _, r := range page {
		if r.toldNoPassword() {
			r.Unseen = slices.DeleteFunc(r.Unseen, func(what unseen) bool { return what == unseenPassword })
		}
		if r.lacks(unseenPassword) {
			unknown, users = append(unknown, r), append(users, r.event.User)
		}
	}
	if len(users) == 0 || !t.Settings.Password.Enabled {
		return nil
	}
	have, err := accounts.PasswordsOf(ctx, e.DB.Client, distinct(users))
	if err != nil {
		return err
	}
	for _, r := range unknown {
		_, r.Password = have[r.event.User]
	}
	return nil
}

// toldNoPassword reports whether a sign-in had to enrol a factor where a password would have done: so there was none.
func (r recorded) toldNoPassword() bool {
	return r.Enrolling != "" && amr.Adds(r.Proofs[:len(r.Proofs)-1], amr.Password)
}

// fillTrust finds out which devices were trusted when their users signed in, as far as their trust was not forgotten since. What
// a sign-in itself trusted it did not profit from.
func (e *Engine) fillTrust(ctx context.Context, page []*signIn) error {
	var unknown []*signIn
	var users, ids []uuid.UUID
	for _, r := range page {
		if r.lacks(unseenTrusted) {
			unknown, users, ids = append(unknown, r), append(users, r.event.User), append(ids, r.Device)
		}
	}
	trusts, err := devices.Trusts(ctx, e.DB.Client, distinct(users), distinct(ids))
	if err != nil {
		return err
	}
	for _, r := range unknown {
		d := trusts[r.Device]
		r.Trusted = d != nil && d.CreatedAt.Before(r.At) && r.At.Before(d.ExpiresAt)
	}
	return nil
}

func distinct(ids []uuid.UUID) []uuid.UUID {
	slices.SortFunc(ids, func(a, b uuid.UUID) int { return slices.Compare(a[:], b[:]) })
	return slices.Compact(ids)
}
