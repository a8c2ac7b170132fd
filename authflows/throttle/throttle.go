// Package throttle counts attempts against one subject in the database, so that limits hold on any number of replicas and
// without Redis. An attempt is counted before it is checked.
//
// Address-wide rates are not here: the ephemeral store carries them.
package throttle

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"time"

	"github.com/google/uuid"

	"github.com/tenantgate/tenantgate/ent"
	"github.com/tenantgate/tenantgate/ent/predicate"
	"github.com/tenantgate/tenantgate/ent/throttle"
	"github.com/tenantgate/tenantgate/internal/ephemeral"
	"github.com/tenantgate/tenantgate/internal/fault"
	"github.com/tenantgate/tenantgate/internal/ids"
)

// Subject is what attempts are counted against: a row, and where rows are shared, whose attempts it counts.
type Subject struct{ row, holder string }

// Row names the row that counts.
func (s Subject) Row() string { return s.row }

// strangers is how many rows unknown identifiers of a tenant share, so that hostile input grows nothing.
const strangers = 4096

// mailed begins the rows of addresses that were mailed.
const mailed = "mailed:"

// User counts attempts against a known user.
func User(id uuid.UUID) Subject { return Subject{row: "user:" + id.String()} }

// Stranger counts attempts against an identifier that nobody has. Two that share a row take it from each other and begin
// anew, so that full rows never tell an identifier that nobody has from one that somebody has.
func Stranger(key []byte, identifier string) Subject {
	sum := digest(key, identifier)
	return Subject{
		row:    fmt.Sprintf("stranger:%d", binary.BigEndian.Uint64(sum)%strangers),
		holder: base64.RawURLEncoding.EncodeToString(sum[8:24]),
	}
}

// Mailed counts the mails that were asked for an identifier, whether or not somebody has it. There is a row for each, as
// there are a challenge and a job, until its window ends.
func Mailed(key []byte, identifier string) Subject {
	return Subject{row: mailed + base64.RawURLEncoding.EncodeToString(digest(key, identifier)[:16])}
}

// Ended selects the rows of mailed identifiers whose window ended before a time.
func Ended(before time.Time) predicate.Throttle {
	return throttle.And(throttle.SubjectHasPrefix(mailed), throttle.WindowEndsAtLT(before))
}

func digest(key []byte, text string) []byte {
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte(text))
	return mac.Sum(nil)
}

// Count counts one attempt. Beyond the limit it counts nothing and answers the fault rate_limited with the time left.
func Count(ctx context.Context, db *ent.Client, s Subject, l ephemeral.Limit, now time.Time) error {
	if l.Off() {
		return nil
	}
	// Twice at most: between the steps another replica may have made the row.
	for range 2 {
		counted, err := count(ctx, db, s, l, now)
		if counted || err != nil {
			return err
		}
		row, err := db.Throttle.Query().Where(throttle.Subject(s.row)).Only(ctx)
		if err == nil {
			return fault.New(fault.RateLimited).After(max(row.WindowEndsAt.Sub(now), time.Second))
		}
		if !ent.IsNotFound(err) {
			return fmt.Errorf("read throttle: %w", err)
		}
		err = db.Throttle.Create().SetID(ids.New()).SetSubject(s.row).SetHolder(s.holder).
			SetCount(1).SetWindowEndsAt(now.Add(l.Per)).
			Exec(ctx)
		if err == nil || !ent.IsConstraintError(err) {
			return err
		}
	}
	return fault.New(fault.RateLimited).After(time.Second)
}

// count tries the two ways to count in an existing row: a clean one begins a window, an open window goes on.
func count(ctx context.Context, db *ent.Client, s Subject, l ephemeral.Limit, now time.Time) (bool, error) {
	n, err := db.Throttle.Update().
		Where(
			throttle.Subject(s.row),
			throttle.Or(throttle.Count(0), throttle.WindowEndsAtLTE(now), throttle.HolderNEQ(s.holder)),
		).
		SetCount(1).SetHolder(s.holder).SetWindowEndsAt(now.Add(l.Per)).
		Save(ctx)
	if err != nil || n == 1 {
		return n == 1, wrap(err)
	}
	n, err = db.Throttle.Update().
		Where(throttle.Subject(s.row), throttle.Holder(s.holder), throttle.CountLT(l.Events), throttle.WindowEndsAtGT(now)).
		AddCount(1).
		Save(ctx)
	return n == 1, wrap(err)
}

// Reset forgets the attempts against a subject, within the transaction of a success.
func Reset(ctx context.Context, tx *ent.Tx, s Subject) error {
	return wrap(tx.Throttle.Update().Where(throttle.Subject(s.row)).SetCount(0).Exec(ctx))
}

// Prepare makes the row of a new user, so that its first sign-in costs no more than the others.
func Prepare(ctx context.Context, tx *ent.Tx, s Subject, now time.Time) error {
	return wrap(tx.Throttle.Create().SetID(ids.New()).SetSubject(s.row).SetHolder(s.holder).SetCount(0).SetWindowEndsAt(now).Exec(ctx))
}

// Forget removes the row of a user who is deleted.
func Forget(ctx context.Context, tx *ent.Tx, s Subject) error {
	_, err := tx.Throttle.Delete().Where(throttle.Subject(s.row)).Exec(ctx)
	return wrap(err)
}

func wrap(err error) error {
	if err != nil {
		return fmt.Errorf("count attempts: %w", err)
	}
	return nil
}
