package e2e

import (
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// drawnFlow is a section of docs/flows.md.
type drawnFlow struct {
	title   string
	line    int
	blocks  []fenced // all but the diagram
	diagram *fenced  // nil where nothing is drawn
}

// readFlows splits a text at its headings of the second level.
func readFlows(text string) []*drawnFlow {
	flows := []*drawnFlow{{title: "the beginning", line: 1}}
	for i, line := range strings.Split(text, "\n") {
		if title, ok := strings.CutPrefix(line, "## "); ok {
			flows = append(flows, &drawnFlow{title: title, line: i + 1})
		}
	}
	for _, b := range fences(text) {
		i, _ := slices.BinarySearchFunc(flows, b.line, func(f *drawnFlow, line int) int { return f.line - line })
		f := flows[i-1]
		if b.language == "mermaid" {
			f.diagram = &b
		} else {
			f.blocks = append(f.blocks, b)
		}
	}
	return flows
}

// of returns the blocks of a language.
func (f *drawnFlow) of(language string) (found []fenced) {
	for _, b := range f.blocks {
		if b.language == language && !b.notRun() {
			found = append(found, b)
		}
	}
	return found
}

// arrowForm is an arrow that is recorded. Every other line of a diagram belongs to whoever wrote it: participants, notes, what
// happens between an app and an authenticator.
var arrowForm = regexp.MustCompile(`^(?:(?:App|Browser)->>Tenantgate|Tenantgate-->>(?:App|Browser)|Tenantgate->>Mailbox): `)

// arrows returns the recorded arrows of a diagram.
func arrows(lines []string) (found []string) {
	for _, line := range lines {
		if line = strings.TrimSpace(line); arrowForm.MatchString(line) {
			found = append(found, line)
		}
	}
	return found
}

// redraw replaces the recorded arrows of a diagram. Every other line stays behind the arrow it stood behind or, where that is
// gone, behind the last one before it that is still there.
func redraw(lines, recorded []string) (out []string) {
	const indent = "    "
	places := align(arrows(lines), recorded)
	next, seen := 0, 0 // of recorded, of the drawn arrows
	upTo := func(end int) {
		for ; next < end; next++ {
			out = append(out, indent+recorded[next])
		}
	}
	for _, line := range lines {
		if !arrowForm.MatchString(strings.TrimSpace(line)) {
			out = append(out, line)
			continue
		}
		if place := places[seen]; place >= 0 {
			upTo(place + 1)
		}
		seen++
	}
	upTo(len(recorded))
	return out
}

// align returns the place in b of each line of a, along a longest common subsequence, and -1 for those that are not in it.
func align(a, b []string) []int {
	longest := make([][]int, len(a)+1)
	for i := range longest {
		longest[i] = make([]int, len(b)+1)
	}
	for i := len(a) - 1; i >= 0; i-- {
		for j := len(b) - 1; j >= 0; j-- {
			longest[i][j] = max(longest[i+1][j], longest[i][j+1])
			if a[i] == b[j] {
				longest[i][j] = longest[i+1][j+1] + 1
			}
		}
	}
	places := make([]int, 0, len(a))
	j := 0
	for i := range a {
		at := slices.Index(b[j:], a[i])
		if at < 0 || longest[i+1][j+at+1]+1 < longest[i][j] {
			places = append(places, -1)
			continue
		}
		j += at + 1
		places = append(places, j-1)
	}
	return places
}

// differences shows two lists as one, with - before what only the first has and + before what only the second has, or nothing
// where they are the same. Whole lines read better here than the pieces of them that cmp.Diff shows.
func differences(a, b []string) string {
	if slices.Equal(a, b) {
		return ""
	}
	var out strings.Builder
	next := 0
	upTo := func(end int) {
		for ; next < end; next++ {
			out.WriteString("+ " + b[next] + "\n")
		}
	}
	for i, place := range align(a, b) {
		if place < 0 {
			out.WriteString("- " + a[i] + "\n")
			continue
		}
		upTo(place)
		out.WriteString("  " + a[i] + "\n")
		next++
	}
	upTo(len(b))
	return out.String()
}

// rewrite puts the body of a block between the fences that begin at its line.
func rewrite(text string, b *fenced) string {
	all := strings.Split(text, "\n")
	end := b.line + slices.Index(all[b.line:], "```")
	return strings.Join(slices.Concat(all[:b.line], strings.Split(b.body, "\n"), all[end:]), "\n")
}

func TestARedrawnDiagramKeepsWhatWasNotRecordedInItsPlace(t *testing.T) {
	t.Parallel()
	const (
		ask, answered = "    App->>Tenantgate: POST /login (identifier)", "    Tenantgate-->>App: 200 challenge passkey (passkey)"
		prove, signed = "    App->>Tenantgate: POST /challenges/{id} (credential)", "    Tenantgate-->>App: 200 signed_in aal2"
		touch, note   = "    App->>Authenticator: navigator.credentials.get", "    Note over App: keeps the tokens"
	)
	drawn := []string{"sequenceDiagram", ask, answered, touch, prove, signed, note}
	for what, recorded := range map[string][]string{
		"the same":          {ask, answered, prove, signed},
		"an answer changes": {ask, "    Tenantgate-->>App: 200 challenge mfa (passkey)", prove, signed},
		"a mail comes":      {ask, answered, prove, signed, "    Tenantgate->>Mailbox: new_device"},
		"the end is gone":   {ask, answered},
	} {
		got := redraw(drawn, arrows(recorded))
		if diff := cmp.Diff(arrows(recorded), arrows(got)); diff != "" {
			t.Errorf("%s: %s", what, diff)
		}
		kept := slices.DeleteFunc(got, func(line string) bool { return slices.Contains(recorded, line) })
		if diff := cmp.Diff([]string{"sequenceDiagram", touch, note}, kept); diff != "" {
			t.Errorf("%s: kept %s", what, diff)
		}
	}
	if got := redraw(drawn, arrows(drawn)); !slices.Equal(got, drawn) {
		t.Errorf("what was recorded as it is drawn changes: %q", got)
	}
	text := "# Flows\n\n## One\n\n```mermaid\n" + strings.Join(drawn, "\n") + "\n```\n\n## Two\n\nText\n"
	flow := readFlows(text)[1]
	if got := rewrite(text, flow.diagram); got != text {
		t.Errorf("the text around a diagram changes: %q", got)
	}
}
