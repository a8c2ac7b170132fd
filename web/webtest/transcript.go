package webtest

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"
)

var update = flag.Bool("update", false, "rewrite the golden exchanges")

// Transcript records exchanges and compares them with testdata/NAME.txtar when the test ends, or rewrites it with -update.
// What changes from run to run is named: ids by kind and order of appearance, tokens, codes, request ids.
type Transcript struct {
	t    testing.TB
	env  *Env
	file string
	out  txtar.Archive
	seen map[string]string
}

// Transcribe begins a transcript. The title is its first line.
func (env *Env) Transcribe(t testing.TB, name, title string) *Transcript {
	t.Helper()
	tr := &Transcript{
		t: t, env: env, file: filepath.Join("testdata", name+".txtar"),
		out: txtar.Archive{Comment: []byte(title + "\n\n")}, seen: map[string]string{},
	}
	t.Cleanup(tr.finish)
	return tr
}

// Do sends a request and records it with its answer.
func (tr *Transcript) Do(what, method, path string, body any, headers ...Header) *Answer {
	tr.t.Helper()
	answer := tr.env.Do(tr.t, method, path, body, headers...)
	var b strings.Builder
	fmt.Fprintf(&b, "%s %s\n", method, path)
	for _, h := range headers {
		if h.Value != "" {
			fmt.Fprintf(&b, "%s: %s\n", h.Name, h.Value)
		}
	}
	if text, ok := body.(string); ok {
		b.WriteString(indent(text))
	} else if body != nil {
		text, _ := json.Marshal(body)
		b.WriteString(indent(string(text)))
	}
	fmt.Fprintf(&b, "\n%d %s\n", answer.Status, http.StatusText(answer.Status))
	for _, name := range recorded {
		for _, value := range answer.Header.Values(name) {
			if value != "no-store" {
				fmt.Fprintf(&b, "%s: %s\n", name, value)
			}
		}
	}
	b.WriteString(indent(answer.Body))
	tr.out.Files = append(tr.out.Files, txtar.File{Name: what, Data: []byte(tr.name(b.String()) + "\n")})
	return answer
}

// recorded are the headers of an answer that a transcript shows. Cache-Control is shown where it is not no-store.
var recorded = []string{
	"Content-Type", "Cache-Control", "Allow", "Retry-After", "Set-Cookie", "Vary", "WWW-Authenticate",
	"Access-Control-Allow-Origin", "Access-Control-Allow-Credentials", "Access-Control-Allow-Methods",
	"Access-Control-Allow-Headers", "Access-Control-Expose-Headers", "Access-Control-Max-Age",
}

func indent(text string) string {
	var out bytes.Buffer
	if json.Indent(&out, []byte(text), "", "  ") != nil || out.Len() == 0 {
		return text
	}
	return strings.TrimRight(out.String(), "\n") + "\n"
}

