package mailbox

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tenantgate/tenantgate/internal/mail"
)

func noon() time.Time { return time.Date(2026, 3, 9, 12, 0, 0, 0, time.UTC) }

func send(t *testing.T, b *Box, id, to string) mail.Message {
	t.Helper()
	m, err := mail.Render(mail.EmailCode, mail.Data{
		Brand: "Acme & Co", To: to, Code: "042917", Lifetime: time.Minute, Link: "https://auth.test/link?c=1&s=2",
	})
	if err != nil {
		t.Fatal(err)
	}
	m.ID, m.From = id, "no-reply@acme.test"
	if err := b.Send(t.Context(), m); err != nil {
		t.Fatal(err)
	}
	return m
}

func get(t *testing.T, b *Box, host, target string) *httptest.ResponseRecorder {
	t.Helper()
	r := httptest.NewRequest(http.MethodGet, target, nil)
	r.Host = host
	w := httptest.NewRecorder()
	b.Handler().ServeHTTP(w, r)
	return w
}

func ids(mails []Stored) (out []string) {
	for _, m := range mails {
		out = append(out, m.ID)
	}
	return out
}

func TestMailsAreListedByAddressNewestLast(t *testing.T) {
	t.Parallel()
	b := New(noon)
	send(t, b, "job_1", "alice@x.test")
	send(t, b, "job_2", "bob@x.test")
	send(t, b, "job_3", "Alice@x.test")
	for to, want := range map[string][]string{
		"": {"job_1", "job_2", "job_3"}, "alice@x.test": {"job_1", "job_3"}, "carol@x.test": nil,
	} {
		if diff := cmp.Diff(want, ids(b.List(to))); diff != "" {
			t.Errorf("to %q: %s", to, diff)
		}
	}
	if at := b.List("")[0].At; !at.Equal(noon()) {
		t.Errorf("came in at %v", at)
	}
}

func TestOnlyTheLastMailsAreKept(t *testing.T) {
	t.Parallel()
	b := New(noon)
	for i := range keep + 5 {
		send(t, b, fmt.Sprintf("job_%d", i), "alice@x.test")
	}
	got := b.List("")
	if len(got) != keep || got[0].ID != "job_5" || got[keep-1].ID != fmt.Sprintf("job_%d", keep+4) {
		t.Errorf("%d mails from %s to %s", len(got), got[0].ID, got[len(got)-1].ID)
	}
}

