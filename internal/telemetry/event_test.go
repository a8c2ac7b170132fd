package telemetry

import (
	"log/slog"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestAnEventGathersWhatIsNoted(t *testing.T) {
	t.Parallel()
	ctx, e := WithEvent(t.Context())
	Note(ctx, slog.String("route", "/me"), slog.Int("status", 200))
	Note(ctx, slog.String("tenant", "acme"), slog.Int("status", 500))
	got := map[string]string{}
	for _, a := range e.Attrs() {
		got[a.Key] = a.Value.String()
	}
	want := map[string]string{"route": "/me", "status": "500", "tenant": "acme"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if e.Attrs()[0].Key != "route" {
		t.Error("the order of mention is lost")
	}
	e.Attrs()[0].Key = "changed"
	if e.Attrs()[0].Key != "route" {
		t.Error("Attrs hands out the event's own memory")
	}
}

func TestNotingWithoutAnEventDoesNothing(t *testing.T) {
	t.Parallel()
	Note(t.Context(), slog.String("route", "/me"))
}

func TestEventsOfRequestsStayApart(t *testing.T) {
	t.Parallel()
	a, first := WithEvent(t.Context())
	_, second := WithEvent(t.Context())
	Note(a, slog.String("tenant", "acme"))
	if len(first.Attrs()) != 1 || len(second.Attrs()) != 0 {
		t.Errorf("got %v and %v", first.Attrs(), second.Attrs())
	}
}

func TestGoroutinesMayNoteTogether(t *testing.T) {
	t.Parallel()
	ctx, e := WithEvent(t.Context())
	var wg sync.WaitGroup
	for i := range 20 {
		wg.Go(func() { Note(ctx, slog.Int(string(rune('a'+i)), i)) })
	}
	wg.Wait()
	if n := len(e.Attrs()); n != 20 {
		t.Errorf("%d attributes, want 20", n)
	}
}
