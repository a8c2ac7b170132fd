package events

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"github.com/tenantgate/tenantgate/internal/fault"
	"github.com/tenantgate/tenantgate/internal/ids"
	"github.com/tenantgate/tenantgate/internal/store"
	"github.com/tenantgate/tenantgate/internal/store/storetest"
)

func openStream(ctx context.Context, t testing.TB, s *Streams, tenant uuid.UUID, after *int64, types ...Type) *Stream {
	t.Helper()
	stream, err := s.Open(ctx, Reader{tenant, ids.New(), ids.New()}, types, after)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(stream.Close)
	return stream
}

// take reads n events and returns their positions.
func take(t testing.TB, stream *Stream, n int) []int64 {
	t.Helper()
	var out []int64
	for len(out) < n {
		got, err := stream.Next(t.Context(), time.Minute)
		if err != nil || len(got) == 0 {
			t.Fatalf("after %d of %d events: %d, %v", len(out), n, len(got), err)
		}
		for _, e := range got {
			out = append(out, e.Position)
		}
	}
	return out
}

func from(first, last int64) []int64 {
	var out []int64
	for ; first <= last; first++ {
		out = append(out, first)
	}
	return out
}

func TestAStreamGoesOnBehindAPositionAndFromThePastIntoThePresent(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.Store) {
		ctx, id := newTenant(t, db)
		other, _ := newTenant(t, db)
		s := newSequencer(db, id)
		noted(ctx, t, db, 2*streamAtOnce+50)
		noted(other, t, db, 5)
		placeAll(t, s)

		streams := NewStreams(db)
		past, behind := int64(3), int64(2*streamAtOnce+50)
		now, old := openStream(ctx, t, streams, id, nil), openStream(ctx, t, streams, id, &past)
		exact := openStream(ctx, t, streams, id, &behind)
		noted(ctx, t, db, 10)
		placeAll(t, s)
		for what, got := range map[string]struct {
			stream *Stream
			first  int64
		}{"from now on": {now, behind + 1}, "from the past": {old, 4}, "behind the last": {exact, behind + 1}} {
			last := behind + 10
			if diff := cmp.Diff(from(got.first, last), take(t, got.stream, int(last-got.first)+1)); diff != "" {
				t.Errorf("%s (-want +got):\n%s", what, diff)
			}
		}
		if got, err := now.Next(ctx, time.Millisecond); len(got) > 0 || err != nil {
			t.Errorf("then %d more came, %v", len(got), err)
		}
	})
}

func TestAStreamOfSomeTypesPassesOverTheOthers(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.Store) {
		ctx, id := newTenant(t, db)
		s, log := newSequencer(db, id), NewLog(NewFeed(db, nil), nil)
		log.now = func() time.Time { return time.Unix(1, 0) }
		note := func(kind Type) {
			if err := log.Note(ctx, db.Client, Event{Type: kind, Actor: ActorUser}); err != nil {
				t.Fatal(err)
			}
			placeAll(t, s)
		}
		note(SignInRefused)
		note(SignInBlocked)
		streams, begin := NewStreams(db), int64(0)
		stream := openStream(ctx, t, streams, id, &begin, SignInBlocked)
		note(SignInRefused)
		note(SignInBlocked)
		if diff := cmp.Diff([]int64{2, 4}, take(t, stream, 2)); diff != "" {
			t.Errorf("positions (-want +got):\n%s", diff)
		}
	})
}

func TestAReaderThatFallsBehindWhatIsKeptIsCutOffAndMayComeAgain(t *testing.T) {
	t.Parallel()
	db := storetest.SQLite(t)
	ctx, id := newTenant(t, db)
	s, streams := newSequencer(db, id), NewStreams(db)
	slow, quick := openStream(ctx, t, streams, id, nil), openStream(ctx, t, streams, id, nil)
	noted(ctx, t, db, 1)
	placeAll(t, s)
	last := take(t, slow, 1)[0]
	take(t, quick, 1)
	const many, part = streamKeeps + 100, 100
	for range many / part { // so that the quick one keeps up, however busy the machine is
		noted(ctx, t, db, part)
		placeAll(t, s)
		take(t, quick, part)
	}
	if kept := len(slow.on.recent); kept != streamKeeps {
		t.Errorf("%d events are kept, want %d", kept, streamKeeps)
	}
	if _, err := slow.Next(ctx, time.Minute); !errors.Is(err, ErrSlow) {
		t.Fatalf("the slow reader: %v, want ErrSlow", err)
	}
	again := openStream(ctx, t, streams, id, &last)
	if diff := cmp.Diff(from(last+1, last+many), take(t, again, many)); diff != "" {
		t.Errorf("the second try (-want +got):\n%s", diff)
	}
}

func TestStreamsAreLimitedByActorAndHomeAndLeaveNothingBehind(t *testing.T) {
	t.Parallel()
	db := storetest.SQLite(t)
	ctx, id := newTenant(t, db)
	other, otherID := newTenant(t, db)
	streams, who := NewStreams(db), Reader{Tenant: id, Home: id, Actor: ids.New()}
	var open []*Stream
	for range maxActorStreams {
		stream, err := streams.Open(ctx, who, nil, nil)
		if err != nil {
			t.Fatal(err)
		}
		open = append(open, stream)
	}
	if _, err := streams.Open(ctx, who, nil, nil); fault.CodeOf(err) != fault.LimitReached {
		t.Errorf("one more: %v", err)
	}
	for len(open) < maxHomeStreams {
		stream, err := streams.Open(ctx, Reader{Tenant: id, Home: id, Actor: ids.New()}, nil, nil)
		if err != nil {
			t.Fatal(err)
		}
		open = append(open, stream)
	}
	if _, err := streams.Open(ctx, Reader{Tenant: id, Home: id, Actor: ids.New()}, nil, nil); fault.CodeOf(err) != fault.LimitReached {
		t.Errorf("one more of another actor of the same home: %v", err)
	}
	openStream(ctx, t, streams, id, nil) // of an actor from elsewhere
	openStream(other, t, streams, otherID, nil)
	for _, stream := range open {
		stream.Close()
	}
	if len(streams.tenants) > 2 || len(streams.readers) > 2 || len(streams.homes) > 2 {
		t.Errorf("%d tenants, %d readers and %d homes are left", len(streams.tenants), len(streams.readers), len(streams.homes))
	}
}

func TestReadersHearThatTheServerStops(t *testing.T) {
	t.Parallel()
	db := storetest.SQLite(t)
	ctx, id := newTenant(t, db)
	streams := NewStreams(db)
	stream := openStream(ctx, t, streams, id, nil)
	go streams.Close()
	if _, err := stream.Next(ctx, time.Minute); !errors.Is(err, ErrClosed) {
		t.Errorf("%v, want ErrClosed", err)
	}
}
