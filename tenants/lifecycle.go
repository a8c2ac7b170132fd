package tenants

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/tenantgate/tenantgate/ent"
	"github.com/tenantgate/tenantgate/ent/signingkey"
	"github.com/tenantgate/tenantgate/ent/tenant"
	"github.com/tenantgate/tenantgate/internal/events"
	"github.com/tenantgate/tenantgate/internal/fault"
	"github.com/tenantgate/tenantgate/internal/ids"
	"github.com/tenantgate/tenantgate/internal/sealed"
	"github.com/tenantgate/tenantgate/internal/store"
	"github.com/tenantgate/tenantgate/internal/tenancy"
)

// firstDataKey is the version of the data key that a tenant begins with.
const firstDataKey = 1

// CreateInput is what makes a tenant.
type CreateInput struct {
	Slug     string
	Name     string // the slug where empty
	Settings []Change
}

// Create makes a tenant with its keys. Faults: invalid_input, slug_taken, tenant_reserved.
func (r *Registry) Create(ctx context.Context, in CreateInput) (*Tenant, error) {
	if in.Slug == Reserved {
		return nil, fault.New(fault.TenantReserved)
	}
	return r.create(ctx, in)
}

func (r *Registry) create(ctx context.Context, in CreateInput) (*Tenant, error) {
	if in.Name == "" {
		in.Name = in.Slug
	}
	wrong := []error{checkSlug(in.Slug)}
	if in.Name != in.Slug { // else one is wrong with the other
		wrong = append(wrong, checkName(in.Name))
	}
	id := ids.New()
	ctx = tenancy.With(ctx, id)
	key, masterID, wrapped, err := r.masters.NewDataKey(id, firstDataKey)
	if err != nil {
		return nil, err
	}
	keys := sealed.NewKeys(id, map[int][sealed.KeySize]byte{firstDataKey: key})
	doc, settings, err := Apply(nil, in.Settings, sealWith(keys))
	if err := allWrong(append(wrong, err)...); err != nil {
		return nil, err
	}
	signing, err := r.firstSigningKeys(keys, settings.Tokens.Algorithm)
	if err != nil {
		return nil, err
	}
	now := r.now()
	row, err := store.InTx(ctx, r.db.Client, func(ctx context.Context, tx *ent.Tx) (*ent.Tenant, error) {
		row, err := tx.Tenant.Create().
			SetID(id).SetSlug(in.Slug).SetName(in.Name).
			SetStatus(tenant.StatusActive).
			SetIssuer(r.baseURL(in.Slug)).
			SetSettings(doc).
			SetCreatedAt(now).SetUpdatedAt(now).
			Save(ctx)
		if err != nil {
			return nil, err
		}
		err = tx.DataKey.Create().SetID(ids.New()).SetVersion(firstDataKey).
			SetMasterKeyID(masterID).SetWrapped(wrapped).SetCreatedAt(now).
			Exec(ctx)
		if err != nil {
			return nil, fmt.Errorf("store data key: %w", err)
		}
		for _, k := range signing {
			if err := storeSigningKey(tx, k).Exec(ctx); err != nil {
				return nil, fmt.Errorf("store signing key: %w", err)
			}
		}
		data := map[string]any{events.After: map[string]any{"slug": in.Slug, "name": in.Name}}
		tellSettings(data, Defaults(), settings)
		delete(data, events.Before) // there was nothing
		return row, r.events.Append(ctx, tx, events.Event{Type: events.TenantCreated, Actor: events.ActorOperator, Data: data})
	})
	if ent.IsConstraintError(err) {
		return nil, fault.New(fault.SlugTaken)
	}
	if err != nil {
		return nil, fmt.Errorf("create tenant: %w", err)
	}
	return r.snapshot(ctx, row, nil)
}

// allWrong makes one fault of several that say what is wrong with the input. An error that says something else goes first.
func allWrong(errs ...error) error {
	var fields []fault.Field
	for _, err := range errs {
		var f *fault.Fault
		switch {
		case err == nil:
		case !errors.As(err, &f) || f.Code != fault.InvalidInput:
			return err
		default:
			fields = append(fields, f.Fields...)
		}
	}
	if len(fields) == 0 {
		return nil
	}
	return fault.Invalid(fields...)
}

func (r *Registry) firstSigningKeys(keys *sealed.Keys, algorithm Algorithm) ([]*ent.SigningKey, error) {
	var out []*ent.SigningKey
	for _, status := range []signingkey.Status{signingkey.StatusActive, signingkey.StatusNext} {
		k, err := newSigningKey(keys, algorithm, status, r.now())
		if err != nil {
			return nil, err
		}
		out = append(out, k)
	}
	return out, nil
}

// sealWith seals the secrets among settings under a tenant's data key.
func sealWith(keys *sealed.Keys) func(path string, plain []byte) ([]byte, error) {
	return func(path string, plain []byte) ([]byte, error) { return keys.Seal(settingPlace(path), plain) }
}

func settingPlace(path string) sealed.Place {
	return sealed.Place{Table: "tenants", Column: "settings", Row: path}
}

// Reveal opens a secret among the tenant's settings.
func (t *Tenant) Reveal(s Secret) (string, error) {
	return s.Reveal(func(path string, box []byte) ([]byte, error) { return t.Keys.Open(settingPlace(path), box) })
}

