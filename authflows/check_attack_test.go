package authflows_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"crypto/sha512"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"hash"
	"maps"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"

	"github.com/tenantgate/tenantgate/authflows"
	"github.com/tenantgate/tenantgate/authflows/flowtest"
	"github.com/tenantgate/tenantgate/internal/events"
	"github.com/tenantgate/tenantgate/internal/fault"
	"github.com/tenantgate/tenantgate/tenants"
)

var b64 = base64.RawURLEncoding

type members = map[string]any

// parts decodes the header and claims of a token.
func parts(t testing.TB, token string) (header, claims map[string]any, third string) {
	t.Helper()
	p := strings.Split(token, ".")
	return object(t, must[[]byte](t)(b64.DecodeString(p[0]))), object(t, must[[]byte](t)(b64.DecodeString(p[1]))), p[2]
}

func encode(t testing.TB, v any) string {
	t.Helper()
	return b64.EncodeToString(must[[]byte](t)(json.Marshal(v)))
}

// with returns a copy that differs in one member, or lacks it where the value is nil.
func with(m map[string]any, key string, value any) map[string]any {
	m = maps.Clone(m)
	if m[key] = value; value == nil {
		delete(m, key)
	}
	return m
}

func sign(t testing.TB, of *tenants.Tenant, claims []byte) string {
	t.Helper()
	signer := must[jose.Signer](t)(of.Signing.Signer("at+jwt"))
	signed := must[*jose.JSONWebSignature](t)(signer.Sign(claims))
	return must[string](t)(signed.CompactSerialize())
}

func refused(t testing.TB, env *flowtest.Env, slug, name, token string) {
	t.Helper()
	if _, err := bearer(t, env, slug, token); fault.CodeOf(err) != fault.InvalidToken || err == nil {
		t.Errorf("%s: got %v", name, err)
	}
}

func TestTEN01ATokenOfAnotherTenantIsAnyInvalidToken(t *testing.T) {
	t.Parallel()
	flowtest.Each(t, func(t *testing.T, env *flowtest.Env) {
		s := env.SignUp(t, acme, ann)
		env.SignUp(t, globex, ann)
		flows := env.Flows(t, globex)
		before := must[int](t)(env.DB.Event.Query().Count(within(t, env, globex)))
		statements := env.Statements(func() {
			_, err := flows.Bearer(t.Context(), s.AccessToken)
			wantFault(t, err, fault.InvalidToken)
		})
		if len(statements) != 0 {
			t.Errorf("it reached the database: %q", queries(statements))
		}
		if after := must[int](t)(env.DB.Event.Query().Count(within(t, env, globex))); after != before {
			t.Error("the other tenant's audit has a trace of it")
		}
		caller(t, env, acme, s)
	})
}

func TestTEN04AKeyIsLookedUpWithinItsTenant(t *testing.T) {
	t.Parallel()
	env := flowtest.New(t)
	s := env.SignUp(t, acme, ann)
	b := env.Tenant(t, globex)
	header, claims, third := parts(t, s.AccessToken)
	other := encode(t, with(header, "kid", b.Signing.ActiveKid()))
	issuer := encode(t, with(claims, "iss", b.Issuer))
	for _, slug := range []string{acme, globex} {
		refused(t, env, slug, "kid", other+"."+encode(t, claims)+"."+third)
		refused(t, env, slug, "iss", encode(t, header)+"."+issuer+"."+third)
		refused(t, env, slug, "both", other+"."+issuer+"."+third)
	}
}

func TestTEN05IssuerAndAudienceCountEvenUnderTheSameKey(t *testing.T) {
	t.Parallel()
	env := flowtest.New(t)
	s := env.SignUp(t, acme, ann)
	twin := *env.Tenant(t, globex)
	twin.Signing = env.Tenant(t, acme).Signing
	_, err := must[*authflows.Flows](t)(env.Engine.For(&twin)).Bearer(t.Context(), s.AccessToken)
	wantFault(t, err, fault.InvalidToken)
	_, claims, _ := parts(t, s.AccessToken)
	for _, member := range []string{"iss", "aud"} {
		mixed := sign(t, &twin, must[[]byte](t)(json.Marshal(with(claims, member, twin.Issuer))))
		_, err := must[*authflows.Flows](t)(env.Engine.For(&twin)).Bearer(t.Context(), mixed)
		wantFault(t, err, fault.InvalidToken)
	}
}

func TestJWT01AlgorithmNoneIsRefused(t *testing.T) {
	t.Parallel()
	env := flowtest.New(t)
	header, claims, third := parts(t, env.SignUp(t, acme, ann).AccessToken)
	for _, alg := range []string{"none", "None", "nOnE", ""} {
		h := encode(t, with(header, "alg", alg)) + "." + encode(t, claims)
		refused(t, env, acme, "alg "+alg, h+"."+third)
		refused(t, env, acme, "alg "+alg+" unsigned", h+".")
	}
	refused(t, env, acme, "empty third part", encode(t, header)+"."+encode(t, claims)+".")
	refused(t, env, acme, "no third part", encode(t, header)+"."+encode(t, claims))
}

