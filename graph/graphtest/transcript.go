package graphtest

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"
)

// Transcript records exchanges and compares them with testdata/NAME.txtar when the test ends, or rewrites it with -update. What
// changes from run to run is named by kind and order of appearance.
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

// Do sends a document and records it with its answer.
func (tr *Transcript) Do(what string, as Caller, document string, vars Vars) *Answer {
	tr.t.Helper()
	answer := tr.env.Do(tr.t, as, document, vars)
	var b strings.Builder
	fmt.Fprintf(&b, "as %s\n\n%s\n", as.Name, strings.TrimSpace(document))
	if vars != nil {
		text, _ := json.Marshal(vars)
		fmt.Fprintf(&b, "\n%s", indent(string(text)))
	}
	fmt.Fprintf(&b, "\n%d\n%s", answer.Status, indent(answer.Body))
	tr.out.Files = append(tr.out.Files, txtar.File{Name: what, Data: []byte(tr.name(b.String()) + "\n")})
	return answer
}

func indent(text string) string {
	var out bytes.Buffer
	if json.Indent(&out, []byte(text), "", "  ") != nil {
		return text
	}
	return strings.TrimRight(out.String(), "\n") + "\n"
}

// volatile are the forms of what changes from run to run; of one with a group, the group is.
var volatile = []struct {
	name string
	form *regexp.Regexp
}{
	{"time", regexp.MustCompile(`\b\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z`)},
	{"api-key", regexp.MustCompile(`\btg_[\w-]{40,}`)},
	{"secret", regexp.MustCompile(`(?:[?&]|\\u0026)s=([\w-]{16,})`)},
	{"kid", regexp.MustCompile(`"(?:kid|newKid|oldKid)": "([\w-]+)"`)},
	{"record", regexp.MustCompile(`tenantgate-verification=(\w+)`)},
	{"request", regexp.MustCompile(`\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b`)},
	{"", regexp.MustCompile(`\b(?:ten|usr|ses|evt|key|idf|fac|chl|job)_[0-9a-z]{26}\b`)}, // named by the prefix
	{"id", regexp.MustCompile(`"((?:A[Qgw]|B[AQgw]|CA)[\w-]{42})"`)},                     // the kind, and the first half byte of a UUIDv7
	{"cursor", regexp.MustCompile(`"(?:cursor|startCursor|endCursor|after|before)": "([\w-]{30,})"`)},
}

func (tr *Transcript) name(text string) string {
	for _, v := range volatile {
		text = v.form.ReplaceAllStringFunc(text, func(whole string) string {
			groups := v.form.FindStringSubmatch(whole)
			found, kind := groups[len(groups)-1], v.name
			if kind == "" {
				kind, _, _ = strings.Cut(found, "_")
			}
			if kind == "time" || kind == "request" {
				return "<" + kind + ">"
			}
			named, ok := tr.seen[found]
			if !ok {
				n := 1
				for _, other := range tr.seen {
					if strings.HasPrefix(other, "<"+kind+" ") {
						n++
					}
				}
				named = fmt.Sprintf("<%s %d>", kind, n)
				tr.seen[found] = named
			}
			return strings.Replace(whole, found, named, 1)
		})
	}
	return text
}

func (tr *Transcript) finish() {
	if tr.t.Failed() {
		return
	}
	got := txtar.Format(&tr.out)
	if flag.Lookup("update").Value.String() == "true" {
		if err := os.MkdirAll("testdata", 0o755); err != nil {
			tr.t.Fatal(err)
		}
		if err := os.WriteFile(tr.file, got, 0o644); err != nil {
			tr.t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(tr.file)
	if err != nil {
		tr.t.Fatalf("%v; run with -update", err)
	}
	if diff := cmp.Diff(string(want), string(got)); diff != "" {
		tr.t.Errorf("%s (-want +got); run with -update if that is right:\n%s", tr.file, diff)
	}
}
