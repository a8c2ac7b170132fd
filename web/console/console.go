// Package console is the console of the admins in a browser: pages and their files, built with Node and embedded here.
//
// The binary can be built without Node: then there is a page that says how the console is built. Pages hold nothing of
// anybody's: they ask the native API of the reserved tenant and the admin API, as any client does.
package console

import (
	"compress/gzip"
	"embed"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"mime"
	"net/http"
	"path"
	"strconv"
	"strings"

	"github.com/gin-gonic/gin"

	"github.com/tenantgate/tenantgate/internal/fault"
	"github.com/tenantgate/tenantgate/web/httpx"
)

// dist is what `make console` builds, each file compressed and only so.
//
//go:embed all:dist
var dist embed.FS

// Home is where the console is.
const Home = "/admin/"

// editor is the page of GraphiQL, below Home.
const editor = "graphiql"

// Content policies. Nothing is loaded from elsewhere, and nothing inline but what is said.
const (
	// The sign-in shows QR codes as data URLs, and gives no string to the browser to run as code or markup.
	pagePolicy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; " +
		"form-action 'none'; base-uri 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'"
	// The editor writes style sheets as it goes, has fonts in its own, and works in workers.
	editorPolicy = "default-src 'none'; script-src 'self'; worker-src 'self'; style-src 'self' 'unsafe-inline'; font-src 'self' data:; " +
		"img-src 'self' data:; connect-src 'self'; form-action 'none'; base-uri 'none'; frame-ancestors 'none'"
)

// Built reports whether the console is in this binary.
func Built() bool { return built(dist) }

func built(files fs.FS) bool {
	_, err := fs.Stat(files, "dist/index.html.gz")
	return err == nil
}

// Mount serves the console below Home. What is no file is an address of the console's own and gets its page, so that it can
// be opened again.
func Mount(r gin.IRouter) { mount(r, dist) }

func mount(r gin.IRouter, files fs.FS) {
	p := pages{files}
	r.GET(strings.TrimSuffix(Home, "/"), func(c *gin.Context) { c.Redirect(http.StatusPermanentRedirect, Home) })
	r.GET(Home, httpx.Handle(p.page))
	r.GET(Home+":page", httpx.Handle(p.page))
	r.GET(Home+":page/*rest", httpx.Handle(p.page))
	r.GET(Home+"assets/:file", httpx.Handle(p.asset))
}

type pages struct{ files fs.FS }

// page answers with one of the pages. They are small, name their files by content, and must be those of this binary.
func (p pages) page(c *gin.Context) error {
	name, policy := "index.html", pagePolicy
	switch c.Param("page") {
	case "graphql", "assets": // theirs are addresses of no page
		return fault.New(fault.NotFound)
	case editor:
		name, policy = "graphiql.html", editorPolicy
	}
	if strings.Contains(path.Base(c.Request.URL.Path), ".") {
		return fault.New(fault.NotFound) // a file that is not there
	}
	if !built(p.files) {
		c.Data(http.StatusNotFound, "text/html; charset=utf-8", []byte(notBuilt))
		return nil
	}
	c.Header("Content-Security-Policy", policy)
	return p.send(c, name)
}

// asset answers with a file. Its name changes with its content.
func (p pages) asset(c *gin.Context) error {
	name := "assets/" + c.Param("file")
	if !fs.ValidPath(name) {
		return fault.New(fault.NotFound)
	}
	if _, err := fs.Stat(p.files, "dist/"+name+".gz"); err != nil {
		return fault.New(fault.NotFound)
	}
	c.Header("Cache-Control", "public, max-age=31536000, immutable")
	return p.send(c, name)
}

// send copies a file from the binary as it lies there, or unpacked for a client that cannot.
func (p pages) send(c *gin.Context, name string) error {
	file, err := p.files.Open("dist/" + name + ".gz")
	if errors.Is(err, fs.ErrNotExist) {
		return fault.New(fault.NotFound)
	}
	if err != nil {
		return fmt.Errorf("open %s of the console: %w", name, err)
	}
	defer func() { _ = file.Close() }()
	header := c.Writer.Header()
	header.Set("Content-Type", kindOf(name))
	header.Add("Vary", "Accept-Encoding")
	var content io.Reader = file
	if takesGzip(c.Request) {
		info, err := file.Stat()
		if err != nil {
			return fmt.Errorf("size of %s of the console: %w", name, err)
		}
		header.Set("Content-Encoding", "gzip")
		header.Set("Content-Length", strconv.FormatInt(info.Size(), 10))
	} else if content, err = gzip.NewReader(file); err != nil {
		return fmt.Errorf("unpack %s of the console: %w", name, err)
	}
	c.Status(http.StatusOK)
	_, _ = io.Copy(c.Writer, content) //nolint:gosec // G110: the file is our own; who has hung up does not care
	return nil
}

// kindOf is the media type of a file, whatever the machine's own list says.
func kindOf(name string) string {
	switch path.Ext(name) {
	case ".html":
		return "text/html; charset=utf-8"
	case ".js":
		return "text/javascript; charset=utf-8"
	case ".css":
		return "text/css; charset=utf-8"
	case ".svg":
		return "image/svg+xml"
	case ".ttf":
		return "font/ttf"
	case ".woff2":
		return "font/woff2"
	}
	return mime.TypeByExtension(path.Ext(name))
}

// takesGzip reports whether a client lists gzip, and not as what it will not have (RFC 9110, 12.5.3).
func takesGzip(r *http.Request) bool {
	for coding := range strings.SplitSeq(strings.Join(r.Header.Values("Accept-Encoding"), ","), ",") {
		name, weight, weighted := strings.Cut(coding, ";")
		if !strings.EqualFold(strings.TrimSpace(name), "gzip") {
			continue
		}
		_, q, _ := strings.Cut(weight, "=")
		quality, err := strconv.ParseFloat(strings.TrimSpace(q), 64)
		return !weighted || err == nil && quality > 0
	}
	return false
}

// notBuilt needs nothing that its policy, which is that of all answers, forbids.
const notBuilt = `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>Tenantgate</title>
<h1>The console is not in this binary</h1>
<p>It was built without it. In the source tree, with Node 20 or later:</p>
<pre>make console build</pre>
<p>The admin API is here all the same, at <code>/admin/graphql</code>.</p>
</html>
`
