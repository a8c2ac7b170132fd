package tenants

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"github.com/tenantgate/tenantgate/ent"
	"github.com/tenantgate/tenantgate/ent/session"
	"github.com/tenantgate/tenantgate/ent/signingkey"
	"github.com/tenantgate/tenantgate/internal/events"
	"github.com/tenantgate/tenantgate/internal/fault"
	"github.com/tenantgate/tenantgate/internal/store"
	"github.com/tenantgate/tenantgate/internal/tenancy"
)

const (
	// PublishLead is how long a key is published before it signs: relying parties that cache the key set for JWKSMaxAge
	// never meet an unknown kid.
	PublishLead = 24 * time.Hour
	// JWKSMaxAge is how long relying parties may cache the key set.
	JWKSMaxAge = 5 * time.Minute
	// Leeway is how far apart the clocks of replicas and relying parties may be.
	Leeway = 60 * time.Second

	// shortestRotation is the least that keys.rotation may be set to.
	shortestRotation = 24 * time.Hour
)

// RotateInput says how to rotate.
type RotateInput struct {
	Compromised bool // the active key is out: nothing it signed is accepted any more
	EndSessions bool // and nobody who may have used it stays signed in
}

// Rotate makes the next key active and the active one retiring. Where the next key has not been published for
// PublishLead, the fault is key_not_ready, unless the active key is compromised: then two fresh keys replace all
// that were published.
func (r *Registry) Rotate(ctx context.Context, slug string, in RotateInput) (*Tenant, error) {
	t, err := r.read(ctx, slug)
	if err != nil {
		return nil, err
	}
	ctx = tenancy.With(ctx, t.ID)
	if in.Compromised {
		err = r.replaceCompromised(ctx, t.Tenant, in.EndSessions)
	} else {
		err = r.rotate(ctx, t.Tenant, events.ActorOperator, in.EndSessions)
	}
	if err != nil {
		return nil, err
	}
	fresh, err := r.read(ctx, slug)
	if err != nil {
		return nil, err
	}
	return fresh.Tenant, nil
}

func (r *Registry) rotate(ctx context.Context, t *Tenant, actor events.Actor, endSessions bool) error {
	now := r.now()
	successor, err := newSigningKey(t.Keys, t.Settings.Tokens.Algorithm, signingkey.StatusNext, now)
	if err != nil {
		return err
	}
	_, err = store.InTx(ctx, r.db.Client, func(ctx context.Context, tx *ent.Tx) (struct{}, error) {
		next, err := tx.SigningKey.Query().Where(signingkey.StatusEQ(signingkey.StatusNext)).Only(ctx)
		if err != nil {
			return struct{}{}, fmt.Errorf("find the next key: %w", err)
		}
		if now.Sub(next.PublishedAt) < PublishLead {
			return struct{}{}, fault.New(fault.KeyNotReady).After(PublishLead - now.Sub(next.PublishedAt))
		}
		if err := retireActive(ctx, tx, t, now); err != nil {
			return struct{}{}, err
		}
		// Of two rotations at once, the second finds no next key of this id any more.
		n, err := tx.SigningKey.Update().
			Where(signingkey.ID(next.ID), signingkey.StatusEQ(signingkey.StatusNext)).
			SetStatus(signingkey.StatusActive).SetActivatedAt(now).
			Save(ctx)
		if err != nil || n == 0 {
			return struct{}{}, lostRace(err)
		}
		if err := storeSigningKey(tx, successor).Exec(ctx); err != nil {
			return struct{}{}, err
		}
		return struct{}{}, r.noteRotation(ctx, tx, rotation{t, next, actor, false, endSessions})
	})
	return rotationError(err)
}

