package turnstile

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"
)

// DefaultURL is Cloudflare's siteverify.
const DefaultURL = "https://challenges.cloudflare.com/turnstile/v0/siteverify"

const (
	patience  = 3 * time.Second // for a whole exchange
	maxToken  = 2048            // bytes; Cloudflare makes none that is longer
	maxAnswer = 64 << 10        // bytes
	maxIdle   = 16              // connections kept
)

// The codes of a refused token. Any other code tells of our configuration, or of siteverify itself.
const (
	missingToken = "missing-input-response"
	invalidToken = "invalid-input-response"
	spentToken   = "timeout-or-duplicate"
)

// Check is a token to be verified.
type Check struct {
	Secret  string // of the widget that the token came from
	Token   string
	Address string // of the visitor; empty where it is not known
}

// Answer is what siteverify says of a token.
type Answer struct {
	OK       bool     // the token is genuine and has not been used before
	Hostname string   // of the page that the captcha was solved on, without a port
	Action   string   // that the page gave the widget; empty for none
	Codes    []string // why the token was refused
}

// Verifier asks siteverify. It is safe for concurrent use.
type Verifier struct {
	url    string
	client *http.Client
}

// New returns a verifier that asks at a URL, such as DefaultURL.
func New(siteverify string) *Verifier {
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.MaxIdleConnsPerHost = maxIdle
	return &Verifier{url: siteverify, client: &http.Client{
		Transport: transport,
		Timeout:   patience,
		// A redirect would carry the secret elsewhere.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
}

// Verify uses a token up: it is good for one check. A token that is refused, missing or longer than 2048 bytes is an answer
// that is not OK. Where siteverify cannot be reached within three seconds, answers what cannot be understood, or refuses our
// secret or request, it is an error, which holds neither secret nor token.
func (v *Verifier) Verify(ctx context.Context, c Check) (Answer, error) {
	switch {
	case c.Token == "":
		return Answer{Codes: []string{missingToken}}, nil
	case len(c.Token) > maxToken:
		return Answer{Codes: []string{invalidToken}}, nil
	}
	form := url.Values{
		"secret": {c.Secret}, "response": {c.Token},
		// New for each check: two checks under one key would both pass with one token.
		"idempotency_key": {uuid.NewString()},
	}
	if c.Address != "" {
		form.Set("remoteip", c.Address)
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, v.url, strings.NewReader(form.Encode()))
	if err != nil {
		return Answer{}, fmt.Errorf("ask siteverify: %w", err)
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	// Without values it is not sent. It lets the transport repeat a request whose kept connection died.
	req.Header["Idempotency-Key"] = nil
	res, err := v.client.Do(req)
	if err != nil {
		return Answer{}, fmt.Errorf("ask siteverify: %w", err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(io.LimitReader(res.Body, maxAnswer+1))
	switch {
	case err != nil:
		return Answer{}, fmt.Errorf("read the answer of siteverify: %w", err)
	case res.StatusCode != http.StatusOK:
		return Answer{}, fmt.Errorf("ask siteverify: it answered with status %d", res.StatusCode)
	case len(body) > maxAnswer:
		return Answer{}, fmt.Errorf("read the answer of siteverify: it is longer than %d bytes", maxAnswer)
	}
	return read(body)
}

// read understands the body of an answer. Nothing of it is repeated in an error but codes of the documented form.
func read(body []byte) (Answer, error) {
	var said struct {
		Success  *bool    `json:"success"`
		Hostname string   `json:"hostname"`
		Action   string   `json:"action"`
		Codes    []string `json:"error-codes"`
	}
	if json.Unmarshal(body, &said) != nil || said.Success == nil {
		return Answer{}, errors.New("read the answer of siteverify: it is not the JSON that was expected")
	}
	if *said.Success {
		return Answer{OK: true, Hostname: said.Hostname, Action: said.Action}, nil
	}
	if len(said.Codes) == 0 || slices.ContainsFunc(said.Codes, notOfToken) {
		return Answer{}, fmt.Errorf("ask siteverify: it refused the request, not the token: %s", shown(said.Codes))
	}
	return Answer{Hostname: said.Hostname, Action: said.Action, Codes: said.Codes}, nil
}

func notOfToken(code string) bool {
	return code != missingToken && code != invalidToken && code != spentToken
}

var codeForm = regexp.MustCompile(`^[a-z]+(-[a-z]+){1,4}$`)

// shown lists codes for a log, as far as they can be nothing else.
func shown(codes []string) string {
	var out []string
	for _, code := range codes[:min(len(codes), 5)] {
		if len(code) > 40 || !codeForm.MatchString(code) {
			code = "a code of unknown form"
		}
		out = append(out, code)
	}
	if len(out) == 0 {
		return "no code"
	}
	return strings.Join(out, ", ")
}
