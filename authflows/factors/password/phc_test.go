package password

import (
	"bytes"
	"encoding/hex"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// cheap are costs for tests that are not about costs.
var cheap = Params{MemoryKiB: 8, Time: 1, Parallelism: 1}

const (
	testSalt = "c29tZXNhbHRzb21lc2FsdA"
	testKey  = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
)

// The vector is that of the reference implementation for argon2id, version 19, password "password", salt
// "somesalt", two passes over 64 KiB, one lane. RFC 9106's own has a secret and associated data, which PHC
// strings lack.
func TestArgon2idGivesTheKnownVector(t *testing.T) {
	t.Parallel()
	p := Params{MemoryKiB: 64, Time: 2, Parallelism: 1}
	got := hex.EncodeToString(p.derive("password", []byte("somesalt"), 24))
	if want := "068d62b26455936aa6ebe60060b0a65870dbfa3ddf8d41f7"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestAKnownPHCStringOfAnotherImplementationVerifies(t *testing.T) {
	t.Parallel()
	// From the test suite of the reference implementation: m=2^8 KiB, t=2, p=1.
	hash, err := parse("$argon2id$v=19$m=256,t=2,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4")
	if err != nil {
		t.Fatal(err)
	}
	if !hash.matches("password") || hash.matches("Password") {
		t.Error("the wrong password matches, or the right one does not")
	}
}

func TestAHashReadsBackAsItWasWritten(t *testing.T) {
	t.Parallel()
	for _, p := range []Params{cheap, {MemoryKiB: 64, Time: 3, Parallelism: 4}} {
		made := newArgonHash(p, "correct horse")
		read, err := parse(made.String())
		if err != nil {
			t.Fatalf("parse(%q): %v", made, err)
		}
		if diff := cmp.Diff(stored(made), read, cmp.AllowUnexported(argonHash{})); diff != "" {
			t.Error(diff)
		}
	}
}

func TestTheDefaultFormIsFixed(t *testing.T) {
	t.Parallel()
	phc := argonHash{Params: Default, salt: bytes.Repeat([]byte{1}, saltLen), key: make([]byte, keyLen)}.String()
	if want := "$argon2id$v=19$m=19456,t=2,p=1$AQEBAQEBAQEBAQEBAQEBAQ$" + testKey; phc != want {
		t.Errorf("got %s, want %s", phc, want)
	}
}

func TestHashesOutsideTheBoundsAreRefusedBeforeAnyWork(t *testing.T) {
	t.Parallel()
	bcrypted := "$2b$10$" + strings.Repeat("a", 53)
	for name, phc := range map[string]string{
		"empty":                "",
		"text":                 "plaintext",
		"dollars":              "$$$$$",
		"argon2i":              "$argon2i$v=19$m=64,t=2,p=1$" + testSalt + "$" + testKey,
		"argon2d":              "$argon2d$v=19$m=64,t=2,p=1$" + testSalt + "$" + testKey,
		"older version":        "$argon2id$v=16$m=64,t=2,p=1$" + testSalt + "$" + testKey,
		"no version":           "$argon2id$m=64,t=2,p=1$" + testSalt + "$" + testKey,
		"memory over 256 MiB":  "$argon2id$v=19$m=262145,t=2,p=1$" + testSalt + "$" + testKey,
		"memory over 32 bits":  "$argon2id$v=19$m=4294967360,t=2,p=1$" + testSalt + "$" + testKey,
		"memory below a lane":  "$argon2id$v=19$m=8,t=2,p=2$" + testSalt + "$" + testKey,
		"no memory":            "$argon2id$v=19$m=0,t=2,p=1$" + testSalt + "$" + testKey,
		"17 passes":            "$argon2id$v=19$m=64,t=17,p=1$" + testSalt + "$" + testKey,
		"no pass":              "$argon2id$v=19$m=64,t=0,p=1$" + testSalt + "$" + testKey,
		"17 lanes":             "$argon2id$v=19$m=1024,t=2,p=17$" + testSalt + "$" + testKey,
		"257 lanes":            "$argon2id$v=19$m=4096,t=2,p=257$" + testSalt + "$" + testKey,
		"no lane":              "$argon2id$v=19$m=64,t=2,p=0$" + testSalt + "$" + testKey,
		"leading zero":         "$argon2id$v=19$m=064,t=2,p=1$" + testSalt + "$" + testKey,
		"sign":                 "$argon2id$v=19$m=+64,t=2,p=1$" + testSalt + "$" + testKey,
		"negative":             "$argon2id$v=19$m=-64,t=2,p=1$" + testSalt + "$" + testKey,
		"hexadecimal":          "$argon2id$v=19$m=0x40,t=2,p=1$" + testSalt + "$" + testKey,
		"other order":          "$argon2id$v=19$t=2,m=64,p=1$" + testSalt + "$" + testKey,
		"missing parameter":    "$argon2id$v=19$m=64,t=2$" + testSalt + "$" + testKey,
		"further parameter":    "$argon2id$v=19$m=64,t=2,p=1,keyid=a$" + testSalt + "$" + testKey,
		"further part":         "$argon2id$v=19$m=64,t=2,p=1$" + testSalt + "$" + testKey + "$",
		"missing key":          "$argon2id$v=19$m=64,t=2,p=1$" + testSalt,
		"empty key":            "$argon2id$v=19$m=64,t=2,p=1$" + testSalt + "$",
		"short key":            "$argon2id$v=19$m=64,t=2,p=1$" + testSalt + "$AAAA",
		"short salt":           "$argon2id$v=19$m=64,t=2,p=1$c2FsdA$" + testKey,
		"salt of 65 bytes":     "$argon2id$v=19$m=64,t=2,p=1$" + strings.Repeat("A", 87) + "$" + testKey,
		"key of 65 bytes":      "$argon2id$v=19$m=64,t=2,p=1$" + testSalt + "$" + strings.Repeat("A", 87),
		"padding":              "$argon2id$v=19$m=64,t=2,p=1$" + testSalt + "==$" + testKey,
		"stray bits":           "$argon2id$v=19$m=64,t=2,p=1$" + testSalt + "$" + testKey[:42] + "B",
		"line break in base64": "$argon2id$v=19$m=64,t=2,p=1$" + testSalt + "\n$" + testKey,
		"line break at end":    "$argon2id$v=19$m=64,t=2,p=1$" + testSalt + "$" + testKey + "\n",
		"URL base64":           "$argon2id$v=19$m=64,t=2,p=1$" + testSalt + "$" + testKey[:42] + "_",
		"leading blank":        " $argon2id$v=19$m=64,t=2,p=1$" + testSalt + "$" + testKey,
		"a megabyte":           "$argon2id$" + strings.Repeat("$", 1<<20),
		"bcrypt of cost 16":    strings.Replace(bcrypted, "$10$", "$16$", 1),
		"bcrypt of cost 31":    strings.Replace(bcrypted, "$10$", "$31$", 1),
		"bcrypt of cost 3":     strings.Replace(bcrypted, "$10$", "$03$", 1),
		"bcrypt of no cost":    strings.Replace(bcrypted, "$10$", "$1$", 1),
		"bcrypt 2x":            strings.Replace(bcrypted, "$2b", "$2x", 1),
		"bcrypt 2":             strings.Replace(bcrypted, "$2b", "$2", 1),
		"short bcrypt":         bcrypted[:59],
		"long bcrypt":          bcrypted + "a",
		"bcrypt, line break":   bcrypted + "\n",
		"scrypt":               "$scrypt$ln=16,r=8,p=1$" + testSalt + "$" + testKey,
		"django":               "pbkdf2_sha256$600000$salt$" + testKey,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if hash, err := parse(phc); !errors.Is(err, errMalformed) {
				t.Errorf("parse = %v, %v; want errMalformed", hash, err)
			}
		})
	}
}

