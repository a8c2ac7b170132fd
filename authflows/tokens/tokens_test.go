package tokens_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"github.com/tenantgate/tenantgate/authflows/tokens"
	"github.com/tenantgate/tenantgate/internal/amr"
	"github.com/tenantgate/tenantgate/internal/events"
	"github.com/tenantgate/tenantgate/internal/fault"
	"github.com/tenantgate/tenantgate/internal/ids"
	"github.com/tenantgate/tenantgate/internal/sealed"
	"github.com/tenantgate/tenantgate/internal/store/storetest"
	"github.com/tenantgate/tenantgate/tenants"
)

var now = time.Date(2026, 3, 14, 15, 9, 26, 0, time.UTC)

// pair makes two tenants.
func pair(t testing.TB, settings ...tenants.Change) (a, b *tenants.Tenant) {
	t.Helper()
	db := storetest.SQLite(t)
	clock := func() time.Time { return now }
	feed := events.NewFeed(db, nil)
	registry := tenants.NewRegistry(db, sealed.Ring{{ID: "test"}}, feed, events.NewLog(feed, clock),
		func() string { return "https://auth.example.test" }, clock)
	var out []*tenants.Tenant
	for _, slug := range []string{"acme", "globex"} {
		made, err := registry.Create(t.Context(), tenants.CreateInput{Slug: slug, Settings: settings})
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, made)
	}
	return out[0], out[1]
}

func mint(t testing.TB, of *tenants.Tenant) (tokens.Access, string) {
	t.Helper()
	a := tokens.Access{
		Issuer: of.Issuer, Audience: tokens.Audience(of), User: ids.New(), Session: ids.New(),
		IssuedAt: now, Expires: now.Add(10 * time.Minute), AuthTime: now, Proofs: []amr.Method{amr.Password},
	}
	token, err := tokens.MintAccess(of.Signing, a)
	if err != nil {
		t.Fatal(err)
	}
	return a, token
}

func TestAnAccessTokenSaysWhatWasMinted(t *testing.T) {
	t.Parallel()
	for _, algorithm := range []string{"ES256", "EdDSA", "RS256"} {
		acme, globex := pair(t, tenants.Change{Path: "tokens.algorithm", Value: []byte(`"` + algorithm + `"`)})
		want, token := mint(t, acme)
		got, err := tokens.ReadAccess(acme, token, now)
		if err != nil {
			t.Fatalf("%s: %v", algorithm, err)
		}
		want.Proofs, want.ACR, want.Kid, want.Client = nil, amr.AAL1, acme.Signing.ActiveKid(), tokens.NativeClient
		want.AMR = amr.References([]amr.Method{amr.Password})
		if _, err := uuid.Parse(got.ID); err != nil {
			t.Errorf("%s: jti %q", algorithm, got.ID)
		}
		want.ID = got.ID
		got.IssuedAt, got.Expires, got.AuthTime = got.IssuedAt.UTC(), got.Expires.UTC(), got.AuthTime.UTC()
		if diff := cmp.Diff(&want, got); diff != "" {
			t.Errorf("%s: %s", algorithm, diff)
		}
		if _, err := tokens.ReadAccess(globex, token, now); fault.CodeOf(err) != fault.InvalidToken {
			t.Errorf("%s: another tenant reads it: %v", algorithm, err)
		}
	}
}

func TestARotatingTokenIsReadAsItsKindByItsTenantOnly(t *testing.T) { // TEN-02, JWT-07
	t.Parallel()
	acme, globex := pair(t)
	r := tokens.Rotating{Session: ids.New(), Generation: 7}
	for _, kind := range []tokens.Kind{tokens.Refresh, tokens.Cookie} {
		text := kind.Mint(acme.Keys, r)
		if got, ok := kind.Read(acme.Keys, text); !ok || got != r {
			t.Errorf("got %+v, %t", got, ok)
		}
		if _, ok := kind.Read(globex.Keys, text); ok {
			t.Error("another tenant reads it")
		}
	}
	refresh, cookie := tokens.Refresh.Mint(acme.Keys, r), tokens.Cookie.Mint(acme.Keys, r)
	for _, crossed := range []string{cookie, "tgr_" + strings.TrimPrefix(cookie, "tgc_")} {
		if _, ok := tokens.Refresh.Read(acme.Keys, crossed); ok {
			t.Error("a cookie is read as a refresh token")
		}
	}
	for _, crossed := range []string{refresh, "tgc_" + strings.TrimPrefix(refresh, "tgr_")} {
		if _, ok := tokens.Cookie.Read(acme.Keys, crossed); ok {
			t.Error("a refresh token is read as a cookie")
		}
	}
}

// FuzzReadAccess lets nothing verify but the very text that MintAccess wrote.
func FuzzReadAccess(f *testing.F) {
	acme, _ := pair(f)
	_, token := mint(f, acme)
	parts := strings.Split(token, ".")
	for _, seed := range []string{
		token, token + ".", token + "=", token + "\n", parts[0] + "." + parts[1] + ".", parts[0] + "\n." + parts[1] + "." + parts[2], "..", "",
		"eyJhbGciOiJub25lIn0." + parts[1] + ".",
	} {
		f.Add(seed, uint16(0), byte(0))
	}
	f.Add(token, uint16(len(token)-1), byte(1))
	f.Fuzz(func(t *testing.T, text string, at uint16, flip byte) {
		for _, candidate := range []string{text, flipped(text, at, flip), flipped(token, at, flip)} {
			_, err := tokens.ReadAccess(acme, candidate, now)
			if (err == nil) != (candidate == token) {
				t.Errorf("%q: %v", candidate, err)
			}
			if err != nil && fault.CodeOf(err) != fault.InvalidToken {
				t.Errorf("%q: %v", candidate, err)
			}
		}
	})
}

// FuzzRotating lets nothing be read but the very text that Mint wrote.
func FuzzRotating(f *testing.F) {
	acme, _ := pair(f)
	token := tokens.Refresh.Mint(acme.Keys, tokens.Rotating{Session: ids.New(), Generation: 1})
	for _, seed := range []string{token, "", "tgr_", token + "=", token[:len(token)-1] + "\n"} {
		f.Add(seed, uint16(len(token)-1), byte(1))
	}
	f.Fuzz(func(t *testing.T, text string, at uint16, flip byte) {
		for _, candidate := range []string{text, flipped(text, at, flip), flipped(token, at, flip)} {
			if _, ok := tokens.Refresh.Read(acme.Keys, candidate); ok != (candidate == token) {
				t.Errorf("%q: %t", candidate, ok)
			}
		}
	})
}

func flipped(text string, at uint16, flip byte) string {
	if text == "" {
		return text
	}
	b := []byte(text)
	b[int(at)%len(b)] ^= flip
	return string(b)
}
