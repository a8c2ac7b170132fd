package authflows

import (
	"slices"

	"github.com/tenantgate/tenantgate/internal/amr"
)

// inputs are all that the decision looks at. They are recorded with the event of a sign-in, so that it can be explained
// and replayed.
type inputs struct {
	Policy   string       `json:"policy"`             // mfa.policy
	Role     bool         `json:"role,omitempty"`     // the user has one of mfa.required_roles
	Grace    bool         `json:"grace,omitempty"`    // mfa.enrol_grace is not over
	Trusted  bool         `json:"trusted,omitempty"`  // on a trusted device
	Allowed  []amr.Method `json:"allowed"`            // mfa.factors, as far as the tenant has them
	Password bool         `json:"password,omitempty"` // the user has a password that the tenant takes
	Enrolled []amr.Method `json:"enrolled"`           // second factors that the user has
	Proofs   []amr.Method `json:"proofs"`             // what was proven so far
}

// verdict is what follows a proof: a session, or one more challenge.
type verdict struct {
	Kind    Kind         // empty for a session
	Factors []amr.Method // any one of them
}

// decide is the policy: a pure function, and the only one that says whether a session may be opened.
//
// A session needs at least one proof. Who has a second factor must give one, unless the device is trusted. Where two factors
// are required, everybody must reach aal2, trusted device or not: first by all that the user has, and who cannot yet must
// enrol what can, once the grace is over.
func decide(in inputs) verdict {
	required := in.required()
	switch {
	case len(in.Proofs) == 0:
		return verdict{KindMFA, in.missing()}
	case in.Policy == policyOff, amr.LevelOf(in.Proofs) == amr.AAL2:
		return verdict{}
	case required && in.Grace && !in.hasSecond():
		return verdict{}
	case !required && (in.Trusted || !in.hasSecond() || in.gaveSecond()):
		return verdict{}
	}
	if missing := in.missing(); len(missing) > 0 {
		return verdict{KindMFA, missing}
	}
	if required {
		return verdict{KindEnrol, in.enrollable()}
	}
	return verdict{} // such as an app beside a touched passkey: nothing that the user has shows more
}

const (
	policyOff      = "off"
	policyRequired = "required"
)

// required reports whether the user must reach aal2.
func (in inputs) required() bool {
	return in.Policy == policyRequired || in.Role && in.Policy != policyOff
}

// second returns the second factors that count: enrolled and allowed. Where two are required, a passkey counts also if it is
// not among the allowed, for nobody may enrol past it. Where they are not, the passkey that was the first does not, nor do the
// recovery codes that stand in for it alone.
func (in inputs) second() []amr.Method {
	touched := slices.Contains(in.Proofs, amr.PasskeyTouch) && !in.required()
	var out []amr.Method
	for _, m := range in.Enrolled {
		first := touched && (m == amr.Passkey || m == amr.RecoveryCode && !slices.Contains(in.Enrolled, amr.TOTP))
		counts := slices.Contains(in.Allowed, m) || m == amr.Passkey && in.required()
		if counts && !first {
			out = append(out, m)
		}
	}
	return out
}

func (in inputs) hasSecond() bool { return len(in.second()) > 0 }

// missing returns what the user has that shows something the proofs do not. Where two factors are not required, the password
// is asked for only if none of the second factors shows more.
func (in inputs) missing() []amr.Method {
	missing := slices.DeleteFunc(in.second(), func(m amr.Method) bool { return !amr.Adds(in.Proofs, m) })
	if in.Password && amr.Adds(in.Proofs, amr.Password) && (in.required() || len(missing) == 0) {
		missing = append(missing, amr.Password)
	}
	return missing
}

// gaveSecond reports whether a second factor was given beside a first one. Beside a mailed code it does not lift the proofs
// to aal2, yet it was asked for and given.
func (in inputs) gaveSecond() bool {
	return len(in.Proofs) > 1 && slices.ContainsFunc(in.Proofs, func(m amr.Method) bool {
		if m == amr.PasskeyTouch {
			m = amr.Passkey
		}
		return slices.Contains(in.Enrolled, m) && slices.Contains(in.Allowed, m)
	})
}

// enrollable returns what a user can enrol to reach aal2. Recovery codes stand in for other factors and are never the first.
func (in inputs) enrollable() []amr.Method {
	return slices.DeleteFunc(slices.Clone(in.Allowed), func(m amr.Method) bool {
		return m == amr.RecoveryCode || amr.LevelOf(append(slices.Clone(in.Proofs), m)) != amr.AAL2
	})
}
