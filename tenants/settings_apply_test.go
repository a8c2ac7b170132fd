package tenants

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tenantgate/tenantgate/internal/ephemeral"
	"github.com/tenantgate/tenantgate/internal/fault"
)

func TestAChangeIsJSONOrElseAText(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]Change{
		"signup.mode=closed":                {"signup.mode", json.RawMessage(`"closed"`)},
		`signup.mode="closed"`:              {"signup.mode", json.RawMessage(`"closed"`)},
		"magic.enabled=false":               {"magic.enabled", json.RawMessage(`false`)},
		"codes.digits=8":                    {"codes.digits", json.RawMessage(`8`)},
		`signup.required=["phone"]`:         {"signup.required", json.RawMessage(`["phone"]`)},
		"signup.mode=null":                  {"signup.mode", json.RawMessage(`null`)},
		"mail.from=":                        {"mail.from", json.RawMessage(`""`)},
		"mail.link_url=https://a.test/?x=1": {"mail.link_url", json.RawMessage(`"https://a.test/?x=1"`)},
		"branding.name=NaN":                 {"branding.name", json.RawMessage(`"NaN"`)},
		"branding.name= spaced ":            {"branding.name", json.RawMessage(`" spaced "`)},
		`branding={"name":"Acme"}`:          {"branding", json.RawMessage(`{"name":"Acme"}`)},
	} {
		got, err := ParseChange(text)
		if diff := cmp.Diff(want, got); err != nil || diff != "" {
			t.Errorf("ParseChange(%q): %v (-want +got):\n%s", text, err, diff)
		}
	}
	for text, field := range map[string]string{
		"signup.mode": "signup.mode", "": "settings", "=closed": "settings", "p4ss word": "settings",
		"branding.name=\xff": "branding.name", "cors.origins=[https://app]": "cors.origins", "mfa= {policy:off}": "mfa",
	} {
		_, err := ParseChange(text)
		if fields := fieldsOf(err); len(fields) != 1 || fields[0].Field != field || fields[0].Message == "" {
			t.Errorf("ParseChange(%q): %v %v, want one problem of %s", text, err, fields, field)
		}
	}
}

func TestADocumentHoldsOnlyWhatDiffersFromTheDefaults(t *testing.T) {
	t.Parallel()
	doc, s := mustApply(t, nil, "signup.mode=closed", "sessions.access=300s", "abuse.mails=0", "mfa.enrol_grace=0",
		"codes.digits=6", `mfa.factors=["totp","passkey","recovery_code"]`, "magic.enabled=true")
	want := `{"abuse":{"mails":"0"},"sessions":{"access":"5m"},"signup":{"mode":"closed"}}`
	if string(doc) != want {
		t.Errorf("stored %s, want %s", doc, want)
	}
	if s.Signup.Mode != SignupClosed || s.Sessions.Access != minutes(5) || s.Abuse.Mails != (ephemeral.Limit{}) {
		t.Errorf("settings are %+v", s)
	}
	back, err := Decode(doc)
	if diff := cmp.Diff(s, back); err != nil || diff != "" {
		t.Errorf("read back: %v (-applied +decoded):\n%s", err, diff)
	}
	for _, steps := range [][]string{
		{"signup.mode=open", "sessions.access=10m", "abuse.mails=5/60m"},
		{"signup.mode=null", "sessions.access=null", "abuse.mails=null"},
		{"signup=null", "sessions=null", "abuse=null"},
	} {
		if back, s := mustApply(t, doc, steps...); string(back) != "{}" || !cmp.Equal(s, Defaults()) {
			t.Errorf("after %v: %s", steps, back)
		}
	}
	if len(doc) != len(want) || string(doc) != want {
		t.Error("Apply changed the document that it was given")
	}
}

