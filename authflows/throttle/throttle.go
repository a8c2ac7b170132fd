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
	"math"
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

// strangers is how many rows unknown identifiers of a tenant share, so that hostile input grows nothing. There are so many
// that neither all of them can be filled nor a certain one be taken over within what a tenant's budget of failures lets pass.
const strangers = 65536

// mailed begins the rows of addresses that were mailed.
const mailed = "mailed:"

// User counts attempts against a user, from devices that it never signed in on.
func User(id uuid.UUID) Subject { return Subject{row: "user:" + id.String()} }

// Known counts attempts against a user from devices that it signed in on: no stranger can use these up.
func Known(id uuid.UUID) Subject { return Subject{row: "known:" + id.String()} }

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

// Limits are what attempts are counted against. Daily bounds those that failed, which no success forgives; it may be off.
type Limits struct {
	Window ephemeral.Limit
	Daily  ephemeral.Limit
}

// unlimited is a window that nobody fills: attempts are counted all the same where failures are, for a row to hold them.
var unlimited = ephemeral.Limit{Events: math.MaxInt32, Per: time.Minute}

// Count counts one attempt, and reports whether it is the last one of its window. Beyond a limit it counts nothing and
// answers the fault rate_limited with the time left.
func Count(ctx context.Context, db *ent.Client, s Subject, l Limits, now time.Time) (last bool, err error) {
	if l.Window.Off() {
		if l.Daily.Off() {
			return false, nil
		}
		l.Window = unlimited
	}
	// A few times at most: between the steps another replica may have made the row, or changed it.
	for range 4 {
		counted, last, err := count(ctx, db, s, l, now)
		if counted || err != nil {
			return last, err
		}
		row, err := db.Throttle.Query().Where(throttle.Subject(s.row)).Only(ctx)
		if err == nil && full(row, l, now) {
			return false, fault.New(fault.RateLimited).After(max(reopens(row, l).Sub(now), time.Second))
		}
		if err == nil {
			continue
		}
		if !ent.IsNotFound(err) {
			return false, fmt.Errorf("read throttle: %w", err)
		}
		err = db.Throttle.Create().SetID(ids.New()).SetSubject(s.row).SetHolder(s.holder).
			SetCount(1).SetWindowEndsAt(now.Add(l.Window.Per)).
			Exec(ctx)
		if err == nil || !ent.IsConstraintError(err) {
			return l.Window.Events == 1, err
		}
	}
	return false, fault.New(fault.RateLimited).After(time.Second)
}

// full reports whether a row takes no attempt now.
func full(row *ent.Throttle, l Limits, now time.Time) bool {
	failed := !l.Daily.Off() && row.Failures >= l.Daily.Events && row.FailuresUntil != nil && row.FailuresUntil.After(now)
	return failed || row.Count >= l.Window.Events && row.WindowEndsAt.After(now)
}

// reopens returns when a full row takes attempts again.
func reopens(row *ent.Throttle, l Limits) time.Time {
	at := row.WindowEndsAt
	if !l.Daily.Off() && row.Failures >= l.Daily.Events && row.FailuresUntil != nil && row.FailuresUntil.After(at) {
		at = *row.FailuresUntil
	}
	return at
}

// count tries the ways to count in an existing row: a clean one begins a window, an open window goes on, another's row is
// taken over.
func count(ctx context.Context, db *ent.Client, s Subject, l Limits, now time.Time) (counted, last bool, err error) {
	mine := throttle.And(throttle.Subject(s.row), throttle.Holder(s.holder), bearable(l.Daily, now))
	n, err := db.Throttle.Update().
		Where(mine, throttle.Or(throttle.Count(0), throttle.WindowEndsAtLTE(now))).
		SetCount(1).SetWindowEndsAt(now.Add(l.Window.Per)).
		Save(ctx)
	if err != nil || n == 1 {
		return n == 1, l.Window.Events == 1, wrap(err)
	}
	n, err = db.Throttle.Update().
		Where(mine, throttle.CountLT(l.Window.Events-1), throttle.WindowEndsAtGT(now)).
		AddCount(1).
		Save(ctx)
	if err != nil || n == 1 {
		return n == 1, false, wrap(err)
	}
	n, err = db.Throttle.Update().
		Where(mine, throttle.Count(l.Window.Events-1), throttle.WindowEndsAtGT(now)).
		AddCount(1).
		Save(ctx)
	if err != nil || n == 1 || s.holder == "" {
		return n == 1, n == 1, wrap(err)
	}
	n, err = db.Throttle.Update().
		Where(
			throttle.Subject(s.row), throttle.HolderNEQ(s.holder),
			// A full row stays its holder's until it reopens: emptied by a neighbour, it would tell that nobody is behind it.
			bearable(l.Daily, now), throttle.Or(throttle.CountLT(l.Window.Events), throttle.WindowEndsAtLTE(now)),
		).
		SetHolder(s.holder).SetCount(1).SetWindowEndsAt(now.Add(l.Window.Per)).SetFailures(0).ClearFailuresUntil().
		Save(ctx)
	return n == 1, l.Window.Events == 1, wrap(err)
}

// bearable selects the rows whose failures have not reached a daily limit.
func bearable(daily ephemeral.Limit, now time.Time) predicate.Throttle {
	if daily.Off() {
		return throttle.SubjectNEQ("")
	}
	return throttle.Or(
		throttle.FailuresLT(daily.Events), throttle.FailuresUntilIsNil(), throttle.FailuresUntilLTE(now),
	)
}

// Fail records that an attempt which Count has counted failed, for the daily limit.
func Fail(ctx context.Context, db *ent.Client, s Subject, daily ephemeral.Limit, now time.Time) error {
	if daily.Off() {
		return nil
	}
	mine := throttle.And(throttle.Subject(s.row), throttle.Holder(s.holder))
	n, err := db.Throttle.Update().Where(mine, throttle.FailuresUntilGT(now)).AddFailures(1).Save(ctx)
	if err != nil || n == 1 {
		return wrap(err)
	}
	return wrap(db.Throttle.Update().
		Where(mine, throttle.Or(throttle.FailuresUntilIsNil(), throttle.FailuresUntilLTE(now))).
		SetFailures(1).SetFailuresUntil(now.Add(daily.Per)).
		Exec(ctx))
}

// Reset forgets the attempts against a subject, within the transaction of a success.
func Reset(ctx context.Context, tx *ent.Tx, s Subject) error {
	return wrap(tx.Throttle.Update().Where(throttle.Subject(s.row)).SetCount(0).Exec(ctx))
}

// Prepare makes the rows of a new user, so that its first sign-in costs no more than the others.
func Prepare(ctx context.Context, tx *ent.Tx, user uuid.UUID, now time.Time) error {
	var rows []*ent.ThrottleCreate
	for _, s := range ofUser(user) {
		rows = append(rows, tx.Throttle.Create().SetID(ids.New()).SetSubject(s).SetCount(0).SetWindowEndsAt(now))
	}
	return wrap(tx.Throttle.CreateBulk(rows...).Exec(ctx))
}

// Forget removes the rows of a user who is deleted.
func Forget(ctx context.Context, tx *ent.Tx, user uuid.UUID) error {
	_, err := tx.Throttle.Delete().Where(throttle.SubjectIn(ofUser(user)...)).Exec(ctx)
	return wrap(err)
}

func ofUser(id uuid.UUID) []string { return []string{User(id).row, Known(id).row} }

func wrap(err error) error {
	if err != nil {
		return fmt.Errorf("count attempts: %w", err)
	}
	return nil
}
