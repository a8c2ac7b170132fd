package e2e

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "redraw the diagrams of docs/flows.md")

// docs/flows.md says what works: its commands are run, in order, in one shell, against what `make dev` starts, and each
// diagram must show the requests, answers and mails that pass meanwhile. `go test ./internal/e2e -run TestFlows -update`
// draws them anew.
func TestFlows(t *testing.T) {
	t.Parallel()
	file := filepath.Join(repository(), "docs", "flows.md")
	text := string(must(os.ReadFile(file))(t))
	flows := readFlows(text)
	rec := startRecorder(t)
	d := newDesk(t, rec.url)
	rec.dev = d.dev

	var commands []fenced
	var belongs []int // by the index of the command, its flow
	for i, f := range flows {
		for _, b := range f.of("bash") {
			commands = append(commands, b)
			belongs = append(belongs, i)
		}
	}
	printed := d.run(t, commands, func(i int) string {
		into := belongs[i]
		if strings.HasPrefix(commands[i].remark, "not drawn: ") {
			into = -1
		}
		return fmt.Sprintf("curl -sS %s%s%d", rec.url, drawPath, into)
	})
	holder := newKeyHolder(t, rec.url)
	for i, f := range flows {
		if play := holder.plays()[f.title]; play != nil {
			rec.draw(i)
			play()
			holder.compareScript(f)
		}
	}
	for i, f := range flows {
		recorded := rec.of(i)
		if f.diagram == nil {
			if len(recorded) > 0 {
				t.Errorf("docs/flows.md:%d: %s: nothing is drawn of\n%s", f.line, f.title, strings.Join(recorded, "\n"))
			}
			continue
		}
		if *update {
			f.diagram.body = strings.Join(redraw(strings.Split(f.diagram.body, "\n"), recorded), "\n")
			continue
		}
		if !f.shows(t, recorded) {
			for k, b := range commands {
				if belongs[k] == i && strings.TrimSpace(printed[k]) != "" {
					t.Logf("line %d printed:\n%s", b.line, printed[k])
				}
			}
		}
	}
	if *update && !t.Failed() {
		writeDiagrams(t, file, text, flows)
	}
}

// shows checks that a diagram shows what was recorded.
func (f *drawnFlow) shows(t *testing.T, recorded []string) bool {
	t.Helper()
	diff := differences(arrows(strings.Split(f.diagram.body, "\n")), recorded)
	if diff == "" && len(recorded) > 0 {
		return true
	}
	t.Errorf("docs/flows.md:%d: %s: what passes differs from what is drawn (-drawn +passes); -update redraws it:\n%s",
		f.diagram.line, f.title, diff)
	return false
}

func writeDiagrams(t *testing.T, file, text string, flows []*drawnFlow) {
	t.Helper()
	// From the end, so that lines before it stay where they are.
	for i := len(flows) - 1; i >= 0; i-- {
		if drawn := flows[i].diagram; drawn != nil {
			text = rewrite(text, drawn)
		}
	}
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}
