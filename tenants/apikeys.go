package tenants

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/tenantgate/tenantgate/ent"
	"github.com/tenantgate/tenantgate/ent/apikey"
	"github.com/tenantgate/tenantgate/ent/predicate"
	"github.com/tenantgate/tenantgate/internal/access"
	"github.com/tenantgate/tenantgate/internal/events"
	"github.com/tenantgate/tenantgate/internal/fault"
	"github.com/tenantgate/tenantgate/internal/ids"
	"github.com/tenantgate/tenantgate/internal/page"
	"github.com/tenantgate/tenantgate/internal/store"
	"github.com/tenantgate/tenantgate/internal/tenancy"
)

const (
	// KeyPrefix begins every API key, so that scanners of leaked secrets know one.
	KeyPrefix = "tg_"
	// LongestKeyLife bounds the life of an API key that is to expire: ten years.
	LongestKeyLife = 10 * 366 * 24 * time.Hour
	// noteUseEvery is how exact the last use of a key is.
	noteUseEvery = time.Minute

	secretSize = 32

	// MaxAPIKeys bounds how many keys of a tenant open anything: each has a budget of its own.
	MaxAPIKeys = 100
)

// APIKey lets a program use the admin API. Those of the reserved tenant reach every tenant.
type APIKey struct {
	ID         uuid.UUID
	Tenant     uuid.UUID
	Name       string
	Role       access.Role
	Scopes     []access.Scope
	CreatedBy  string // usr_… or key_…, empty for the command line
	CreatedAt  time.Time
	ExpiresAt  *time.Time
	LastUsedAt *time.Time
	RevokedAt  *time.Time
}

// PublicID returns key_….
func (k *APIKey) PublicID() string { return ids.Format(ids.APIKey, k.ID) }

// ActiveAt reports whether the key opens anything.
func (k *APIKey) ActiveAt(now time.Time) bool {
	return k.RevokedAt == nil && (k.ExpiresAt == nil || now.Before(*k.ExpiresAt))
}

func newAPIKey(row *ent.APIKey) *APIKey {
	k := &APIKey{
		ID: row.ID, Tenant: row.TenantID, Name: row.Name, Role: access.Role(row.Role), CreatedAt: row.CreatedAt,
		ExpiresAt: row.ExpiresAt, LastUsedAt: row.LastUsedAt, RevokedAt: row.RevokedAt,
		Scopes: []access.Scope{},
	}
	for _, s := range row.Scopes {
		k.Scopes = append(k.Scopes, access.Scope(s))
	}
	return k
}

// NewAPIKey is what makes a key.
type NewAPIKey struct {
	Name   string
	Role   access.Role
	Scopes []access.Scope // of the role's; all of them where nil
	Life   time.Duration  // zero for no end
}

func (in *NewAPIKey) check() error {
	var wrong []fault.Field
	note := func(field, message string) {
		wrong = append(wrong, fault.Field{Field: field, Code: "invalid", Message: message})
	}
	if in.Name = strings.TrimSpace(in.Name); checkName(in.Name) != nil {
		note("name", "Use 1 to 100 characters on one line.")
	}
	if !in.Role.Exists() {
		note("role", "Use owner, admin, support or auditor.")
	} else if beyond := in.beyond(); len(beyond) > 0 {
		note("scopes", "The role does not have "+strings.Join(beyond, ", ")+". It has "+strings.Join(texts(in.Role.Scopes()), ", ")+".")
	} else if in.Scopes != nil && len(in.Scopes) == 0 {
		note("scopes", "Name at least one scope, or leave scopes out for all of the role's.")
	}
	if in.Life < 0 || in.Life > LongestKeyLife {
		note("expiresIn", "Give more than nothing and at most ten years, or leave it out for a key without an end.")
	}
	if len(wrong) > 0 {
		return fault.Invalid(wrong...)
	}
	return nil
}

// beyond names the scopes that are none of the role's. What is no scope at all is not repeated: it may be anything.
func (in *NewAPIKey) beyond() []string {
	var out []string
	for _, s := range in.Scopes {
		switch {
		case slices.Contains(in.Role.Scopes(), s):
		case slices.Contains(access.Scopes(), s):
			out = append(out, string(s))
		case !slices.Contains(out, noScope):
			out = append(out, noScope)
		}
	}
	return out
}

const noScope = "one that does not exist"

