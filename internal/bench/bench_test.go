package main

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"path/filepath"
	"testing"
)

// The bare parts alone, in this process, for a quick look and for benchstat. What the design promises is measured
// by the command.
func BenchmarkParts(b *testing.B) {
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		b.Fatal(err)
	}
	p, err := newParts(private, "sqlite://"+filepath.Join(b.TempDir(), "bare.db"))
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(p.close)
	for _, part := range []string{
		partHash, partSign, partVerify, partCommit, partSelect, partAssertion, partECDSA, partHOTP, partOpen, partMAC,
	} {
		b.Run(part, func(b *testing.B) {
			for b.Loop() {
				if err := p.do(b.Context(), part); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