func TestAGroupIsChangedByAnObject(t *testing.T) {
	t.Parallel()
	doc, s := mustApply(t, nil,
		`mail.templates.email_code={"en":{"subject":"Your code","text":"Hello\n{code}\n"},"pt-BR":{"text":"{code}"}}`,
		`abuse={"turnstile":{"site_key":"0x1","secret":"`+canarySecret+`","mode":"required"},"address":"100/1m"}`)
	if got := s.Mail.Templates["email_code"]; got["en"].Subject != "Your code" || got["pt-BR"].Text != "{code}" {
		t.Errorf("templates are %+v", got)
	}
	if got := s.Abuse; got.Turnstile.Mode != CaptchaRequired || got.Address.Events != 100 || !got.Turnstile.Secret.IsSet() {
		t.Errorf("abuse is %+v", got)
	}
	// What an object does not name stays; null in it goes back.
	doc, s = mustApply(t, doc, `mail.templates={"email_code":{"en":{"subject":null},"pt-BR":{"subject":"Código"}}}`)
	if got := s.Mail.Templates["email_code"]; got["en"].Subject != "" || got["en"].Text == "" || got["pt-BR"].Text == "" {
		t.Errorf("templates are %+v", got)
	}
	doc, s = mustApply(t, doc, "mail.templates.email_code.en=null", "abuse.turnstile=null")
	if _, still := s.Mail.Templates["email_code"]["en"]; still || s.Abuse.Turnstile.Secret.IsSet() {
		t.Errorf("settings are %+v", s)
	}
	want := `{"abuse":{"address":"100/1m"},"mail":{"templates":{"email_code":{"pt-BR":{"subject":"Código","text":"{code}"}}}}}`
	if string(doc) != want {
		t.Errorf("stored %s, want %s", doc, want)
	}
}

func TestWhatANewerVersionWroteIsIgnoredAndKept(t *testing.T) {
	t.Parallel()
	newer := json.RawMessage(`{"signup":{"mode":"closed","later":{"a":[1,12345678901234567890]}},"webhooks":["x"],` +
		`"mail":{"templates":{"later_kind":{"en":{"text":"x"}},"email_code":{"!!":{"text":"x"}}}},"dialects":{"new":true}}`)
	s, err := Decode(newer)
	if err != nil || s.Signup.Mode != SignupClosed || len(s.Mail.Templates) != 0 {
		t.Fatalf("Decode: %v %+v", err, s)
	}
	doc, _ := mustApply(t, newer, "signup.mode=open", "branding.name=Acme", "mail.templates=null", "dialects=null")
	want := `{"branding":{"name":"Acme"},"dialects":{"new":true},"mail":{"templates":{"email_code":{"!!":{"text":"x"}},` +
		`"later_kind":{"en":{"text":"x"}}}},"signup":{"later":{"a":[1,12345678901234567890]}},"webhooks":["x"]}`
	if string(doc) != want {
		t.Errorf("stored %s\nwant   %s", doc, want)
	}
	_, _, err = Apply(newer, parseChanges(t, "signup.later=1", "webhooks=null"), nil)
	if got := fieldsOf(err); len(got) != 2 || got[0].Code != wrongPath || got[1].Code != wrongPath {
		t.Errorf("unknown paths are written: %v %v", err, got)
	}
}

func TestAStoredValueThatThisVersionCannotReadIsAnErrorAndNeverAGuess(t *testing.T) {
	t.Parallel()
	for _, doc := range []string{
		`{"mfa":{"policy":"phishing_resistant"}}`, `{"mfa":{"factors":["totp","hologram"]}}`, `{"mfa":{"policy":null}}`,
		`{"mfa":"required"}`, `{"mfa":null}`, `{"codes":{"digits":"6"}}`, `{"sessions":{"access":600}}`,
		`{"sessions":{"access":"ten minutes"}}`, `{"abuse":{"mails":"5"}}`, `{"signup":{"required":"email"}}`,
		`{"mail":{"smtp_url":"smtp://u:canary@h"}}`, `{"mail":{"smtp_url":{"sealed":"%%"}}}`,
		`{"mail":{"smtp_url":{"sealed":""}}}`, `{"mail":{"smtp_url":{}}}`, `[]`, `"x"`, `{`, `{}{}`, `{} x`,
	} {
		s, err := Decode(json.RawMessage(doc))
		if err == nil || fieldsOf(err) != nil {
			t.Errorf("Decode(%s) = %+v, %v; want an internal error", doc, s, err)
		} else if strings.Contains(err.Error(), "canary") || strings.Contains(err.Error(), "hologram") {
			t.Errorf("Decode(%s) repeats a value: %v", doc, err)
		}
		if _, _, err := Apply(json.RawMessage(doc), nil, nil); err == nil {
			t.Errorf("Apply(%s) goes on", doc)
		}
	}
	for _, doc := range []string{"", "null", "{}", " {} "} {
		if s, err := Decode(json.RawMessage(doc)); err != nil || !cmp.Equal(s, Defaults()) {
			t.Errorf("Decode(%q) = %+v, %v; want the defaults", doc, s, err)
		}
	}
	// A bound that moved does not make a stored value unreadable; the next change must mend it.
	old := json.RawMessage(`{"codes":{"digits":4}}`)
	if s, err := Decode(old); err != nil || s.Codes.Digits != 4 {
		t.Errorf("Decode(%s) = %v, %v", old, s.Codes, err)
	}
	if _, _, err := Apply(old, parseChanges(t, "signup.mode=closed"), nil); len(fieldsOf(err)) != 1 {
		t.Errorf("Apply keeps what is out of range: %v", err)
	}
	mustApply(t, old, "signup.mode=closed", "codes.digits=null")
}