// CreateAPIKey makes a key over a tenant, or over every tenant where it is the reserved one, and returns it with its secret,
// which is shown nowhere again. Where ctx has an actor, it must hold all that it gives, else the fault is forbidden. A key does
// not end with who made it: it belongs to the tenant. Others: invalid_input, tenant_not_found, limit_reached.
func (r *Registry) CreateAPIKey(ctx context.Context, t *Tenant, in NewAPIKey) (*APIKey, string, error) {
	if err := in.check(); err != nil {
		return nil, "", err
	}
	if in.Scopes == nil {
		in.Scopes = in.Role.Scopes()
	}
	grant := access.Grant{Role: in.Role, Over: t.reach(), Scopes: in.Scopes}
	maker := access.From(ctx)
	if maker != nil && !maker.Covers(grant) {
		return nil, "", fault.New(fault.Forbidden)
	}
	id := ids.New()
	secret := make([]byte, secretSize)
	_, _ = rand.Read(secret) // never fails
	digest := sha256.Sum256(secret)
	now := r.now()
	key, err := store.InTx(tenancy.With(ctx, t.ID), r.db.Client, func(ctx context.Context, tx *ent.Tx) (*APIKey, error) {
		if err := r.hold(ctx, tx, t.ID); err != nil {
			return nil, err
		}
		n, err := tx.APIKey.Query().Where(active(now)).Count(ctx)
		if err != nil {
			return nil, fmt.Errorf("count API keys: %w", err)
		}
		if n >= MaxAPIKeys {
			return nil, fault.New(fault.LimitReached)
		}
		create := tx.APIKey.Create().SetID(id).SetName(in.Name).SetRole(string(in.Role)).
			SetScopes(texts(in.Scopes)).SetDigest(digest[:]).SetCreatedAt(now)
		if maker != nil {
			create.SetCreatedBy(maker.ID)
		}
		if in.Life > 0 {
			create.SetExpiresAt(now.Add(in.Life))
		}
		row, err := create.Save(ctx)
		if err != nil {
			return nil, fmt.Errorf("store API key: %w", err)
		}
		k := newAPIKey(row)
		k.CreatedBy = maker.PublicID()
		return k, r.events.Append(ctx, tx, events.Event{
			Type: events.APIKeyCreated, Actor: events.ActorOperator, Target: id,
			Data: map[string]any{events.After: map[string]any{"name": in.Name, "role": in.Role, "scopes": in.Scopes}},
		})
	})
	if err != nil {
		return nil, "", err
	}
	return key, KeyText(t.ID, id, secret), nil
}

// reach is what a grant names to reach this tenant: every tenant for the reserved one.
func (t *Tenant) reach() uuid.UUID {
	if t.Slug == Reserved {
		return uuid.Nil
	}
	return t.ID
}

// KeyText writes a key of a tenant as requests carry it.
func KeyText(tenant, id uuid.UUID, secret []byte) string {
	raw := append(append(append([]byte{}, tenant[:]...), id[:]...), secret...)
	return KeyPrefix + base64.RawURLEncoding.EncodeToString(raw)
}

// ErrKeyOver is why a key that was made here opens nothing any more: it was revoked, has expired, or its tenant is suspended.
var ErrKeyOver = errors.New("the API key is over")

// APIKeyActor returns who a key is, always from SQL: a revoked one is refused everywhere at once. The fault is invalid_token,
// because of ErrKeyOver for a key that was made here.
func (r *Registry) APIKeyActor(ctx context.Context, key string) (*access.Actor, error) {
	text, ok := strings.CutPrefix(key, KeyPrefix)
	raw, err := base64.RawURLEncoding.Strict().DecodeString(text)
	if !ok || err != nil || len(raw) != 16+16+secretSize {
		return nil, fault.New(fault.InvalidToken)
	}
	var tenantID, id uuid.UUID
	copy(tenantID[:], raw)
	copy(id[:], raw[16:])
	ctx = tenancy.With(ctx, tenantID)
	row, err := r.db.APIKey.Query().Where(apikey.ID(id)).Only(ctx)
	if ent.IsNotFound(err) {
		return nil, fault.New(fault.InvalidToken)
	}
	if err != nil {
		return nil, fmt.Errorf("read API key: %w", err)
	}
	digest := sha256.Sum256(raw[32:])
	k := newAPIKey(row)
	if subtle.ConstantTimeCompare(digest[:], row.Digest) != 1 {
		return nil, fault.New(fault.InvalidToken)
	}
	t, err := r.ByID(ctx, tenantID)
	if err != nil && fault.CodeOf(err) != fault.TenantNotFound {
		return nil, err
	}
	if err != nil || t.Usable() != nil || !k.ActiveAt(r.now()) {
		return nil, fault.New(fault.InvalidToken).Because(ErrKeyOver)
	}
	platform, err := r.BySlug(ctx, Reserved)
	if err != nil {
		return nil, err
	}
	if err := r.noteUse(ctx, k); err != nil {
		return nil, err
	}
	return &access.Actor{
		Kind: access.KindAPIKey, ID: k.ID, Home: tenantID, Platform: platform.ID,
		Grants: []access.Grant{{Role: k.Role, Over: t.reach(), Scopes: k.Scopes}},
	}, nil
}

func (r *Registry) noteUse(ctx context.Context, k *APIKey) error {
	now := r.now()
	if k.LastUsedAt != nil && now.Sub(*k.LastUsedAt) < noteUseEvery {
		return nil
	}
	err := r.db.APIKey.Update().Where(apikey.ID(k.ID)).SetLastUsedAt(now).Exec(ctx)
	if err != nil {
		return fmt.Errorf("note the use of an API key: %w", err)
	}
	return nil
}

