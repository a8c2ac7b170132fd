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
// A session needs at least one proof. Who has enrolled a second factor must give one; where the tenant requires MFA,
// everybody must reach aal2, and who cannot yet must enrol what can.
func decide(in inputs) verdict {
	if in.Policy == policyOff || amr.LevelOf(in.Proofs) == amr.AAL2 || in.Policy != policyRequired && gaveSecond(in) {
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

// secondFactors returns the enrolled and allowed factors that show something the proofs do not.
func secondFactors(in inputs) []amr.Method {
	var out []amr.Method
	for _, m := range in.Enrolled {
		if slices.Contains(in.Allowed, m) && amr.Adds(in.Proofs, m) {
			out = append(out, m)
		}
	}
	return out
}

// gaveSecond reports whether an enrolled second factor is among the proofs. Beside a mailed code it does not lift them to
// aal2, yet it was asked for and given.
func gaveSecond(in inputs) bool {
	return slices.ContainsFunc(in.Proofs, func(m amr.Method) bool {
		return slices.Contains(in.Enrolled, m) && slices.Contains(in.Allowed, m)
	})
}