func (r *Registry) replaceCompromised(ctx context.Context, t *Tenant, endSessions bool) error {
	fresh, err := r.firstSigningKeys(t.Keys, t.Settings.Tokens.Algorithm)
	if err != nil {
		return err
	}
	_, err = store.InTx(ctx, r.db.Client, func(ctx context.Context, tx *ent.Tx) (struct{}, error) {
		// The others lay beside the active one: whoever took one may have taken all. And the key that was suspected may
		// have been rotated away a moment ago.
		n, err := tx.SigningKey.Update().
			Where(signingkey.Kid(t.Signing.ActiveKid()), signingkey.StatusEQ(signingkey.StatusActive)).
			SetStatus(signingkey.StatusRetired).SetCompromised(true).SetRetiringAt(r.now()).
			Save(ctx)
		if err != nil || n == 0 {
			return struct{}{}, lostRace(err)
		}
		err = tx.SigningKey.Update().
			Where(signingkey.StatusIn(signingkey.StatusNext, signingkey.StatusRetiring)).
			SetStatus(signingkey.StatusRetired).SetCompromised(true).
			Exec(ctx)
		if err != nil {
			return struct{}{}, err
		}
		for _, k := range fresh {
			if err := storeSigningKey(tx, k).Exec(ctx); err != nil {
				return struct{}{}, err
			}
		}
		return struct{}{}, r.noteRotation(ctx, tx, rotation{t, fresh[0], events.ActorOperator, true, endSessions})
	})
	return rotationError(err)
}

// retireActive keeps the active key published until the last token it signed has expired everywhere.
func retireActive(ctx context.Context, tx *ent.Tx, t *Tenant, now time.Time) error {
	until := now.Add(longestAccess(t.Settings) + Leeway + JWKSMaxAge)
	n, err := tx.SigningKey.Update().
		Where(signingkey.Kid(t.Signing.ActiveKid()), signingkey.StatusEQ(signingkey.StatusActive)).
		SetStatus(signingkey.StatusRetiring).SetRetiringAt(now).SetPublishUntil(until).
		Save(ctx)
	if err != nil || n == 0 {
		return lostRace(err)
	}
	return nil
}

// longestAccess is the longest that a token may live that was signed under these settings, or before sessions.access was
// made shorter.
func longestAccess(s Settings) time.Duration {
	longest := max(s.Sessions.Access, maxAccess)
	for _, name := range Dialects() {
		if d := s.Dialects.Of(name); d.Enabled {
			longest = max(longest, min(max(d.Access, d.Refresh), s.Sessions.Absolute))
		}
	}
	return time.Duration(longest)
}

// rotation is what a rotation did.
type rotation struct {
	of          *Tenant // as it was before
	active      *ent.SigningKey
	actor       events.Actor
	compromised bool
	endSessions bool
}

func (r *Registry) noteRotation(ctx context.Context, tx *ent.Tx, done rotation) error {
	err := r.events.Append(ctx, tx, events.Event{
		Type: events.KeysRotated, Actor: done.actor, Target: done.active.ID,
		Data: map[string]any{
			"active": done.active.Kid, "compromised": done.compromised,
			events.Before: map[string]any{"active": done.of.Signing.ActiveKid()},
			events.After:  map[string]any{"active": done.active.Kid},
		},
	})
	if err != nil || !done.endSessions {
		return err
	}
	if err := endAllSessions(ctx, tx, "keys_compromised", r.now()); err != nil {
		return err
	}
	return r.events.Append(ctx, tx, events.Event{Type: events.SessionsEnded, Actor: done.actor})
}

// replaceNext takes a key's place before it ever signed, after a change of algorithm.
func replaceNext(ctx context.Context, tx *ent.Tx, next *ent.SigningKey) error {
	err := tx.SigningKey.Update().
		Where(signingkey.StatusEQ(signingkey.StatusNext)).
		SetStatus(signingkey.StatusRetired).
		Exec(ctx)
	if err != nil {
		return fmt.Errorf("retire the next key: %w", err)
	}
	if err := storeSigningKey(tx, next).Exec(ctx); err != nil {
		return fmt.Errorf("store the next key: %w", err)
	}
	return nil
}

