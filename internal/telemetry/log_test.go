package telemetry

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"
	"unicode"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"github.com/tenantgate/tenantgate/internal/fault"
)

func discard(t testing.TB, format string) *slog.Logger { return logTo(t, io.Discard, format) }

func logTo(t testing.TB, w io.Writer, format string) *slog.Logger {
	t.Helper()
	logger, err := newLogger(Options{Out: w, LogFormat: format}, new(slog.LevelVar), false)
	if err != nil {
		t.Fatal(err)
	}
	return logger
}

const canary = "canary-4711"

func TestSecretNamesAreHidden(t *testing.T) {
	t.Parallel()
	for _, key := range []string{
		"password", "new_password", "newPassword", "token", "access_token", "refreshTokens", "code", "codes",
		"recovery_codes", "secret", "clientSecret", "Authorization", "cookie", "Set-Cookie", "email", "email_address",
		"identifier", "identifiers", "username", "phone", "X-Api-Key", "apikey", "APIKey", "dsn", "otp", "credential",
		"assertion", "seed", "recipient", "query", "variables", "body", "private_key", "headers",
	} {
		for _, format := range []string{"json", "text"} {
			var out bytes.Buffer
			l := logTo(t, &out, format)
			l.Info("top", key, canary)
			l.Info("inside", slog.Group("request", slog.String(key, canary)))
			l.Info("below", slog.Group(key, slog.String("value", canary)))
			l.With(key, canary).Info("with")
			l.WithGroup(key).Info("grouped", "value", canary)
			l.Info("list", key, []string{canary})
			l.Info("bytes", key, []byte(canary))
			if strings.Contains(out.String(), canary) {
				t.Errorf("%s, %s:\n%s", key, format, out.String())
			}
			if n := strings.Count(out.String(), hidden); n != 7 {
				t.Errorf("%s, %s: %d marks, want 7:\n%s", key, format, n, out.String())
			}
		}
	}
}

func TestHarmlessNamesAreShown(t *testing.T) {
	t.Parallel()
	for _, key := range []string{
		"status_code", "fault_code", "error_code", "key_id", "kid", "token_kind", "codeLength", "email_verified",
		"route", "tenant", "user", "session", "method", "status", "address", "user_agent", "flow", "outcome", "error",
		"identifier_id", "request_id", "took", "version", "password_age",
	} {
		var out bytes.Buffer
		logTo(t, &out, "json").Info("x", key, canary)
		if !strings.Contains(out.String(), canary) {
			t.Errorf("%s is hidden: %s", key, out.String())
		}
	}
}

func TestWhatLooksSecretIsHiddenInAnyText(t *testing.T) {
	t.Parallel()
	const keeps = "gin@v1.12.0/context.go:174"
	for in, want := range map[string]string{
		"dial postgres://tg:pa:ss@db:5432/x":                      "dial postgres://[hidden]@db:5432/x",
		"no user anna.m+x@example.com here":                       "no user [hidden] here",
		"<ana@localhost>,<böb@exämple.test>":                      "<[hidden]>,<[hidden]>",
		"got eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiIxIn0.abc_-9 instead": "got [hidden] instead",
		"Authorization: Bearer abcdefghijklmnop":                  "Authorization: Bearer [hidden]",
		"basic dXNlcjpwYXNzd29yZA== refused":                      "basic [hidden] refused",
		"key tg_0123456789abcdef unknown":                         "key [hidden] unknown",
		"device tgd_0123456789abcdef, token tgr_0123456789abcdef": "device [hidden], token [hidden]",
		"uri otpauth://totp/Acme:ann?secret=ABC drawn":            "uri [hidden] drawn",
		"basic idea":                  "basic idea",
		"postgres://u:p@ss@host, x@y": "postgres://[hidden]@[hidden], [hidden]",
		"@ at @start @":               "@ at @start @",
		keeps:                         keeps,
	} {
		if got := cleanText(in); got != want {
			t.Errorf("%q became %q, want %q", in, got, want)
		}
	}
}

type level string

type profile struct{ Email string }