// RevokeAPIKey ends a key of a tenant. Revoking it again changes nothing. Where ctx has an actor, it must hold all that the key
// does, else the fault is forbidden. Another is not_found.
func (r *Registry) RevokeAPIKey(ctx context.Context, t *Tenant, id uuid.UUID) (*APIKey, error) {
	k, err := r.APIKey(ctx, t, id)
	if err != nil {
		return nil, err
	}
	if a := access.From(ctx); a != nil && !a.Covers(access.Grant{Role: k.Role, Over: t.reach(), Scopes: k.Scopes}) {
		return nil, fault.New(fault.Forbidden)
	}
	by := k.CreatedBy
	k, err = store.InTx(tenancy.With(ctx, t.ID), r.db.Client, func(ctx context.Context, tx *ent.Tx) (*APIKey, error) {
		n, err := tx.APIKey.Update().Where(apikey.ID(id), apikey.RevokedAtIsNil()).SetRevokedAt(r.now()).Save(ctx)
		if err != nil {
			return nil, fmt.Errorf("revoke API key: %w", err)
		}
		row, err := tx.APIKey.Query().Where(apikey.ID(id)).Only(ctx)
		if ent.IsNotFound(err) {
			return nil, fault.New(fault.NotFound)
		}
		if err != nil || n == 0 {
			return newAPIKeyOf(row, err)
		}
		return newAPIKey(row), r.events.Append(ctx, tx, events.Event{
			Type: events.APIKeyRevoked, Actor: events.ActorOperator, Target: id,
			Data: map[string]any{events.Before: map[string]any{"name": row.Name, "role": row.Role, "scopes": row.Scopes}},
		})
	})
	if err != nil {
		return nil, err
	}
	k.CreatedBy = by
	return k, nil
}

func newAPIKeyOf(row *ent.APIKey, err error) (*APIKey, error) {
	if err != nil {
		return nil, fmt.Errorf("read API key: %w", err)
	}
	return newAPIKey(row), nil
}

// APIKeyQuery says which keys of a tenant.
type APIKeyQuery struct {
	Active *bool
}

// APIKeys returns a page of a tenant's keys in the order in which they were made.
func (r *Registry) APIKeys(ctx context.Context, t *Tenant, q APIKeyQuery, at page.Request) (page.Of[*APIKey], error) {
	query := r.apiKeys(q)
	if at.Behind != nil && at.Descending() {
		query.Where(apikey.IDLT(at.Behind.ID))
	} else if at.Behind != nil {
		query.Where(apikey.IDGT(at.Behind.ID))
	}
	order := ent.Asc(apikey.FieldID)
	if at.Descending() {
		order = ent.Desc(apikey.FieldID)
	}
	rows, err := query.Order(order).Limit(at.Take()).All(tenancy.With(ctx, t.ID))
	if err != nil {
		return page.Of[*APIKey]{}, fmt.Errorf("list API keys: %w", err)
	}
	cut := page.Cut(rows, at)
	keys, err := r.keysOf(ctx, t, cut.Rows)
	return page.Of[*APIKey]{Rows: keys, Previous: cut.Previous, Further: cut.Further}, err
}

// CountAPIKeys counts the keys of a tenant.
func (r *Registry) CountAPIKeys(ctx context.Context, t *Tenant, q APIKeyQuery) (int, error) {
	n, err := r.apiKeys(q).Count(tenancy.With(ctx, t.ID))
	if err != nil {
		return 0, fmt.Errorf("count API keys: %w", err)
	}
	return n, nil
}

func (r *Registry) apiKeys(q APIKeyQuery) *ent.APIKeyQuery {
	query := r.db.APIKey.Query()
	if q.Active == nil {
		return query
	}
	if *q.Active {
		return query.Where(active(r.now()))
	}
	return query.Where(apikey.Not(active(r.now())))
}

// active selects the keys that open anything.
func active(now time.Time) predicate.APIKey {
	return apikey.And(apikey.RevokedAtIsNil(), apikey.Or(apikey.ExpiresAtIsNil(), apikey.ExpiresAtGT(now)))
}

// APIKey returns a key of a tenant, or the fault not_found.
func (r *Registry) APIKey(ctx context.Context, t *Tenant, id uuid.UUID) (*APIKey, error) {
	row, err := r.db.APIKey.Query().Where(apikey.ID(id)).Only(tenancy.With(ctx, t.ID))
	if ent.IsNotFound(err) {
		return nil, fault.New(fault.NotFound)
	}
	if err != nil {
		return nil, fmt.Errorf("read API key: %w", err)
	}
	keys, err := r.keysOf(ctx, t, []*ent.APIKey{row})
	if err != nil {
		return nil, err
	}
	return keys[0], nil
}

func texts[T ~string](in []T) []string {
	out := make([]string, 0, len(in))
	for _, s := range in {
		out = append(out, string(s))
	}
	return out
}
