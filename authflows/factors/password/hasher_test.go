package password

import (
	"errors"
	"runtime"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/crypto/bcrypt"

	"github.com/tenantgate/tenantgate/internal/fault"
)

// answer is what Verify says, for comparing.
type answer struct{ OK, Rehash bool }

func verify(t *testing.T, h *Hasher, phc, password string) answer {
	t.Helper()
	ok, rehash, err := h.Verify(t.Context(), phc, password)
	if err != nil {
		t.Fatalf("Verify: %v", err)
	}
	return answer{ok, rehash}
}

func hash(t *testing.T, h *Hasher, password string) string {
	t.Helper()
	phc, err := h.Hash(t.Context(), password)
	if err != nil {
		t.Fatalf("Hash: %v", err)
	}
	return phc
}

func bcrypted(t *testing.T, version, password string) string {
	t.Helper()
	text, err := bcrypt.GenerateFromPassword([]byte(password), bcrypt.MinCost)
	if err != nil {
		t.Fatal(err)
	}
	return version + strings.TrimPrefix(string(text), "$2a")
}

func TestARightPasswordMatchesAndAWrongOneDoesNot(t *testing.T) {
	t.Parallel()
	h := NewHasher(Options{Params: cheap})
	phc := hash(t, h, "correct horse")
	if phc == hash(t, h, "correct horse") {
		t.Error("two hashes share a salt")
	}
	for password, want := range map[string]bool{
		"correct horse": true, "": false, "correct hors": false, "correct horse ": false, "Correct horse": false,
	} {
		if got := verify(t, h, phc, password); got != (answer{OK: want}) {
			t.Errorf("Verify(%q) = %v", password, got)
		}
	}
}

func TestDefaultHashesAreWrittenAndVerified(t *testing.T) {
	t.Parallel()
	h := NewHasher(Options{})
	phc := hash(t, h, "correct horse")
	if !strings.HasPrefix(phc, "$argon2id$v=19$m=19456,t=2,p=1$") {
		t.Errorf("Hash = %q", phc)
	}
	if got := verify(t, h, phc, "correct horse"); got != (answer{OK: true}) {
		t.Errorf("Verify = %v", got)
	}
}

func TestAnEmptyHashNeverMatches(t *testing.T) {
	t.Parallel()
	h := NewHasher(Options{Params: cheap})
	for _, password := range []string{"", "correct horse"} {
		if got := verify(t, h, "", password); got != (answer{}) {
			t.Errorf("Verify = %v", got)
		}
	}
	// Even a decoy whose key happens to be the password's own.
	h.decoy.key = h.params.derive("correct horse", h.decoy.salt, keyLen)
	if got := verify(t, h, "", "correct horse"); got != (answer{}) {
		t.Errorf("Verify = %v", got)
	}
}

// That the decoy works as hard as a hash shows in the memory it takes, which no busy machine changes.
func TestAnEmptyHashCostsWhatARealOneDoes(t *testing.T) {
	h := NewHasher(Options{Params: Params{MemoryKiB: 1024, Time: 1, Parallelism: 1}})
	phc := hash(t, h, "correct horse")
	bytesOf := func(phc string) uint64 {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		verify(t, h, phc, "wrong horse")
		runtime.ReadMemStats(&after)
		return after.TotalAlloc - before.TotalAlloc
	}
	known, unknown := bytesOf(phc), bytesOf("")
	if unknown < known*9/10 || unknown > known*11/10 || unknown < 1<<20 {
		t.Errorf("a known user takes %d bytes, an unknown one %d", known, unknown)
	}
}

func TestALongerPasswordIsAnotherOne(t *testing.T) {
	t.Parallel()
	h := NewHasher(Options{Params: cheap})
	password := strings.Repeat("0123456789ab", 6)
	for name, phc := range map[string]string{
		"argon2id": hash(t, h, password),
		"bcrypt":   bcrypted(t, "$2b", password),
	} {
		t.Run("PWD-01 "+name, func(t *testing.T) {
			t.Parallel()
			if got := verify(t, h, phc, password); !got.OK {
				t.Error("the password of 72 bytes does not match")
			}
			for _, ending := range []string{"x", "0", " ", password} {
				if got := verify(t, h, phc, password+ending); got != (answer{}) {
					t.Errorf("with the ending %q: %v", ending, got)
				}
			}
		})
	}
}

func TestNothingIsCutAtANUL(t *testing.T) {
	t.Parallel()
	t.Run("PWD-02", func(t *testing.T) {
		t.Parallel()
		h := NewHasher(Options{Params: cheap})
		const password = "abcdefgh\x00ijklmnop"
		want := fault.Invalid(invalidCharacters)
		_, err := h.Hash(t.Context(), password)
		wantFault(t, err, want)
		_, _, err = h.Verify(t.Context(), bcrypted(t, "$2y", "abcdefgh"), password)
		wantFault(t, err, want)
	})
}

