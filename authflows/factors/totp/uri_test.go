package totp

import (
	"net/url"
	"strings"
	"testing"
	"unicode"

	"github.com/google/go-cmp/cmp"
	"github.com/pquerna/otp"
	"pgregory.net/rapid"
)

func TestAURIIsWrittenAsAppsExpect(t *testing.T) {
	t.Parallel()
	got := URI("Acme Co", "alice+1@acme.test", rfcSecret)
	want := "otpauth://totp/Acme%20Co:alice%2B1%40acme.test?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ" +
		"&issuer=Acme%20Co&algorithm=SHA1&digits=6&period=30"
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// names are what an app shows, as another implementation reads them from a URI.
func names(t testing.TB, uri string) (issuer, account string) {
	t.Helper()
	key, err := otp.NewKeyFromURL(uri)
	if err != nil {
		t.Fatalf("read %q: %v", uri, err)
	}
	if key.Type() != "totp" || key.Secret() != Text(rfcSecret) || key.Algorithm() != otp.AlgorithmSHA1 ||
		key.Digits() != otp.DigitsSix || key.Period() != 30 {
		t.Fatalf("%q reads as %s, %s, %s, %d digits, %d s", uri,
			key.Type(), key.Secret(), key.Algorithm(), key.Digits(), key.Period())
	}
	u, err := url.Parse(uri)
	if err != nil {
		t.Fatal(err)
	}
	// The label is read apart from the parameter, because apps differ in which they take, and before it is decoded,
	// because some apps split it then.
	before, after, found := strings.Cut(strings.TrimPrefix(u.EscapedPath(), "/"), ":")
	if !found {
		before, after = "", before
	}
	for _, part := range []struct{ label, want string }{
		{before, u.Query().Get("issuer")},
		{after, key.AccountName()},
	} {
		if got, err := url.PathUnescape(part.label); err != nil || got != part.want {
			t.Fatalf("%q: the label says %q, %v, want %q", uri, got, err, part.want)
		}
	}
	return key.Issuer(), key.AccountName()
}

func TestNamesArriveInTheApp(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("é", 300)
	for name, c := range map[string]struct{ issuer, account, wantIssuer, wantAccount string }{
		"plain":             {"Acme", "alice", "Acme", "alice"},
		"blanks":            {" Acme  Co ", "\talice b\n", "Acme  Co", "alice b"},
		"plus":              {"A+B", "a+b@c.test", "A+B", "a+b@c.test"},
		"reserved":          {"a/b?c#d&e=f;g,h", "i%20j@k$l[m]", "a/b?c#d&e=f;g,h", "i%20j@k$l[m]"},
		"leading slash":     {"/a", "//b", "/a", "//b"},
		"dots":              {"..", ".", "..", "."},
		"colon in issuer":   {"urn:acme", "alice", "urn-acme", "alice"},
		"colon in account":  {"Acme", "a:b", "Acme", "a-b"},
		"nothing but colon": {":", ":", "-", "-"},
		"quotes":            {`"Acme" <'&`, "o'neil", `"Acme" <'&`, "o'neil"},
		"accents":           {"Bücher", "zoë", "Bücher", "zoë"},
		"other scripts":     {"東京", "अलिस", "東京", "अलिस"},
		"joined emoji":      {"👩‍👩‍👧", "🇩🇪", "👩‍👩‍👧", "🇩🇪"},
		"right to left":     {"\u202eemcA", "שלום", "\u202eemcA", "שלום"},
		"control":           {"a\x00b\x7fc", "d\r\ne", "a b c", "d  e"},
		"broken UTF-8":      {"a\xff\xfeb", "\xc3", "a\ufffd\ufffdb", "\ufffd"},
		"no issuer":         {" ", "alice", "", "alice"},
		"no names":          {"", "", "", ""},
		"long":              {long, "a" + long, long[:128], "a" + long[:254]},
		"blank at the cut":  {strings.Repeat("x", 127) + "  y", "alice", strings.Repeat("x", 127), "alice"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			uri := URI(c.issuer, c.account, rfcSecret)
			issuer, account := names(t, uri)
			if issuer != c.wantIssuer || account != c.wantAccount {
				t.Errorf("%q reads as %q, %q, want %q, %q", uri, issuer, account, c.wantIssuer, c.wantAccount)
			}
		})
	}
}

// checkURI asserts what holds for all names.
func checkURI(t testing.TB, issuer, account string) {
	t.Helper()
	uri := URI(issuer, account, rfcSecret)
	if strings.ContainsFunc(uri, func(r rune) bool { return r <= ' ' || r > '~' || r == '+' }) {
		t.Fatalf("%q has characters that need an escape", uri)
	}
	readIssuer, readAccount := names(t, uri)
	for _, name := range []struct{ given, read string }{{issuer, readIssuer}, {account, readAccount}} {
		odd := strings.ContainsFunc(name.given, func(r rune) bool {
			return r == ':' || r == unicode.ReplacementChar || unicode.IsControl(r)
		})
		if kept := strings.TrimSpace(name.given); !odd && len(kept) <= 128 && name.read != kept {
			t.Fatalf("%q reads as %q", name.given, name.read)
		}
	}
	if again := URI(readIssuer, readAccount, rfcSecret); again != uri {
		t.Fatalf("%q, made of what was read from %q", again, uri)
	}
}

func TestAnyNamesArriveInTheApp(t *testing.T) {
	t.Parallel()
	text := rapid.OneOf(rapid.String(), rapid.StringMatching(`[ -~:é]{0,300}`),
		rapid.Map(rapid.SliceOf(rapid.Byte()), func(b []byte) string { return string(b) }))
	rapid.Check(t, func(rt *rapid.T) {
		issuer, account := text.Draw(rt, "issuer"), text.Draw(rt, "account")
		checkURI(t, issuer, account)
	})
}

func FuzzURIIsReadBack(f *testing.F) {
	f.Add("Acme Co", "alice@acme.test")
	f.Add("a:b", ":")
	f.Add("", "%3A")
	f.Add("\xff", strings.Repeat("👩", 100))
	f.Fuzz(func(t *testing.T, issuer, account string) { checkURI(t, issuer, account) })
}
