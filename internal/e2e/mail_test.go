package e2e

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/tenantgate/tenantgate/internal/mail/mailtest"
)

func TestMailsArriveAsTextAndHTML(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	r := w.start()
	w.signUp(r.api(), "ann@x.test")
	m := w.mails.of("ann@x.test")[0]
	if want := []string{"multipart/alternative", "text/plain", "text/html"}; !slices.Equal(m.Types, want) {
		t.Errorf("types %v, want %v", m.Types, want)
	}
	code := m.Code()
	if code == "" || !strings.Contains(m.HTML, code) || !strings.Contains(m.Header.Get("From"), "no-reply@acme.test") {
		t.Errorf("the mail lacks its code or sender:\n%s", m.Raw)
	}
}

// OPS-06.
func TestMailsWaitForTheirServer(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.cli("tenant", "set", tenant, "abuse.mails=0")
	w.createTenant("brief", "codes.lifetime=1m")
	replicas := w.startAll(2)
	w.signUp(replicas[0].api(), "known@x.test")
	w.sink.Set(mailtest.Down)

	var waiting []string
	outage := time.Now()
	last := scaled(20*time.Second, 5*time.Minute)
	for n := 0; time.Since(outage) < last; n++ {
		address := fmt.Sprintf("p%d@x.test", n)
		a := expect(t, 200)(replicas[n%2].api().signup(address, password))
		if a.Took > 2*time.Second {
			t.Errorf("a sign-up waits for the mail server: %s", a.Took)
		}
		waiting = append(waiting, address)
		if n%3 == 0 {
			expect(t, 200)(replicas[n%2].api().do("POST", "/password/reset", "", fields{"identifier": "known@x.test"}))
			waiting = append(waiting, "known@x.test")
		}
		time.Sleep(scaled(500*time.Millisecond, 2*time.Second))
	}
	if soak { // by then these codes are over: nobody wants their mail
		expect(t, 200)(replicas[0].tenant("brief").signup("late@x.test", password))
		time.Sleep(70 * time.Second)
	}
	if n := len(w.sink.Messages()); n != 1 {
		t.Errorf("%d mails arrived while the server was down", n-1)
	}
	w.sink.Set(mailtest.Healthy)
	back := time.Now()

	want := map[string]int{"known@x.test": 1}
	for _, address := range waiting {
		want[address]++
	}
	ctx, cancel := context.WithTimeout(t.Context(), 60*time.Second)
	defer cancel()
	for address, n := range want {
		if _, err := w.mails.await(ctx, address, n); err != nil {
			t.Errorf("within 60 s of the server's return: %v", err)
		}
	}
	t.Logf("%d mails arrived within %s", len(waiting), time.Since(back))
	copies := map[string]int{}
	for _, m := range w.sink.Messages() {
		if copies[m.Header.Get("Message-Id")]++; copies[m.Header.Get("Message-Id")] > 2 {
			t.Errorf("more than 2 copies of a mail to %v", m.EnvelopeTo)
		}
	}
	if len(w.mails.of("late@x.test")) > 0 {
		t.Error("a code that is over was mailed")
	}
}
