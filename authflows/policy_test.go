package authflows

import (
	"fmt"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/tenantgate/tenantgate/internal/amr"
)

var (
	everyMethod = []amr.Method{amr.Password, amr.EmailCode, amr.TOTP, amr.Passkey, amr.RecoveryCode}
	seconds     = []amr.Method{amr.TOTP, amr.Passkey, amr.RecoveryCode}
	policies    = []string{"off", "optional", "required"}
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

// TestThePolicyHoldsForEveryInput walks policy × enrolled × proofs.
func TestThePolicyHoldsForEveryInput(t *testing.T) {
	t.Parallel()
	for _, policy := range policies {
		for _, enrolled := range subsets(seconds) {
			for _, proofs := range subsets(everyMethod) {
				in := inputs{Policy: policy, Allowed: seconds, Enrolled: enrolled, Proofs: proofs}
				name := fmt.Sprintf("%s, enrolled %v, proven %v", policy, enrolled, proofs)
				got, level := decide(in), amr.LevelOf(proofs)
				adding := slices.DeleteFunc(slices.Clone(enrolled), func(m amr.Method) bool { return !amr.Adds(proofs, m) })
				gave := slices.ContainsFunc(proofs, func(m amr.Method) bool { return slices.Contains(enrolled, m) })
				want := verdict{}
				switch {
				case policy == "off" || level == amr.AAL2 || policy == "optional" && gave:
				case len(adding) > 0:
					want = verdict{KindMFA, adding}
				case policy == "required":
					want = verdict{KindEnrol, seconds}
				}
				if diff := cmp.Diff(want, got); diff != "" {
					t.Errorf("%s: %s", name, diff)
				}
			}
		}
	}
}

func TestAFirstFactorNeverSufficesForAUserWithASecond(t *testing.T) {
	t.Parallel()
	for _, policy := range []string{"optional", "required"} {
		for _, first := range []amr.Method{amr.Password, amr.EmailCode} {
			for _, enrolled := range subsets(seconds)[1:] {
				got := decide(inputs{Policy: policy, Allowed: seconds, Enrolled: enrolled, Proofs: []amr.Method{first}})
				if diff := cmp.Diff(verdict{KindMFA, enrolled}, got); diff != "" {
					t.Errorf("%s after %s, %v: %s", policy, first, enrolled, diff)
				}
			}
		}
	}
}

func drawInputs(t *rapid.T) inputs {
	some := func(name string, of []amr.Method) []amr.Method {
		return rapid.SliceOfDistinct(rapid.SampledFrom(of), rapid.ID[amr.Method]).Draw(t, name)
	}
	return inputs{
		Policy:  rapid.SampledFrom(policies).Draw(t, "policy"),
		Allowed: some("allowed", seconds), Enrolled: some("enrolled", seconds), Proofs: some("proofs", everyMethod),
	}
}

func TestPolicyProperties(t *testing.T) {
	t.Parallel()
	t.Run("where MFA is required no session opens at aal1", rapid.MakeCheck(func(t *rapid.T) {
		in := drawInputs(t)
		in.Policy = policyRequired
		if decide(in).Kind == "" && amr.LevelOf(in.Proofs) != amr.AAL2 {
			t.Fatalf("%+v opens a session", in)
		}
	}))
	t.Run("a further proof never lowers the level", rapid.MakeCheck(func(t *rapid.T) {
		in := drawInputs(t)
		further := rapid.SampledFrom(everyMethod).Draw(t, "further")
		if amr.LevelOf(in.Proofs) == amr.AAL2 && amr.LevelOf(append(slices.Clone(in.Proofs), further)) != amr.AAL2 {
			t.Fatalf("%+v and %s fall back", in, further)
		}
	}))
	t.Run("an offered factor is allowed, enrolled and, where MFA is not required, enough", rapid.MakeCheck(func(t *rapid.T) {
		in := drawInputs(t)
		v := decide(in)
		if v.Kind != KindMFA {
			return
		}
		for _, m := range v.Factors {
			after := in
			after.Proofs = append(slices.Clone(in.Proofs), m)
			if !slices.Contains(in.Allowed, m) || !slices.Contains(in.Enrolled, m) ||
				in.Policy != policyRequired && decide(after).Kind != "" {
				t.Fatalf("%+v offers %s", in, m)
			}
		}
	}))
	t.Run("it is a pure function", rapid.MakeCheck(func(t *rapid.T) {
		in := drawInputs(t)
		before := inputs{in.Policy, slices.Clone(in.Allowed), slices.Clone(in.Enrolled), slices.Clone(in.Proofs)}
		first, second := decide(in), decide(in)
		if diff := cmp.Diff(first, second) + cmp.Diff(before, in); diff != "" {
			t.Fatal(diff)
		}
	}))
}