// volatile are the forms of what changes from run to run. Each is replaced by its name and a number; of one with a group,
// the group is.
var volatile = []struct {
	name string
	form *regexp.Regexp
}{
	{"access-token", regexp.MustCompile(`\beyJ[\w-]+\.[\w-]+\.[\w-]+`)},
	{"refresh-token", regexp.MustCompile(`\btgr_[\w-]{40,}`)},
	{"cookie", regexp.MustCompile(`\btgc_[\w-]{40,}`)},
	{"device-token", regexp.MustCompile(`\btgd_[\w-]{40,}`)},
	{"session-key", regexp.MustCompile(`\btgs_[\w-]{40,}`)},
	{"username", regexp.MustCompile(`"username": "(user_[2-7a-z]{12})"`)},
	{"challenge-id", regexp.MustCompile(`"challengeId": "([0-9a-f-]{36})"`)},
	{"code", regexp.MustCompile(`/totp/login/([0-9]{6})\b`)},
	{"backup-code", regexp.MustCompile(`/static/login/([a-hjkmnp-tv-z2-7]{8})\b`)},
	{"uid", regexp.MustCompile(`"uid": "([0-9a-z]{26})"`)},
	{"mailed-secret", regexp.MustCompile(`"token": "([a-z2-7]{32})"`)},
	{"user", regexp.MustCompile(`\busr_[0-9a-z]{26}`)},
	{"session", regexp.MustCompile(`\bses_[0-9a-z]{26}`)},
	{"challenge", regexp.MustCompile(`\bchl_[0-9a-z]{26}`)},
	{"factor", regexp.MustCompile(`\bfac_[0-9a-z]{26}`)},
	{"identifier", regexp.MustCompile(`\bidf_[0-9a-z]{26}`)},
	{"device", regexp.MustCompile(`\bdev_[0-9a-z]{26}`)},
	{"tenant", regexp.MustCompile(`\bten_[0-9a-z]{26}`)},
	{"uuid", regexp.MustCompile(`"(?:id|user)": "([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})"`)},
	{"session-id", regexp.MustCompile(`"session_id": "([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})"`)},
	{"recovery-code", regexp.MustCompile(`(?m)(?:^ +|"code": )"([0-9]{7})",?$`)},
	{"request", regexp.MustCompile(`\b[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\b`)},
	{"bytes", regexp.MustCompile(`"(?:id|rawId|challenge|attestationObject|clientDataJSON|authenticatorData|signature|userHandle|qr_png)": "([\w+/=-]{22,})"`)},
	{"transports", regexp.MustCompile(`"transports": (\[[^\]]*\])`)},
	{"image", regexp.MustCompile(`data:image/png;base64,([\w+/=]+)`)},
	{"login-token", regexp.MustCompile(`\b[0-9a-f]{64}\b`)},
	{"hex-id", regexp.MustCompile(`\b[0-9a-f]{24}\b`)},
	{"backup-code", regexp.MustCompile(`(?m)(?:^ +"|\bcode=)([0-9]{8})\b`)},
	{"backup-codes", regexp.MustCompile(`(?m)^[0-9]{8}(?: [0-9]{8})+$`)},
	{"code", regexp.MustCompile(`\b[cC]ode=([0-9]{6})\b`)},
	{"totp-secret", regexp.MustCompile(`\b[A-Z2-7]{32}\b`)},
	{"recovery-code", regexp.MustCompile(`"([0-9a-z]{5}-[0-9a-z]{5})"`)},
	{"backup-code", regexp.MustCompile(`(?m)(?:^ +|"code": )"([2-7a-hjkmnp-tv-z]{8})",?$`)},
	{"mailed-token", regexp.MustCompile(`\b[0-7][0-9a-hjkmnp-tv-z]{25}[0-9a-z]{32}\b`)},
	{"code", regexp.MustCompile(`"([0-9]{6})"`)},
	{"secret", regexp.MustCompile(`\b[\w-]{22,}\b`)},
}

// name replaces what is volatile, the same by the same.
func (tr *Transcript) name(text string) string {
	for _, v := range volatile {
		text = v.form.ReplaceAllStringFunc(text, func(whole string) string {
			groups := v.form.FindStringSubmatch(whole)
			found := groups[len(groups)-1]
			if v.name == "secret" && !looksRandom(found) {
				return whole
			}
			if v.name == "request" {
				return "<request>"
			}
			named, ok := tr.seen[found]
			if !ok {
				n := 1
				for _, other := range tr.seen {
					if strings.HasPrefix(other, "<"+v.name+" ") {
						n++
					}
				}
				named = fmt.Sprintf("<%s %d>", v.name, n)
				tr.seen[found] = named
			}
			return strings.Replace(whole, found, named, 1)
		})
	}
	return text
}

// looksRandom tells a drawn secret from a long word: it mixes cases and digits.
func looksRandom(s string) bool {
	return strings.ContainsAny(s, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") && strings.ContainsAny(s, "0123456789") && !strings.Contains(s, "-0")
}

func (tr *Transcript) finish() {
	if tr.t.Failed() {
		return
	}
	got := txtar.Format(&tr.out)
	if *update {
		if err := os.MkdirAll("testdata", 0o750); err != nil {
			tr.t.Fatal(err)
		}
		if err := os.WriteFile(tr.file, got, 0o600); err != nil {
			tr.t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(tr.file)
	if err != nil {
		tr.t.Fatalf("%v; -update writes it", err)
	}
	if slices.Compare(want, got) != 0 {
		tr.t.Errorf("the exchanges differ from %s (-want +got); -update rewrites it:\n%s", tr.file, cmp.Diff(string(want), string(got)))
	}
}
