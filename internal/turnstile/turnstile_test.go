package turnstile_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/google/uuid"

	"github.com/tenantgate/tenantgate/internal/turnstile"
	"github.com/tenantgate/tenantgate/internal/turnstile/turnstiletest"
)

const host = "app.example.test"

func check(token string) turnstile.Check {
	return turnstile.Check{Secret: turnstiletest.Secret, Token: token, Address: "192.0.2.10"}
}

func TestASolvedCaptchaIsGoodOnce(t *testing.T) {
	t.Parallel()
	server := turnstiletest.New(t)
	v := server.Verifier()
	token := server.Solve(host, "login")
	for _, want := range []turnstile.Answer{
		{OK: true, Hostname: host, Action: "login"},
		{Codes: []string{"timeout-or-duplicate"}},
	} {
		got, err := v.Verify(t.Context(), check(token))
		if diff := cmp.Diff(want, got, cmpopts.EquateEmpty()); err != nil || diff != "" {
			t.Errorf("%v\n%s", err, diff)
		}
	}
}

func TestSiteverifyIsToldTheVisitorAndAKeyOfEachCheck(t *testing.T) {
	t.Parallel()
	server := turnstiletest.New(t)
	v := server.Verifier()
	for _, address := range []string{"192.0.2.10", ""} {
		c := check(server.Solve(host, ""))
		c.Address = address
		if got, err := v.Verify(t.Context(), c); err != nil || !got.OK {
			t.Fatalf("%+v, %v", got, err)
		}
	}
	asked := server.Asked()
	for i, want := range []turnstiletest.Asked{
		{Secret: turnstiletest.Secret, Token: "solved.1", Address: "192.0.2.10", Fields: 4},
		{Secret: turnstiletest.Secret, Token: "solved.2", Fields: 3},
	} {
		if diff := cmp.Diff(want, asked[i], cmpopts.IgnoreFields(turnstiletest.Asked{}, "Key")); diff != "" {
			t.Error(diff)
		}
		if _, err := uuid.Parse(asked[i].Key); err != nil {
			t.Errorf("idempotency key %q", asked[i].Key)
		}
	}
	if asked[0].Key == asked[1].Key {
		t.Error("two checks have one idempotency key")
	}
}

func TestARefusedTokenIsAnAnswer(t *testing.T) {
	t.Parallel()
	server := turnstiletest.New(t)
	v := server.Verifier()
	for name, c := range map[string]struct {
		token string
		codes []string
	}{
		"of another making": {"forged", []string{"invalid-input-response"}},
		"the longest":       {strings.Repeat("x", 2048), []string{"invalid-input-response"}},
	} {
		got, err := v.Verify(t.Context(), check(c.token))
		if diff := cmp.Diff(turnstile.Answer{Codes: c.codes}, got); err != nil || diff != "" {
			t.Errorf("%s: %v\n%s", name, err, diff)
		}
	}
	for _, code := range []string{"missing-input-response", "invalid-input-response", "timeout-or-duplicate"} {
		server.Refuse(code)
		got, err := v.Verify(t.Context(), check("any"))
		if diff := cmp.Diff(turnstile.Answer{Codes: []string{code}}, got); err != nil || diff != "" {
			t.Errorf("%s: %v\n%s", code, err, diff)
		}
	}
}

func TestWhatCanBeNoTokenIsRefusedWithoutACall(t *testing.T) {
	t.Parallel()
	server := turnstiletest.New(t)
	v := server.Verifier()
	for token, code := range map[string]string{
		"":                        "missing-input-response",
		strings.Repeat("x", 2049): "invalid-input-response",
	} {
		got, err := v.Verify(t.Context(), check(token))
		if diff := cmp.Diff(turnstile.Answer{Codes: []string{code}}, got); err != nil || diff != "" {
			t.Errorf("%d bytes: %v\n%s", len(token), err, diff)
		}
	}
	if asked := server.Asked(); len(asked) > 0 {
		t.Errorf("asked %+v", asked)
	}
}

