package helm

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// instructions returns a Dockerfile's instructions, each on one line, without comments.
func instructions(t *testing.T) []string {
	t.Helper()
	text, err := os.ReadFile(tree + "/Dockerfile")
	if err != nil {
		t.Fatal(err)
	}
	var lines []string
	for line := range strings.Lines(string(text)) {
		if !strings.HasPrefix(strings.TrimSpace(line), "#") {
			lines = append(lines, line)
		}
	}
	joined := regexp.MustCompile(`\s*\\\n\s*`).ReplaceAllString(strings.Join(lines, ""), " ")
	var all []string
	for line := range strings.Lines(joined) {
		if line = strings.TrimSpace(line); line != "" {
			all = append(all, line)
		}
	}
	return all
}

func TestTheImageIsTheBinaryAndRunsAsNobody(t *testing.T) {
	t.Parallel()
	all := instructions(t)
	last := -1
	for i, line := range all {
		if strings.HasPrefix(line, "FROM ") {
			last = i
		}
	}
	if last < 0 || all[last] != "FROM scratch" {
		t.Fatalf("the image begins from %v", all[max(last, 0)])
	}
	final := all[last:]
	for _, want := range []string{`ENTRYPOINT ["/tenantgate"]`, `CMD ["serve"]`, "USER 65532:65532", "EXPOSE 8080 8081 9090"} {
		if !slices.Contains(final, want) {
			t.Errorf("the image lacks %s", want)
		}
	}
	for _, line := range final {
		if word, _, _ := strings.Cut(line, " "); slices.Contains([]string{"RUN", "ADD", "SHELL", "HEALTHCHECK"}, word) {
			t.Errorf("scratch has nothing for %s", line)
		}
	}
	for _, label := range []string{"title", "description", "licenses", "source", "version", "revision"} {
		if !strings.Contains(strings.Join(final, "\n"), "org.opencontainers.image."+label+"=") {
			t.Errorf("no label %s", label)
		}
	}
}

// A release and an image of one commit hold the same binary, but for the platform.
func TestTheImageIsBuiltAsMakeBuilds(t *testing.T) {
	t.Parallel()
	makefile, err := os.ReadFile(tree + "/Makefile")
	if err != nil {
		t.Fatal(err)
	}
	flags := regexp.MustCompile(`go build (-.* -ldflags ['"].*-X main\.version=)`)
	ours := flags.FindString(strings.Join(instructions(t), "\n"))
	theirs := flags.FindString(string(makefile))
	if theirs == "" || strings.ReplaceAll(ours, `"`, "'") != theirs {
		t.Errorf("the image is built with %q, make build with %q", ours, theirs)
	}
	if !strings.Contains(strings.Join(instructions(t), "\n"), "CGO_ENABLED=0") {
		t.Error("the image's binary may need a C library")
	}
}

func TestTheChartRunsTheUserOfTheImage(t *testing.T) {
	t.Parallel()
	eachRendering(t, func(t *testing.T, c chartOf) {
		for component, pod := range c.pods() {
			if p := pod.Spec.SecurityContext; *p.RunAsUser != 65532 || *p.RunAsGroup != 65532 || *p.FSGroup != 65532 {
				t.Errorf("%s runs as %+v", component, p)
			}
		}
	})
}
