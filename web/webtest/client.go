package webtest

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/tenantgate/tenantgate/internal/fault"
)

// Header is a header of a request; one named Host replaces the host.
type Header struct{ Name, Value string }

// Bearer is the header that carries an access token.
func Bearer(token string) Header { return Header{"Authorization", "Bearer " + token} }

// Answer is what came back, read whole.
type Answer struct {
	Status int
	Header http.Header
	Body   string
}

// Do sends a request to a path of the listener, or to a whole URL. A body that is no string and no reader is sent as JSON;
// either way its Content-Type is JSON unless a header says otherwise.
func (env *Env) Do(t testing.TB, method, path string, body any, headers ...Header) *Answer {
	t.Helper()
	if !strings.HasPrefix(path, "http") {
		path = env.URL + path
	}
	r, err := http.NewRequestWithContext(t.Context(), method, path, reader(t, body))
	if err != nil {
		t.Fatalf("%s: %v", method, err)
	}
	if body != nil {
		r.Header.Set("Content-Type", "application/json")
	}
	for i, h := range headers {
		switch {
		case h.Name == "Host":
			r.Host = h.Value
		case h.Value == "":
			r.Header.Del(h.Name)
		case i > 0 && headers[i-1].Name == h.Name: // sent as often as given
			r.Header.Add(h.Name, h.Value)
		default:
			r.Header.Set(h.Name, h.Value)
		}
	}
	return env.Send(t, r)
}

// Send sends a request that the test has made itself.
func (env *Env) Send(t testing.TB, r *http.Request) *Answer {
	t.Helper()
	response, err := env.Client.Do(r)
	if err != nil {
		t.Fatalf("%s %s: %v", r.Method, r.URL.Path, err)
	}
	defer func() { _ = response.Body.Close() }()
	content, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatalf("%s %s: read the answer: %v", r.Method, r.URL.Path, err)
	}
	return &Answer{response.StatusCode, response.Header, string(content)}
}

func reader(t testing.TB, body any) io.Reader {
	switch b := body.(type) {
	case nil:
		return nil
	case string:
		return strings.NewReader(b)
	case io.Reader:
		return b
	default:
		text, err := json.Marshal(b)
		if err != nil {
			t.Fatalf("write the body: %v", err)
		}
		return bytes.NewReader(text)
	}
}

// JSON reads the body into a value.
func (a *Answer) JSON(t testing.TB, into any) {
	t.Helper()
	if err := json.Unmarshal([]byte(a.Body), into); err != nil {
		t.Fatalf("status %d, body %q: %v", a.Status, a.Body, err)
	}
}

// Code returns the code of a problem document, empty for any other answer.
func (a *Answer) Code() fault.Code {
	var p struct{ Code fault.Code }
	if a.Header.Get("Content-Type") != "application/problem+json" || json.Unmarshal([]byte(a.Body), &p) != nil {
		return ""
	}
	return p.Code
}

// Want fails the test unless the answer has a status.
func (a *Answer) Want(t testing.TB, status int) *Answer {
	t.Helper()
	if a.Status != status {
		t.Fatalf("status %d, want %d: %s", a.Status, status, a.Body)
	}
	return a
}

// Refused fails the test unless the answer is the problem of a code.
func (a *Answer) Refused(t testing.TB, status int, code fault.Code) *Answer {
	t.Helper()
	if a.Status != status || a.Code() != code {
		t.Fatalf("status %d, code %q, want %d %s: %s", a.Status, a.Code(), status, code, a.Body)
	}
	return a
}