func TestWhateverIsWrongWithSiteverifyIsAnErrorWithoutSecrets(t *testing.T) {
	t.Parallel()
	const token = "0.the-token-of-a-visitor"
	for name, broken := range map[string]func(*turnstiletest.Server){
		"no connection":          func(s *turnstiletest.Server) { s.Drop() },
		"another status":         func(s *turnstiletest.Server) { s.Break(503, `{"success":true}`) },
		"a client error":         func(s *turnstiletest.Server) { s.Break(400, `{"success":false,"error-codes":["bad-request"]}`) },
		"a page":                 func(s *turnstiletest.Server) { s.Break(200, "<html>") },
		"nothing":                func(s *turnstiletest.Server) { s.Break(200, "") },
		"JSON without a verdict": func(s *turnstiletest.Server) { s.Break(200, `{"hostname":"`+host+`"}`) },
		"another type":           func(s *turnstiletest.Server) { s.Break(200, `{"success":"true"}`) },
		"more than one object":   func(s *turnstiletest.Server) { s.Break(200, `{"success":true}{}`) },
		"longer than it may be":  func(s *turnstiletest.Server) { s.Break(200, `{"success":true}`+strings.Repeat(" ", 1<<17)+`{}`) },
		"too long":               func(s *turnstiletest.Server) { s.Break(200, strings.Repeat(" ", 1<<17)+`{"success":true}`) },
		"no code":                func(s *turnstiletest.Server) { s.Refuse() },
		"no secret":              func(s *turnstiletest.Server) { s.Refuse("missing-input-secret") },
		"a wrong secret":         func(s *turnstiletest.Server) { s.Refuse("invalid-input-secret") },
		"a bad request":          func(s *turnstiletest.Server) { s.Refuse("bad-request") },
		"its own fault":          func(s *turnstiletest.Server) { s.Refuse("internal-error") },
		"ours and the token's":   func(s *turnstiletest.Server) { s.Refuse("invalid-input-response", "invalid-input-secret") },
		"an unknown code":        func(s *turnstiletest.Server) { s.Refuse("something-new") },
		"an echo":                func(s *turnstiletest.Server) { s.Refuse(token, turnstiletest.Secret) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := turnstiletest.New(t)
			broken(server)
			got, err := server.Verifier().Verify(t.Context(), check(token))
			if err == nil || got.OK {
				t.Fatalf("%+v, %v; want an error", got, err)
			}
			for _, hidden := range []string{token, turnstiletest.Secret, "192.0.2.10"} {
				if strings.Contains(err.Error(), hidden) {
					t.Errorf("%q holds what nobody may see", err)
				}
			}
		})
	}
}

func TestAWrongSecretIsOurFaultNotTheVisitors(t *testing.T) {
	t.Parallel()
	server := turnstiletest.New(t)
	c := check(server.Solve(host, ""))
	c.Secret = "another"
	if got, err := server.Verifier().Verify(t.Context(), c); err == nil || !strings.Contains(err.Error(), "invalid-input-secret") {
		t.Errorf("%+v, %v", got, err)
	}
}

func TestNobodyListeningIsAnError(t *testing.T) {
	t.Parallel()
	closed := httptest.NewServer(http.NotFoundHandler())
	closed.Close()
	for _, url := range []string{closed.URL, "://"} {
		if got, err := turnstile.New(url).Verify(t.Context(), check("any")); err == nil {
			t.Errorf("%s: %+v", url, got)
		}
	}
}

func TestARedirectIsNotFollowed(t *testing.T) {
	t.Parallel()
	server := turnstiletest.New(t)
	away := httptest.NewServer(http.RedirectHandler(server.URL, http.StatusTemporaryRedirect))
	t.Cleanup(away.Close)
	if got, err := turnstile.New(away.URL).Verify(t.Context(), check(server.Solve(host, ""))); err == nil {
		t.Errorf("%+v", got)
	}
	if asked := server.Asked(); len(asked) > 0 {
		t.Error("the secret went where the redirect led")
	}
}

func TestAVisitorWhoLeavesEndsTheCheck(t *testing.T) {
	t.Parallel()
	server := turnstiletest.New(t)
	hanging := server.Hang()
	ctx, leave := context.WithCancel(t.Context())
	go func() {
		<-hanging
		leave()
	}()
	if got, err := server.Verifier().Verify(ctx, check("any")); !errors.Is(err, context.Canceled) {
		t.Errorf("%+v, %v", got, err)
	}
}

func TestADeadConnectionIsNoOutage(t *testing.T) {
	t.Parallel()
	server := turnstiletest.New(t)
	v := server.Verifier()
	if got, err := v.Verify(t.Context(), check(server.Solve(host, ""))); err != nil || !got.OK {
		t.Fatalf("%+v, %v", got, err)
	}
	server.DropNext()
	got, err := v.Verify(t.Context(), check(server.Solve(host, "")))
	if err != nil || !got.OK {
		t.Errorf("%+v, %v", got, err)
	}
	asked := server.Asked()
	if len(asked) != 3 || asked[1] != asked[2] {
		t.Errorf("asked %+v; want the second check twice, under one key", asked)
	}
}
