package smtp

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"github.com/tenantgate/tenantgate/internal/mail"
	"github.com/tenantgate/tenantgate/internal/mail/mailtest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var noon = time.Date(2026, 3, 9, 12, 0, 0, 0, time.UTC)

func open(t *testing.T, sink *mailtest.Sink, query string, opts ...Option) *Sender {
	t.Helper()
	opts = append([]Option{WithClock(func() time.Time { return noon }), WithRootCAs(sink.Roots())}, opts...)
	s, err := Open(sink.URL()+query, opts...)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func message(t *testing.T) mail.Message {
	t.Helper()
	m, err := mail.Render(mail.EmailCode, mail.Data{
		Brand: "Söhne & Töchter", To: "alice@x.test", Code: "042917", Lifetime: 10 * time.Minute,
		Link: "https://auth.test/t/acme/link?c=chl_01&s=" + strings.Repeat("secret=", 20),
	})
	if err != nil {
		t.Fatal(err)
	}
	m.ID, m.From, m.ReplyTo = "job_01", "Söhne <no-reply@acme.test>", "help@acme.test"
	return m
}

func TestAMailArrivesAsWritten(t *testing.T) { // INP-06
	t.Parallel()
	sink := mailtest.Start(t)
	sent := message(t)
	sent.Text += "\n.\n.hidden\nQUIT\n" // none of it ends or shortens the mail
	if err := open(t, sink, "").Send(t.Context(), sent); err != nil {
		t.Fatal(err)
	}
	got := sink.Messages()
	if len(got) != 1 {
		t.Fatalf("%d mails", len(got))
	}
	m := got[0]
	want := mailtest.Message{
		EnvelopeFrom: "no-reply@acme.test", EnvelopeTo: []string{"alice@x.test"}, Raw: m.Raw, Header: m.Header,
		Subject: sent.Subject, Text: sent.Text, HTML: sent.HTML,
		Types: []string{"multipart/alternative", "text/plain", "text/html"},
	}
	if diff := cmp.Diff(want, m); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	headers := map[string]string{
		"Message-Id": "<job_01@acme.test>", "Date": "Mon, 09 Mar 2026 12:00:00 +0000", "To": "<alice@x.test>",
		"Reply-To": "<help@acme.test>", "Auto-Submitted": "auto-generated", "User-Agent": "", "X-Mailer": "",
	}
	for name, want := range headers {
		if got := m.Header.Get(name); got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
	from, err := m.Header.AddressList("From")
	if err != nil || len(from) != 1 || from[0].Name != "Söhne" {
		t.Errorf("from %v, %v", from, err)
	}
	if m.Code() != sent.Code || m.Link() != sent.Link {
		t.Errorf("code %q, link %q", m.Code(), m.Link())
	}
	for line := range bytes.Lines(m.Raw) {
		if len(line) > 998+2 || bytes.ContainsFunc(line, func(r rune) bool { return r > 126 }) {
			t.Errorf("line that not every server takes: %q", line)
		}
	}
}

func TestTwoTriesOfAMailAreRecognisable(t *testing.T) {
	t.Parallel()
	sink := mailtest.Start(t)
	s := open(t, sink, "")
	for range 2 {
		if err := s.Send(t.Context(), message(t)); err != nil {
			t.Fatal(err)
		}
	}
	got := sink.Messages()
	if a, b := got[0].Header.Get("Message-Id"), got[1].Header.Get("Message-Id"); a != b {
		t.Errorf("message ids %s and %s", a, b)
	}
}

func TestDomainsTravelInASCII(t *testing.T) {
	t.Parallel()
	sink := mailtest.Start(t)
	m := message(t)
	m.To, m.ReplyTo, m.HTML = "jürgen@Bücher.test", "", ""
	if err := open(t, sink, "").Send(t.Context(), m); err != nil {
		t.Fatal(err)
	}
	got := sink.Messages()[0]
	if diff := cmp.Diff([]string{"jürgen@xn--bcher-kva.test"}, got.EnvelopeTo); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{"text/plain"}, got.Types); diff != "" {
		t.Errorf("a mail without HTML: %s", diff)
	}
}

func TestManySendAtOnce(t *testing.T) {
	t.Parallel()
	sink := mailtest.Start(t, mailtest.WithStartTLS(), mailtest.WithAuth("u", "p"))
	s := open(t, sink, "")
	m := message(t)
	errs := make(chan error)
	const n = 10
	for range n {
		go func() { errs <- s.Send(t.Context(), m) }()
	}
	for range n {
		if err := <-errs; err != nil {
			t.Error(err)
		}
	}
	if got, err := sink.Await(t.Context(), n); err != nil || len(got) != n {
		t.Errorf("%d mails, %v", len(got), err)
	}
}
