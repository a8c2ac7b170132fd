package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/tenantgate/tenantgate/internal/testenv"
)

func TestMain(m *testing.M) {
	if isBare(os.Args) {
		os.Exit(bareMain(os.Args[2:]))
	}
	os.Exit(m.Run())
}

// The figures of so short a run mean nothing, and none is asserted, but for what is counted and not timed.
func TestAQuickRunMeasuresEveryPromise(t *testing.T) {
	if testing.Short() {
		t.Skip("builds and starts the real binary")
	}
	t.Parallel()
	if _, err := cpuOf(os.Getpid()); err != nil {
		t.Skip(err)
	}
	file := filepath.Join(t.TempDir(), "report.json")
	quick := sizesOf(func(name string) string { return map[string]string{"TENANTGATE_BENCH_QUICK": "1"}[name] })
	var out bytes.Buffer
	if err := run(t.Context(), options{json: file, out: &out, progress: t.Output(), sizes: quick}); err != nil {
		t.Fatal(err)
	}
	t.Log("\n" + out.String())
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var r report
	if err := json.Unmarshal(text, &r); err != nil {
		t.Fatal(err)
	}
	databases := []string{"sqlite"}
	if os.Getenv(testenv.AllEnv) == "1" {
		databases = append(databases, "postgres")
	}
	for _, d := range databases {
		for _, what := range []string{
			"start to ready", "idle memory", "statements of /me warm", "statements of /me cold", "statements of refresh warm",
			"statements of login", "/me warm ÷", "/me cold ÷", "refresh ÷", "login ÷", "passkey sign-in (2 requests) ÷", "AUC", "20 tenants", "300 users", "create a tenant, of 20",
		} {
			if !measured(&r, d, what) {
				t.Errorf("%s: nothing about %q", d, what)
			}
		}
		for _, what := range []string{
			passkeySignIn, totpAnswer, codeRequest, codeAnswer, partAssertion, partECDSA, partHOTP, partOpen, partMAC,
		} {
			if !slices.ContainsFunc(r.Load, func(l loadRow) bool { return l.Database == d && l.What == what }) {
				t.Errorf("%s: no line of %q", d, what)
			}
		}
	}
	for _, l := range r.Load {
		if l.CPU <= 0 || l.Rate <= 0 {
			t.Errorf("%s: %s with %d clients took %.1f µs at %.1f per second", l.Database, l.What, l.Clients, l.CPU, l.Rate)
		}
	}
}

func measured(r *report, database, what string) bool {
	for _, p := range r.Promises {
		if strings.HasPrefix(p.What, database) && strings.Contains(p.What, what) {
			return true
		}
	}
	return false
}

func TestTheAreaUnderTheCurveTellsGuessingFromKnowing(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name string
		a, b []time.Duration
		want float64
	}{
		{"apart", []time.Duration{1, 2}, []time.Duration{3, 4}, 1},
		{"apart the other way round", []time.Duration{3, 4}, []time.Duration{1, 2}, 1},
		{"alike", []time.Duration{1, 4}, []time.Duration{2, 3}, 0.5},
		{"ties", []time.Duration{2, 2}, []time.Duration{2, 2}, 0.5},
		{"mostly apart", []time.Duration{1, 2, 4}, []time.Duration{3, 5, 6}, 8.0 / 9},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			if got := areaUnderCurve(c.a, c.b); got < c.want-1e-9 || got > c.want+1e-9 {
				t.Errorf("area %f, want %f", got, c.want)
			}
		})
	}
}

func TestAMedianStandsInTheMiddle(t *testing.T) {
	t.Parallel()
	for want, values := range map[float64][]float64{0: nil, 2: {3, 1, 2}, 2.5: {4, 1, 3, 2}} {
		if got := median(values); got != want {
			t.Errorf("median of %v: %v, want %v", values, got, want)
		}
	}
}

func TestTheTimeOfAProcessIsFinerThanATick(t *testing.T) {
	t.Parallel()
	before, err := cpuOf(os.Getpid())
	if err != nil {
		t.Skip(err)
	}
	after, err := cpuOf(os.Getpid())
	if err != nil {
		t.Fatal(err)
	}
	if used := after - before; used <= 0 || used > 5*time.Second {
		t.Errorf("two readings in a row lie %s apart", used)
	}
}
