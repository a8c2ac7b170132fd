package tenants

import (
	"bytes"
	"crypto"
	"crypto/x509"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"github.com/tenantgate/tenantgate/internal/fault"
	"github.com/tenantgate/tenantgate/internal/store/storetest"
	"github.com/tenantgate/tenantgate/internal/tenancy"
)

var algorithms = []jose.SignatureAlgorithm{jose.ES256, jose.EdDSA, jose.RS256}

// sign makes a token with the active key, as package tokens does.
func sign(t testing.TB, of *Tenant) string {
	t.Helper()
	signer, err := of.Signing.Signer("at+jwt")
	if err != nil {
		t.Fatal(err)
	}
	signed, err := signer.Sign([]byte(`{"sub":"usr_1"}`))
	if err != nil {
		t.Fatal(err)
	}
	token, err := signed.CompactSerialize()
	if err != nil {
		t.Fatal(err)
	}
	return token
}

// accepts reports whether tokens signed with the key of a kid are accepted.
func accepts(t testing.TB, of *Tenant, kid string, at time.Time) bool {
	t.Helper()
	_, err := of.Signing.Verify(kid, at)
	if err != nil {
		expectFault(t, "the key "+kid, err, fault.InvalidToken)
	}
	return err == nil
}

var errUnknownKid = errors.New("unknown kid")

// verifyWith verifies a token as a relying party that holds a key set.
func verifyWith(jwks []byte, token string) error {
	var set jose.JSONWebKeySet
	if err := json.Unmarshal(jwks, &set); err != nil {
		return err
	}
	signed, err := jose.ParseSignedCompact(token, algorithms)
	if err != nil {
		return err
	}
	header := signed.Signatures[0].Header
	keys := set.Key(header.KeyID)
	if len(keys) != 1 {
		return errUnknownKid
	}
	if keys[0].Algorithm != header.Algorithm {
		return errors.New("another algorithm than the key's")
	}
	_, err = signed.Verify(keys[0].Key)
	return err
}

func kidOf(t testing.TB, token string) string {
	t.Helper()
	signed, err := jose.ParseSignedCompact(token, algorithms)
	if err != nil {
		t.Fatal(err)
	}
	return signed.Signatures[0].Header.KeyID
}

func TestTheKeySetHoldsPublicMembersOnly(t *testing.T) {
	t.Parallel()
	members := map[string][]string{
		"ES256": {"alg", "crv", "kid", "kty", "use", "x", "y"},
		"EdDSA": {"alg", "crv", "kid", "kty", "use", "x"},
		"RS256": {"alg", "e", "kid", "kty", "n", "use"},
	}
	eachURL(t, func(t *testing.T, url string) {
		r, clk := newOne(t, open(t, url))
		for algorithm, want := range members {
			made := create(t, r, strings.ToLower(algorithm), "tokens.algorithm="+algorithm)
			var set struct {
				Keys []map[string]string `json:"keys"`
			}
			if err := json.Unmarshal(made.Signing.JWKS(), &set); err != nil {
				t.Fatal(err)
			}
			if len(set.Keys) != 2 {
				t.Fatalf("%s: %d keys are published, want the active and the next", algorithm, len(set.Keys))
			}
			for _, k := range set.Keys {
				var names []string
				for name := range k {
					names = append(names, name)
				}
				slices.Sort(names)
				if diff := cmp.Diff(want, names); diff != "" || k["alg"] != algorithm || k["use"] != "sig" {
					t.Errorf("%s: alg %s, use %s, members (-want +got):\n%s", algorithm, k["alg"], k["use"], diff)
				}
				if got := thumbprint(t, k); k["kid"] != got {
					t.Errorf("%s: kid %s, thumbprint %s", algorithm, k["kid"], got)
				}
				v, err := made.Signing.Verify(k["kid"], clk.read().Add(1000*time.Hour))
				if err != nil || string(v.Algorithm) != algorithm || v.Kid != k["kid"] {
					t.Errorf("%s: Verify gives %+v, %v", algorithm, v, err)
				}
			}
			token := sign(t, made)
			if err := verifyWith(made.Signing.JWKS(), token); err != nil || kidOf(t, token) != made.Signing.ActiveKid() {
				t.Errorf("%s: a token with kid %s: %v", algorithm, kidOf(t, token), err)
			}
			header, _ := base64.RawURLEncoding.DecodeString(strings.Split(token, ".")[0])
			if !bytes.Contains(header, []byte(`"typ":"at+jwt"`)) || bytes.Contains(header, []byte(`"jwk"`)) {
				t.Errorf("%s: header %s", algorithm, header)
			}
			if tag := made.Signing.ETag(); tag != find(t, r, made.Slug).Signing.ETag() || !strings.HasPrefix(tag, `"`) {
				t.Errorf("%s: ETag %s changes from read to read", algorithm, tag)
			}
		}
	})
}

