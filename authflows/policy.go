package authflows

import (
	"slices"

	"github.com/tenantgate/tenantgate/internal/amr"
)

// inputs are all that the decision looks at. They are recorded with the event of a sign-in, so that it can be explained
// and replayed.
type inputs struct {
	Policy   string       `json:"policy"`   // mfa.policy
	Allowed  []amr.Method `json:"allowed"`  // mfa.factors
	Enrolled []amr.Method `json:"enrolled"` // factors that the user has
	Proofs   []amr.Method `json:"proofs"`   // factors proven so far
}

// verdict is what follows a proof: a session, or one more challenge.
type verdict struct {
	Kind    Kind         // empty for a session
	Factors []amr.Method // any one of them
}

// decide is the policy: a pure function, and the only one that says whether a session may be opened.
//
// A session needs at least one proof that opens one. Where the tenant requires MFA, or the user has enrolled a second
// factor, it needs aal2; a user who has none yet must enrol one.
func decide(in inputs) verdict {
	if amr.LevelOf(in.Proofs) == amr.AAL2 || in.Policy == policyOff {
		return verdict{}
	}
	second := secondFactors(in)
	switch {
	case len(second) > 0:
		return verdict{KindMFA, second}
	case in.Policy == policyRequired:
		return verdict{KindEnrol, in.Allowed}
	default:
		return verdict{}
	}
}

const (
	policyOff      = "off"
	policyRequired = "required"
)

// secondFactors returns the enrolled and allowed factors that would lift the proofs to aal2.
func secondFactors(in inputs) []amr.Method {
	var out []amr.Method
	for _, m := range in.Enrolled {
		lifted := append(slices.Clone(in.Proofs), m)
		if slices.Contains(in.Allowed, m) && amr.LevelOf(lifted) == amr.AAL2 {
			out = append(out, m)
		}
	}
	return out
}
