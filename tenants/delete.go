package tenants

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"

	"github.com/tenantgate/tenantgate/ent"
	"github.com/tenantgate/tenantgate/ent/admingrant"
	"github.com/tenantgate/tenantgate/ent/challenge"
	"github.com/tenantgate/tenantgate/ent/dialectalias"
	"github.com/tenantgate/tenantgate/ent/event"
	"github.com/tenantgate/tenantgate/ent/job"
	"github.com/tenantgate/tenantgate/ent/mutationkey"
	"github.com/tenantgate/tenantgate/ent/signincount"
	"github.com/tenantgate/tenantgate/ent/tenant"
	"github.com/tenantgate/tenantgate/ent/throttle"
	"github.com/tenantgate/tenantgate/ent/user"
	"github.com/tenantgate/tenantgate/internal/events"
	"github.com/tenantgate/tenantgate/internal/fault"
	"github.com/tenantgate/tenantgate/internal/store"
	"github.com/tenantgate/tenantgate/internal/tenancy"
)

const (
	// deleteBatch bounds how many rows one transaction removes, so that other tenants' writes pass in between.
	deleteBatch = 500
	// lastWords is how long the event of the deletion stays, for every replica to hear it.
	lastWords = time.Minute
)

// Delete is BeginDelete, and then removes the tenant's rows in batches. If the process dies in between, PurgeDeleted goes on.
// progress, if not nil, hears how many rows are gone so far.
func (r *Registry) Delete(ctx context.Context, slug string, progress func(rows int)) error {
	id, err := r.BeginDelete(ctx, slug)
	if err != nil {
		return err
	}
	return r.purge(ctx, id, progress)
}

// BeginDelete destroys a tenant: its slug and hosts are free, its keys gone and nothing it issued is accepted. That takes as long
// for many users as for few; PurgeDeleted removes the rows that are left. Faults: tenant_not_found, tenant_reserved.
func (r *Registry) BeginDelete(ctx context.Context, slug string) (uuid.UUID, error) {
	if slug == Reserved {
		return uuid.Nil, fault.New(fault.TenantReserved)
	}
	t, err := r.read(ctx, slug)
	if err != nil {
		return uuid.Nil, err
	}
	reserved, err := r.db.Tenant.Query().Where(tenant.Slug(Reserved)).OnlyID(ctx)
	if err != nil {
		return uuid.Nil, fmt.Errorf("find the reserved tenant: %w", err)
	}
	was := map[string]any{"slug": slug, "name": t.Name, "status": t.Status}
	_, err = store.InTx(tenancy.With(ctx, t.ID), r.db.Client, func(ctx context.Context, tx *ent.Tx) (struct{}, error) {
		n, err := tx.Tenant.Update().
			Where(tenant.ID(t.ID), tenant.Slug(slug)).
			ClearSlug().SetStatus(tenant.StatusDeleting).SetUpdatedAt(r.now()).
			Save(ctx)
		if err != nil || n == 0 {
			return struct{}{}, lostRace(err)
		}
		if _, err := tx.DataKey.Delete().Exec(ctx); err != nil {
			return struct{}{}, fmt.Errorf("destroy data keys: %w", err)
		}
		if _, err := tx.SigningKey.Delete().Exec(ctx); err != nil {
			return struct{}{}, fmt.Errorf("destroy signing keys: %w", err)
		}
		if _, err := tx.TenantDomain.Delete().Exec(ctx); err != nil {
			return struct{}{}, fmt.Errorf("give up the hosts: %w", err)
		}
		if _, err := tx.APIKey.Delete().Exec(ctx); err != nil {
			return struct{}{}, fmt.Errorf("destroy API keys: %w", err)
		}
		if _, err := tx.AdminGrant.Delete().Where(admingrant.Over(t.ID)).Exec(tenancy.With(ctx, reserved)); err != nil {
			return struct{}{}, fmt.Errorf("take its admins' roles away: %w", err)
		}
		err = r.events.Append(ctx, tx, events.Event{
			Type: events.TenantDeleted, Actor: events.ActorOperator, Data: map[string]any{events.Before: was},
		})
		if err != nil {
			return struct{}{}, err
		}
		// The tenant's own audit goes with it: the platform keeps the fact.
		return struct{}{}, r.events.Append(tenancy.With(ctx, reserved), tx, events.Event{
			Type: events.TenantDeleted, Actor: events.ActorOperator, Target: t.ID,
			Data: map[string]any{"tenant": t.PublicID(), "slug": slug, events.Before: was},
		})
	})
	if err != nil {
		return uuid.Nil, fmt.Errorf("delete tenant: %w", err)
	}
	return t.ID, nil
}

// PurgeDeleted removes what is left of deleted tenants, and their last row once every replica has heard.
func (r *Registry) PurgeDeleted(ctx context.Context) error {
	rows, err := r.db.Tenant.Query().Where(tenant.StatusEQ(tenant.StatusDeleting)).All(ctx)
	if err != nil {
		return fmt.Errorf("find deleted tenants: %w", err)
	}
	var failed error
	for _, row := range rows {
		// One that fails does not keep the others.
		failed = errors.Join(failed, r.purgeOne(ctx, row))
	}
	return failed
}

