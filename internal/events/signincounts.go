package events

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/tenantgate/tenantgate/ent"
	"github.com/tenantgate/tenantgate/ent/signincount"
	"github.com/tenantgate/tenantgate/internal/amr"
	"github.com/tenantgate/tenantgate/internal/ids"
)

// SignInOutcome is what became of an attempt to sign in, as counts are kept.
type SignInOutcome string

// The outcomes. They are permanent: stored counts keep them.
const (
	CountedSignedIn SignInOutcome = "signed_in"
	CountedSignedUp SignInOutcome = "signed_up"
	CountedRefused  SignInOutcome = "refused"
	CountedBlocked  SignInOutcome = "blocked"
)

// SignIns are the sign-ins of one hour that ended in one way.
type SignIns struct {
	Hour    int64 // since 1970, UTC
	Outcome SignInOutcome
	Factor  string // empty where none is known
}

// HourOf returns the hour of a point in time, as counts are kept.
func HourOf(t time.Time) int64 { return t.Unix() / int64(time.Hour/time.Second) }

// At is when the hour begins.
func (s SignIns) At() time.Time { return time.Unix(s.Hour*int64(time.Hour/time.Second), 0).UTC() }

// countSignIns counts the sign-ins among events of the tenant of ctx, in the transaction that gives them their positions: so
// each counts once. Whoever calls it is the tenant's only one at the time.
func countSignIns(ctx context.Context, tx *ent.Tx, placed []*ent.Event) error {
	counts := map[SignIns]int{}
	for _, e := range placed {
		if s, ok := signInsOf(e); ok {
			counts[s]++
		}
	}
	var missing []*ent.SignInCountCreate
	for _, s := range inOrder(counts) {
		n, err := tx.SignInCount.Update().
			Where(signincount.Hour(s.Hour), signincount.Outcome(string(s.Outcome)), signincount.Factor(s.Factor)).
			AddCount(counts[s]).
			Save(ctx)
		if err != nil {
			return fmt.Errorf("count sign-ins: %w", err)
		}
		if n == 0 {
			missing = append(missing, tx.SignInCount.Create().SetID(ids.New()).
				SetHour(s.Hour).SetOutcome(string(s.Outcome)).SetFactor(s.Factor).SetCount(counts[s]))
		}
	}
	if len(missing) == 0 {
		return nil
	}
	if err := tx.SignInCount.CreateBulk(missing...).Exec(ctx); err != nil {
		return fmt.Errorf("count sign-ins: %w", err)
	}
	return nil
}

// inOrder returns what is counted in one order, whoever counts.
func inOrder(counts map[SignIns]int) []SignIns {
	out := make([]SignIns, 0, len(counts))
	for s := range counts {
		out = append(out, s)
	}
	slices.SortFunc(out, func(a, b SignIns) int {
		return cmp.Or(cmp.Compare(a.Hour, b.Hour), cmp.Compare(a.Outcome, b.Outcome), cmp.Compare(a.Factor, b.Factor))
	})
	return out
}

// signInData is what the events that are counted hold of the factor.
type signInData struct {
	Proof    amr.Method `json:"proof"`
	SignUp   bool       `json:"signup"`
	Decision *struct {
		Proofs []amr.Method `json:"proofs"`
	} `json:"decision"`
}

// factor is the last proof, or the one that was wrong. Whether a passkey verified its user is told by no count.
func (d signInData) factor() string {
	last := d.Proof
	if d.Decision != nil && len(d.Decision.Proofs) > 0 {
		last = d.Decision.Proofs[len(d.Decision.Proofs)-1]
	}
	if last == amr.PasskeyTouch {
		last = amr.Passkey
	}
	return string(last)
}

// signInsOf says as what an event counts. A sign-up that opens a session at once leaves two events and counts as a sign-up.
func signInsOf(e *ent.Event) (SignIns, bool) {
	outcomes := map[Type]SignInOutcome{
		UserSignedIn: CountedSignedIn, UserSignedUp: CountedSignedUp, SignInRefused: CountedRefused, SignInBlocked: CountedBlocked,
	}
	outcome, ok := outcomes[Type(e.Type)]
	if !ok {
		return SignIns{}, false
	}
	var data signInData
	if len(e.Data) > 0 && json.Unmarshal(e.Data, &data) != nil {
		data = signInData{} // the fact counts, of no known factor
	}
	if outcome == CountedSignedIn && data.SignUp {
		return SignIns{}, false
	}
	return SignIns{HourOf(e.At), outcome, data.factor()}, true
}
