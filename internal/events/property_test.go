package events

import (
	"testing"
	"time"

	"entgo.io/ent/dialect"
	"github.com/google/uuid"
	"pgregory.net/rapid"

	"github.com/tenantgate/tenantgate/ent"
	"github.com/tenantgate/tenantgate/internal/clock"
	"github.com/tenantgate/tenantgate/internal/ids"
	"github.com/tenantgate/tenantgate/internal/store"
	"github.com/tenantgate/tenantgate/internal/store/storetest"
)

// openTx is a transaction of the property test with the changes it will make true.
type openTx struct {
	tx       *ent.Tx
	replica  int
	sessions []uuid.UUID
}

// Two replicas append, roll back, commit late and poll in any order: after its next poll each has heard every change that
// was committed, those of the other replica once, and none that was rolled back.
func TestNoInterleavingOfCommitsAndPollsLosesAChange(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.Store) {
		rapid.Check(t, func(rt *rapid.T) { checkInterleaving(rt, t, db) })
	})
}

func checkInterleaving(rt *rapid.T, t *testing.T, db *store.Store) {
	ctx, _ := newTenant(t, db)
	feeds := [2]*Feed{NewFeed(db, nil), NewFeed(db, nil)}
	logs := [2]*Log{NewLog(feeds[0], clock.Now), NewLog(feeds[1], clock.Now)}
	heard := [2]map[uuid.UUID]int{{}, {}}
	for i, f := range feeds {
		f.Listen(func(c Change) {
			heard[i][c.Session]++
		})
	}
	origin := map[uuid.UUID]int{} // of what is committed; -1 for another process
	var open []openTx
	atOnce := 3
	if db.Dialect() == dialect.SQLite {
		atOnce = 1 // one writer
	}
	must := func(err error) {
		if err != nil {
			rt.Fatal(err)
		}
	}
	end := func(commit bool) {
		at := rapid.IntRange(0, len(open)-1).Draw(rt, "which")
		o := open[at]
		open = append(open[:at:at], open[at+1:]...)
		if !commit {
			must(o.tx.Rollback())
			return
		}
		must(o.tx.Commit())
		for _, s := range o.sessions {
			origin[s] = o.replica
		}
	}
	check := func(i int) {
		poll(t, feeds[i])
		for s, from := range origin {
			if n := heard[i][s]; n == 0 || from != i && n > 1 {
				rt.Fatalf("replica %d heard a change of replica %d %d times", i, from, n)
			}
		}
		for s := range heard[i] {
			if _, ok := origin[s]; !ok {
				rt.Fatalf("replica %d heard a change that was never committed", i)
			}
		}
	}
	defer func() {
		for _, o := range open {
			_ = o.tx.Rollback()
		}
		_, _ = db.Event.Delete().Exec(ctx) // the next round need not read them
	}()
	rt.Repeat(map[string]func(*rapid.T){
		"begin": func(rt *rapid.T) {
			if len(open) == atOnce {
				rt.Skip("enough are open")
			}
			tx, err := db.Client.Tx(ctx)
			must(err)
			open = append(open, openTx{tx: tx, replica: rapid.IntRange(0, 1).Draw(rt, "replica")})
		},
		"append": func(rt *rapid.T) {
			if len(open) == 0 {
				rt.Skip("no transaction")
			}
			o := &open[rapid.IntRange(0, len(open)-1).Draw(rt, "which")]
			s := ids.New()
			must(logs[o.replica].Append(ctx, o.tx, Event{Type: SessionEnded, Session: s}))
			o.sessions = append(o.sessions, s)
		},
		"commit": func(rt *rapid.T) {
			if len(open) == 0 {
				rt.Skip("no transaction")
			}
			end(true)
		},
		"roll back": func(rt *rapid.T) {
			if len(open) == 0 {
				rt.Skip("no transaction")
			}
			end(false)
		},
		"commit late elsewhere": func(rt *rapid.T) {
			if len(open) == 1 && atOnce == 1 {
				rt.Skip("SQLite has one writer")
			}
			ago := rapid.Int64Range(0, int64(store.TxLimit)).Draw(rt, "recorded ago")
			origin[recordedAgo(ctx, t, db, time.Duration(ago))] = -1
		},
		"poll": func(rt *rapid.T) { check(rapid.IntRange(0, 1).Draw(rt, "replica")) },
	})
	check(0)
	check(1)
}