func TestHashesAtTheBoundsAreRead(t *testing.T) {
	t.Parallel()
	for _, phc := range []string{
		"$argon2id$v=19$m=262144,t=16,p=16$" + strings.Repeat("A", 86) + "$" + strings.Repeat("A", 86),
		"$argon2id$v=19$m=8,t=1,p=1$AAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAA",
		"$2a$04$" + strings.Repeat("a", 53),
		"$2y$15$" + strings.Repeat("a", 53),
	} {
		if _, err := parse(phc); err != nil {
			t.Errorf("parse(%q): %v", phc, err)
		}
	}
}

func TestOnlyWeakerHashesAreOutdated(t *testing.T) {
	t.Parallel()
	hash := func(m, time uint32, p uint8, salt, key int) argonHash {
		return argonHash{Params{m, time, p}, make([]byte, salt), make([]byte, key)}
	}
	for _, c := range []struct {
		name string
		hash stored
		want bool
	}{
		{"current", hash(19456, 2, 1, 16, 32), false},
		{"more lanes", hash(19456, 2, 4, 16, 32), false},
		{"fewer passes", hash(19456, 1, 1, 16, 32), true},
		{"less memory", hash(9216, 4, 1, 16, 32), true},
		{"hardly more memory for half the passes", hash(20000, 1, 1, 16, 32), true},
		{"more memory, one pass", hash(47104, 1, 1, 16, 32), false},
		{"more passes", hash(19456, 3, 1, 16, 32), false},
		{"the bounds", hash(maxMemoryKiB, maxTime, 1, 16, 32), false},
		{"short salt", hash(19456, 2, 1, 8, 32), true},
		{"short key", hash(19456, 2, 1, 16, 16), true},
		{"short salt at a higher cost", hash(65536, 3, 4, 8, 32), false},
		{"another algorithm", bcryptHash("$2b$12$"), true},
	} {
		if got := c.hash.outdated(Default); got != c.want {
			t.Errorf("%s: outdated = %v", c.name, got)
		}
	}
}

func FuzzParseAcceptsOneSpellingWithinTheBounds(f *testing.F) {
	f.Add("$argon2id$v=19$m=19456,t=2,p=1$" + testSalt + "$" + testKey)
	f.Add("$2b$10$" + strings.Repeat("a", 53))
	f.Add("$argon2id$v=19$m=,t=,p=$$")
	f.Fuzz(func(t *testing.T, phc string) {
		hash, err := parse(phc)
		if err != nil {
			return
		}
		switch h := hash.(type) {
		case argonHash:
			if h.String() != phc || !h.valid() {
				t.Errorf("parse(%q) reads %q", phc, h)
			}
		case bcryptHash:
			if string(h) != phc || len(phc) != 60 {
				t.Errorf("parse(%q) reads %q", phc, h)
			}
		}
	})
}