func TestSecretsAreStoredSealedAndStayUntilTheyChange(t *testing.T) {
	t.Parallel()
	doc, s := settingsWithSecrets(t)
	if !strings.Contains(string(doc), `"secret":{"sealed":"`) || strings.Contains(string(doc), "canary") {
		t.Fatalf("stored %s", doc)
	}
	encoded, err := s.Encode()
	if err != nil || string(encoded) != string(doc) {
		t.Errorf("encoded %s, %v; want %s", encoded, err, doc)
	}
	kept, after := mustApply(t, doc, "signup.mode=closed")
	if !after.Mail.SMTPURL.Equal(s.Mail.SMTPURL) || !strings.Contains(string(kept), "sealed") {
		t.Error("a change of something else lost a secret")
	}
	for _, steps := range [][]string{{"mail.smtp_url="}, {"mail.smtp_url=null"}, {"mail.smtp_url=null", "mail.from=null"}} {
		without, after := mustApply(t, doc, steps...)
		if after.Mail.SMTPURL.IsSet() || !after.Abuse.Turnstile.Secret.IsSet() || strings.Contains(string(without), "smtp_url") {
			t.Errorf("after %v: %s", steps, without)
		}
	}
	broken := errors.New("key is gone")
	_, _, err = Apply(nil, parseChanges(t, "abuse.turnstile.secret="+canarySecret),
		func(string, []byte) ([]byte, error) { return nil, broken })
	if !errors.Is(err, broken) || fault.CodeOf(err) != fault.Internal || strings.Contains(err.Error(), "canary") {
		t.Errorf("a seal that fails: %v", err)
	}
	if _, _, err = Apply(nil, parseChanges(t, "abuse.turnstile.secret="+canarySecret), nil); err == nil {
		t.Error("a secret was stored without a seal")
	}
}

func TestProblemsNeverRepeatASecretAndSealNothing(t *testing.T) {
	t.Parallel()
	seal := func(string, []byte) ([]byte, error) { t.Error("a wrong secret was sealed"); return nil, nil }
	for _, text := range []string{
		"mail.smtp_url=https://u:canary@mail.test", "mail.smtp_url=smtp://u:can%ary@mail.test", "mail.smtp_url=canary",
		`mail.smtp_url={"canary":1}`, `mail.smtp_url=["canary"]`, "mail.smtp_url=smtp://u:canary@mail.test?x=1",
		"mail.smtp_url=smtp://u:canary@mail.test?starttls=off", "abuse.turnstile.secret=canary canary",
		`abuse.turnstile.secret="canary\u0000"`, "abuse.turnstile.secret=set, hidden", "mail.smtp_url=12345",
		"abuse.turnstile.secre!canary=x", "signup.mode=canary", "codes.digits=canary", "codes.lifetime=canary",
		"abuse.mails=canary", "mail.from=canary@", `signup.required=["canary"]`, "branding.color=#canary",
	} {
		_, _, err := Apply(nil, parseChanges(t, text), seal)
		fields := fieldsOf(err)
		if len(fields) != 1 {
			t.Errorf("%s: %v %v, want one problem", text, err, fields)
			continue
		}
		if all := err.Error() + fields[0].Field + fields[0].Message + fields[0].Code; strings.Contains(all, "canary") {
			t.Errorf("%s: repeats the value: %+v", text, fields[0])
		}
	}
}