// thumbprint is RFC 7638 by hand: SHA-256 of the required members in lexicographic order.
func thumbprint(t testing.TB, jwk map[string]string) string {
	t.Helper()
	required := map[string][]string{
		"EC": {"crv", "kty", "x", "y"}, "OKP": {"crv", "kty", "x"}, "RSA": {"e", "kty", "n"},
	}[jwk["kty"]]
	var parts []string
	for _, name := range required {
		parts = append(parts, `"`+name+`":"`+jwk[name]+`"`)
	}
	h := crypto.SHA256.New()
	h.Write([]byte("{" + strings.Join(parts, ",") + "}"))
	return base64.RawURLEncoding.EncodeToString(h.Sum(nil))
}

func TestNoDumpOfTheDatabaseHoldsAPrivateKey(t *testing.T) { // KEY-04
	t.Parallel()
	eachURL(t, func(t *testing.T, url string) {
		db := open(t, url)
		r, _ := newOne(t, db)
		for _, algorithm := range algorithms {
			create(t, r, strings.ToLower(string(algorithm)), "tokens.algorithm="+string(algorithm))
		}
		var dump strings.Builder
		for _, rows := range contents(t, url, uuid.Nil) {
			dump.WriteString(strings.Join(rows, "\n"))
		}
		seen := 0
		for _, algorithm := range algorithms {
			owner := find(t, r, strings.ToLower(string(algorithm)))
			rows, err := db.SigningKey.Query().All(tenancy.With(t.Context(), owner.ID))
			if err != nil {
				t.Fatal(err)
			}
			for _, row := range rows {
				der, err := owner.Keys.Open(privateKeyPlace(row.Kid), row.PrivateSealed)
				if err != nil {
					t.Fatal(err)
				}
				if _, err := x509.ParsePKCS8PrivateKey(der); err != nil {
					t.Fatal(err)
				}
				seen++
				// Any 24 bytes of it: the ends of an EC or RSA key are its public part.
				for at := range len(der) - 24 {
					part := der[at : at+24]
					if bytes.Contains(row.PublicJwk, part) || bytes.Contains(row.PrivateSealed, part) {
						t.Fatalf("%s: bytes %d to %d are in clear", algorithm, at, at+24)
					}
					if strings.Contains(dump.String(), hex.EncodeToString(part)) {
						t.Fatalf("%s: bytes %d to %d of a private key are in the dump", algorithm, at, at+24)
					}
				}
			}
		}
		if seen != 6 || !strings.Contains(dump.String(), "private_sealed=") {
			t.Errorf("%d keys looked for in %d bytes", seen, dump.Len())
		}
	})
}

func TestKeysThatDoNotOpenRefuseNobodysToken(t *testing.T) {
	t.Parallel()
	r, clk := newOne(t, storetest.SQLite(t))
	made := create(t, r, "acme")
	kid := made.Signing.ActiveKid()
	stranger := create(t, r, "other").Keys
	for name, set := range map[string]*KeySet{
		"sealed for another tenant": {kid: kid, jwks: made.Signing.jwks, keys: stranger, private: made.Signing.private},
		"not published":             {kid: kid, jwks: []byte(`{"keys":[]}`), keys: made.Keys, private: made.Signing.private},
		"no key set":                {kid: kid, jwks: []byte(`{"keys":[`), keys: made.Keys, private: made.Signing.private},
	} {
		for range 2 { // it stays so
			if signer, err := set.Signer("at+jwt"); err == nil || fault.CodeOf(err) != fault.Internal {
				t.Errorf("%s: signs by %v, %v", name, signer, err)
			}
			if key, err := set.Verify(kid, clk.read()); err == nil || fault.CodeOf(err) != fault.Internal {
				t.Errorf("%s: verifies by %v, %v", name, key, err)
			}
		}
	}
}
