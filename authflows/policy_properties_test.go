package authflows

import (
	"encoding/json"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"github.com/tenantgate/tenantgate/internal/amr"
)

// drawInputs draws inputs whose slices have room to spare, so that an append to them would be seen.
func drawInputs(t *rapid.T) inputs {
	some := func(name string, of []amr.Method, least int) []amr.Method {
		drawn := rapid.SliceOfNDistinct(rapid.SampledFrom(of), least, -1, rapid.ID[amr.Method]).Draw(t, name)
		return append(make([]amr.Method, 0, len(drawn)+4), drawn...)
	}
	flag := func(name string) bool { return rapid.Bool().Draw(t, name) }
	return inputs{
		Policy: rapid.SampledFrom(everyPolicy).Draw(t, "policy"),
		Role:   flag("role"), Grace: flag("grace"), Trusted: flag("trusted"), Password: flag("password"),
		Allowed: some("allowed", everySecond, 0), Enrolled: some("enrolled", everySecond, 0),
		Proofs: some("proofs", everyProof, 1),
	}
}

// demanding says, of inputs, that two factors are required.
func demanding(in inputs) bool { return in.Policy == "required" || in.Policy == "optional" && in.Role }

// bound says, of inputs, that the user has a passkey which it must not pass over, whatever the tenant takes.
func bound(in inputs) bool { return demanding(in) && slices.Contains(in.Enrolled, amr.Passkey) }

// mustReachAAL2 says, of inputs, that no session may open below.
func mustReachAAL2(in inputs) bool {
	return demanding(in) && (any2(in.Enrolled, in.Allowed) || bound(in) || !in.Grace)
}

func with(proofs []amr.Method, m amr.Method) []amr.Method { return append(slices.Clone(proofs), m) }

func TestPolicyProperties(t *testing.T) {
	t.Parallel()
	t.Run("a further proof never lowers the level", rapid.MakeCheck(func(t *rapid.T) {
		in := drawInputs(t)
		further := rapid.SampledFrom(everyProof).Draw(t, "further")
		if amr.LevelOf(in.Proofs) == amr.AAL2 && amr.LevelOf(with(in.Proofs, further)) != amr.AAL2 {
			t.Fatalf("%+v and %s fall back", in, further)
		}
	}))
	t.Run("a further proof never closes what was open", rapid.MakeCheck(func(t *rapid.T) {
		in := drawInputs(t)
		after := in
		after.Proofs = with(in.Proofs, rapid.SampledFrom(everyProof).Draw(t, "further"))
		if decide(in).Kind == "" && decide(after).Kind != "" {
			t.Fatalf("%+v opens a session, %v does not", in, after.Proofs)
		}
	}))
	t.Run("where two factors are required no session opens at aal1", rapid.MakeCheck(func(t *rapid.T) {
		in := drawInputs(t)
		if mustReachAAL2(in) && decide(in).Kind == "" && amr.LevelOf(in.Proofs) != amr.AAL2 {
			t.Fatalf("%+v opens a session", in)
		}
	}))
	t.Run("an offered factor is enrolled and allowed, or the password, and shows something new", rapid.MakeCheck(func(t *rapid.T) {
		in := drawInputs(t)
		v := decide(in)
		for _, m := range v.Factors {
			has := slices.Contains(in.Enrolled, m) && slices.Contains(in.Allowed, m) || m == amr.Password && in.Password ||
				m == amr.Passkey && bound(in)
			enrollable := m != amr.RecoveryCode && slices.Contains(in.Allowed, m)
			if v.Kind == KindMFA && (!has || !amr.Adds(in.Proofs, m)) || v.Kind == KindEnrol && !enrollable {
				t.Fatalf("%+v: %s offers %s", in, v.Kind, m)
			}
		}
	}))
	t.Run("where two factors are required nobody enrols past a passkey", rapid.MakeCheck(func(t *rapid.T) {
		in := drawInputs(t)
		in.Policy = rapid.SampledFrom([]string{"optional", "required"}).Draw(t, "demanding policy")
		in.Role = in.Role || in.Policy == "optional"
		if !slices.Contains(in.Enrolled, amr.Passkey) {
			in.Enrolled = with(in.Enrolled, amr.Passkey)
		}
		v := decide(in)
		asked := v.Kind == KindMFA && slices.Contains(v.Factors, amr.Passkey)
		if asked != (amr.LevelOf(in.Proofs) != amr.AAL2) || v.Kind == KindEnrol {
			t.Fatalf("%+v: %+v", in, v)
		}
	}))
	t.Run("it is a pure function", rapid.MakeCheck(func(t *rapid.T) {
		in := drawInputs(t)
		whole := func() [][]amr.Method { // with the room to spare
			return [][]amr.Method{
				slices.Clone(in.Allowed[:cap(in.Allowed)]), slices.Clone(in.Enrolled[:cap(in.Enrolled)]), slices.Clone(in.Proofs[:cap(in.Proofs)]),
			}
		}
		before := whole()
		first, second := decide(in), decide(in)
		if diff := cmp.Diff(first, second) + cmp.Diff(before, whole()); diff != "" {
			t.Fatal(diff)
		}
	}))
	t.Run("recorded inputs replay to the same verdict", rapid.MakeCheck(func(t *rapid.T) {
		in := drawInputs(t)
		text, err := json.Marshal(in)
		if err != nil {
			t.Fatal(err)
		}
		var read inputs
		if err := json.Unmarshal(text, &read); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(in, read, cmpopts.EquateEmpty()) + cmp.Diff(decide(in), decide(read)); diff != "" {
			t.Fatalf("%s: %s", text, diff)
		}
	}))
}

