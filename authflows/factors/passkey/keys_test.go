package passkey

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"math/big"
	"testing"
	"time"
)

func TestKeysOfAlgorithmsThatWereNotOfferedAreRefused(t *testing.T) { // WAN-08
	t.Parallel()
	modulus := func(bits uint) []byte { return modulus(bits).Bytes() }
	for name, key := range map[string]map[int]any{
		"ES384":         {1: 2, 3: -35, -1: 2, -2: make([]byte, 48), -3: make([]byte, 48)},
		"ES512":         {1: 2, 3: -36, -1: 3, -2: make([]byte, 66), -3: make([]byte, 66)},
		"ES256K":        {1: 2, 3: -47, -1: 8, -2: make([]byte, 32), -3: make([]byte, 32)},
		"Ed448":         {1: 1, 3: -53, -1: 7, -2: make([]byte, 57)},
		"RS1":           {1: 3, 3: -65535, -1: modulus(2048), -2: []byte{1, 0, 1}},
		"PS256":         {1: 3, 3: -37, -1: modulus(2048), -2: []byte{1, 0, 1}},
		"ML-DSA-44":     {1: 7, 3: -48, -1: make([]byte, 1312)},
		"HS256":         {1: 4, 3: 5, -1: make([]byte, 32)},
		"RSA 512":       {1: 3, 3: -257, -1: modulus(512), -2: []byte{1, 0, 1}},
		"RSA 2047":      {1: 3, 3: -257, -1: modulus(2047), -2: []byte{1, 0, 1}},
		"RSA 4097":      {1: 3, 3: -257, -1: modulus(4097), -2: []byte{1, 0, 1}},
		"RSA of 30 KiB": {1: 3, 3: -257, -1: modulus(8 * 30 << 10), -2: []byte{1, 0, 1}},
	} {
		for _, format := range []string{"none", "packed"} {
			wantError(t, registerKey(t, format, key), ErrRefused)
			if t.Failed() {
				t.Fatal(name)
			}
		}
	}
}

func TestKeysThatAreNoneAreMalformed(t *testing.T) { // WAN-08
	t.Parallel()
	good := newDevice(t, "ES256", newOwner()).cose
	x, y := good[-2], good[-3]
	for name, key := range map[string]any{
		"nothing":              []byte{},
		"no map":               []byte{0x01},
		"half a map":           toCBOR(t, good)[:40],
		"empty":                map[int]any{},
		"no type":              map[int]any{3: -7, -1: 1, -2: x, -3: y},
		"no algorithm":         map[int]any{1: 2, -1: 1, -2: x, -3: y},
		"algorithm in words":   map[int]any{1: 2, 3: "ES256", -1: 1, -2: x, -3: y},
		"no coordinate":        map[int]any{1: 2, 3: -7, -1: 1, -2: x},
		"short coordinate":     map[int]any{1: 2, 3: -7, -1: 1, -2: x, -3: y.([]byte)[:31]},
		"off the curve":        map[int]any{1: 2, 3: -7, -1: 1, -2: x, -3: x},
		"at infinity":          map[int]any{1: 2, 3: -7, -1: 1, -2: make([]byte, 32), -3: make([]byte, 32)},
		"another curve":        map[int]any{1: 2, 3: -7, -1: 2, -2: x, -3: y},
		"RSA for ES256":        map[int]any{1: 3, 3: -7, -1: rsaKey().N.Bytes(), -2: []byte{1, 0, 1}},
		"EC for RS256":         map[int]any{1: 2, 3: -257, -1: 1, -2: x, -3: y},
		"EC for EdDSA":         map[int]any{1: 2, 3: -8, -1: 1, -2: x, -3: y},
		"RSA without exponent": map[int]any{1: 3, 3: -257, -1: rsaKey().N.Bytes()},
		"EdDSA, no curve":      map[int]any{1: 1, 3: -8, -2: x},
		"twice the same":       []byte{0xa3, 0x01, 0x02, 0x01, 0x02, 0x03, 0x26},
		"indefinite length":    []byte{0xbf, 0x01, 0x02, 0x03, 0x26, 0xff},
		"bytes behind it":      append(toCBOR(t, good), 0),
		"a tag":                append([]byte{0xc1}, toCBOR(t, good)...),
	} {
		wantError(t, registerKey(t, "none", key), ErrMalformed)
		if t.Failed() {
			t.Fatal(name)
		}
	}
	// An exponent that no signature can be verified with must not get so far as to verify one.
	for _, exponent := range [][]byte{{2}, {1}, bytes.Repeat([]byte{255}, 7), {1, 0, 0, 0, 1}} {
		err := registerKey(t, "packed", map[int]any{1: 3, 3: -257, -1: rsaKey().N.Bytes(), -2: exponent})
		wantError(t, err, ErrRefused)
	}
}

