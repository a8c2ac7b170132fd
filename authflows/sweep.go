package authflows

import (
	"context"
	"fmt"
	"time"

	"github.com/tenantgate/tenantgate/authflows/devices"
	"github.com/tenantgate/tenantgate/authflows/throttle"
	"github.com/tenantgate/tenantgate/ent/challenge"
	"github.com/tenantgate/tenantgate/ent/job"
	"github.com/tenantgate/tenantgate/ent/mutationkey"
	"github.com/tenantgate/tenantgate/ent/session"
	"github.com/tenantgate/tenantgate/internal/events"
	"github.com/tenantgate/tenantgate/internal/tenancy"
)

// How long rows stay after they have become useless.
const (
	keepChallenges = time.Hour
	keepSessions   = 30 * 24 * time.Hour // for the audit to refer to
	keepMailed     = time.Hour
	keepDeadJobs   = 30 * 24 * time.Hour
)

// Sweep removes what has expired, of all tenants. It runs often, so that each time there is little. Throttles of users and
// strangers stay: there is one a user, and a bounded number of the others. It returns how many rows are gone.
func (e *Engine) Sweep(ctx context.Context) (total int, err error) {
	ctx = tenancy.Across(ctx, tenancy.Sweeper)
	now := e.Now()
	for _, remove := range []func(context.Context) (int, error){
		e.DB.Challenge.Delete().Where(challenge.ExpiresAtLT(now.Add(-keepChallenges))).Exec,
		e.DB.Session.Delete().Where(session.ExpiresAtLT(now.Add(-keepSessions))).Exec,
		e.DB.Throttle.Delete().Where(throttle.Ended(now.Add(-keepMailed))).Exec,
		e.DB.TrustedDevice.Delete().Where(devices.Expired(now)).Exec,
		e.DB.MutationKey.Delete().Where(mutationkey.CreatedAtLT(now.Add(-events.Keep))).Exec,
		e.DB.Job.Delete().Where(job.StatusEQ(job.StatusDead), job.CreatedAtLT(now.Add(-keepDeadJobs))).Exec,
	} {
		n, err := remove(ctx)
		if err != nil {
			return total, fmt.Errorf("remove what has expired: %w", err)
		}
		total += n
	}
	return total, nil
}