func TestEverythingWrongIsReportedAtOnceInTheOrderOfPaths(t *testing.T) {
	t.Parallel()
	_, _, err := Apply(nil, parseChanges(t, "cors.origins=[\"*\"]", "sign.mode=open", "codes.digits=5", "signup.mode=never",
		"sessions.idle=5m", "codes.digits=7", `magic={"enabled":false,"signup":true,"more":1}`, "signup=open"), nil)
	var got []string
	for _, f := range fieldsOf(err) {
		got = append(got, f.Field+" "+f.Code)
	}
	want := []string{
		"signup.mode unknown_value", "codes.digits duplicate", "magic.signup contradiction",
		"sessions.idle contradiction", "cors.origins malformed", "sign.mode unknown_path", "magic.more unknown_path",
		"signup wrong_type",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("problems (-want +got):\n%s", diff)
	}
	if !errors.Is(err, fault.New(fault.InvalidInput)) {
		t.Errorf("the error is %v", err)
	}
}

func TestHostileChangesAreBounded(t *testing.T) {
	t.Parallel()
	many := make([]Change, 5000)
	for i := range many {
		many[i] = Change{"no.such", json.RawMessage(`1`)}
	}
	_, _, err := Apply(nil, many, nil)
	if got := len(fieldsOf(err)); got != maxProblems {
		t.Errorf("%d problems", got)
	}
	deep := json.RawMessage(strings.Repeat(`{"a":`, 20000) + "1" + strings.Repeat("}", 20000))
	long := json.RawMessage(`"` + strings.Repeat("x", 2*maxSettings) + `"`)
	for _, c := range []Change{
		{"mail", deep},
		{"branding.name", long},
		{"branding.logo", long},
		{"mail", json.RawMessage(`{"from":"\ud800"}`)},
		{"branding.name", json.RawMessage("\"\xff\"")},
		{"branding.name", json.RawMessage(`"a\u0000b"`)},
		{"branding.name", json.RawMessage(`{`)},
		{"branding.name", nil},
		{"", json.RawMessage(`1`)},
		{strings.Repeat("a.", 100000), json.RawMessage(`1`)},
		{"signup.", json.RawMessage(`1`)},
		{"signup", json.RawMessage(`{"mode":"closed","mode":"open"}`)},
		{"signup", json.RawMessage(`1 2`)},
		{"mail.templates.email_code.en", json.RawMessage(`"x"`)},
		{"signup.mode.x", json.RawMessage(`1`)},
	} {
		_, _, err := Apply(nil, []Change{c}, nil)
		if fields := fieldsOf(err); len(fields) != 1 || len(fields[0].Field) > 100 {
			t.Errorf("%.60s=%.60s: %v %v", c.Path, c.Value, err, fields)
		}
	}
}

func TestTheDocumentAsAWholeIsBounded(t *testing.T) {
	t.Parallel()
	var changes []Change
	text, _ := json.Marshal(strings.Repeat("words ", 1300))
	for _, locale := range []string{"en", "de", "fr", "es", "it"} {
		for _, kind := range []string{
			"signup_taken", "password_changed", "password_reset_done", "sessions_revoked_reuse",
			"identifier_changed", "account_deleted",
		} {
			changes = append(changes, Change{"mail.templates." + kind + "." + locale + ".text", text})
		}
	}
	if _, _, err := Apply(nil, changes[:20], nil); err != nil {
		t.Fatalf("twenty texts are refused: %v %v", err, fieldsOf(err))
	}
	for i := range 10 {
		changes = append(changes, Change{"mail.templates.account_deleted.en-" + string(rune('A'+i)) + "A.text", text})
	}
	_, _, err := Apply(nil, changes, nil)
	if got := fieldsOf(err); len(got) != 1 || got[0].Field != "settings" || got[0].Code != wrongSize {
		t.Errorf("%d texts: %v %v", len(changes), err, got)
	}
}
