package webtest

import (
	"bytes"
	"fmt"
	"log/slog"
	"os"
	"strings"
	"sync"
	"testing"
	"time"
)

// Log is all that the process has logged since Main began, at level debug and as the code wrote it: the filter of
// internal/telemetry, which would hide secrets, is not in the way.
var Log = &log{secrets: map[string]string{Password: "the password"}, written: make(chan struct{})}

type log struct {
	mu      sync.Mutex
	content bytes.Buffer
	written chan struct{}     // closed by the next record
	secrets map[string]string // what each is, by its text
}

// Main runs the tests of a package and then looks for their secrets in the log. A TestMain calls it.
func Main(m *testing.M) int {
	slog.SetDefault(slog.New(slog.NewJSONHandler(Log, &slog.HandlerOptions{Level: slog.LevelDebug})))
	status := m.Run()
	if leaked := Log.leaks(); len(leaked) > 0 && status == 0 {
		fmt.Fprintf(os.Stderr, "the log holds secrets:\n%s\n", strings.Join(leaked, "\n"))
		return 1
	}
	return status
}

// Write takes one record.
func (l *log) Write(record []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	close(l.written)
	l.written = make(chan struct{})
	return l.content.Write(record)
}

// Secret names a text that no log may hold.
func (l *log) Secret(what, text string) {
	if text == "" {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.secrets[text] = what
}

// Records returns the records that hold a text, such as a request id.
func (l *log) Records(text string) []string {
	out, _ := l.records(text)
	return out
}

// Await is Records for a text of which there will be one: the record of a request is written after the last byte of its answer.
func (l *log) Await(t testing.TB, text string) []string {
	t.Helper()
	for {
		out, next := l.records(text)
		if len(out) > 0 {
			return out
		}
		select {
		case <-next:
		case <-t.Context().Done():
			return nil
		case <-time.After(10 * time.Second):
			return nil
		}
	}
}

func (l *log) records(text string) (out []string, next <-chan struct{}) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for line := range strings.Lines(l.content.String()) {
		if strings.Contains(line, text) {
			out = append(out, line)
		}
	}
	return out, l.written
}

func (l *log) leaks() []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	var out []string
	content := l.content.String()
	for text, what := range l.secrets {
		if at := strings.Index(content, text); at >= 0 {
			line := content[strings.LastIndexByte(content[:at], '\n')+1:]
			line, _, _ = strings.Cut(line, "\n")
			out = append(out, what+": "+line)
		}
	}
	return out
}
