package authflows

import (
	"encoding/json"
	"slices"
	"testing"
	"time"

	"github.com/google/uuid"
	"pgregory.net/rapid"

	"github.com/tenantgate/tenantgate/internal/amr"
	"github.com/tenantgate/tenantgate/tenants"
)

// world is all that holds of a user and its way to sign in, whatever a decision looks at.
type world struct {
	Now               time.Time
	Enrolled          []amr.Method
	Password, Trusted bool
	Known, NoPasskeys bool
	Roles             []string
	Asked             *time.Time
	Follows           *Follows
	OneRequest        bool
}

func drawWorld(t *rapid.T) world {
	flag := func(name string) bool { return rapid.Bool().Draw(t, name) }
	w := world{
		Now:      time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC),
		Enrolled: rapid.SliceOfNDistinct(rapid.SampledFrom(everySecond), 0, -1, rapid.ID[amr.Method]).Draw(t, "enrolled"),
		Password: flag("password"), Known: flag("known device"), NoPasskeys: flag("no passkeys"),
		Roles: rapid.SliceOfNDistinct(rapid.SampledFrom([]string{"boss", "clerk"}), 0, -1, rapid.ID[string]).Draw(t, "roles"),
		Follows: rapid.SampledFrom([]*Follows{nil, nil, CodesOnly, {}, {Second: CodesOnly.Second, Enrol: []amr.Method{amr.TOTP}}}).
			Draw(t, "follows"),
		OneRequest: flag("one request"),
	}
	w.Trusted = w.Known && flag("trusted")
	if flag("asked") {
		asked := w.Now.Add(-rapid.SampledFrom([]time.Duration{time.Minute, 9 * 24 * time.Hour}).Draw(t, "asked ago"))
		w.Asked = &asked
	}
	if w.NoPasskeys {
		w.Enrolled = without(w.Enrolled, amr.Passkey)
	}
	return w
}

func drawPolicy(t *rapid.T, name string) tenants.MFASettings {
	return tenants.MFASettings{
		Policy: tenants.MFAPolicy(rapid.SampledFrom(everyPolicy).Draw(t, name)),
		Factors: rapid.SliceOfNDistinct(rapid.SampledFrom([]tenants.MFAFactor{tenants.MFATOTP, tenants.MFAPasskey, tenants.MFARecoveryCode}),
			0, -1, rapid.ID[tenants.MFAFactor]).Draw(t, name+" factors"),
		RequiredRoles:   rapid.SampledFrom([][]string{nil, {"boss"}, {"boss", "clerk"}}).Draw(t, name+" roles"),
		TrustDeviceDays: rapid.SampledFrom([]int{0, 30}).Draw(t, name+" days"),
		EnrolGrace:      tenants.Duration(rapid.SampledFrom([]time.Duration{0, 7 * 24 * time.Hour}).Draw(t, name+" grace")),
	}
}

// truth is what a policy could look at, with nothing left out.
func (w world) truth(p tenants.MFASettings, proofs, enrolled []amr.Method) inputs {
	in := inputs{
		Policy: string(p.Policy), Trusted: p.TrustDeviceDays > 0 && w.Trusted, Password: w.Password, Enrolled: enrolled, Proofs: proofs,
		Grace: p.EnrolGrace > 0 && (w.Asked == nil || w.Now.Sub(*w.Asked) < p.EnrolGrace.Std()),
	}
	for _, m := range p.Factors {
		if m != tenants.MFAPasskey || !w.NoPasskeys {
			in.Allowed = append(in.Allowed, amr.Method(m))
		}
	}
	for _, r := range p.RequiredRoles {
		in.Role = in.Role || slices.Contains(w.Roles, r)
	}
	return in
}

// history is a sign-in with its decisions, the last of which was recorded.
type history struct {
	proofs, enrolling []amr.Method
	record            recorded
}

// live signs in by any proofs that are asked for, until a decision is recorded. It reports false where the client cannot go on.
func (w world) live(t *rapid.T, p tenants.MFASettings) (h history, ended bool) {
	firsts := []amr.Method{amr.EmailCode}
	if w.Password {
		firsts = append(firsts, amr.Password)
	}
	if slices.Contains(w.Enrolled, amr.Passkey) {
		firsts = append(firsts, amr.Passkey, amr.PasskeyTouch)
	}
	h.proofs = []amr.Method{rapid.SampledFrom(firsts).Draw(t, "first")}
	enrolled, last := w.Enrolled, amr.Method("")
	for {
		in := w.truth(p, h.proofs, enrolled)
		v := decide(in)
		if v.Kind == "" || len(v.Factors) == 0 {
			h.record = w.recordOf(t, in, p, last, v.Kind != "")
			return h, true
		}
		if v.Kind == KindMFA && w.OneRequest && len(h.proofs) > 1 {
			h.record = w.recordOf(t, in, p, last, true)
			return h, true
		}
		answerable := v.Factors
		if w.Follows != nil {
			by := w.Follows.Second
			if v.Kind == KindEnrol {
				by = w.Follows.Enrol
			}
			answerable = slices.DeleteFunc(slices.Clone(v.Factors), func(m amr.Method) bool { return !slices.Contains(by, m) })
		}
		if len(answerable) == 0 || w.OneRequest && v.Kind == KindEnrol {
			return h, false
		}
		m := rapid.SampledFrom(answerable).Draw(t, "answer")
		last = ""
		if v.Kind == KindEnrol {
			enrolled, last = with(enrolled, m), m
			h.enrolling = append(h.enrolling, m)
		}
		if m == amr.Passkey && amr.Adds(h.proofs, amr.PasskeyTouch) && rapid.Bool().Draw(t, "only touched") {
			m = amr.PasskeyTouch
		}
		h.proofs = with(h.proofs, m)
	}
}

