package e2e

import (
	"io"
	"net/http"
	"net/http/httptest"
	"os/exec"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"
)

// collector is where replicas send their traces.
type collector struct {
	url string

	mu   sync.Mutex
	text strings.Builder
}

func startCollector(t *testing.T) *collector {
	c := &collector{}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		c.mu.Lock()
		defer c.mu.Unlock()
		c.text.Write(body)
		w.Header().Set("Content-Type", "application/x-protobuf")
	}))
	t.Cleanup(server.Close)
	c.url = server.URL + "/v1/traces"
	return c
}

func (c *collector) String() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.text.String()
}

var (
	logTime     = regexp.MustCompile(`"time":"[^"]*"`)
	metricValue = regexp.MustCompile(`(?m) [^ ]+$`)
)

// leavesNoTrace looks for all that passed a front, and nobody may know, wherever it could have been written down: above all
// for what stood in paths.
//
// DIA-05.
func leavesNoTrace(t *testing.T, w *world, f *front, traces *collector) {
	t.Helper()
	time.Sleep(1500 * time.Millisecond) // the rounds beside HTTP log too
	var logs, metrics strings.Builder
	for _, r := range f.replicas {
		metrics.WriteString(must(r.scrape())(t))
		if _, code, err := r.stop(30 * time.Second); err != nil || code != 0 {
			t.Errorf("stop: %d, %v", code, err)
		}
		logs.WriteString(r.log.String())
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	secret, hidden := map[string]string{}, map[string]string{}
	for text, what := range f.secrets {
		secret[text], hidden[text] = what, what
	}
	for text, what := range f.personal {
		hidden[text] = what
	}
	const route = "/dialects/spaces/api/totp/login/:code/"
	for _, place := range []struct {
		name, text string
		shows      string // that it was looked at
		without    map[string]string
	}{
		{"a log", logTime.ReplaceAllString(logs.String(), ""), route, hidden},
		{"metrics", metricValue.ReplaceAllString(metrics.String(), ""), route, hidden},
		{"a trace", traces.String(), route, hidden},
		{"a dump", string(must(exec.Command(pgDump(t), "--inserts", w.database).Output())(t)), "@example.com", secret},
	} {
		if !strings.Contains(place.text, place.shows) {
			t.Errorf("%s does not hold %q: nothing was looked at", place.name, place.shows)
		}
		for text, what := range place.without {
			if at := holding(place.text, text); at != "" {
				t.Errorf("%s holds the %s: …%s…", place.name, what, at)
			}
		}
	}
	if len(f.secrets) < 50 || len(f.personal) < len(wires) || len(f.pathed) < 8 {
		t.Errorf("%d secrets, %d names and addresses, %d of them in paths: the front missed some",
			len(f.secrets), len(f.personal), len(f.pathed))
	}
	for _, p := range f.pathed {
		if p.header.Get("Referrer-Policy") != "no-referrer" || p.header.Get("Cache-Control") != "no-store" || p.status/100 == 3 {
			t.Errorf("%s is answered %d with Referrer-Policy %q and Cache-Control %q, want no-referrer, no-store and no redirect",
				p.path, p.status, p.header.Get("Referrer-Policy"), p.header.Get("Cache-Control"))
		}
	}
}

// holding returns the surroundings of a secret in a text, or nothing. Of a long one its end is looked for, which nobody could
// guess; a short one counts where it stands by itself, for inside of numbers it would be by chance.
func holding(text, secret string) string {
	if len(secret) > 40 {
		secret = secret[len(secret)-40:]
	}
	for from := 0; ; {
		at := strings.Index(text[from:], secret)
		if at < 0 {
			return ""
		}
		at += from
		from = at + len(secret)
		before, after := text[max(0, at-100):at], text[from:min(len(text), from+20)]
		if len(secret) > 10 || !endsInWord.MatchString(before) && !beginsInWord.MatchString(after) {
			return before + secret + after
		}
	}
}

var (
	endsInWord   = regexp.MustCompile(`[0-9A-Za-z.]$`)
	beginsInWord = regexp.MustCompile(`^[0-9A-Za-z]`)
)

func TestASecretIsFoundWhereItStandsByItself(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]bool{
		`"path":"/api/totp/login/042917/"`: true, "code=042917": true, "wrong code 042917.": true, "042917": true,
		`"version":20042917001`: false, `"took_ms":1.042917`: false, "a042917": false, "1042917 and 042917": true, "": false,
	} {
		if got := holding(text, "042917") != ""; got != want {
			t.Errorf("%q: %v, want %v", text, got, want)
		}
	}
	if holding("Bearer eyJhbGciOiJFUzI1NiJ9x", "JhbGciOiJFUz") == "" {
		t.Error("a long secret is not found inside a word")
	}
}