func TestJWT02NoPublicKeyServesAsASecret(t *testing.T) {
	t.Parallel()
	env := flowtest.New(t)
	s := env.SignUp(t, acme, ann)
	header, claims, _ := parts(t, s.AccessToken)
	a := env.Tenant(t, acme)
	key := must[*tenants.VerificationKey](t)(a.Signing.Verify(a.Signing.ActiveKid(), env.Clock.Now()))
	der := must[[]byte](t)(x509.MarshalPKIXPublicKey(key.Public))
	text := pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der})
	jwk := must[[]byte](t)(json.Marshal(jose.JSONWebKey{Key: key.Public, KeyID: key.Kid, Algorithm: string(key.Algorithm), Use: "sig"}))
	for _, secret := range [][]byte{der, text, []byte(strings.TrimSpace(string(text))), jwk, append(jwk, '\n'), a.Signing.JWKS()} {
		for alg, h := range map[string]func() hash.Hash{"HS256": sha256.New, "HS384": sha512.New384, "HS512": sha512.New} {
			signed := encode(t, with(header, "alg", alg)) + "." + encode(t, claims)
			mac := hmac.New(h, secret)
			mac.Write([]byte(signed))
			refused(t, env, acme, alg, signed+"."+b64.EncodeToString(mac.Sum(nil)))
		}
	}
}

func TestJWT03AKeyHasExactlyOneAlgorithm(t *testing.T) {
	t.Parallel()
	env := flowtest.New(t)
	s := env.SignUp(t, acme, ann)
	env.Set(t, acme, "tokens.algorithm=RS256") // the next key is RS256, and published beside the active one
	header, claims, third := parts(t, s.AccessToken)
	var set jose.JSONWebKeySet
	mustDo(t, json.Unmarshal(env.Tenant(t, acme).Signing.JWKS(), &set))
	if len(set.Keys) != 2 {
		t.Fatalf("%d keys published", len(set.Keys))
	}
	for _, k := range set.Keys {
		for _, alg := range []string{"RS256", "PS256", "ES384", "EdDSA", "ES256"} {
			if alg == header["alg"] && k.KeyID == header["kid"] {
				continue
			}
			forged := encode(t, with(with(header, "alg", alg), "kid", k.KeyID))
			refused(t, env, acme, alg, forged+"."+encode(t, claims)+"."+third)
		}
	}
	caller(t, env, acme, s)
}

func TestJWT04AndJWT05NothingInAHeaderIsFollowed(t *testing.T) {
	t.Parallel()
	env := flowtest.New(t)
	header, claims, third := parts(t, env.SignUp(t, acme, ann).AccessToken)
	flows := env.Flows(t, acme)
	var headers []map[string]any
	for _, member := range []string{"jku", "x5u", "jwk", "x5c", "crit", "zip", "b64"} {
		headers = append(headers, with(header, member, "https://127.0.0.1:9/keys"))
	}
	for _, kid := range []any{
		nil, "", strings.Repeat("k", 10<<10), "../../dev/null", "' OR 1=1--", "a\x00b", "a\nb", []any{"x"}, members{"x": 1}, 7,
	} {
		headers = append(headers, with(header, "kid", kid))
	}
	for _, typ := range []any{nil, "JWT", "AT+JWT", "application/at+jwt", "refresh", 1} {
		headers = append(headers, with(header, "typ", typ))
	}
	statements := env.Statements(func() {
		for _, h := range headers {
			_, err := flows.Bearer(t.Context(), encode(t, h)+"."+encode(t, claims)+"."+third)
			wantFault(t, err, fault.InvalidToken)
		}
	})
	if len(statements) != 0 {
		t.Errorf("a header reached the database: %q", queries(statements))
	}
}

func TestJWT06AndJWT08TimesAndAudienceOfSignedTokens(t *testing.T) {
	t.Parallel()
	env := flowtest.New(t)
	s := env.SignUp(t, acme, ann)
	a := env.Tenant(t, acme)
	_, claims, _ := parts(t, s.AccessToken)
	now := env.Clock.Now().Unix()
	leeway := int64(tenants.Leeway / time.Second)
	for name, changed := range map[string]members{
		"exp past the leeway": with(claims, "exp", now-leeway-1), "exp missing": with(claims, "exp", nil),
		"exp a string": with(claims, "exp", "9999999999"), "exp negative": with(claims, "exp", -1), "exp a fraction": with(claims, "exp", 1.5),
		"iat beyond the leeway": with(claims, "iat", now+leeway+2), "iat missing": with(claims, "iat", nil),
		"aud missing": with(claims, "aud", nil), "aud of another": with(claims, "aud", "https://other.test"),
		"aud a prefix": with(claims, "aud", a.Issuer[:len(a.Issuer)-1]), "aud a list": with(claims, "aud", []string{a.Issuer, "x"}),
		"client_id of another": with(claims, "client_id", "wolf"), "sid missing": with(claims, "sid", nil), "sub missing": with(claims, "sub", nil),
	} {
		refused(t, env, acme, name, sign(t, a, must[[]byte](t)(json.Marshal(changed))))
	}
	huge := strings.Replace(string(must[[]byte](t)(json.Marshal(with(claims, "exp", 1)))), `"exp":1`, `"exp":1e400`, 1)
	refused(t, env, acme, "exp of 1e400", sign(t, a, []byte(huge)))
	env.Clock.Advance(s.ExpiresIn + tenants.Leeway - time.Second)
	caller(t, env, acme, s)
	env.Clock.Advance(time.Second)
	refused(t, env, acme, "at the leeway", s.AccessToken)
}

