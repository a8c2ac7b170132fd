package password

import (
	"strings"
	"testing"
	"time"
)

func BenchmarkHash(b *testing.B) {
	b.ReportAllocs()
	h := NewHasher(Options{})
	for b.Loop() {
		if _, err := h.Hash(b.Context(), "correct horse battery staple"); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkVerify(b *testing.B) {
	h := NewHasher(Options{})
	phc, err := h.Hash(b.Context(), "correct horse battery staple")
	if err != nil {
		b.Fatal(err)
	}
	for name, phc := range map[string]string{"known": phc, "unknown": ""} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, _, err := h.Verify(b.Context(), phc, "correct horse battery staple"); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkQueue is what the queue adds to a hash when nobody waits.
func BenchmarkQueue(b *testing.B) {
	q := queue{parallel: 1, limit: 64, maxWait: time.Second}
	for b.Loop() {
		if err := q.enter(b.Context()); err != nil {
			b.Fatal(err)
		}
		q.leave()
	}
}

func BenchmarkNormalize(b *testing.B) {
	for name, in := range map[string]string{
		"ascii":    "correct horse battery staple",
		"accents":  strings.Repeat("e\u0301", MaxLength),
		"megabyte": strings.Repeat("a", 1<<20),
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				_, _ = Normalize(in)
			}
		})
	}
}

func BenchmarkCheck(b *testing.B) {
	policy := Policy{MinLength: 15, Context: []string{"Acme Corp", "alice.smith@example.com"}}
	for name, password := range map[string]string{
		"usual":   "correct horse battery staple",
		"longest": strings.Repeat("sunshine1", 28) + "xkvq",
		"grows":   strings.Repeat("ﷺ", 28),
		"signs":   strings.Repeat("4@8({[<3691!|705$+%2", 12),
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				Check(policy, password)
			}
		})
	}
}