// registerKey registers a key, attested by a signature of another one where the format is packed.
func registerKey(t *testing.T, format string, key any) error {
	t.Helper()
	owner := newOwner()
	options, kept, err := acme.Create(owner, nil)
	if err != nil {
		t.Fatal(err)
	}
	_, err = acme.Register(owner, kept, newDevice(t, "ES256", owner).create(t, options, func(s *said) {
		s.cose = key
		if s.format = format; format == "packed" {
			alg := any(-7)
			if key, ok := key.(map[int]any); ok {
				alg = key[3]
			}
			s.stmt = map[string]any{"alg": alg, "sig": bytes.Repeat([]byte{1}, 256)}
		}
	}))
	return err
}

// modulus is a number that is no product of two primes of equal length, which nothing looks for.
func modulus(bits uint) *big.Int {
	n := new(big.Int).Lsh(big.NewInt(1), bits)
	return n.Sub(n, big.NewInt(1))
}

func TestKeysOfCertificatesAreBoundedToo(t *testing.T) { // WAN-08
	t.Parallel()
	issuer, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), NotBefore: time.Unix(0, 0), NotAfter: time.Unix(1<<33, 0), Subject: pkix.Name{
			Country: []string{"NZ"}, Organization: []string{"Maker"}, CommonName: "Key",
			OrganizationalUnit: []string{"Authenticator Attestation"},
		},
	}
	giant, err := x509.CreateCertificate(rand.Reader, template, template,
		&rsa.PublicKey{N: modulus(8 * 32 << 10), E: 1<<31 - 1}, issuer)
	if err != nil {
		t.Fatal(err)
	}
	statement := map[string]any{"alg": -257, "sig": bytes.Repeat([]byte{1}, 10<<10), "x5c": []any{giant}}
	for format, stmt := range map[string]any{
		"packed": statement, "compound": []any{map[string]any{"fmt": "packed", "attStmt": statement}},
	} {
		owner := newOwner()
		options, kept, err := acme.Create(owner, nil)
		if err != nil {
			t.Fatal(err)
		}
		response := newDevice(t, "ES256", owner).create(t, options, func(s *said) { s.format, s.stmt = format, stmt })
		if len(response) > maxResponse {
			t.Fatal("the response is refused for its length alone")
		}
		_, err = acme.Register(owner, kept, response)
		if wantError(t, err, ErrRefused); err == nil || err.Error() != refuse("size of a key of the attestation").Error() {
			t.Errorf("%s: %v", format, err)
		}
	}
}

func TestStatementsThatWouldTakeLongAreNotVerified(t *testing.T) { // WAN-08
	t.Parallel()
	certificates := func(n int) any { return map[string]any{"alg": -7, "sig": []byte{1}, "x5c": make([]any, n)} }
	packed := func(n, chain int) any {
		list := make([]any, n)
		for i := range list {
			list[i] = map[string]any{"fmt": "packed", "attStmt": certificates(chain)}
		}
		return list
	}
	for name, c := range map[string]struct {
		format, reason string
		statement      any
	}{
		"an endless chain":    {"packed", "size of the attestation", certificates(maxCertificates + 1)},
		"several long chains": {"compound", "size of the attestation", packed(maxSubStatements, maxCertificates/2)},
		"statements for ever": {"compound", "size of the attestation", packed(maxSubStatements+1, 0)},
		"SafetyNet":           {"android-safetynet", "format of the attestation", map[string]any{"ver": "1"}},
		"SafetyNet among others": {"compound", "format of the attestation", []any{
			map[string]any{"fmt": "packed", "attStmt": certificates(1)},
			map[string]any{"fmt": "android-safetynet", "attStmt": map[string]any{"ver": "1"}},
		}},
	} {
		owner := newOwner()
		options, kept, err := acme.Create(owner, nil)
		if err != nil {
			t.Fatal(err)
		}
		_, err = acme.Register(owner, kept, newDevice(t, "ES256", owner).create(t, options, func(s *said) {
			s.format, s.stmt = c.format, c.statement
		}))
		if wantError(t, err, ErrRefused); err == nil || err.Error() != refuse(c.reason).Error() {
			t.Errorf("%s: %v", name, err)
		}
	}
}