func TestOneNormalFormIsHashed(t *testing.T) {
	t.Parallel()
	h := NewHasher(Options{Params: cheap})
	composed := " é" + strings.Repeat("x😀", 30) + "É "
	decomposed := " e\u0301" + strings.Repeat("x😀", 30) + "E\u0301 "
	for name, phc := range map[string]string{
		"argon2id":       hash(t, h, composed),
		"set decomposed": hash(t, h, decomposed),
	} {
		t.Run("PWD-03 "+name, func(t *testing.T) {
			t.Parallel()
			for _, same := range []string{composed, decomposed} {
				if got := verify(t, h, phc, same); !got.OK {
					t.Errorf("%q does not match", same)
				}
			}
			for _, other := range []string{
				strings.ToLower(composed), strings.ToUpper(composed), composed[1:], composed[:len(composed)-1],
				strings.TrimSpace(composed), strings.ReplaceAll(composed, "é", "e"),
			} {
				if got := verify(t, h, phc, other); got != (answer{}) {
					t.Errorf("%q matches", other)
				}
			}
		})
	}
}

func TestAHugePasswordIsRefusedBeforeAnyHash(t *testing.T) {
	t.Parallel()
	// A hash would have to wait for the slot, in vain.
	h := NewHasher(Options{Params: cheap, Parallel: 1, QueueLen: -1})
	if err := h.queue.enter(t.Context()); err != nil {
		t.Fatal(err)
	}
	for name, password := range map[string]string{
		"1 MB":             strings.Repeat("a", 1<<20),
		"1 MB of accents":  strings.Repeat("e\u0301", 1<<20/3),
		"257 code points":  strings.Repeat("a", 257),
		"more bytes":       strings.Repeat("😀", 256) + "a",
		"1 MB of not text": strings.Repeat("\xff", 1<<20),
	} {
		t.Run("PWD-04 "+name, func(t *testing.T) {
			t.Parallel()
			want := fault.Invalid(tooLong)
			_, err := h.Hash(t.Context(), password)
			wantFault(t, err, want)
			for _, phc := range []string{"", bcrypted(t, "$2a", "a"), newArgonHash(cheap, "a").String(), "malformed"} {
				_, _, err = h.Verify(t.Context(), phc, password)
				wantFault(t, err, want)
			}
		})
	}
}

func TestWeakerAndForeignHashesAreToBeReplaced(t *testing.T) {
	t.Parallel()
	const password = "correct horse"
	h := NewHasher(Options{Params: Params{MemoryKiB: 64, Time: 2, Parallelism: 1}})
	for name, c := range map[string]struct {
		phc  string
		want bool
	}{
		"current":      {hash(t, h, password), false},
		"fewer passes": {newArgonHash(Params{64, 1, 1}, password).String(), true},
		"less memory":  {newArgonHash(Params{32, 2, 1}, password).String(), true},
		"stronger":     {newArgonHash(Params{128, 2, 1}, password).String(), false},
		"bcrypt 2a":    {bcrypted(t, "$2a", password), true},
		"bcrypt 2b":    {bcrypted(t, "$2b", password), true},
		"bcrypt 2y":    {bcrypted(t, "$2y", password), true},
	} {
		t.Run("PWD-12 "+name, func(t *testing.T) {
			t.Parallel()
			if got := verify(t, h, c.phc, password); got != (answer{OK: true, Rehash: c.want}) {
				t.Errorf("Verify = %v, want rehash %v", got, c.want)
			}
			if got := verify(t, h, c.phc, "wrong horse"); got != (answer{}) {
				t.Errorf("Verify with a wrong password = %v", got)
			}
		})
	}
}

func TestAnUnreadableHashIsNoFaultAndStaysOutOfTheError(t *testing.T) {
	t.Parallel()
	h := NewHasher(Options{Params: cheap})
	_, _, err := h.Verify(t.Context(), "sha1$secret", "correct horse")
	if fault.CodeOf(err) != fault.Internal || strings.Contains(err.Error(), "secret") {
		t.Errorf("Verify: %v", err)
	}
}

func TestParametersThatCouldNotBeReadBackPanic(t *testing.T) {
	t.Parallel()
	defer func() {
		if recover() == nil {
			t.Error("NewHasher did not panic")
		}
	}()
	NewHasher(Options{Params: Params{MemoryKiB: maxMemoryKiB + 1, Time: 1, Parallelism: 1}})
}

func wantFault(t *testing.T, err error, want *fault.Fault) {
	t.Helper()
	var got *fault.Fault
	if !errors.As(err, &got) {
		t.Fatalf("got %v, want a fault", err)
	}
	if diff := cmp.Diff(want, got, cmp.AllowUnexported(fault.Fault{})); diff != "" {
		t.Error(diff)
	}
}
