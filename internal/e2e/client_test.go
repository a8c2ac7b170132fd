package e2e

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"
)

var httpClient = &http.Client{
	Timeout:   30 * time.Second,
	Transport: &http.Transport{MaxIdleConnsPerHost: 256},
}

// answer is a response, read as a step or a problem.
type answer struct {
	Status int           `json:"-"`
	Header http.Header   `json:"-"`
	Raw    []byte        `json:"-"`
	Took   time.Duration `json:"-"`

	step
	Code string `json:"code"` // of a problem
}

type step struct {
	Challenge struct {
		ID string `json:"id"`
	} `json:"challenge"`
	User struct {
		ID string `json:"id"`
	} `json:"user"`
	Session struct {
		ID string `json:"id"`
	} `json:"session"`
	AccessToken  string `json:"access_token"`
	RefreshToken string `json:"refresh_token"`
}

func (a answer) String() string { return fmt.Sprintf("%d %s", a.Status, a.Raw) }

// api is the native API of a tenant at one replica.
type api struct{ base string }

func (r *replica) api() api { return api{r.url + "/t/" + tenant + "/v1"} }

func (r *replica) tenant(slug string) api { return api{r.url + "/t/" + slug + "/v1"} }

// do sends a request. An error means that no answer came: nobody knows whether it was done.
func (a api) do(method, path, bearer string, body any) (answer, error) {
	var reader io.Reader
	if body != nil {
		text, err := json.Marshal(body)
		if err != nil {
			return answer{}, err
		}
		reader = bytes.NewReader(text)
	}
	req, err := http.NewRequest(method, a.base+path, reader)
	if err != nil {
		return answer{}, err
	}
	if body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	if bearer != "" {
		req.Header.Set("Authorization", "Bearer "+bearer)
	}
	begin := time.Now()
	resp, err := httpClient.Do(req)
	if err != nil {
		return answer{}, err
	}
	defer resp.Body.Close()
	out := answer{Status: resp.StatusCode, Header: resp.Header}
	if out.Raw, err = io.ReadAll(resp.Body); err != nil {
		return out, err
	}
	out.Took = time.Since(begin)
	if len(out.Raw) > 0 {
		err = json.Unmarshal(out.Raw, &out)
	}
	return out, err
}

type fields map[string]string

func (a api) signup(email, password string) (answer, error) {
	return a.do("POST", "/signup", "", fields{"email": email, "password": password})
}

func (a api) answerCode(challenge, code string) (answer, error) {
	return a.do("POST", "/challenges/"+challenge, "", fields{"code": code})
}

func (a api) login(email, password string) (answer, error) {
	return a.do("POST", "/login", "", fields{"identifier": email, "password": password})
}

func (a api) refresh(token string) (answer, error) {
	return a.do("POST", "/token", "", fields{"refresh_token": token})
}

func (a api) me(bearer string) (answer, error) { return a.do("GET", "/me", bearer, nil) }

func (a api) logout(bearer string) (answer, error) { return a.do("POST", "/logout", bearer, nil) }

func (a api) changePassword(bearer, from, to string) (answer, error) {
	return a.do("POST", "/password/change", bearer, fields{"current_password": from, "new_password": to})
}

// expect ends the test unless the answer came and has the status.
func expect(t testing.TB, status int) func(answer, error) answer {
	return func(a answer, err error) answer {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		if a.Status != status {
			t.Fatalf("answer %s, want %d", a, status)
		}
		return a
	}
}

// mailLimit is how long a mail may take where nothing is broken.
const mailLimit = 20 * time.Second

func (w *world) code(address string) string {
	w.t.Helper()
	ctx, cancel := context.WithTimeout(w.t.Context(), mailLimit)
	defer cancel()
	m, err := w.mails.await(ctx, address, 1)
	if err != nil {
		w.t.Fatal(err)
	}
	if m.Code() == "" {
		w.t.Fatalf("the mail to %s has no code:\n%s", address, m.Text)
	}
	return m.Code()
}

// wrongCode is a code that differs from one.
func wrongCode(code string) string {
	return strings.Map(func(r rune) rune { return '0' + (r-'0'+1)%10 }, code)
}

// signUp makes a user by the mailed code and returns its first session.
func (w *world) signUp(a api, email string) answer {
	w.t.Helper()
	asked := expect(w.t, http.StatusOK)(a.signup(email, password))
	in, err := a.answerCode(asked.Challenge.ID, w.code(email))
	if err != nil || in.Status/100 != 2 || in.AccessToken == "" {
		w.t.Fatalf("sign up: %s, %v", in, err)
	}
	return in
}

// together starts n calls behind one barrier and returns what each gave.
func together[T any](n int, call func(i int) T) []T {
	out := make([]T, n)
	start, done := make(chan struct{}), make(chan struct{})
	for i := range n {
		go func() {
			<-start
			out[i] = call(i)
			done <- struct{}{}
		}()
	}
	close(start)
	for range n {
		<-done
	}
	return out
}

// statuses counts answers by status; those that never came count as 0.
func statuses(answers []answer) map[int]int {
	out := map[int]int{}
	for _, a := range answers {
		out[a.Status]++
	}
	return out
}

// eventually waits until a condition holds.
func eventually(t testing.TB, limit time.Duration, what string, holds func() bool) time.Duration {
	t.Helper()
	begin := time.Now()
	for !holds() {
		if time.Since(begin) > limit {
			t.Fatalf("after %s it does not hold that %s", limit, what)
		}
		time.Sleep(20 * time.Millisecond)
	}
	return time.Since(begin)
}
