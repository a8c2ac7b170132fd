package authflows

import (
	"fmt"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tenantgate/tenantgate/internal/amr"
)

var (
	everyProof  = []amr.Method{amr.Password, amr.EmailCode, amr.TOTP, amr.Passkey, amr.PasskeyTouch, amr.RecoveryCode}
	everySecond = []amr.Method{amr.TOTP, amr.Passkey, amr.RecoveryCode}
	everyPolicy = []string{"off", "optional", "required"}
	either      = []bool{false, true}
)

func subsets(of []amr.Method) (out [][]amr.Method) {
	for mask := range 1 << len(of) {
		var set []amr.Method
		for i, m := range of {
			if mask&(1<<i) != 0 {
				set = append(set, m)
			}
		}
		out = append(out, set)
	}
	return out
}

func any2(has, of []amr.Method) bool {
	return slices.ContainsFunc(of, func(m amr.Method) bool { return slices.Contains(has, m) })
}

func without(set []amr.Method, m amr.Method) []amr.Method {
	return slices.DeleteFunc(slices.Clone(set), func(other amr.Method) bool { return other == m })
}

// stated is the policy said again, by cases of what has been shown and without the code's own words for it.
func stated(in inputs) verdict {
	known := any2(in.Proofs, []amr.Method{amr.Password, amr.Passkey})
	held := any2(in.Proofs, []amr.Method{amr.TOTP, amr.RecoveryCode, amr.PasskeyTouch, amr.Passkey})
	var showing, worthEnrolling []amr.Method // what shows more than has been shown, and what reaches aal2 at once
	switch {
	case known && held:
	case known:
		showing, worthEnrolling = []amr.Method{amr.TOTP, amr.Passkey, amr.RecoveryCode}, []amr.Method{amr.TOTP, amr.Passkey}
	case held:
		showing, worthEnrolling = []amr.Method{amr.Password, amr.Passkey}, []amr.Method{amr.Passkey}
	default:
		showing, worthEnrolling = []amr.Method{amr.Password, amr.TOTP, amr.Passkey, amr.RecoveryCode}, []amr.Method{amr.Passkey}
	}
	required := in.Policy == "required" || in.Role && in.Policy != "off"
	var usable, ask, enrol []amr.Method
	for _, m := range everySecond {
		if slices.Contains(in.Enrolled, m) && slices.Contains(in.Allowed, m) {
			usable = append(usable, m)
		}
	}
	// Where two factors are required, whose passkey the tenant does not take must bring it all the same.
	if required && any2(in.Enrolled, []amr.Method{amr.Passkey}) && !any2(usable, []amr.Method{amr.Passkey}) {
		usable = append(usable, amr.Passkey)
	}
	for _, m := range showing {
		if slices.Contains(usable, m) || m == amr.Password && in.Password {
			ask = append(ask, m)
		}
	}
	for _, m := range worthEnrolling {
		if slices.Contains(in.Allowed, m) {
			enrol = append(enrol, m)
		}
	}
	gave := any2(in.Proofs, usable) || any2(usable, []amr.Method{amr.Passkey}) && any2(in.Proofs, []amr.Method{amr.PasskeyTouch})
	if in.Policy == "off" || known && held {
		return verdict{}
	}
	if required {
		switch {
		case in.Grace && len(usable) == 0:
			return verdict{}
		case len(ask) > 0:
			return verdict{KindMFA, ask}
		default:
			return verdict{KindEnrol, enrol}
		}
	}
	// The passkey that was the first factor is not asked for again, and the password only where no second factor is left to ask.
	if any2(in.Proofs, []amr.Method{amr.PasskeyTouch}) {
		usable, ask = without(usable, amr.Passkey), without(ask, amr.Passkey)
		if !slices.Contains(in.Enrolled, amr.TOTP) { // recovery codes stood in for the passkey alone
			usable, ask = without(usable, amr.RecoveryCode), without(ask, amr.RecoveryCode)
		}
	}
	if len(without(ask, amr.Password)) > 0 {
		ask = without(ask, amr.Password)
	}
	asked := len(usable) > 0 && !in.Trusted && (!gave || len(in.Proofs) == 1)
	if asked && len(ask) > 0 {
		return verdict{KindMFA, ask}
	}
	return verdict{}
}

// sorted makes verdicts comparable: their factors are a set.
func (v verdict) sorted() verdict {
	v.Factors = slices.Sorted(slices.Values(v.Factors))
	return v
}

