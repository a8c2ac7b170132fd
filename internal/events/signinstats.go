package events

import (
	"context"
	"fmt"
	"time"

	"entgo.io/ent/dialect/sql"

	"github.com/tenantgate/tenantgate/ent"
	"github.com/tenantgate/tenantgate/ent/signincount"
)

// SignInCount is how many sign-ins of an hour or a day ended in one way.
type SignInCount struct {
	At      time.Time // when the hour or day begins
	Outcome SignInOutcome
	Factor  string // empty where none is known
	Count   int
}

// CountsOfSignIns counts the sign-ins of a tenant by hours or days, those that begin in [from, to), the earliest first, in one
// statement. What did not occur is left out, and so is what happened within the last moments.
func CountsOfSignIns(ctx context.Context, db *ent.Client, from, to time.Time, days bool) ([]SignInCount, error) {
	hours := int64(1)
	if days {
		hours = 24
	}
	const second = int64(time.Second)
	length := hours * int64(time.Hour) / second
	first, end := -floor(-from.Unix(), length)*hours, -floor(-to.Unix(), length)*hours
	var rows []struct {
		Bucket  int64  `json:"bucket"`
		Outcome string `json:"outcome"`
		Factor  string `json:"factor"`
		Total   int    `json:"total"`
	}
	err := db.SignInCount.Query().
		Where(signincount.HourGTE(first), signincount.HourLT(end)).
		GroupBy(signincount.FieldOutcome, signincount.FieldFactor).
		Aggregate(func(s *sql.Selector) string {
			bucket := fmt.Sprintf("(%s / %d)", s.C(signincount.FieldHour), hours)
			s.GroupBy(bucket).OrderBy(bucket, s.C(signincount.FieldOutcome), s.C(signincount.FieldFactor))
			return sql.As(bucket, "bucket")
		}, ent.As(ent.Sum(signincount.FieldCount), "total")).
		Scan(ctx, &rows)
	if err != nil {
		return nil, fmt.Errorf("read counts of sign-ins: %w", err)
	}
	out := make([]SignInCount, 0, len(rows))
	for _, row := range rows {
		at := time.Unix(row.Bucket*length, 0).UTC()
		out = append(out, SignInCount{at, SignInOutcome(row.Outcome), row.Factor, row.Total})
	}
	return out, nil
}

// floor divides and rounds down.
func floor(n, by int64) int64 {
	q := n / by
	if n%by < 0 {
		q--
	}
	return q
}