func TestJWT07EachKindOfTokenIsRefusedAsEveryOther(t *testing.T) {
	t.Parallel()
	env := flowtest.New(t)
	s := env.SignUp(t, acme, ann)
	c := requestReset(t, env, acme, ann)
	env.Set(t, acme, "tokens.transport=cookie")
	cookie := signIn(t, env, acme, ann).Cookie
	flows := env.Flows(t, acme)
	kinds := map[string]string{
		"access": s.AccessToken, "refresh": s.RefreshToken, "cookie": cookie, "challenge": c.PublicID(),
		"code": env.Code(t, acme, ann), "link": env.Link(t, acme, ann), "nothing": "", "session id": s.Session.PublicID(),
	}
	for place, take := range map[string]func(string) error{
		"access":  func(token string) error { _, err := flows.Bearer(t.Context(), token); return err },
		"refresh": func(token string) error { _, err := flows.Refresh(t.Context(), token); return err },
		"cookie":  func(token string) error { _, err := flows.Cookie(t.Context(), token); return err },
		"rotation of a cookie": func(token string) error {
			_, err := flows.RefreshCookie(t.Context(), token)
			return err
		},
	} {
		for kind, token := range kinds {
			if kind == place || kind == "cookie" && place == "rotation of a cookie" {
				continue
			}
			if err := take(token); fault.CodeOf(err) != fault.InvalidToken || err == nil {
				t.Errorf("%s as %s: %v", kind, place, err)
			}
		}
	}
}

func TestJWT10OnlyTheCanonicalSpellingCounts(t *testing.T) {
	t.Parallel()
	env := flowtest.New(t)
	s := env.SignUp(t, acme, ann)
	p := strings.Split(s.AccessToken, ".")
	const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
	last := strings.IndexByte(alphabet, p[2][len(p[2])-1])
	for name, token := range map[string]string{
		"padding": s.AccessToken + "==", "blank": s.AccessToken + " ", "line break": p[0] + "." + p[1] + "\n." + p[2], "leading blank": " " + s.AccessToken,
		"unused bits": s.AccessToken[:len(s.AccessToken)-1] + string(alphabet[last^1]), "fourth part": s.AccessToken + ".", "more of it": s.AccessToken + "." + p[2],
	} {
		refused(t, env, acme, name, token)
	}
	for _, r := range []string{s.RefreshToken + "=", " " + s.RefreshToken, s.RefreshToken + "\n", strings.ToUpper(s.RefreshToken), s.RefreshToken[:len(s.RefreshToken)-1]} {
		_, err := refresh(t, env, acme, r)
		wantFault(t, err, fault.InvalidToken)
	}
	caller(t, env, acme, s)
}

func TestKEY01TokensOutliveARotationAndKEY03NoCompromise(t *testing.T) {
	t.Parallel()
	flowtest.Each(t, func(t *testing.T, env *flowtest.Env) {
		env.SignUp(t, acme, ann)
		before := env.Tenant(t, acme).Signing.ActiveKid()
		env.Clock.Advance(tenants.PublishLead)
		s := signIn(t, env, acme, ann)
		must[*tenants.Tenant](t)(env.Tenants.Rotate(t.Context(), acme, tenants.RotateInput{}))
		caller(t, env, acme, s)
		next := must[*authflows.Step](t)(refresh(t, env, acme, s.RefreshToken)).SignedIn
		if header, _, _ := parts(t, next.AccessToken); header["kid"] == before {
			t.Error("new tokens carry the old key")
		}
		env.Poll(t)
		caller(t, env, acme, next)
		must[*tenants.Tenant](t)(env.Tenants.Rotate(t.Context(), acme, tenants.RotateInput{Compromised: true, EndSessions: true}))
		for _, token := range []*authflows.SignedIn{next} {
			refused(t, env, acme, "compromised", token.AccessToken)
			_, err := refresh(t, env, acme, token.RefreshToken)
			wantFault(t, err, fault.InvalidToken)
		}
		caller(t, env, acme, signIn(t, env, acme, ann))
		if facts(t, env, acme, events.KeysRotated) != 2 {
			t.Error("each rotation is a fact")
		}
	})
}