// Set changes settings, all of them or none. version, if not zero, must be the one in force, else the fault is
// version_conflict. Where all are so already nothing happens: no new version, no event.
func (r *Registry) Set(ctx context.Context, slug string, version int, changes []Change) (*Tenant, error) {
	t, err := r.read(ctx, slug)
	if err != nil {
		return nil, err
	}
	if version == 0 {
		version = t.row.Version
	}
	if version != t.row.Version {
		return nil, fault.New(fault.VersionConflict)
	}
	ctx = tenancy.With(ctx, t.ID)
	doc, settings, err := Apply(t.row.Settings, changes, sealWith(t.Keys))
	if err != nil {
		return nil, err
	}
	if was, _, err := Apply(t.row.Settings, nil, nil); err == nil && bytes.Equal(was, doc) {
		return t.Tenant, nil
	}
	var next *ent.SigningKey
	if settings.Tokens.Algorithm != t.Settings.Tokens.Algorithm {
		if next, err = newSigningKey(t.Keys, settings.Tokens.Algorithm, signingkey.StatusNext, r.now()); err != nil {
			return nil, err
		}
	}
	paths := map[string]bool{}
	for _, c := range changes {
		paths[c.Path] = true
	}
	data := map[string]any{"paths": slices.Sorted(maps.Keys(paths))}
	tellSettings(data, t.Settings, settings)
	return r.change(ctx, t, events.TenantChanged, data,
		func(ctx context.Context, tx *ent.Tx) (int, error) {
			if next != nil {
				if err := replaceNext(ctx, tx, next); err != nil {
					return 0, err
				}
			}
			return tx.Tenant.Update().
				Where(tenant.ID(t.ID), tenant.Version(version), tenant.StatusNEQ(tenant.StatusDeleting)).
				SetSettings(doc).AddVersion(1).SetUpdatedAt(r.now()).
				Save(ctx)
		})
}

// Suspend stops every flow of a tenant and ends its sessions; its keys stay published. Resume does not bring the
// sessions back.
func (r *Registry) Suspend(ctx context.Context, slug string) (*Tenant, error) {
	return r.setStatus(ctx, slug, tenant.StatusSuspended, events.TenantSuspended)
}

// Resume lets a suspended tenant's users sign in again.
func (r *Registry) Resume(ctx context.Context, slug string) (*Tenant, error) {
	return r.setStatus(ctx, slug, tenant.StatusActive, events.TenantResumed)
}

func (r *Registry) setStatus(ctx context.Context, slug string, to tenant.Status, fact events.Type) (*Tenant, error) {
	t, err := r.read(ctx, slug)
	if err != nil {
		return nil, err
	}
	if t.Slug == Reserved {
		return nil, fault.New(fault.TenantReserved)
	}
	if t.Status == Status(to) {
		return t.Tenant, nil
	}
	ctx = tenancy.With(ctx, t.ID)
	data := map[string]any{
		events.Before: map[string]any{"status": t.Status}, events.After: map[string]any{"status": to},
	}
	return r.change(ctx, t, fact, data, func(ctx context.Context, tx *ent.Tx) (int, error) {
		// On the way back too: a sign-in that had begun may have opened a session just after the suspension.
		if err := endAllSessions(ctx, tx, "tenant_suspended", r.now()); err != nil {
			return 0, err
		}
		return tx.Tenant.Update().
			Where(tenant.ID(t.ID), tenant.StatusEQ(tenant.Status(t.Status))).
			SetStatus(to).SetUpdatedAt(r.now()).
			Save(ctx)
	})
}

// stored is a tenant with the row it was read from, for changes: they never start from a cache.
type stored struct {
	*Tenant
	row *ent.Tenant
}

// read finds a tenant by its slug. Where ctx is limited to a tenant it must be that one: the slug may have passed to another
// since the caller was allowed to change it.
func (r *Registry) read(ctx context.Context, slug string) (*stored, error) {
	row, err := r.db.Tenant.Query().Where(tenant.Slug(slug)).Only(ctx)
	if meant, limited := tenancy.From(ctx); limited && err == nil && row.ID != meant {
		return nil, fault.New(fault.TenantNotFound)
	}
	t, err := r.snapshot(ctx, row, err)
	if err != nil {
		return nil, err
	}
	return &stored{t, row}, nil
}

// change runs an update of one tenant row with its event. An update that finds no row lost a race: version_conflict.
func (r *Registry) change(ctx context.Context, t *stored, fact events.Type, data map[string]any,
	update func(context.Context, *ent.Tx) (int, error),
) (*Tenant, error) {
	_, err := store.InTx(ctx, r.db.Client, func(ctx context.Context, tx *ent.Tx) (struct{}, error) {
		n, err := update(ctx, tx)
		if err != nil {
			return struct{}{}, err
		}
		if n == 0 {
			return struct{}{}, fault.New(fault.VersionConflict)
		}
		return struct{}{}, r.events.Append(ctx, tx, events.Event{Type: fact, Actor: events.ActorOperator, Data: data})
	})
	if ent.IsConstraintError(err) {
		return nil, fault.New(fault.VersionConflict) // a rotation made another next key meanwhile
	}
	if err != nil {
		return nil, fmt.Errorf("change tenant: %w", err)
	}
	row, err := r.db.Tenant.Get(ctx, t.ID)
	return r.snapshot(ctx, row, err)
}

// CheckMasterKeys opens the reserved tenant's data key. The fault tenant_not_found says that the database has none yet.
func (r *Registry) CheckMasterKeys(ctx context.Context) error {
	row, err := r.db.Tenant.Query().Where(tenant.Slug(Reserved)).Only(ctx)
	if ent.IsNotFound(err) {
		return fault.New(fault.TenantNotFound)
	}
	if err != nil {
		return fmt.Errorf("check master keys: %w", err)
	}
	if _, err := r.dataKeys(tenancy.With(ctx, row.ID), row.ID); err != nil {
		return fmt.Errorf("check master keys: %w", err)
	}
	return nil
}
