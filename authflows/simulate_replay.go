package authflows

import (
	"slices"
	"time"

	"github.com/tenantgate/tenantgate/internal/amr"
	"github.com/tenantgate/tenantgate/tenants"
)

// SimulationOutcome is what would have become of a sign-in under another policy.
type SimulationOutcome string

// The outcomes.
const (
	Unchanged    SimulationOutcome = "unchanged"
	AskedForMore SimulationOutcome = "asked_for_more" // a factor that was not given, which the user has
	AskedForLess SimulationOutcome = "asked_for_less"
	MustEnrol    SimulationOutcome = "must_enrol"
	LockedOut    SimulationOutcome = "locked_out"
	Refused      SimulationOutcome = "refused" // the client cannot ask for what is missing
)

// recorded is a sign-in with what a replay holds true of it.
type recorded struct {
	decision
	Blocked bool // the policy allowed nothing to go on by
	// Password and Trusted are what was recorded, or what is true now where that was not looked at.
	Password, Trusted bool
}

// replayed is where a replay ends.
type replayed struct {
	Outcome SimulationOutcome
	Missing []amr.Method // any one of them would have been asked for
	Grace   bool         // the candidate let it pass within a grace that begins with it, if none has begun
}

// replay decides again, proof by proof, on a sign-in under a candidate: the same decide, of what was recorded and the
// candidate's rules. asked is when the candidate first met the user, nil where it never did; everything but mfa.* is as it was.
//
// It walks along the proofs that were given as long as the candidate asks for them. Under the policy of the record itself it
// ends where the sign-in did.
func replay(r recorded, candidate tenants.MFASettings, asked *time.Time) replayed {
	for n := r.first(); ; n++ {
		in := r.under(candidate, n, asked)
		next := decide(in)
		switch {
		case next.Kind == "" && n == len(r.Proofs) && !r.Blocked:
			return replayed{Outcome: Unchanged, Grace: in.Grace && in.required() && !in.hasSecond()}
		case next.Kind == "":
			return replayed{Outcome: AskedForLess, Grace: in.Grace && in.required() && !in.hasSecond()}
		case n < len(r.Proofs) && r.leads(next, n):
			continue
		}
		return replayed{Outcome: r.unmet(next, n), Missing: next.Factors}
	}
}

// unmet is what becomes of a sign-in that lacks a factor after its first n proofs.
func (r recorded) unmet(next verdict, n int) SimulationOutcome {
	stopped := len(next.Factors) == 0 || r.OneRequest && n > r.first() || !r.Follows.can(next)
	switch {
	case stopped && r.Blocked:
		return Unchanged
	case len(next.Factors) == 0:
		return LockedOut
	case stopped:
		return Refused
	case next.Kind == KindEnrol:
		return MustEnrol
	default:
		return AskedForMore
	}
}

// first is after how many proofs the decision was taken first, as far as the record tells: a replay of the record's own
// policy walks from there to its end. Only a policy, a factor or a device that changed while the sign-in was under way makes
// that later than its first proof.
func (r recorded) first() int {
	least := 1
	if len(r.Proofs) > 1 && r.Proofs[0] == amr.Password && r.Proofs[1] == amr.EmailCode {
		least = 2 // of a sign-up: the password came with the address, and the code was never a second factor
	}
	at := len(r.Proofs)
	for n := at - 1; n >= least && r.leads(decide(r.before(n)), n); n-- {
		at = n
	}
	return at
}

// before is what the recorded policy looked at after the first n proofs, which led to one more: so nothing was trusted.
func (r recorded) before(n int) inputs {
	in := r.inputs
	in.Proofs, in.Enrolled, in.Password, in.Trusted = r.Proofs[:n], r.enrolledAt(n), r.Password, false
	return in
}

// leads reports whether a verdict after the first n proofs asked for the one that followed.
func (r recorded) leads(next verdict, n int) bool {
	given := r.Proofs[n]
	if given == amr.PasskeyTouch {
		given = amr.Passkey
	}
	return slices.Contains(next.Factors, given) && (next.Kind != KindEnrol || given == r.Enrolling)
}

// enrolledAt are the user's second factors after the first n proofs.
func (r recorded) enrolledAt(n int) []amr.Method {
	if r.Enrolling == "" || n == len(r.Proofs) {
		return r.Enrolled
	}
	return slices.DeleteFunc(slices.Clone(r.Enrolled), func(m amr.Method) bool { return m == r.Enrolling })
}

// under is what the candidate looks at after the first n proofs.
func (r recorded) under(candidate tenants.MFASettings, n int, asked *time.Time) inputs {
	return inputs{
		Policy: string(candidate.Policy), Allowed: allowedBy(candidate, !r.NoPasskeys),
		Role:     slices.ContainsFunc(r.Roles, func(role string) bool { return slices.Contains(candidate.RequiredRoles, role) }),
		Grace:    candidate.EnrolGrace > 0 && (asked == nil || r.At.Before(asked.Add(candidate.EnrolGrace.Std()))),
		Trusted:  candidate.TrustDeviceDays > 0 && r.Trusted && !r.askedUntrusted(n),
		Password: r.Password, Enrolled: r.enrolledAt(n), Proofs: r.Proofs[:n],
	}
}

// askedUntrusted reports whether, after the first n proofs, the record's own policy asked a device that it would have spared.
func (r recorded) askedUntrusted(n int) bool {
	if n == len(r.Proofs) || n < r.first() || r.Days == 0 {
		return false
	}
	in := r.before(n)
	in.Trusted = true
	return decide(in).Kind == ""
}

// can reports whether a wire has a way to ask for what a verdict asks for.
func (f *Follows) can(next verdict) bool {
	if f == nil {
		return true
	}
	by := f.Second
	if next.Kind == KindEnrol {
		by = f.Enrol
	}
	return slices.ContainsFunc(next.Factors, func(m amr.Method) bool { return slices.Contains(by, m) })
}
