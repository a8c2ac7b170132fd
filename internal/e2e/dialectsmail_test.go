package e2e

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"regexp"
	"testing"
	"time"

	"github.com/tenantgate/tenantgate/internal/clock"
	"github.com/tenantgate/tenantgate/internal/mail"
	"github.com/tenantgate/tenantgate/internal/mail/mailbox"
	"github.com/tenantgate/tenantgate/internal/mail/mailtest"
)

// boxed is a mail as the mailbox of `tenantgate dev` shows it to programs.
type boxed struct {
	ID      string `json:"id"`
	To      string `json:"to"`
	Subject string `json:"subject"`
	Text    string `json:"text"`
	HTML    string `json:"html"`
	Code    string `json:"code"`
	Link    string `json:"link"`
}

// wordLine is a word that stands alone on a line.
var wordLine = regexp.MustCompile(`(?m)^[0-9A-Za-z-]{4,64}$`)

// box reads off a mail what dev's mailbox knows of itself. Of two words that stand alone the second is the code.
func box(to string, m mailtest.Message) boxed {
	out := boxed{
		ID: m.Header.Get("Message-Id"), To: to, Subject: m.Subject, Text: m.Text, HTML: m.HTML, Link: m.Link(),
	}
	if words := wordLine.FindAllString(m.Text, -1); len(words) > 0 {
		out.Code = words[len(words)-1]
	}
	return out
}

// mailboxOf serves the mails that arrived for an address like dev's mailbox, and returns the URL to read them at.
func mailboxOf(t *testing.T, mails *inbox) string {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		to := r.URL.Query().Get("to")
		out := []boxed{}
		for _, m := range mails.of(to) {
			out = append(out, box(to, m))
		}
		_ = json.NewEncoder(w).Encode(map[string]any{"mails": out})
	}))
	t.Cleanup(server.Close)
	return server.URL + mailbox.Path + ".json"
}

func TestAMailThatArrivedHasTheCodeAndLinkThatDevsMailboxShows(t *testing.T) {
	t.Parallel()
	const to = "ann@x.test"
	for name, d := range map[string]mail.Data{
		"a code":     {Code: "042917"},
		"a token":    {Code: "01m80pfeztfbarb6x3gaskvw45YmFkZ2VyIGZvcmdldHMgMyB1bWJyZWxsYXM"},
		"two halves": {Half: "01m80pfeztfbarb6x3gaskvw45", Code: "YmFkZ2VyIGZvcmdldHMgMyB1bWJyZWxsYXM"},
		"a link":     {Code: "042917", Link: "https://app.example.com/reset?c=042917"},
	} {
		d.Brand, d.To, d.Lifetime = "Acme", to, time.Minute
		m := must(mail.Render(mail.PasswordReset, d))(t)
		m.ID, m.From = "job_1", "no-reply@acme.test"
		dev := mailbox.New(clock.Now)
		if err := dev.Send(t.Context(), m); err != nil {
			t.Fatal(err)
		}
		shown := httptest.NewRecorder()
		dev.Handler().ServeHTTP(shown, httptest.NewRequest("GET", "http://localhost"+mailbox.Path+".json?to="+to, nil))
		var want struct{ Mails []boxed }
		if err := json.Unmarshal(shown.Body.Bytes(), &want); err != nil || len(want.Mails) != 1 {
			t.Fatalf("%s: dev shows %s, %v", name, shown.Body, err)
		}
		got := box(to, mailtest.Message{
			Header: map[string][]string{"Message-Id": {"job_1"}}, Subject: m.Subject, Text: m.Text, HTML: m.HTML,
		})
		if got != want.Mails[0] {
			t.Errorf("%s:\n read %+v\n dev  %+v", name, got, want.Mails[0])
		}
	}
}

// startSite serves the pages of wolf's front end that mailed links lead to. Like the original's, the page of an activation
// hands the link's token to the API, at base.
func startSite(t *testing.T, base string) string {
	t.Helper()
	mux := http.NewServeMux()
	mux.HandleFunc("GET /activate-account/{token}", func(w http.ResponseWriter, r *http.Request) {
		put, err := http.NewRequestWithContext(r.Context(), http.MethodPut, base+"/user/activate-account/"+r.PathValue("token"), nil)
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		resp, err := httpClient.Do(put)
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadGateway)
			return
		}
		_ = resp.Body.Close()
		w.WriteHeader(resp.StatusCode)
		fmt.Fprintln(w, "The API answers", resp.Status)
	})
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	return server.URL
}
