package accounts_test

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/tenantgate/tenantgate/authflows/accounts"
)

type reader = func(string) (accounts.Identifier, bool)

func TestIdentifiersHaveOneNormalForm(t *testing.T) { // PWD-09, PWD-10
	t.Parallel()
	for _, c := range []struct {
		read       reader
		text, want string // an empty want is a refusal
	}{
		{accounts.Email, "alice@ex.test", "alice@ex.test"},
		{accounts.Email, " ALICE@EX.TEST\r\n", "alice@ex.test"},
		{accounts.Email, "alice+x@ex.test", "alice+x@ex.test"},
		{accounts.Email, "a.lice@ex.test", "a.lice@ex.test"},
		{accounts.Email, "\u0430lice@ex.test", "\u0430lice@ex.test"},
		{accounts.Email, "a@b\u00fccher.test", "a@xn--bcher-kva.test"},
		{accounts.Email, "a@bu\u0308cher.test", "a@xn--bcher-kva.test"},
		{accounts.Email, "a@XN--BCHER-KVA.test", "a@xn--bcher-kva.test"},
		{accounts.Email, "a@ex\u3002test", "a@ex.test"},
		{accounts.Email, "alice", ""},
		{accounts.Email, "@ex.test", ""},
		{accounts.Email, "a@", ""},
		{accounts.Email, "a@localhost", ""},
		{accounts.Email, "a@ex.test.", ""},
		{accounts.Email, "a..b@ex.test", ""},
		{accounts.Email, "a@b@ex.test", ""},
		{accounts.Email, `"a b"@ex.test`, ""},
		{accounts.Email, "Ann <a@ex.test>", ""},
		{accounts.Email, "a@[192.0.2.1]", ""},
		{accounts.Email, "a@ex.test,b@ex.test", ""},
		{accounts.Email, "a@ex.test\r\nBcc: b@ex.test", ""},
		{accounts.Email, "a\x00@ex.test", ""},
		{accounts.Email, "a\xff@ex.test", ""},
		{accounts.Email, "a\u200b@ex.test", ""},
		{accounts.Email, strings.Repeat("a", 65) + "@ex.test", ""},
		{accounts.Email, "a@" + strings.Repeat("a.", 130) + "test", ""},
		{accounts.Username, "Ann_1", "ann_1"},
		{accounts.Username, "Ａｎｎ", "ann"},
		{accounts.Username, "e\u0301va", "\u00e9va"},
		{accounts.Username, "-ann", ""},
		{accounts.Username, "ann.", ""},
		{accounts.Username, "a b", ""},
		{accounts.Username, "a\x00b", ""},
		{accounts.Username, "a\r\nb", ""},
		{accounts.Username, "\xff", ""},
		{accounts.Username, "", ""},
		{accounts.Username, strings.Repeat("a", 65), ""},
		{accounts.Phone, "+49 (151) 123-456.78", "+4915112345678"},
		{accounts.Phone, "015112345678", ""},
		{accounts.Phone, "+0123456789", ""},
		{accounts.Phone, "+123456", ""},
		{accounts.Phone, "+1234567890123456", ""},
		{accounts.Phone, "+49151\n1234567", ""},
		{accounts.Phone, "+４９１５１１２３４５６", ""},
		{accounts.Any, "ANN@ex.test ", "ann@ex.test"},
		{accounts.Any, "+49 151 12345678", "+4915112345678"},
		{accounts.Any, "Ann", "ann"},
		{accounts.Any, "a@", ""},
		{accounts.Any, "", ""},
	} {
		got, ok := c.read(c.text)
		if ok != (c.want != "") || got.Normal != c.want {
			t.Errorf("%q reads as %q, %t; want %q", c.text, got.Normal, ok, c.want)
		}
	}
}

func FuzzAny(f *testing.F) {
	for _, seed := range []string{"ann@ex.test", "A@B\u00fccher.test", "Ann", "+4915112345678", "a\x00@x.y", "\xff", "İ", "ﷺ", "ẞ.ẞ"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		got, ok := accounts.Any(text)
		if !ok {
			if got != (accounts.Identifier{}) {
				t.Errorf("refused, yet %+v", got)
			}
			return
		}
		for _, form := range []string{got.Value, got.Normal} {
			if !utf8.ValidString(form) || strings.ContainsAny(form, "\x00\r\n") || form == "" {
				t.Fatalf("%q is kept as %q", text, form)
			}
		}
		if again, ok := accounts.Any(got.Value); !ok || again != got {
			t.Errorf("%q reads as %+v, and its value as %+v", text, got, again)
		}
		if again, ok := accounts.Any(" " + strings.TrimSpace(text) + "\n"); !ok || again.Normal != got.Normal {
			t.Errorf("blanks around %q count", text)
		}
	})
}
