package tenants

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"
)

// settingKey seals and opens for tests: it binds a text to its path and hides it from plain sight.
type settingKey struct{}

func (settingKey) seal(path string, plain []byte) ([]byte, error) {
	return flip(path + "\n" + string(plain)), nil
}

func (settingKey) open(path string, sealed []byte) ([]byte, error) {
	plain, ok := strings.CutPrefix(string(flip(string(sealed))), path+"\n")
	if !ok {
		return nil, errors.New("sealed for another path")
	}
	return []byte(plain), nil
}

func flip(text string) []byte {
	out := []byte(text)
	for i := range out {
		out[i] ^= 0x5a
	}
	return out
}

const (
	canarySecret = "canary-5ecret-0f-turnstile"
	canarySMTP   = "smtps://mailer:canary-pa55word@mail.example.com"
)

func settingsWithSecrets(t *testing.T) (json.RawMessage, Settings) {
	t.Helper()
	return mustApply(t, nil, "abuse.turnstile.secret="+canarySecret, "mail.smtp_url="+canarySMTP,
		"mail.from=no-reply@example.com")
}

func TestASecretIsNeverShownHoweverItIsPrinted(t *testing.T) {
	t.Parallel()
	doc, s := settingsWithSecrets(t)
	var log bytes.Buffer
	for _, h := range []slog.Handler{slog.NewTextHandler(&log, nil), slog.NewJSONHandler(&log, nil)} {
		slog.New(h).Info("x", "secret", s.Mail.SMTPURL, "all", s, "pointer", &s, "group", s.Abuse.Turnstile)
	}
	encoded, err := json.Marshal(s)
	if err != nil {
		t.Fatal(err)
	}
	texts := []string{string(doc), log.String(), string(encoded), s.Mail.SMTPURL.GoString()}
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d", "%T"} {
		texts = append(texts, fmt.Sprintf(verb, s), fmt.Sprintf(verb, &s), fmt.Sprintf(verb, s.Mail.SMTPURL),
			fmt.Sprintf(verb, struct{ hidden Secret }{s.Mail.SMTPURL}))
	}
	for _, row := range s.Rows(doc) {
		texts = append(texts, fmt.Sprint(row))
	}
	for _, text := range texts {
		for _, canary := range []string{"canary", "pa55word", fmt.Sprintf("%x", "canary"), "99,97,110", "99 97 110"} {
			if strings.Contains(text, canary) {
				t.Errorf("shows a secret: %.300s", text)
			}
		}
	}
	if got := fmt.Sprint(s.Mail.SMTPURL); got != "set, hidden" {
		t.Errorf("a set secret prints %q", got)
	}
	if got := fmt.Sprintf("%v|%#v", Secret{}, Secret{}); got != "|" {
		t.Errorf("no secret prints %q", got)
	}
	if !strings.Contains(string(encoded), `"smtp_url":"set, hidden"`) {
		t.Errorf("JSON is %s", encoded)
	}
}

func TestASecretIsRevealedUnderItsOwnPathOnly(t *testing.T) {
	t.Parallel()
	_, s := settingsWithSecrets(t)
	if got, err := s.Mail.SMTPURL.Reveal(settingKey{}.open); err != nil || got != canarySMTP {
		t.Errorf("mail.smtp_url reveals %q, %v", got, err)
	}
	if got, err := s.Abuse.Turnstile.Secret.Reveal(settingKey{}.open); err != nil || got != canarySecret {
		t.Errorf("abuse.turnstile.secret reveals %q, %v", got, err)
	}
	wrong := func(string, []byte) ([]byte, error) { return nil, errors.New("another key") }
	if got, err := s.Mail.SMTPURL.Reveal(wrong); err == nil || got != "" || !strings.Contains(err.Error(), "mail.smtp_url") {
		t.Errorf("under a wrong key: %q, %v", got, err)
	}
	if got, err := Defaults().Mail.SMTPURL.Reveal(settingKey{}.open); err == nil {
		t.Errorf("a secret that is not set reveals %q", got)
	}
	// A sealed value that was moved to another setting is opened for that one, where it does not open.
	sealed := s.Abuse.Turnstile.Secret.stored().Sealed
	moved, err := Decode(json.RawMessage(`{"mail":{"smtp_url":{"sealed":"` + sealed + `"}}}`))
	if err != nil {
		t.Fatal(err)
	}
	if got, err := moved.Mail.SMTPURL.Reveal(settingKey{}.open); err == nil {
		t.Errorf("a moved secret reveals %q", got)
	}
}

func TestSecretsCompareByWhatIsSealed(t *testing.T) {
	t.Parallel()
	doc, s := settingsWithSecrets(t)
	again, err := Decode(doc)
	if err != nil {
		t.Fatal(err)
	}
	if !s.Mail.SMTPURL.Equal(again.Mail.SMTPURL) || !(Secret{}).Equal(Secret{}) {
		t.Error("the same secrets differ")
	}
	if s.Mail.SMTPURL.Equal(s.Abuse.Turnstile.Secret) || s.Mail.SMTPURL.Equal(Secret{}) || (Secret{}).Equal(s.Mail.SMTPURL) {
		t.Error("different secrets are the same")
	}
}
