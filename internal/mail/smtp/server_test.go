package smtp

import (
	"strings"
	"testing"

	gomail "github.com/wneessen/go-mail"
)

func TestOpenReadsURLs(t *testing.T) {
	t.Parallel()
	cases := []struct {
		url     string
		address string
		policy  gomail.TLSPolicy
	}{
		{"smtp://mail.test", "mail.test:587", gomail.TLSOpportunistic},
		{"smtp://mail.test:25/", "mail.test:25", gomail.TLSOpportunistic},
		{"smtp://mail.test?starttls=required", "mail.test:587", gomail.TLSMandatory},
		{"smtp://mail.test?starttls=off", "mail.test:587", gomail.NoTLS},
		{"smtp://u:p@mail.test", "mail.test:587", gomail.TLSMandatory},
		{"smtp://u:p@mail.test?starttls=optional", "mail.test:587", gomail.TLSMandatory},
		{"smtp://u:p@localhost:1025", "localhost:1025", gomail.TLSOpportunistic},
		{"smtp://u:p@127.0.0.2:1025?starttls=off", "127.0.0.2:1025", gomail.NoTLS},
		{"smtp://u:p@[::1]:1025", "[::1]:1025", gomail.TLSOpportunistic},
		{"smtp://u:p@127.0.0.1.evil.test", "127.0.0.1.evil.test:587", gomail.TLSMandatory},
		{"smtps://u:p@mail.test", "mail.test:465", gomail.NoTLS},
	}
	for _, c := range cases {
		s, err := Open(c.url)
		if err != nil {
			t.Errorf("%s: %v", c.url, err)
			continue
		}
		if s.server.address() != c.address || s.server.policy != c.policy {
			t.Errorf("%s: %s with %v, want %s with %v", c.url, s.server.address(), s.server.policy, c.address, c.policy)
		}
	}
}

func TestOpenRefusesOtherURLsWithoutRepeatingThem(t *testing.T) {
	t.Parallel()
	for _, url := range []string{
		"", "mail.test:25", "http://mail.test", "smtp://", "smtp:mail.test", "smtp://u@mail.test",
		"smtp://:hunter2@mail.test", "smtp://u:hunter2@mail.test:0", "smtp://u:hunter2@mail.test:65536",
		"smtp://u:hunter2@mail.test:x", "smtp://u:hunt%zzer2@mail.test", "smtp://u:hunter2@mail.test/path",
		"smtp://u:hunter2@mail.test?starttls=off", "smtp://u:hunter2@mail.test?starttls=maybe",
		"smtp://u:hunter2@mail.test?tls=on", "smtp://u:hunter2@mail.test?starttls=optional&starttls=off",
		"smtps://u:hunter2@mail.test?starttls=off", "smtp://u:hunter2@mail.test?starttls=%zz",
		"smtp://u:hunter2@mail.test#fragment",
	} {
		s, err := Open(url)
		if err == nil {
			t.Errorf("%s opens as %s", url, s)
		} else if strings.Contains(err.Error(), "hunt") {
			t.Errorf("the error repeats the password: %v", err)
		}
	}
}

func TestASenderPrintsWithoutItsPassword(t *testing.T) {
	t.Parallel()
	s, err := Open("smtps://user:hunter2@mail.test")
	if err != nil {
		t.Fatal(err)
	}
	if got := s.String(); got != "smtps://mail.test:465" {
		t.Error(got)
	}
}
