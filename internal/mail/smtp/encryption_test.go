package smtp

import (
	"testing"

	"github.com/tenantgate/tenantgate/internal/mail"
	"github.com/tenantgate/tenantgate/internal/mail/mailtest"
)

func TestEncryptionIsUsedOrDemanded(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name  string
		offer []mailtest.Option
		query string
		want  string // tls, clear or refused
	}{
		{"offered", []mailtest.Option{mailtest.WithStartTLS()}, "", "tls"},
		{"offered and demanded", []mailtest.Option{mailtest.WithStartTLS()}, "?starttls=required", "tls"},
		{"offered and not wanted", []mailtest.Option{mailtest.WithStartTLS()}, "?starttls=off", "clear"},
		{"not offered", nil, "", "clear"},
		{"demanded and not offered", nil, "?starttls=required", "refused"},
		{"from the first byte", []mailtest.Option{mailtest.WithTLS()}, "", "tls"},
		{
			"from the first byte, with a password",
			[]mailtest.Option{mailtest.WithTLS(), mailtest.WithAuth("u", "p")},
			"", "tls",
		},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			sink := mailtest.Start(t, c.offer...)
			s := open(t, sink, c.query)
			err := s.Send(t.Context(), message(t))
			if c.want == "refused" {
				if err == nil || mail.Permanent(err) || len(sink.Messages()) != 0 {
					t.Errorf("%v, %d mails; want an error that leaves the mail to be sent", err, len(sink.Messages()))
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if got := sink.Messages()[0].TLS; got != (c.want == "tls") {
				t.Errorf("encrypted: %v, want %s", got, c.want)
			}
		})
	}
}

func TestAStrangersCertificateIsNotBelieved(t *testing.T) {
	t.Parallel()
	other := mailtest.Start(t, mailtest.WithStartTLS())
	for _, how := range []mailtest.Option{mailtest.WithStartTLS(), mailtest.WithTLS()} {
		sink := mailtest.Start(t, how, mailtest.WithAuth("u", "p"))
		s := open(t, sink, "", WithRootCAs(other.Roots()))
		if err := s.Send(t.Context(), message(t)); err == nil || mail.Permanent(err) {
			t.Errorf("%v, want an error that leaves the mail to be sent", err)
		}
		if len(sink.Messages()) != 0 {
			t.Error("a mail went to a server that could not show who it is")
		}
	}
}

func TestTheSenderAuthenticates(t *testing.T) {
	t.Parallel()
	sink := mailtest.Start(t, mailtest.WithStartTLS(), mailtest.WithAuth("acme@x.test", "p/ä:@?"))
	s := open(t, sink, "")
	if err := s.Check(t.Context()); err != nil {
		t.Fatal(err)
	}
	if n := len(sink.Messages()); n != 0 {
		t.Errorf("the check sent %d mails", n)
	}
	if err := s.Send(t.Context(), message(t)); err != nil {
		t.Fatal(err)
	}
	if m := sink.Messages()[0]; m.User != "acme@x.test" || !m.TLS {
		t.Errorf("user %q, encrypted %v", m.User, m.TLS)
	}
}