// recordOf keeps of the truth what look keeps, in the form of an event, and lets a replay fill the rest by the truth.
func (w world) recordOf(t *rapid.T, in inputs, p tenants.MFASettings, enrolling amr.Method, blocked bool) recorded {
	d := decision{
		inputs: in, At: w.Now, Roles: w.Roles, AskedAt: w.Asked, Days: p.TrustDeviceDays, NoPasskeys: w.NoPasskeys,
		Enrolling: enrolling, Follows: w.Follows, OneRequest: w.OneRequest,
	}
	if w.Known {
		d.Device = uuid.UUID{1}
	}
	nothing := amr.LevelOf(in.Proofs) == amr.AAL2 || in.Policy == policyOff || !in.required() && !in.hasSecond()
	if nothing {
		d.Password = false
		d.skip(unseenPassword, !slices.Contains(in.Proofs, amr.Password))
	}
	if nothing || p.TrustDeviceDays == 0 || in.required() {
		d.Trusted = false
		d.skip(unseenTrusted, w.Known)
	}
	if got, want := decide(d.inputs).sorted(), decide(in).sorted(); got.Kind != want.Kind || !slices.Equal(got.Factors, want.Factors) {
		t.Fatalf("what was not looked at mattered: %+v is %v, truly %v", d, got, want)
	}
	text, err := json.Marshal(d)
	if err != nil {
		t.Fatal(err)
	}
	r := recorded{Blocked: blocked}
	if err := json.Unmarshal(text, &r.decision); err != nil {
		t.Fatal(err)
	}
	r.Password, r.Trusted = w.Password, w.Trusted
	if !r.lacks(unseenTrusted) {
		r.Trusted = r.decision.Trusted
	}
	return r
}

func TestReplayingThePolicyInForceChangesNothing(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		w, p := drawWorld(t), drawPolicy(t, "policy")
		h, ended := w.live(t, p)
		if !ended {
			t.Skip("nothing was recorded")
		}
		if got := replay(h.record, p, w.Asked); got.Outcome != Unchanged {
			t.Fatalf("%+v: %+v", h.record, got)
		}
	})
}

// met says what becomes under a policy of somebody who gives the proofs of a history one after the other, as they are asked for.
func (w world) met(p tenants.MFASettings, h history) SimulationOutcome {
	enrolled := w.Enrolled
	for n := 1; ; n++ {
		v := decide(w.truth(p, h.proofs[:n], enrolled))
		given := amr.Method("")
		if n < len(h.proofs) {
			given = h.proofs[n]
			if given == amr.PasskeyTouch {
				given = amr.Passkey
			}
		}
		switch {
		case v.Kind == "" && given == "" && !h.record.Blocked:
			return Unchanged
		case v.Kind == "":
			return AskedForLess
		case given != "" && slices.Contains(v.Factors, given) && (v.Kind == KindMFA || slices.Contains(h.enrolling, given)):
			if v.Kind == KindEnrol {
				enrolled = with(enrolled, given)
			}
			continue
		}
		by := everyProof
		if w.Follows != nil {
			by = map[Kind][]amr.Method{KindMFA: w.Follows.Second, KindEnrol: w.Follows.Enrol}[v.Kind]
		}
		impossible := len(v.Factors) == 0 || !any2(v.Factors, by) || w.OneRequest && n > 1
		switch {
		case impossible && h.record.Blocked:
			return Unchanged
		case len(v.Factors) == 0:
			return LockedOut
		case impossible:
			return Refused
		case v.Kind == KindEnrol:
			return MustEnrol
		default:
			return AskedForMore
		}
	}
}

func TestAReplayFindsWhatTheCandidateWouldHaveMadeOfIt(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		w, p, candidate := drawWorld(t), drawPolicy(t, "policy"), drawPolicy(t, "candidate")
		h, ended := w.live(t, p)
		if !ended || len(h.enrolling) > 0 && h.record.Enrolling == "" {
			t.Skip("nothing was recorded, or another proof came behind the enrolment")
		}
		if got, want := replay(h.record, candidate, w.Asked).Outcome, w.met(candidate, h); got != want {
			t.Fatalf("%+v under %+v is %s, truly %s", h.record, candidate, got, want)
		}
	})
}
