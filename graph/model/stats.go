package model

import (
	"context"
	"strings"
	"time"

	"github.com/tenantgate/tenantgate/authflows"
	"github.com/tenantgate/tenantgate/internal/amr"
)

// Stats are the counts of a tenant, each taken when it is asked for.
type Stats struct {
	of       *authflows.Stats
	from, to time.Time
	days     bool
}

// NewStats returns the counts of a tenant, of sign-ins in [from, to).
func NewStats(of *authflows.Stats, from, to time.Time, interval StatsInterval) *Stats {
	return &Stats{of, from, to, interval == StatsIntervalDay}
}

// SignIns counts sign-ins by time, outcome and factor.
func (s *Stats) SignIns(ctx context.Context) ([]*SignInCount, error) {
	counts, err := s.of.SignIns(ctx, s.from, s.to, s.days)
	if err != nil {
		return nil, err
	}
	out := make([]*SignInCount, 0, len(counts))
	for _, c := range counts {
		outcome := SignInOutcome(strings.ToUpper(string(c.Outcome)))
		out = append(out, &SignInCount{At: c.At, Outcome: outcome, Factor: filled(c.Factor), Count: c.Count})
	}
	return out, nil
}

// ActiveUsers counts the users that were seen lately.
func (s *Stats) ActiveUsers(ctx context.Context) (*ActiveUsers, error) {
	n, err := s.of.ActiveUsers(ctx)
	return &ActiveUsers{Day: n.Day, Week: n.Week, Month: n.Month}, err
}

// MfaAdoption counts the users that have a second factor.
func (s *Stats) MfaAdoption(ctx context.Context) (*MfaAdoption, error) {
	n, err := s.of.MFAAdoption(ctx)
	if err != nil {
		return nil, err
	}
	return &MfaAdoption{Users: n.Users, Enrolled: n.Enrolled, Totp: n.With[amr.TOTP], Passkey: n.With[amr.Passkey]}, nil
}