func (r *Registry) purgeOne(ctx context.Context, row *ent.Tenant) error {
	if err := r.purge(ctx, row.ID, nil); err != nil {
		return err
	}
	if r.now().Sub(row.UpdatedAt) < lastWords {
		return nil
	}
	if _, err := r.db.Event.Delete().Exec(tenancy.With(ctx, row.ID)); err != nil {
		return fmt.Errorf("remove events: %w", err)
	}
	if _, err := r.db.Tenant.Delete().Where(tenant.ID(row.ID)).Exec(ctx); err != nil {
		return fmt.Errorf("remove tenant: %w", err)
	}
	return nil
}

// purge removes a tenant's rows, all but the event of its deletion. What hangs on a user goes with the user.
func (r *Registry) purge(ctx context.Context, id uuid.UUID, progress func(rows int)) error {
	ctx = tenancy.With(ctx, id)
	gone := 0
	for _, table := range []func(context.Context) (int, error){
		r.purgeKeys, r.purgeUsers, r.purgeAliases, r.purgeChallenges, r.purgeJobs, r.purgeThrottles,
		r.purgeMutationKeys, r.purgeSignInCounts, r.purgeSequence, r.purgeLeases, r.purgeEvents,
	} {
		for {
			n, err := table(ctx)
			if err != nil {
				return fmt.Errorf("remove the tenant's rows: %w", err)
			}
			gone += n
			if progress != nil {
				progress(gone)
			}
			if n == 0 {
				break
			}
		}
	}
	return nil
}

// purgeKeys removes signing keys that a rotation stored while the tenant was being deleted.
func (r *Registry) purgeKeys(ctx context.Context) (int, error) {
	return r.db.SigningKey.Delete().Exec(ctx)
}

func (r *Registry) purgeUsers(ctx context.Context) (int, error) {
	batch, err := r.db.User.Query().Limit(deleteBatch).IDs(ctx)
	if err != nil || len(batch) == 0 {
		return 0, err
	}
	_, err = r.db.User.Delete().Where(user.IDIn(batch...)).Exec(ctx)
	return len(batch), err
}

func (r *Registry) purgeAliases(ctx context.Context) (int, error) {
	batch, err := r.db.DialectAlias.Query().Limit(deleteBatch).IDs(ctx)
	if err != nil || len(batch) == 0 {
		return 0, err
	}
	_, err = r.db.DialectAlias.Delete().Where(dialectalias.IDIn(batch...)).Exec(ctx)
	return len(batch), err
}

func (r *Registry) purgeChallenges(ctx context.Context) (int, error) {
	batch, err := r.db.Challenge.Query().Limit(deleteBatch).IDs(ctx)
	if err != nil || len(batch) == 0 {
		return 0, err
	}
	_, err = r.db.Challenge.Delete().Where(challenge.IDIn(batch...)).Exec(ctx)
	return len(batch), err
}

func (r *Registry) purgeJobs(ctx context.Context) (int, error) {
	batch, err := r.db.Job.Query().Limit(deleteBatch).IDs(ctx)
	if err != nil || len(batch) == 0 {
		return 0, err
	}
	_, err = r.db.Job.Delete().Where(job.IDIn(batch...)).Exec(ctx)
	return len(batch), err
}

func (r *Registry) purgeThrottles(ctx context.Context) (int, error) {
	batch, err := r.db.Throttle.Query().Limit(deleteBatch).IDs(ctx)
	if err != nil || len(batch) == 0 {
		return 0, err
	}
	_, err = r.db.Throttle.Delete().Where(throttle.IDIn(batch...)).Exec(ctx)
	return len(batch), err
}

func (r *Registry) purgeMutationKeys(ctx context.Context) (int, error) {
	batch, err := r.db.MutationKey.Query().Limit(deleteBatch).IDs(ctx)
	if err != nil || len(batch) == 0 {
		return 0, err
	}
	_, err = r.db.MutationKey.Delete().Where(mutationkey.IDIn(batch...)).Exec(ctx)
	return len(batch), err
}

func (r *Registry) purgeSignInCounts(ctx context.Context) (int, error) {
	batch, err := r.db.SignInCount.Query().Limit(deleteBatch).IDs(ctx)
	if err != nil || len(batch) == 0 {
		return 0, err
	}
	_, err = r.db.SignInCount.Delete().Where(signincount.IDIn(batch...)).Exec(ctx)
	return len(batch), err
}

// purgeSequence removes the one row that counts the tenant's events, which a straggler may have made again.
func (r *Registry) purgeSequence(ctx context.Context) (int, error) {
	return r.db.EventSequence.Delete().Exec(ctx)
}

func (r *Registry) purgeLeases(ctx context.Context) (int, error) {
	return r.db.Lease.Delete().Exec(ctx)
}

func (r *Registry) purgeEvents(ctx context.Context) (int, error) {
	batch, err := r.db.Event.Query().Where(event.TypeNEQ(string(events.TenantDeleted))).Limit(deleteBatch).IDs(ctx)
	if err != nil || len(batch) == 0 {
		return 0, err
	}
	_, err = r.db.Event.Delete().Where(event.IDIn(batch...)).Exec(ctx)
	return len(batch), err
}