func TestTheBoxRefusesWhatSendersRefuse(t *testing.T) {
	t.Parallel()
	b := New(noon)
	m := send(t, b, "job_1", "alice@x.test")
	m.Subject += "\r\nBcc: eve@evil.test"
	if err := b.Send(t.Context(), m); !mail.Permanent(err) {
		t.Errorf("%v, want a refusal", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := b.Send(ctx, send(t, b, "job_2", "alice@x.test")); err == nil || mail.Permanent(err) {
		t.Errorf("%v, want the error of the context", err)
	}
	if got := len(b.List("")); got != 2 {
		t.Errorf("%d mails", got)
	}
}

func TestProgramsReadTheBox(t *testing.T) {
	t.Parallel()
	b := New(noon)
	if body := get(t, b, "localhost:8080", "/dev/mailbox.json").Body.String(); body != "{\"mails\":[]}\n" {
		t.Errorf("an empty box: %s", body)
	}
	m := send(t, b, "job_1", "alice+tag@x.test")
	send(t, b, "job_2", "bob@x.test")
	for _, to := range []string{"alice%2Btag@x.test", "alice+tag@x.test", "alice%2btag%40X.test"} {
		w := get(t, b, "localhost:8080", "/dev/mailbox.json?to="+to)
		var got map[string][]map[string]string
		if err := json.Unmarshal(w.Body.Bytes(), &got); err != nil {
			t.Fatal(err)
		}
		want := map[string][]map[string]string{"mails": {{
			"id": m.ID, "to": m.To, "subject": m.Subject, "text": m.Text, "html": m.HTML, "code": m.Code, "link": m.Link,
		}}}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("to %s: %s", to, diff)
		}
		if got := w.Header().Get("Content-Type"); got != "application/json" {
			t.Errorf("content type %q", got)
		}
	}
}

func TestPeopleReadTheBox(t *testing.T) {
	t.Parallel()
	b := New(noon)
	m := send(t, b, "job_1", "alice@x.test")
	list := get(t, b, "localhost:8080", "/dev/mailbox").Body.String()
	for _, want := range []string{`http-equiv="refresh"`, `href="?id=job_1"`, "042917", "12:00:00"} {
		if !strings.Contains(list, want) {
			t.Errorf("the list lacks %s", want)
		}
	}
	if paused := get(t, b, "localhost:8080", "/dev/mailbox?paused").Body.String(); strings.Contains(paused, "refresh\"") {
		t.Error("a paused list refreshes")
	}
	if other := get(t, b, "localhost:8080", "/dev/mailbox?to=bob@x.test").Body.String(); strings.Contains(other, "042917") {
		t.Error("bob's list shows alice's mail")
	}
	one := get(t, b, "localhost:8080", "/dev/mailbox?id=job_1").Body.String()
	for _, want := range []string{`sandbox srcdoc="&lt;!doctype html`, m.From, `href="https://auth.test/link?c=1&amp;s=2"`} {
		if !strings.Contains(one, want) {
			t.Errorf("the mail lacks %s", want)
		}
	}
	if strings.Contains(one, `http-equiv="refresh"`) || strings.Count(one, "<h1>") != 1 {
		t.Error("the page of a mail refreshes, or the mail's markup is part of it")
	}
	if w := get(t, b, "localhost:8080", "/dev/mailbox?id=job_2"); w.Code != http.StatusNotFound {
		t.Errorf("a mail that is not there: %d", w.Code)
	}
}

func TestPagesRunAndLoadNothing(t *testing.T) {
	t.Parallel()
	b := New(noon)
	send(t, b, "job_1", "alice@x.test")
	for _, target := range []string{"/dev/mailbox", "/dev/mailbox?id=job_1", "/dev/mailbox?to=%22%3E%3Cscript%3E"} {
		w := get(t, b, "localhost", target)
		if w.Code != http.StatusOK || strings.Contains(w.Body.String(), "<script") ||
			strings.Contains(w.Body.String(), "ZgotmplZ") {
			t.Errorf("%s: %d\n%s", target, w.Code, w.Body)
		}
		if csp := w.Header().Get("Content-Security-Policy"); !strings.HasPrefix(csp, "default-src 'none'") {
			t.Errorf("%s: policy %q", target, csp)
		}
	}
}

func TestOnlyLoopbackHostsReachTheBox(t *testing.T) {
	t.Parallel()
	b := New(noon)
	for host, want := range map[string]int{
		"localhost": 200, "LOCALHOST:8080": 200, "127.0.0.1": 200, "127.8.8.8:80": 200, "[::1]": 200, "[::1]:8080": 200,
		"": 404, "evil.test": 404, "localhost.evil.test": 404, "127.0.0.1.evil.test:80": 404, "10.0.0.1": 404,
		"0.0.0.0:8080": 404, "[::]": 404, "[::2]:80": 404, "localhost:80:80": 404, "acme.localhost": 404,
	} {
		for _, target := range []string{"/dev/mailbox", "/dev/mailbox.json"} {
			if w := get(t, b, host, target); w.Code != want {
				t.Errorf("host %q, %s: %d, want %d", host, target, w.Code, want)
			}
		}
	}
}

func TestTheBoxIsReadOnly(t *testing.T) {
	t.Parallel()
	w := httptest.NewRecorder()
	r := httptest.NewRequest(http.MethodPost, "http://localhost/dev/mailbox", nil)
	New(noon).Handler().ServeHTTP(w, r)
	if w.Code != http.StatusMethodNotAllowed {
		t.Errorf("POST: %d", w.Code)
	}
}

func TestManyUseTheBoxAtOnce(t *testing.T) {
	t.Parallel()
	b := New(noon)
	m := send(t, b, "job_0", "alice@x.test")
	var all sync.WaitGroup
	for range 20 {
		all.Go(func() {
			if err := b.Send(context.Background(), m); err != nil {
				t.Error(err)
			}
			_ = b.List("alice@x.test")
		})
	}
	all.Wait()
	if got := len(b.List("")); got != 21 {
		t.Errorf("%d mails", got)
	}
}
