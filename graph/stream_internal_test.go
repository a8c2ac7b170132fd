package graph

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/tenantgate/tenantgate/graph/model"
	"github.com/tenantgate/tenantgate/internal/access"
	"github.com/tenantgate/tenantgate/internal/clock"
	"github.com/tenantgate/tenantgate/internal/events"
	"github.com/tenantgate/tenantgate/internal/fault"
	"github.com/tenantgate/tenantgate/internal/ids"
)

func TestAReaderThatLeavesAnEventLyingIsCutOffAfterTenSeconds(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		out := make(chan *model.Event)
		s := &stream{Resolver: &Resolver{streams: events.NewStreams(nil)}, out: out, confirmed: clock.Elapsed() + time.Hour}
		event := model.NewEvent(&events.Entry{}, &model.EventBatch{})
		go func() {
			time.Sleep(stallLimit - time.Second)
			<-out
		}()
		if err := s.give(t.Context(), event); err != nil {
			t.Errorf("a slow reader: %v", err)
		}
		began := clock.Elapsed()
		if err := s.give(t.Context(), event); fault.CodeOf(err) != fault.StreamEnded || clock.Elapsed()-began != stallLimit {
			t.Errorf("one that does not read: %v after %s", err, clock.Elapsed()-began)
		}
	})
}

func TestGrantsAreTheSameInAnyOrder(t *testing.T) {
	t.Parallel()
	one, other := access.Grant{Role: access.Auditor, Over: ids.New()}, access.Grant{Role: access.Admin, Over: ids.New()}
	if !sameGrants([]access.Grant{one, other}, []access.Grant{other, one}) {
		t.Error("another order is taken for a change")
	}
	narrow := one
	narrow.Scopes = []access.Scope{access.EventsRead}
	if sameGrants([]access.Grant{one}, []access.Grant{narrow}) || sameGrants([]access.Grant{one}, []access.Grant{one, other}) {
		t.Error("a change goes unnoticed")
	}
}
