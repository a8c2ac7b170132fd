package graphtest

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"

	"github.com/rogpeppe/go-internal/txtar"
)

// Stream subscribes by server-sent events, does something meanwhile, and records the first n messages that come.
func (tr *Transcript) Stream(what string, as Caller, document string, vars Vars, n int, meanwhile func()) {
	tr.t.Helper()
	body, err := json.Marshal(map[string]any{"query": document, "variables": vars})
	if err != nil {
		tr.t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(tr.t.Context())
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, tr.env.AdminURL+"/admin/graphql", strings.NewReader(string(body)))
	if err != nil {
		tr.t.Fatal(err)
	}
	for name, value := range map[string]string{
		"Content-Type": "application/json", "Accept": "text/event-stream", "Authorization": "Bearer " + as.Bearer,
	} {
		r.Header.Set(name, value)
	}
	answer, err := tr.env.Client.Do(r)
	if err != nil {
		tr.t.Fatal(err)
	}
	defer func() { _ = answer.Body.Close() }()
	meanwhile()
	variables, err := json.Marshal(vars)
	if err != nil {
		tr.t.Fatal(err)
	}
	var b strings.Builder
	fmt.Fprintf(&b, "as %s\n\n%s\n\n%s\n%d\n", as.Name, strings.TrimSpace(document), indent(string(variables)), answer.StatusCode)
	for lines := bufio.NewScanner(answer.Body); n > 0; {
		if !lines.Scan() {
			tr.t.Fatalf("the stream ended with %d messages to come", n)
		}
		if data, ok := strings.CutPrefix(lines.Text(), "data: "); ok {
			b.WriteString(indent(data))
			n--
		}
	}
	tr.out.Files = append(tr.out.Files, txtar.File{Name: what, Data: []byte(tr.name(b.String()) + "\n")})
}
