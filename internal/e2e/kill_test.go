package e2e

import (
	"crypto/rand"
	"math/big"
	"testing"
	"time"

	"github.com/tenantgate/tenantgate/internal/testenv"
)

// OPS-05.
func TestReplicasKilledUnderLoadLoseNothingThatTheyAcknowledged(t *testing.T) {
	t.Parallel()
	w := newWorld(t, with("TENANTGATE_REDIS_URL="+testenv.Redis(t)))
	replicas := w.startAll(3)
	j, stop := load(w, replicas, scaled(4, 20))
	for range scaled(10, 100) {
		time.Sleep(scaled(1500*time.Millisecond, 3*time.Second))
		n, err := rand.Int(rand.Reader, big.NewInt(int64(len(replicas))))
		if err != nil {
			t.Fatal(err)
		}
		r := replicas[n.Int64()]
		r.kill()
		if err := r.start(); err != nil {
			t.Fatal(err)
		}
	}
	time.Sleep(time.Second)
	stop()
	// A lease of 30 s outlives its holder.
	j.verify(t, 10, 60*time.Second)
}
