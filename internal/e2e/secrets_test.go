package e2e

import (
	"bytes"
	"context"
	"encoding/base64"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/tenantgate/tenantgate/internal/testenv"
)

const (
	canaryPassword = "cormorant-password-canary"
	canaryNext     = "gannet-password-canary"
	canaryMail     = "canary-address@x.test"
	canaryDSN      = "dsn-password-canary"
	canarySMTP     = "smtp-password-canary"
)

// journey does what people do, well and badly, and returns the secrets that came up, by what they are.
func journey(t *testing.T, w *world, r *replica) map[string]string {
	t.Helper()
	a := r.api()
	secrets := map[string]string{"password": canaryPassword, "new password": canaryNext}
	asked := expect(t, 200)(a.signup(canaryMail, canaryPassword))
	code := w.code(canaryMail)
	expect(t, 401)(a.answerCode(asked.Challenge.ID, wrongCode(code)))
	in := ask(a.answerCode(asked.Challenge.ID, code))
	expect(t, 401)(a.login(canaryMail, canaryNext))
	in2 := expect(t, 200)(a.login(canaryMail, canaryPassword))
	next := expect(t, 200)(a.refresh(in2.RefreshToken))
	expect(t, 401)(a.me(in.AccessToken[:len(in.AccessToken)-4]))
	expect(t, 401)(a.refresh(in.RefreshToken + "A"))
	expect(t, 403)(a.changePassword(next.AccessToken, canaryNext, canaryNext))
	expect(t, 204)(a.changePassword(next.AccessToken, canaryPassword, canaryNext))
	expect(t, 200)(a.signup(canaryMail, canaryNext))
	reset := expect(t, 200)(a.do("POST", "/password/reset", "", fields{"identifier": canaryMail}))
	ctx, cancel := context.WithTimeout(t.Context(), mailLimit)
	defer cancel()
	for n := 1; ; n++ {
		m, err := w.mails.await(ctx, canaryMail, n)
		if err != nil {
			t.Fatal(err)
		}
		if m.Link() == "" {
			continue
		}
		link := must(url.Parse(m.Link()))(t)
		secrets["secret of a link"] = link.Query().Get("s")
		resp, err := httpClient.Get(r.url + link.RequestURI())
		if err != nil {
			t.Fatal(err)
		}
		_ = resp.Body.Close()
		expect(t, 204)(a.do("POST", "/challenges/"+reset.Challenge.ID, "", fields{"code": m.Code(), "new_password": canaryPassword}))
		break
	}
	// A body that is no JSON, a path that nobody has and a header of nonsense are where careless logs give things away.
	for _, path := range []string{"/login", "/nowhere/" + code, "/me?access_token=" + next.AccessToken} {
		resp, err := httpClient.Post(a.base+path, "application/json", strings.NewReader(`{"password":"`+canaryPassword))
		if err != nil {
			t.Fatal(err)
		}
		_ = resp.Body.Close()
	}
	for name, token := range map[string]string{
		"access token": in.AccessToken, "renewed access token": next.AccessToken,
		"refresh token": in.RefreshToken, "renewed refresh token": next.RefreshToken,
	} {
		secrets[name] = token[len(token)-40:] // the part that nobody could guess
	}
	_, key, _ := strings.Cut(w.masterKey, ":")
	secrets["master key"] = key
	raw := must(base64.StdEncoding.DecodeString(key))(t)
	secrets["raw master key"] = string(raw)
	return secrets
}

// scan looks for secrets, also as databases and JSON write bytes.
func scan(t *testing.T, where string, text []byte, secrets map[string]string) {
	t.Helper()
	if len(text) < 500 {
		t.Errorf("%s: only %d bytes: nothing was looked at", where, len(text))
	}
	low := bytes.ToLower(text)
	for name, secret := range secrets {
		for _, form := range []string{
			secret, hexOf(secret), base64.StdEncoding.EncodeToString([]byte(secret)), url.QueryEscape(secret),
		} {
			if len(form) >= 6 && bytes.Contains(low, bytes.ToLower([]byte(form))) {
				t.Errorf("%s holds the %s", where, name)
			}
		}
	}
}

