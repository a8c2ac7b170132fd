package authflows

import (
	"context"
	"encoding/json"
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/tenantgate/tenantgate/internal/amr"
	"github.com/tenantgate/tenantgate/internal/events"
	"github.com/tenantgate/tenantgate/internal/fault"
	"github.com/tenantgate/tenantgate/internal/tenancy"
	"github.com/tenantgate/tenantgate/tenants"
)

// The bounds of a simulation.
const (
	MaxSimulated = 20_000              // decisions; the newest count
	MaxWindow    = 30 * 24 * time.Hour // how far back
	MaxSamples   = 20                  // of each outcome

	// simulationsAtOnce is how many a server runs at a time: each holds thousands of events.
	simulationsAtOnce = 2
	// simulationWait is how long one waits for its turn.
	simulationWait = 2 * time.Second
)

// Simulation is what a policy would have made of the sign-ins since a time.
type Simulation struct {
	From      time.Time // of the oldest decision where some were left out
	Decisions int
	Users     int
	Filled    int  // decisions that came out as they did by what holds now and was not recorded
	Truncated bool // there were more than MaxSimulated
	Outcomes  []SimulationCount
}

// SimulationCount is one outcome of a simulation.
type SimulationCount struct {
	Outcome   SimulationOutcome
	Decisions int
	Users     int
	Samples   []SimulationSample // newest first
}

// SimulationSample is one sign-in of a simulation.
type SimulationSample struct {
	Event, User uuid.UUID // User is uuid.Nil for one who was about to be made
	At          time.Time
	Client      string
	Proofs      []amr.Method // given
	Missing     []amr.Method // any one of them would have been asked for
}

// SimulateMFA decides the recorded sign-ins of a window again under a candidate for a tenant's policy. Each is looked at by
// itself: what it would have led to, such as a factor that is enrolled, is not, but for the grace that begins with the first.
// It works for suspended tenants too. A server runs few at a time: the fault busy.
func (e *Engine) SimulateMFA(ctx context.Context, t *tenants.Tenant, candidate tenants.MFASettings, window time.Duration) (*Simulation, error) {
	ctx = tenancy.With(ctx, t.ID)
	end, err := e.simulationTurn(ctx)
	if err != nil {
		return nil, err
	}
	defer end()
	s := &Simulation{From: e.Now().Add(-window)}
	rows, more, err := events.Decisions(ctx, e.DB.Client, s.From, MaxSimulated)
	if err != nil {
		return nil, err
	}
	if s.Truncated = more; more {
		s.From = rows[0].At
	}
	run := newSimulation(candidate)
	for page := range slices.Chunk(rows, simulatedPage) {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		read := readDecisions(page)
		if err := e.fill(ctx, t, read); err != nil {
			return nil, err
		}
		for _, r := range read {
			run.take(r)
		}
	}
	s.Decisions, s.Users, s.Filled, s.Outcomes = run.decisions, len(run.users), run.filled, run.counts()
	return s, nil
}

// simulationTurn waits until a simulation may run. Whoever got a turn ends it. The fault is busy.
func (e *Engine) simulationTurn(ctx context.Context) (end func(), err error) {
	late := time.NewTimer(simulationWait)
	defer late.Stop()
	select {
	case e.simulating <- struct{}{}:
		return func() { <-e.simulating }, nil
	case <-late.C:
		return nil, fault.New(fault.Busy).After(simulationWait)
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// simulatedPage is how many decisions are completed by one statement of a kind.
const simulatedPage = 1000

// signIn is a recorded sign-in with its event.
type signIn struct {
	recorded
	event  events.Decision
	client string
}

// readDecisions reads the decisions that events recorded, and lets go of their texts: read, they take several times as much.
// Other events, such as of a budget that was used up, recorded none.
func readDecisions(rows []events.Decision) []*signIn {
	var out []*signIn
	for i, row := range rows {
		rows[i].Data = nil
		var data struct {
			Decision *decision `json:"decision"`
			Client   string    `json:"client"`
		}
		if json.Unmarshal(row.Data, &data) != nil || data.Decision == nil || len(data.Decision.Proofs) == 0 {
			continue
		}
		d := *data.Decision
		row.Data = nil
		out = append(out, &signIn{recorded{
			decision: d, Blocked: row.Blocked,
			Password: d.Password || slices.Contains(d.Proofs, amr.Password), Trusted: d.Trusted,
		}, row, data.Client})
	}
	return out
}

// simulation counts outcomes.
type simulation struct {
	candidate tenants.MFASettings
	asked     map[uuid.UUID]time.Time // when the candidate's grace began for a user
	users     map[uuid.UUID]bool
	of        map[SimulationOutcome]*tally
	decisions int
	filled    int
}

func newSimulation(candidate tenants.MFASettings) *simulation {
	return &simulation{
		candidate: candidate, asked: map[uuid.UUID]time.Time{}, users: map[uuid.UUID]bool{}, of: map[SimulationOutcome]*tally{},
	}
}

type tally struct {
	decisions int
	users     map[uuid.UUID]bool
	samples   []SimulationSample // the last ones, oldest first
}

// take replays one sign-in and counts what becomes of it. They come oldest first.
func (s *simulation) take(r *signIn) SimulationOutcome {
	asked := r.AskedAt
	if began, ok := s.asked[r.event.User]; ok && asked == nil && !r.required() {
		asked = &began
	}
	end := replay(r.recorded, s.candidate, asked)
	if end.Grace && asked == nil && r.event.User != uuid.Nil {
		s.asked[r.event.User] = r.At
	}
	if r.restsOnFilled(s.candidate, asked, end.Outcome) {
		s.filled++
	}
	s.decisions++
	of := s.of[end.Outcome]
	if of == nil {
		of = &tally{users: map[uuid.UUID]bool{}}
		s.of[end.Outcome] = of
	}
	of.decisions++
	if r.event.User != uuid.Nil {
		s.users[r.event.User], of.users[r.event.User] = true, true
	}
	of.samples = append(of.samples, SimulationSample{r.event.Event, r.event.User, r.event.At, r.client, r.Proofs, end.Missing})
	if over := len(of.samples) - MaxSamples; over > 0 {
		of.samples = of.samples[over:]
	}
	return end.Outcome
}

// restsOnFilled reports whether a sign-in would have come out otherwise, had what was not recorded been otherwise.
func (r recorded) restsOnFilled(candidate tenants.MFASettings, asked *time.Time, outcome SimulationOutcome) bool {
	other := r
	other.Password = !r.Password
	if r.lacks(unseenPassword) && replay(other, candidate, asked).Outcome != outcome {
		return true
	}
	other = r
	other.Trusted = !r.Trusted
	return r.lacks(unseenTrusted) && replay(other, candidate, asked).Outcome != outcome
}

// everyOutcome is the order in which outcomes are told.
var everyOutcome = []SimulationOutcome{Unchanged, AskedForMore, AskedForLess, MustEnrol, LockedOut, Refused}

func (s *simulation) counts() []SimulationCount {
	var out []SimulationCount
	for _, outcome := range everyOutcome {
		if of := s.of[outcome]; of != nil {
			slices.Reverse(of.samples)
			out = append(out, SimulationCount{outcome, of.decisions, len(of.users), of.samples})
		}
	}
	return out
}