// eachInput walks policy × role × grace × trusted × password × allowed × enrolled × proofs.
func eachInput(do func(inputs)) {
	for _, policy := range everyPolicy {
		for _, role := range either {
			for _, grace := range either {
				for _, trusted := range either {
					for _, password := range either {
						for _, allowed := range subsets(everySecond) {
							for _, enrolled := range subsets(everySecond) {
								for _, proofs := range subsets(everyProof)[1:] {
									do(inputs{policy, role, grace, trusted, allowed, password, enrolled, proofs})
								}
							}
						}
					}
				}
			}
		}
	}
}

func TestThePolicyHoldsForEveryInput(t *testing.T) {
	t.Parallel()
	n, wrong := 0, 0
	eachInput(func(in inputs) {
		n++
		want, got := stated(in).sorted(), decide(in).sorted()
		if got.Kind == want.Kind && slices.Equal(got.Factors, want.Factors) {
			return
		}
		if wrong++; wrong <= 10 {
			t.Errorf("%+v\ngot  %+v\nwant %+v", in, got, want)
		}
	})
	if wrong > 0 || n != 3*2*2*2*2*8*8*63 {
		t.Errorf("%d of %d inputs are decided otherwise than stated", wrong, n)
	}
}

func TestTheCasesPeopleAskAbout(t *testing.T) {
	t.Parallel()
	const session, mfa, enrol = "session", "mfa", "enrol"
	type methods = []amr.Method
	all := everySecond
	for _, c := range []struct {
		name   string
		in     inputs
		kind   string
		offers methods
	}{
		{"a password alone, of a user without more", inputs{Policy: "optional", Password: true, Proofs: methods{amr.Password}}, session, nil},
		{"a password of a user with an app", inputs{
			Policy: "optional", Password: true, Enrolled: methods{amr.TOTP, amr.RecoveryCode}, Proofs: methods{amr.Password},
		}, mfa, methods{amr.TOTP, amr.RecoveryCode}},
		{"a passkey that verified its user", inputs{
			Policy: "required", Password: true, Enrolled: methods{amr.TOTP, amr.Passkey}, Proofs: methods{amr.Passkey},
		}, session, nil},
		{"a passkey that was only touched, optional", inputs{
			Policy: "optional", Password: true, Enrolled: methods{amr.Passkey}, Proofs: methods{amr.PasskeyTouch},
		}, session, nil},
		{"the same of a user with an app, which shows nothing new", inputs{
			Policy: "optional", Password: true, Enrolled: methods{amr.TOTP, amr.Passkey}, Proofs: methods{amr.PasskeyTouch},
		}, mfa, methods{amr.Password}},
		{"a passkey that was only touched, of a user with nothing else, required", inputs{
			Policy: "required", Enrolled: methods{amr.Passkey}, Proofs: methods{amr.PasskeyTouch},
		}, mfa, methods{amr.Passkey}},
		{"an app beside a passkey that was only touched shows nothing new", inputs{
			Policy: "required", Enrolled: methods{amr.TOTP, amr.Passkey}, Proofs: methods{amr.PasskeyTouch},
		}, mfa, methods{amr.Passkey}},
		{"a password and a touch", inputs{
			Policy: "required", Password: true, Enrolled: methods{amr.Passkey}, Proofs: methods{amr.Password, amr.PasskeyTouch},
		}, session, nil},
		{"an e-mail code of a user with an app", inputs{
			Policy: "optional", Password: true, Enrolled: methods{amr.TOTP}, Proofs: methods{amr.EmailCode},
		}, mfa, methods{amr.TOTP}},
		{"an e-mail code, then the app, optional: what was asked for was given", inputs{
			Policy: "optional", Password: true, Enrolled: methods{amr.TOTP}, Proofs: methods{amr.EmailCode, amr.TOTP},
		}, session, nil},
		{"an e-mail code, then the app, required: a mailbox is no factor", inputs{
			Policy: "required", Password: true, Enrolled: methods{amr.TOTP}, Proofs: methods{amr.EmailCode, amr.TOTP},
		}, mfa, methods{amr.Password}},
		{"the same without a password", inputs{
			Policy: "required", Enrolled: methods{amr.TOTP}, Proofs: methods{amr.EmailCode, amr.TOTP},
		}, enrol, methods{amr.Passkey}},
		{"an e-mail code, then the password, required", inputs{
			Policy: "required", Password: true, Enrolled: methods{amr.TOTP}, Proofs: methods{amr.EmailCode, amr.Password},
		}, mfa, methods{amr.TOTP}},
		{"required, and no factor", inputs{
			Policy: "required", Password: true, Proofs: methods{amr.Password},
		}, enrol, methods{amr.TOTP, amr.Passkey}},
		{"required, no factor, by e-mail code and without a password", inputs{
			Policy: "required", Proofs: methods{amr.EmailCode},
		}, enrol, methods{amr.Passkey}},
		{"required, no factor, in the grace", inputs{
			Policy: "required", Grace: true, Password: true, Proofs: methods{amr.Password},
		}, session, nil},
		{"the grace is nothing for a user with a factor", inputs{
			Policy: "required", Grace: true, Password: true, Enrolled: methods{amr.TOTP}, Proofs: methods{amr.Password},
		}, mfa, methods{amr.TOTP}},
		{"a trusted device, optional", inputs{
			Policy: "optional", Trusted: true, Password: true, Enrolled: methods{amr.TOTP}, Proofs: methods{amr.Password},
		}, session, nil},
		{"a trusted device, required", inputs{
			Policy: "required", Trusted: true, Password: true, Enrolled: methods{amr.TOTP}, Proofs: methods{amr.Password},
		}, mfa, methods{amr.TOTP}},
		{"a trusted device, a role that requires", inputs{
			Policy: "optional", Role: true, Trusted: true, Password: true, Enrolled: methods{amr.TOTP}, Proofs: methods{amr.Password},
		}, mfa, methods{amr.TOTP}},
		{"a role that requires, and no factor", inputs{
			Policy: "optional", Role: true, Password: true, Proofs: methods{amr.Password},
		}, enrol, methods{amr.TOTP, amr.Passkey}},
		{"a recovery code", inputs{
			Policy: "required", Password: true, Enrolled: all, Proofs: methods{amr.Password, amr.RecoveryCode},
		}, session, nil},
		{"off, whatever the user has and is", inputs{
			Policy: "off", Role: true, Password: true, Enrolled: all, Proofs: methods{amr.EmailCode},
		}, session, nil},
		{"nothing proven, whatever the policy", inputs{Policy: "off", Grace: true, Trusted: true}, mfa, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			c.in.Allowed = all
			got := decide(c.in)
			kind := session
			if got.Kind != "" {
				kind = string(got.Kind)
			}
			if diff := cmp.Diff(fmt.Sprint(c.kind, c.offers), fmt.Sprint(kind, got.Factors)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestAFactorThatTheTenantTookAwayIsNeitherAskedForNorEnrolled(t *testing.T) {
	t.Parallel()
	in := inputs{
		Policy: "required", Password: true, Allowed: []amr.Method{amr.Passkey, amr.RecoveryCode},
		Enrolled: []amr.Method{amr.TOTP}, Proofs: []amr.Method{amr.Password},
	}
	if diff := cmp.Diff(verdict{KindEnrol, []amr.Method{amr.Passkey}}, decide(in)); diff != "" {
		t.Error(diff)
	}
	in.Policy = "optional"
	if got := decide(in); got.Kind != "" {
		t.Errorf("optional: got %+v, want a session", got)
	}
}

// MFA-12: nobody enrols past a passkey, also where mfa.factors does not list it.
func TestMFA12APasskeyThatTheTenantTookAwayIsAskedForWhereTwoFactorsAreRequired(t *testing.T) {
	t.Parallel()
	in := inputs{
		Policy: "required", Password: true, Allowed: []amr.Method{amr.TOTP}, Enrolled: []amr.Method{amr.Passkey},
		Proofs: []amr.Method{amr.Password},
	}
	want := verdict{KindMFA, []amr.Method{amr.Passkey}}
	graced, byRole := in, in
	graced.Grace = true // is nothing for who has a second factor
	byRole.Policy, byRole.Role = "optional", true
	for _, required := range []inputs{in, graced, byRole} {
		if diff := cmp.Diff(want, decide(required)); diff != "" {
			t.Errorf("%+v: %s", required, diff)
		}
	}
	byMail := in
	byMail.Proofs = []amr.Method{amr.EmailCode}
	if diff := cmp.Diff(verdict{KindMFA, []amr.Method{amr.Passkey, amr.Password}}, decide(byMail)); diff != "" {
		t.Error(diff)
	}
	for _, policy := range []string{"optional", "off"} {
		in.Policy = policy
		if got := decide(in); got.Kind != "" {
			t.Errorf("%s: got %+v, want a session", policy, got)
		}
	}
}
