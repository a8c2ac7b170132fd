package telemetry

import (
	"context"
	"time"
)

// ObserveEphemeral counts an operation on the ephemeral store. Both come from code, never from outside.
func ObserveEphemeral(op, outcome string) { current.Load().observeEphemeral(op, outcome) }

func (t *Telemetry) observeEphemeral(op, outcome string) {
	if t != nil {
		t.ephemeralOps.Add(context.Background(), 1, t.opPoints.get(pair{op, outcome}).add...)
	}
}

// JobDone counts a try of a job, by its kind and how it ended.
func JobDone(ctx context.Context, kind, outcome string, d time.Duration) {
	current.Load().jobDone(ctx, kind, outcome, d)
}

func (t *Telemetry) jobDone(ctx context.Context, kind, outcome string, d time.Duration) {
	if t == nil {
		return
	}
	p := t.jobPoints.get(pair{kind, outcome})
	t.jobs.Add(ctx, 1, p.add...)
	t.jobTime.Record(ctx, d.Seconds(), p.record...)
}

// MailSent counts a mail by what became of handing it over: ok, temporary, permanent and the like.
func MailSent(ctx context.Context, outcome string) { current.Load().mailSent(ctx, outcome) }

func (t *Telemetry) mailSent(ctx context.Context, outcome string) {
	if t != nil {
		t.mails.Add(ctx, 1, t.mailPoints.get(outcome).add...)
	}
}
