package archtest

import (
	"os"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"
)

func TestMarkdownLinksLeadSomewhere(t *testing.T) {
	t.Parallel()
	broken, err := brokenLinks(os.DirFS(root(t)))
	if err != nil {
		t.Fatal(err)
	}
	for _, b := range broken {
		t.Error(b)
	}
}

func TestBrokenLinksAreFound(t *testing.T) {
	t.Parallel()
	const readme = "# A *first* heading, `code`\n" +
		"[file](docs/a.md) [folder](docs) [here](#a-first-heading-code) [there](docs/a.md#two-1) [titled](docs/a.md \"A\")\n" +
		"[web](https://example.com/none) [mail](mailto:a@example.com) `[code](none.md)` [root](/docs/a.md)\n" +
		"[gone](none.md) [no heading](docs/a.md#three) ![picture](none.png) [below][ref] [not here](#none)\n" +
		"```\n# none\n[fenced](none2.md)\n```\n\n[ref]: docs/none.md\n"
	broken, err := brokenLinks(fstest.MapFS{
		"README.md":             {Data: []byte(readme)},
		"docs/a.md":             {Data: []byte("# Two\n# Two\n[up](../README.md)\n")},
		"web/node_modules/x.md": {Data: []byte("[gone](none.md)")},
	})
	if err != nil {
		t.Fatal(err)
	}
	want := []string{
		"README.md: none.md: no such file",
		"README.md: docs/a.md#three: no such heading",
		"README.md: none.png: no such file",
		"README.md: #none: no such heading",
		"README.md: docs/none.md: no such file",
	}
	if diff := cmp.Diff(want, broken); diff != "" {
		t.Error(diff)
	}
}
