package model

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/tenantgate/tenantgate/authflows"
	"github.com/tenantgate/tenantgate/internal/fault"
	"github.com/tenantgate/tenantgate/internal/ids"
)

// MfaSimulation is what a policy would have made of the sign-ins of the last days.
type MfaSimulation struct {
	tenant uuid.UUID
	of     *authflows.Simulation
	users  func([]uuid.UUID) *Batch[*User]
}

// NewMfaSimulation returns a simulation of a tenant's with what loads the users of its samples.
func NewMfaSimulation(tenant uuid.UUID, of *authflows.Simulation, users func([]uuid.UUID) *Batch[*User]) *MfaSimulation {
	return &MfaSimulation{tenant, of, users}
}

// From is since when.
func (s *MfaSimulation) From() time.Time { return s.of.From }

// Decisions is how many were taken again.
func (s *MfaSimulation) Decisions() int { return s.of.Decisions }

// Users is how many users took them.
func (s *MfaSimulation) Users() int { return s.of.Users }

// Filled is how many came out as they did by what was not recorded.
func (s *MfaSimulation) Filled() int { return s.of.Filled }

// Truncated says whether older ones were left out.
func (s *MfaSimulation) Truncated() bool { return s.of.Truncated }

// Outcomes counts how they would have ended.
func (s *MfaSimulation) Outcomes() []*MfaSimulationCount {
	out := []*MfaSimulationCount{}
	for _, c := range s.of.Outcomes {
		out = append(out, &MfaSimulationCount{Outcome: outcomeName(c.Outcome), Decisions: c.Decisions, Users: c.Users})
	}
	return out
}

func outcomeName(o authflows.SimulationOutcome) MfaSimulationOutcome {
	return MfaSimulationOutcome(strings.ToUpper(string(o)))
}

// Samples are those that would have ended otherwise, the newest of each outcome.
func (s *MfaSimulation) Samples(first int) ([]*MfaSimulationSample, error) {
	if first < 1 || first > authflows.MaxSamples {
		return nil, fault.Invalid(fault.Field{
			Field: "first", Code: "invalid", Message: fmt.Sprintf("Give 1 to %d.", authflows.MaxSamples),
		})
	}
	out := []*MfaSimulationSample{}
	var whose []uuid.UUID
	for _, c := range s.of.Outcomes {
		if c.Outcome == authflows.Unchanged {
			continue
		}
		for _, sample := range c.Samples[:min(first, len(c.Samples))] {
			out = append(out, &MfaSimulationSample{tenant: s.tenant, outcome: c.Outcome, of: sample})
			if sample.User != uuid.Nil {
				whose = append(whose, sample.User)
			}
		}
	}
	users := s.users(whose)
	for _, sample := range out {
		sample.users = users
	}
	return out, nil
}

// MfaSimulationSample is one sign-in under the candidate.
type MfaSimulationSample struct {
	tenant  uuid.UUID
	outcome authflows.SimulationOutcome
	of      authflows.SimulationSample
	users   *Batch[*User]
}

// Owner is the tenant.
func (s *MfaSimulationSample) Owner() uuid.UUID { return s.tenant }

// Outcome is what would have become of it.
func (s *MfaSimulationSample) Outcome() MfaSimulationOutcome { return outcomeName(s.outcome) }

// EventID returns evt_….
func (s *MfaSimulationSample) EventID() string { return ids.Format(ids.Event, s.of.Event) }

// At is when the decision was taken.
func (s *MfaSimulationSample) At() time.Time { return s.of.At }

// User is whose it was, nil for one who is gone.
func (s *MfaSimulationSample) User(ctx context.Context) (*User, error) {
	if s.of.User == uuid.Nil {
		return nil, nil
	}
	return s.users.Of(ctx, s.of.User)
}

// Client is the API that was used.
func (s *MfaSimulationSample) Client() string { return s.of.Client }

// Proofs are what was proven.
func (s *MfaSimulationSample) Proofs() []string { return texts(s.of.Proofs) }

// Missing are what would have been asked for, any one of them.
func (s *MfaSimulationSample) Missing() []string { return texts(s.of.Missing) }

func texts[T ~string](in []T) []string {
	out := make([]string, 0, len(in))
	for _, v := range in {
		out = append(out, string(v))
	}
	return out
}