// walk goes on from inputs by any offered factor until a session, and returns the inputs it opens by. It reports false where
// the user must enrol and can enrol nothing.
func walk(t *rapid.T, in inputs) (inputs, bool) {
	for step := range 6 {
		v := decide(in)
		if v.Kind == "" {
			return in, true
		}
		if len(v.Factors) == 0 {
			if v.Kind != KindEnrol {
				t.Fatalf("%+v asks for nothing", in)
			}
			return in, false
		}
		m := rapid.SampledFrom(v.Factors).Draw(t, "answer")
		if v.Kind == KindEnrol {
			in.Enrolled = with(in.Enrolled, m)
		}
		// Where possession is something new, the authenticator need not verify its user.
		if m == amr.Passkey && amr.Adds(in.Proofs, amr.PasskeyTouch) && rapid.Bool().Draw(t, "only touched") {
			m = amr.PasskeyTouch
		}
		in.Proofs = with(in.Proofs, m)
		t.Logf("step %d: %s by %s", step, v.Kind, m)
	}
	t.Fatalf("%+v comes to no end", in)
	return in, false
}

func TestNoOrderOfStepsReachesASessionThatThePolicyForbids(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		in := drawInputs(t)
		firsts := []amr.Method{amr.EmailCode}
		if in.Password {
			firsts = append(firsts, amr.Password)
		}
		if slices.Contains(in.Enrolled, amr.Passkey) {
			firsts = append(firsts, amr.Passkey, amr.PasskeyTouch)
		}
		in.Proofs = []amr.Method{rapid.SampledFrom(firsts).Draw(t, "first")}
		began := in
		end, open := walk(t, in)
		switch {
		case !open && slices.Contains(in.Allowed, amr.Passkey):
			t.Fatalf("%+v: a passkey could have been enrolled", end)
		case !open && bound(began):
			t.Fatalf("%+v: the passkey could have been given", end)
		case open && mustReachAAL2(began) && amr.LevelOf(end.Proofs) != amr.AAL2:
			t.Fatalf("%+v opens a session at aal1", end)
		case open && began.Policy == "optional" && !began.Trusted && !began.Role && any2(began.Enrolled, began.Allowed):
			// Who has a second factor gave one, unless none of them shows more than the first proof did.
			gave := any2(end.Proofs[1:], began.Enrolled) || amr.LevelOf(end.Proofs) == amr.AAL2 ||
				slices.Contains(end.Proofs[1:], amr.PasskeyTouch)
			worth := slices.ContainsFunc(began.Enrolled, func(m amr.Method) bool {
				first := m == amr.Passkey && slices.Contains(began.Proofs, amr.PasskeyTouch)
				return slices.Contains(began.Allowed, m) && amr.Adds(began.Proofs, m) && !first
			})
			if worth && !gave {
				t.Fatalf("%+v opens a session without the second factor", end)
			}
		}
	})
}
