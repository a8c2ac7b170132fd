package tenants

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// fuzzSeeds are changes of each kind, right and wrong.
var fuzzSeeds = []string{
	"signup.mode=closed", "signup.required=[\"email\",\"phone\"]", "codes.lifetime=1h30m", "abuse.mails=10/15m", "abuse.mails=0",
	"mail.smtp_url=smtp://u:p@mail.test", "mail.templates.email_code.en.text={code}", "mail={\"from\":\"a@b.test\"}", "mail=null",
	"branding.logo=data:image/png;base64,iVBORw0KGgo=", "cors.origins=[\"https://a.test\"]", "dialects.waanverse-magic.enabled=true",
	"passkeys.origins=[\"http://[::1]:1\"]", "a=b", "=", "signup=1", "signup.mode=\xff", "branding.name=\"\\ud800\"",
}

func FuzzAChangeIsMadeWhollyOrRefused(f *testing.F) {
	for _, text := range fuzzSeeds {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		c, err := ParseChange(text)
		if err != nil {
			if len(fieldsOf(err)) != 1 {
				t.Errorf("ParseChange(%q): %v", text, err)
			}
			return
		}
		if !json.Valid(c.Value) || !strings.HasPrefix(text, c.Path+"=") {
			t.Fatalf("ParseChange(%q) = %+v", text, c)
		}
		doc, s, err := Apply(nil, []Change{c}, settingKey{}.seal)
		if err != nil {
			if len(fieldsOf(err)) == 0 {
				t.Errorf("Apply(%q): %v, no fault", text, err)
			}
			return
		}
		back, err := Decode(doc)
		if diff := cmp.Diff(s, back); err != nil || diff != "" {
			t.Errorf("%q stored as %s reads back otherwise: %v\n%s", text, doc, err, diff)
		}
		encoded, err := s.Encode()
		if err != nil || string(encoded) != string(doc) {
			t.Errorf("%q stored as %s is encoded as %s, %v", text, doc, encoded, err)
		}
		for _, row := range s.Rows(doc) {
			if row.Path == "" {
				t.Errorf("%q: a row without path", text)
			}
		}
	})
}

func FuzzDecodeReadsWhatEncodeWrites(f *testing.F) {
	for _, doc := range []string{
		"", "null", "{}", `{"signup":{"mode":"closed"}}`, `{"mail":{"smtp_url":{"sealed":"AAEC"}}}`, `{"abuse":{"mails":"0"}}`,
		`{"mail":{"templates":{"email_code":{"en":{"text":"{code}"}}}}}`, `{"x":{"y":[1e400]}}`, `{"codes":{"digits":4}}`,
		`{"cors":{"origins":["https://a.test"]}}`, `{"signup":null}`, `{"mfa":{"factors":null}}`, `[`, `{"a":1}{"a":2}`,
	} {
		f.Add([]byte(doc))
	}
	f.Fuzz(func(t *testing.T, doc []byte) {
		s, err := Decode(doc)
		if err != nil {
			return
		}
		encoded, err := s.Encode()
		if err != nil {
			t.Fatalf("Encode: %v", err)
		}
		back, err := Decode(encoded)
		if diff := cmp.Diff(s, back); err != nil || diff != "" {
			t.Errorf("%s is encoded as %s, which reads back otherwise: %v\n%s", doc, encoded, err, diff)
		}
		if _, err := json.Marshal(s); err != nil {
			t.Errorf("Marshal: %v", err)
		}
		s.Rows(doc)
		if out, _, err := Apply(doc, nil, nil); err == nil {
			if again, err := Decode(out); err != nil || !cmp.Equal(s, again) {
				t.Errorf("%s became %s without a change: %v", doc, out, err)
			}
		}
	})
}