func TestValuesAreReducedToText(t *testing.T) {
	t.Parallel()
	link, err := url.Parse("https://u:" + canary + "@host/x")
	if err != nil {
		t.Fatal(err)
	}
	var none *url.URL
	for _, c := range []struct {
		value any
		want  any
	}{
		{errors.New("open " + canary + "@example.com"), "open [hidden]"},
		{fmt.Errorf("wrap: %w", fault.New(fault.WrongCode)), "wrap: wrong_code"},
		{fault.WrongCode, "wrong_code"},
		{level("x@y.z"), "[hidden]"},
		{[]level{"aal1", "aal2"}, []any{"aal1", "aal2"}},
		{[]string{"x@y.z"}, []any{"[hidden]"}},
		{uuid.Nil, uuid.Nil.String()},
		{link, "https://[hidden]@host/x"},
		{none, "<nil>"},
		{profile{canary}, "[telemetry.profile]"},
		{&profile{canary}, "[*telemetry.profile]"},
		{map[string]string{"a": canary}, "[map[string]string]"},
		{http.Header{"Cookie": {canary}}, "[http.Header]"},
		{[]profile{{canary}}, "[[]telemetry.profile]"},
		{nil, nil},
		{int8(7), 7.0},
	} {
		var out bytes.Buffer
		logTo(t, &out, "json").Info("x", "v", c.value)
		var line map[string]any
		if err := json.Unmarshal(out.Bytes(), &line); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(c.want, line["v"]); diff != "" {
			t.Errorf("%T (-want +got):\n%s", c.value, diff)
		}
	}
}

// oneLine checks that out is one record that a terminal or a line reader cannot mistake for something else.
func oneLine(t *testing.T, out []byte) {
	t.Helper()
	text := strings.TrimSuffix(string(out), "\n")
	for _, r := range text {
		if !unicode.IsPrint(r) {
			t.Errorf("holds %U: %q", r, text)
			return
		}
	}
}

var hostile = []string{
	"a\nlevel=ERROR msg=forged", "a\r\n{\"level\":\"ERROR\",\"msg\":\"forged\"}", "\x1b[2J\x1b]0;title\x07", "nul\x00",
	"\u009b31mred", "\u0085next", "\u2028line\u2029paragraph", "\u202eright to left", "\u200b\ufeffhidden", "\x7f\b\b\b",
	"bad \xff\xfe utf-8", "a=b \"quoted\" \\n", strings.Repeat("long ", 1<<14), "",
}

func TestDurationsAreMillisecondsInJSONAndReadableInText(t *testing.T) {
	t.Parallel()
	for format, want := range map[string]string{"json": `"took_ms":1.235`, "text": "took=1.235678ms"} {
		var out bytes.Buffer
		logTo(t, &out, format).Info("x", "took", 1235678*time.Nanosecond)
		if !strings.Contains(out.String(), want) {
			t.Errorf("%s is missing in %s", want, out.String())
		}
	}
}

func TestARecordIsOneLineWhateverItHolds(t *testing.T) { // INP-08
	t.Parallel()
	for _, format := range []string{"json", "text"} {
		for _, in := range hostile {
			var out bytes.Buffer
			l := logTo(t, &out, format)
			l.Info(in, "user_agent", in, in, "as a key", "error", errors.New(in), slog.Group("g", "path", in))
			oneLine(t, out.Bytes())
			if out.Len() > 5*maxText {
				t.Errorf("%s: a record of %d bytes", format, out.Len())
			}
		}
	}
}

func FuzzARecordIsOneLine(f *testing.F) {
	for _, in := range hostile {
		f.Add(in)
	}
	f.Fuzz(func(t *testing.T, in string) {
		for _, format := range []string{"json", "text"} {
			var out bytes.Buffer
			logTo(t, &out, format).Info(in, "user_agent", in, slog.Group("g", "path", in))
			oneLine(t, out.Bytes())
			if format == "json" && !json.Valid(out.Bytes()) {
				t.Errorf("no JSON: %q", out.String())
			}
		}
	})
}
