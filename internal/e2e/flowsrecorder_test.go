package e2e

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// recorder stands between clients and a server, and writes down what passes as the arrows of a sequence diagram. It lets one
// request through at a time and waits for the mails that each causes, so that these stand behind it.
type recorder struct {
	t   testing.TB
	url string
	dev *replica

	exchange sync.Mutex // held from a request to its last mail
	mails    int        // that were seen

	mu   sync.Mutex
	into int // which flow, or negative for none
	seen map[int][]string
}

// drawPath tells the recorder which flow comes next: drawPath + its number.
const drawPath = "/-draw/"

// startRecorder starts a recorder whose server is set afterwards.
func startRecorder(t *testing.T) *recorder {
	rec := &recorder{t: t, into: -1, seen: map[int][]string{}}
	proxy := &httputil.ReverseProxy{
		Rewrite: func(r *httputil.ProxyRequest) {
			r.SetURL(&url.URL{Scheme: "http", Host: strings.TrimPrefix(rec.dev.url, "http://")})
			r.Out.Host = r.In.Host
		},
	}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var number int
		switch n, _ := fmt.Sscanf(r.URL.Path, drawPath+"%d", &number); {
		case n == 1:
			rec.draw(number)
		case strings.HasPrefix(r.URL.Path, "/t/"):
			rec.pass(proxy, w, r)
		default:
			proxy.ServeHTTP(w, r)
		}
	}))
	t.Cleanup(server.Close)
	rec.url = strings.Replace(server.URL, "127.0.0.1", "localhost", 1)
	return rec
}

func (rec *recorder) draw(flow int) {
	rec.mu.Lock()
	defer rec.mu.Unlock()
	rec.into = flow
}

// of returns the arrows of a flow.
func (rec *recorder) of(flow int) []string {
	rec.mu.Lock()
	defer rec.mu.Unlock()
	return rec.seen[flow]
}

func (rec *recorder) pass(proxy http.Handler, w http.ResponseWriter, r *http.Request) {
	rec.exchange.Lock()
	defer rec.exchange.Unlock()
	sent, err := io.ReadAll(r.Body)
	if err != nil {
		rec.t.Errorf("read %s %s: %v", r.Method, r.URL.Path, err)
	}
	r.Body = io.NopCloser(bytes.NewReader(sent))
	answer := httptest.NewRecorder()
	proxy.ServeHTTP(answer, r)
	client := "App"
	if !strings.Contains(r.URL.Path, "/v1/") {
		client = "Browser" // a page is for a person
	}
	arrows := []string{
		client + "->>Tenantgate: " + asked(r, sent),
		"Tenantgate-->>" + client + ": " + answered(answer),
	}
	for _, kind := range rec.mailed() {
		arrows = append(arrows, "Tenantgate->>Mailbox: "+kind)
	}
	rec.mu.Lock()
	rec.seen[rec.into] = append(rec.seen[rec.into], arrows...)
	rec.mu.Unlock()
	for name, values := range answer.Header() {
		w.Header()[name] = values
	}
	w.WriteHeader(answer.Code)
	_, _ = w.Write(answer.Body.Bytes())
}

// mailed waits until no mail is owed and returns the kinds of those that came, sorted: their order is nobody's promise.
func (rec *recorder) mailed() (kinds []string) {
	for begin := time.Now(); ; time.Sleep(5 * time.Millisecond) {
		text, err := rec.dev.scrape()
		if err == nil && strings.Contains(text, `tenantgate_jobs_backlog{state="ready"} 0`) {
			break
		}
		if time.Since(begin) > mailLimit {
			rec.t.Errorf("after %s a mail still waits to be sent: %v", mailLimit, err)
			return nil
		}
	}
	resp, err := httpClient.Get(rec.dev.url + "/dev/mailbox.json")
	if err != nil {
		rec.t.Errorf("read the mailbox: %v", err)
		return nil
	}
	defer resp.Body.Close()
	var box struct{ Mails []struct{ Subject string } }
	if err := json.NewDecoder(resp.Body).Decode(&box); err != nil {
		rec.t.Errorf("read the mailbox: %v", err)
		return nil
	}
	for _, m := range box.Mails[rec.mails:] {
		kinds = append(kinds, kindOf(m.Subject))
	}
	rec.mails = len(box.Mails)
	slices.Sort(kinds)
	return kinds
}