func endAllSessions(ctx context.Context, tx *ent.Tx, reason string, now time.Time) error {
	err := tx.Session.Update().
		Where(session.EndedAtIsNil()).
		SetEndedAt(now).SetEndReason(reason).
		Exec(ctx)
	if err != nil {
		return fmt.Errorf("end the tenant's sessions: %w", err)
	}
	return nil
}

func lostRace(err error) error {
	if err != nil {
		return err
	}
	return fault.New(fault.VersionConflict)
}

// rotationError names the loser of a race: the index of one active and one next key stops it at the latest.
func rotationError(err error) error {
	if ent.IsConstraintError(err) {
		return fault.New(fault.VersionConflict)
	}
	if err != nil {
		return fmt.Errorf("rotate keys: %w", err)
	}
	return nil
}

// RotateDue rotates the keys of every tenant whose active key is older than its keys.rotation or of another algorithm
// than its tokens.algorithm, and retires keys whose last token has expired.
func (r *Registry) RotateDue(ctx context.Context) error {
	across := tenancy.Across(ctx, tenancy.KeyCare)
	now := r.now()
	if err := r.retireExpired(ctx, now); err != nil {
		return err
	}
	rows, err := r.db.SigningKey.Query().
		Where(signingkey.StatusEQ(signingkey.StatusActive), signingkey.ActivatedAtLT(now.Add(-shortestRotation))).
		Select(signingkey.FieldTenantID, signingkey.FieldAlgorithm, signingkey.FieldActivatedAt).
		All(across)
	if err != nil {
		return fmt.Errorf("find keys to rotate: %w", err)
	}
	for _, row := range rows {
		t, err := r.ByID(ctx, row.TenantID)
		if err != nil {
			continue // being deleted, or not to be read now: the next round tries again
		}
		old := now.Sub(*row.ActivatedAt) >= time.Duration(t.Settings.Keys.Rotation)
		if !old && row.Algorithm == string(t.Settings.Tokens.Algorithm) {
			continue
		}
		err = r.rotate(tenancy.With(ctx, t.ID), t, events.ActorSystem, false)
		if code := fault.CodeOf(err); err != nil && code != fault.VersionConflict && code != fault.KeyNotReady {
			slog.WarnContext(ctx, "signing keys not rotated; the next round tries again", "tenant", t.PublicID(), "error", err)
		}
	}
	return nil
}

// retireExpired takes keys off the published sets once the last token they signed has expired.
func (r *Registry) retireExpired(ctx context.Context, now time.Time) error {
	rows, err := r.db.SigningKey.Query().
		Where(signingkey.StatusEQ(signingkey.StatusRetiring), signingkey.PublishUntilLT(now)).
		Select(signingkey.FieldID, signingkey.FieldTenantID, signingkey.FieldKid).
		All(tenancy.Across(ctx, tenancy.KeyCare))
	if err != nil {
		return fmt.Errorf("find keys to retire: %w", err)
	}
	for _, row := range rows {
		_, err := store.InTx(tenancy.With(ctx, row.TenantID), r.db.Client, func(ctx context.Context, tx *ent.Tx) (struct{}, error) {
			n, err := tx.SigningKey.Update().
				Where(signingkey.ID(row.ID), signingkey.StatusEQ(signingkey.StatusRetiring)).
				SetStatus(signingkey.StatusRetired).
				Save(ctx)
			if err != nil || n == 0 {
				return struct{}{}, err // zero: another replica was faster
			}
			return struct{}{}, r.events.Append(ctx, tx, events.Event{
				Type: events.KeyRetired, Actor: events.ActorSystem, Data: map[string]any{"kid": row.Kid},
			})
		})
		if err != nil {
			return fmt.Errorf("retire key: %w", err)
		}
	}
	return nil
}
