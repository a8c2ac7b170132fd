package e2e

import (
	"bytes"
	"encoding/json"
	"fmt"
	"mime"
	"net/http"
	"net/http/httptest"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/tenantgate/tenantgate/internal/mail"
)

// subjects are those of every kind of mail.
var subjects = sync.OnceValue(func() map[mail.Kind]*regexp.Regexp {
	const brand = "Brand"
	found := map[mail.Kind]*regexp.Regexp{}
	for _, kind := range mail.Kinds() {
		var forms []string
		for _, factor := range []string{"", mail.AuthenticatorApp, mail.Passkey, mail.RecoveryCodes} {
			for _, code := range []string{"", "123456"} {
				d := mail.Data{Brand: brand, To: "ann@example.com", Factor: factor, Code: code}
				if code != "" {
					d.Lifetime = time.Minute
				}
				if m, err := mail.Render(kind, d); err == nil {
					forms = append(forms, strings.ReplaceAll(regexp.QuoteMeta(m.Subject), brand, ".+"))
				}
			}
		}
		found[kind] = regexp.MustCompile("^(" + strings.Join(forms, "|") + ")$")
	}
	return found
})

// kindOf returns the kind of mail that a subject belongs to.
func kindOf(subject string) string {
	for kind, form := range subjects() {
		if form.MatchString(subject) {
			return string(kind)
		}
	}
	return subject
}

var (
	nativeAPI = regexp.MustCompile(`^/t/[^/]+/v1`)
	tenantURL = regexp.MustCompile(`^/t/[^/]+`)
	anyID     = regexp.MustCompile(`\b[a-z]{3}_[0-9a-z]{26}\b`)
)

// asked describes a request: method, pattern of the path, and the members of its body, form or query.
func asked(r *http.Request, body []byte) string {
	path := anyID.ReplaceAllString(r.URL.Path, "{id}")
	if nativeAPI.MatchString(path) {
		path = nativeAPI.ReplaceAllString(path, "")
	} else {
		path = tenantURL.ReplaceAllString(path, "/t/{tenant}")
	}
	query := r.URL.RawQuery
	if kind, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type")); kind == "application/x-www-form-urlencoded" {
		query, body = string(body), nil
	}
	var names []string
	for pair := range strings.SplitSeq(query, "&") {
		if name, _, _ := strings.Cut(pair, "="); name != "" {
			names = append(names, name)
		}
	}
	return r.Method + " " + path + list(append(names, members(body, "factor", "acr", "kind")...))
}

// answered describes an answer: its status and what the body says.
func answered(w *httptest.ResponseRecorder) string {
	resp := w.Result()
	defer resp.Body.Close()
	body := w.Body.Bytes()
	var said struct {
		Code, Status  any // of a problem, status is a number
		ID            string
		Challenge     struct{ Kind, Factors any }
		Session       struct{ AAL string }
		DeviceToken   string   `json:"device_token"`
		RecoveryCodes []string `json:"recovery_codes"`
	}
	_ = json.Unmarshal(body, &said) // which leaves pages without
	var brought []string
	for _, c := range resp.Cookies() {
		if strings.HasPrefix(c.Name, "tgd-") {
			brought = append(brought, "device cookie")
		} else {
			brought = append(brought, "session cookie")
		}
	}
	text := fmt.Sprint(w.Code)
	switch kind := w.Header().Get("Content-Type"); {
	case len(body) == 0:
	case kind == "application/problem+json":
		text += fmt.Sprint(" ", said.Code)
	case strings.HasPrefix(kind, "text/html"):
		text += " page"
	case said.Status == "challenge":
		factors := fmt.Sprint(said.Challenge.Factors)
		text += fmt.Sprintf(" challenge %s (%s)", said.Challenge.Kind, strings.ReplaceAll(strings.Trim(factors, "[]"), " ", ", "))
	case said.Status == "signed_in":
		text += " signed_in " + said.Session.AAL
		if said.DeviceToken != "" {
			brought = append(brought, "device_token")
		}
		if len(said.RecoveryCodes) > 0 {
			brought = append(brought, "recovery_codes")
		}
	case strings.HasPrefix(said.ID, "usr_"):
		text += " user"
	default:
		text += " " + strings.Join(members(body), ", ")
	}
	return text + list(brought)
}

func list(names []string) string {
	if len(names) == 0 {
		return ""
	}
	return " (" + strings.Join(names, ", ") + ")"
}

// members names the members of a JSON object in their order, with the values of some.
func members(body []byte, withValue ...string) (names []string) {
	d := json.NewDecoder(bytes.NewReader(body))
	if t, err := d.Token(); err != nil || t != json.Delim('{') {
		return nil
	}
	for d.More() {
		name, err := d.Token()
		if err != nil {
			return nil
		}
		var value json.RawMessage
		if err := d.Decode(&value); err != nil {
			return nil
		}
		text := fmt.Sprint(name)
		if slices.Contains(withValue, text) {
			text += "=" + strings.Trim(string(value), `"`)
		}
		names = append(names, text)
	}
	return names
}