func hexOf(s string) string {
	const digits = "0123456789abcdef"
	var b strings.Builder
	for _, c := range []byte(s) {
		b.WriteByte(digits[c>>4])
		b.WriteByte(digits[c&15])
	}
	return b.String()
}

// withAddress adds what logs and metrics must not hold, and a database may.
func withAddress(secrets map[string]string, more ...string) map[string]string {
	all := map[string]string{"mail address": canaryMail}
	for name, s := range secrets {
		all[name] = s
	}
	for i := 0; i < len(more); i += 2 {
		all[more[i]] = more[i+1]
	}
	return all
}

// ADM-04, and KEY-04 for the dump.
func TestNoSecretIsInLogsMetricsOrDatabase(t *testing.T) {
	t.Parallel()
	t.Run("Postgres", func(t *testing.T) {
		t.Parallel()
		direct := must(url.Parse(testenv.Postgres(t)))(t)
		withPassword := *direct
		withPassword.User = url.UserPassword(direct.User.Username(), canaryDSN) // the test's server trusts whoever comes
		w := newWorld(t, onDatabase(direct.String(), withPassword.String()), with("TENANTGATE_LOG_LEVEL=debug"))
		r := w.start("TENANTGATE_REDIS_URL=" + testenv.Redis(t))
		secrets := journey(t, w, r)
		time.Sleep(1500 * time.Millisecond) // the rounds beside HTTP log too
		metrics := must(r.scrape())(t)
		if _, code, err := r.stop(30 * time.Second); err != nil || code != 0 {
			t.Errorf("stop: %d, %v", code, err)
		}
		scan(t, "the log", []byte(r.log.String()), withAddress(secrets, "database password", canaryDSN))
		scan(t, "metrics", []byte(metrics), withAddress(secrets, "database password", canaryDSN))
		scan(t, "the output of config", []byte(w.cli("config")), withAddress(secrets, "database password", canaryDSN))
		dump := must(exec.Command(pgDump(t), "--inserts", direct.String()).Output())(t)
		if !bytes.Contains(dump, []byte(canaryMail)) {
			t.Error("the dump lacks the user: it shows nothing")
		}
		scan(t, "a dump", dump, secrets)
		for _, private := range []string{`"d":`, "PRIVATE KEY", hexOf(`"d":"`), hexOf("PRIVATE KEY")} {
			if bytes.Contains(dump, []byte(private)) {
				t.Errorf("a dump holds a private key: %s", private)
			}
		}
	})
	t.Run("SQLite", func(t *testing.T) {
		t.Parallel()
		folder := filepath.Join(t.TempDir(), "data")
		file := filepath.Join(folder, "tenantgate.db")
		w := newWorld(t, onDatabase("sqlite://"+file, ""), with("TENANTGATE_LOG_LEVEL=debug"))
		smtp := must(url.Parse(w.sink.URL()))(t)
		smtp.User = url.UserPassword("mailer", canarySMTP) // the sink asks for none, so none is sent
		w.cli("tenant", "create", "globex", "--set", "mail.from=globex@x.test", "--set", "mail.smtp_url="+smtp.String())
		r := w.start()
		secrets := journey(t, w, r)
		secrets["mail server's password"] = canarySMTP
		scan(t, "the settings of a tenant", []byte(w.cli("tenant", "show", "globex", "--json")), secrets)
		metrics := must(r.scrape())(t)
		if _, code, err := r.stop(30 * time.Second); err != nil || code != 0 {
			t.Errorf("stop: %d, %v", code, err)
		}
		scan(t, "the log", []byte(r.log.String()), withAddress(secrets))
		scan(t, "metrics", []byte(metrics), withAddress(secrets))
		for _, entry := range must(os.ReadDir(folder))(t) {
			text := must(os.ReadFile(filepath.Join(folder, entry.Name())))(t)
			if len(text) >= 1000 {
				scan(t, entry.Name(), text, secrets)
			}
		}
	})
}

// pgDump finds the program beside the server's.
func pgDump(t *testing.T) string {
	t.Helper()
	if found, _ := filepath.Glob("/usr/lib/postgresql/*/bin/pg_dump"); len(found) > 0 {
		return found[len(found)-1]
	}
	path, err := exec.LookPath("pg_dump")
	if err != nil {
		t.Fatal("pg_dump is not installed, which comes with Postgres")
	}
	return path
}
