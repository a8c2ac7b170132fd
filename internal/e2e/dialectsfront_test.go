package e2e

import (
	"bytes"
	"encoding/json"
	"io"
	"mime"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// front stands before replicas, as a balancer does: each request goes to the next one. It keeps what passes and nobody else
// may know.
type front struct {
	t   testing.TB
	url string

	mu       sync.Mutex
	replicas []*replica
	next     int
	ended    map[string]time.Time // by dialect, when its client last had sessions ended
	secrets  map[string]string    // what each is, by its text
	personal map[string]string    // the same for names and addresses, which a database may hold
	pathed   []pathed
}

// pathed is an answer to a request whose path holds something secret.
type pathed struct {
	path   string
	status int
	header http.Header
}

// startFront starts a front whose replicas come afterwards, for they are told its URL.
func startFront(t *testing.T) *front {
	f := &front{t: t, ended: map[string]time.Time{}, secrets: map[string]string{}, personal: map[string]string{}}
	server := httptest.NewServer(http.HandlerFunc(f.serve))
	t.Cleanup(server.Close)
	f.url = strings.Replace(server.URL, "127.0.0.1", "localhost", 1)
	return f
}

func (f *front) serve(w http.ResponseWriter, r *http.Request) {
	sent, err := io.ReadAll(r.Body)
	if err != nil {
		f.t.Errorf("read %s %s: %v", r.Method, r.URL.Path, err)
	}
	answer := f.pass(r, sent)
	f.note(r, sent, answer)
	for name, values := range answer.Header() {
		w.Header()[name] = values
	}
	w.WriteHeader(answer.Code)
	_, _ = w.Write(answer.Body.Bytes())
}

// pass hands a request to a replica, and to the next one as long as they are too busy to hash.
func (f *front) pass(r *http.Request, sent []byte) *httptest.ResponseRecorder {
	for tries := 1; ; tries++ {
		at := f.turn(r)
		proxy := &httputil.ReverseProxy{
			Rewrite: func(p *httputil.ProxyRequest) {
				p.SetURL(&url.URL{Scheme: "http", Host: strings.TrimPrefix(at.url, "http://")})
				p.SetXForwarded()
				p.Out.Host = p.In.Host
			},
			Transport: httpClient.Transport,
		}
		r.Body = io.NopCloser(bytes.NewReader(sent))
		answer := httptest.NewRecorder()
		proxy.ServeHTTP(answer, r)
		if answer.Code != http.StatusServiceUnavailable || tries == 5 {
			return answer
		}
		time.Sleep(time.Second)
	}
}

// turn returns the replica whose turn it is. That a session has ended every replica knows of its cookies at once, and of its
// tokens within the bound.
func (f *front) turn(r *http.Request) *replica {
	f.mu.Lock()
	n := len(f.replicas)
	at, ended := f.replicas[f.next%n], f.ended[dialectOf(r)]
	f.next++
	f.mu.Unlock()
	if n > 1 && r.Header.Get("Authorization") != "" {
		time.Sleep(time.Until(ended.Add(bound)))
	}
	return at
}

// dialectOf names the dialect of a request, and so its client.
func dialectOf(r *http.Request) string {
	if parts := strings.Split(r.URL.Path, "/"); len(parts) > 4 {
		return parts[4] // behind /t/legacy/dialects/
	}
	return ""
}

var (
	// ending finds the endpoints that end sessions.
	ending = regexp.MustCompile(`/(?:logout|delete|sessions/[^/]+|password/change|new-password|reset/confirm)(?:/|$)`)

	// inPath finds what stands in a path instead of a body.
	inPath = regexp.MustCompile(`/(?:totp/login|static/login|activate-account|reset-password|sessions)/([^/]+)/?$`)

	credentials = []string{
		"password", "new_password", "current_password", "confirm_password", "token", "uid", "mfa", "sid",
		"access_token", "refresh_token", "key", "secret_key", "provisioning_uri", "recovery_codes",
	}
	names = []string{"email", "email_address", "login_field", "username", "last_name"}
)

// note keeps the secrets of an exchange.
func (f *front) note(r *http.Request, sent []byte, answer *httptest.ResponseRecorder) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if ending.MatchString(r.URL.Path) && answer.Code < 300 {
		f.ended[dialectOf(r)] = time.Now()
	}
	if m := inPath.FindStringSubmatch(r.URL.Path); m != nil {
		f.pathed = append(f.pathed, pathed{r.URL.Path, answer.Code, answer.Header()})
		f.keep("part of the path "+strings.TrimSuffix(m[0], m[1]), m[1])
	}
	if _, token, ok := strings.Cut(r.Header.Get("Authorization"), " "); ok {
		f.keep("credential", token)
	}
	for _, c := range r.Cookies() {
		f.keep("cookie "+c.Name, c.Value)
	}
	resp := answer.Result()
	defer resp.Body.Close()
	for _, c := range resp.Cookies() {
		f.keep("cookie "+c.Name, c.Value)
	}
	if kind, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type")); kind == "application/x-www-form-urlencoded" {
		form, _ := url.ParseQuery(string(sent))
		for name := range form {
			f.sort(name, form.Get(name), true)
		}
	}
	f.read(sent, true)
	f.read(answer.Body.Bytes(), false)
}

// read keeps the secrets of a body, where that is JSON. A bare text or list of texts is nothing but secrets in these APIs.
func (f *front) read(body []byte, asked bool) {
	var document any
	if json.Unmarshal(body, &document) == nil {
		f.walk("token", document, asked)
	}
}

// walk goes through a document, whose members have names and whose elements have that of their list.
func (f *front) walk(name string, v any, asked bool) {
	switch v := v.(type) {
	case map[string]any:
		for member, inner := range v {
			f.walk(member, inner, asked)
		}
	case []any:
		for _, inner := range v {
			f.walk(name, inner, asked)
		}
	case string:
		f.sort(name, v, asked)
	}
}

// sort keeps a member where it is secret. What answers call code is the kind of an error.
func (f *front) sort(name, value string, asked bool) {
	switch {
	case slices.Contains(credentials, name) || name == "code" && asked:
		f.keep(name, value)
		if uri, err := url.Parse(value); err == nil && uri.Scheme == "otpauth" {
			f.keep("secret of an authenticator app", uri.Query().Get("secret"))
		}
	case slices.Contains(names, name) && len(value) >= shortest:
		local, _, _ := strings.Cut(value, "@") // however the rest is written
		f.personal[local] = name
	}
}

// shortest is the length below which a text may be anywhere by chance.
const shortest = 6

func (f *front) keep(what, value string) {
	if len(value) >= shortest {
		f.secrets[value] = what
	}
}
