package console

import (
	"bytes"
	"compress/gzip"
	"io"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"os"
	"path"
	"regexp"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/gin-gonic/gin"

	"github.com/tenantgate/tenantgate/internal/testenv"
	"github.com/tenantgate/tenantgate/web/httpx"
)

func packed(t *testing.T, text string) *fstest.MapFile {
	t.Helper()
	var out bytes.Buffer
	w := gzip.NewWriter(&out)
	_, _ = io.WriteString(w, text)
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return &fstest.MapFile{Data: out.Bytes()}
}

// small is a console as it is built, but small.
func small(t *testing.T) fs.FS {
	return fstest.MapFS{
		"dist/placeholder.txt":         {},
		"dist/index.html.gz":           packed(t, "<p>index"),
		"dist/graphiql.html.gz":        packed(t, "<p>editor"),
		"dist/assets/index-abc.js.gz":  packed(t, "let x"),
		"dist/assets/index-abc.css.gz": packed(t, "p {}"),
	}
}

func serve(files fs.FS) http.Handler {
	gin.SetMode(gin.ReleaseMode)
	r := gin.New()
	r.HandleMethodNotAllowed = true
	r.Use(httpx.Begin(nil, false), httpx.Secure(false))
	r.NoRoute(httpx.NoRoute)
	r.NoMethod(httpx.NoMethod)
	r.POST("/admin/graphql", func(c *gin.Context) { c.Status(http.StatusOK) })
	mount(r, files)
	return r
}

func get(t *testing.T, h http.Handler, target string, headers ...string) *httptest.ResponseRecorder {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, target, nil)
	for i := 0; i < len(headers); i += 2 {
		r.Header.Add(headers[i], headers[i+1])
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

func TestEveryAddressOfTheConsoleGetsItsPage(t *testing.T) {
	t.Parallel()
	h := serve(small(t))
	for target, want := range map[string]struct{ body, policy string }{
		"/admin/":                   {"<p>index", pagePolicy},
		"/admin/sign-in":            {"<p>index", pagePolicy},
		"/admin/sign-in?to=/admin/": {"<p>index", pagePolicy},
		"/admin/users/abc/sessions": {"<p>index", pagePolicy},
		"/admin/graphiql":           {"<p>editor", editorPolicy},
		"/admin/graphiql/":          {"<p>editor", editorPolicy},
	} {
		a := get(t, h, target)
		header := a.Header()
		if a.Code != 200 || a.Body.String() != want.body || header.Get("Content-Security-Policy") != want.policy {
			t.Errorf("%s: %d %q under %q", target, a.Code, a.Body, header.Get("Content-Security-Policy"))
		}
		if header.Get("Cache-Control") != "no-store" || header.Get("Content-Type") != "text/html; charset=utf-8" ||
			header.Get("X-Frame-Options") != "DENY" || header.Get("Vary") != "Accept-Encoding" {
			t.Errorf("%s: %v", target, header)
		}
	}
}

func TestWhatIsNotThereIsNotFound(t *testing.T) {
	t.Parallel()
	h := serve(small(t))
	for _, target := range []string{
		"/admin/assets/index-old.js", "/admin/assets/", "/admin/assets/..", "/admin/assets/%2e%2e", "/admin/assets/index-abc.js.gz",
		"/admin/assets/..%2findex.html", "/admin/favicon.ico", "/admin/index.html", "/admin/a/b.js", "/admin/graphql/more",
		"/admin/placeholder.txt", "/administrator",
	} {
		if a := get(t, h, target); a.Code != 404 || a.Header().Get("Content-Type") != httpx.ProblemType ||
			a.Header().Get("Cache-Control") != "no-store" {
			t.Errorf("%s: %d %v", target, a.Code, a.Header())
		}
	}
	if a := get(t, h, "/admin/graphql"); a.Code != 404 && a.Code != 405 {
		t.Errorf("the API by GET: %d %s", a.Code, a.Body)
	}
	r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/admin/sign-in", nil)
	w := httptest.NewRecorder()
	if h.ServeHTTP(w, r); w.Code != 405 {
		t.Errorf("a page by POST: %d", w.Code)
	}
	if a := get(t, h, "/admin"); a.Code != 308 || a.Header().Get("Location") != Home {
		t.Errorf("without the slash: %d %v", a.Code, a.Header())
	}
}

func TestFilesArePackedForWhoTakesThem(t *testing.T) {
	t.Parallel()
	h := serve(small(t))
	for name, c := range map[string]struct {
		accepts []string
		packed  bool
	}{
		"a browser":         {[]string{"Accept-Encoding", "gzip, deflate, br, zstd"}, true},
		"two headers":       {[]string{"Accept-Encoding", "br", "Accept-Encoding", "GZIP;q=0.5"}, true},
		"nothing said":      {nil, false},
		"not as gzip":       {[]string{"Accept-Encoding", "br, gzip;q=0"}, false},
		"not as gzip, 0.0":  {[]string{"Accept-Encoding", "gzip; q=0.0"}, false},
		"something alike":   {[]string{"Accept-Encoding", "x-gzip-like"}, false},
		"a weight of words": {[]string{"Accept-Encoding", "gzip;q=much"}, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := get(t, h, "/admin/assets/index-abc.js", c.accepts...)
			header, body := a.Header(), a.Body.String()
			if c.packed {
				if header.Get("Content-Encoding") != "gzip" || header.Get("Content-Length") == "" {
					t.Fatalf("headers %v", header)
				}
				r, err := gzip.NewReader(a.Body)
				if err != nil {
					t.Fatal(err)
				}
				plain, _ := io.ReadAll(r)
				body = string(plain)
			} else if header.Get("Content-Encoding") != "" {
				t.Errorf("headers %v", header)
			}
			if a.Code != 200 || body != "let x" || header.Get("Content-Type") != "text/javascript; charset=utf-8" ||
				header.Get("Cache-Control") != "public, max-age=31536000, immutable" || header.Get("Vary") != "Accept-Encoding" ||
				header.Get("Content-Security-Policy") != "default-src 'none'; frame-ancestors 'none'" {
				t.Errorf("%d %q %v", a.Code, body, header)
			}
		})
	}
}

func TestABinaryWithoutTheConsoleSaysHowItIsBuilt(t *testing.T) {
	t.Parallel()
	h := serve(fstest.MapFS{"dist/placeholder.txt": {}})
	for _, target := range []string{"/admin/", "/admin/graphiql"} {
		a := get(t, h, target)
		if a.Code != 404 || !strings.Contains(a.Body.String(), "make console") || a.Header().Get("Cache-Control") != "no-store" {
			t.Errorf("%s: %d %v %s", target, a.Code, a.Header(), a.Body)
		}
	}
	if a := get(t, h, "/admin/assets/index-abc.js"); a.Code != 404 {
		t.Errorf("a file: %d", a.Code)
	}
}

// needBuilt skips where the console is not built, unless nothing may be skipped: then it is what is wrong.
func needBuilt(t *testing.T) {
	t.Helper()
	switch {
	case Built():
	case os.Getenv(testenv.AllEnv) == "1":
		t.Fatal("the binary holds the placeholder and no console: run make console")
	default:
		t.Skip("the console is not built: run make console")
	}
}

// most is how large the console may be in the binary, in bytes.
const most = 3 << 20

func TestTheConsoleIsBuilt(t *testing.T) {
	t.Parallel()
	needBuilt(t)
	h := serve(dist)
	named := regexp.MustCompile(`(?:src|href)="([^"]+)"`)
	for _, page := range []string{"/admin/", "/admin/graphiql"} {
		body := get(t, h, page).Body.String()
		links := named.FindAllStringSubmatch(body, -1)
		if len(links) < 3 {
			t.Errorf("%s names %d files: %s", page, len(links), body)
		}
		for _, link := range links {
			if !strings.HasPrefix(link[1], "/admin/assets/") {
				t.Errorf("%s loads %s", page, link[1])
			} else if a := get(t, h, link[1]); a.Code != 200 {
				t.Errorf("%s names %s, which is not there", page, link[1])
			}
		}
		if regexp.MustCompile(`(?s)<script[^>]*>[^<]|<style| style=| on\w+=`).MatchString(body) {
			t.Errorf("%s has something inline, which its policy forbids: %s", page, body)
		}
	}
	size := 0
	err := fs.WalkDir(dist, "dist", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		info, err := entry.Info()
		if err != nil {
			return err
		}
		size += int(info.Size())
		plain, isPacked := strings.CutSuffix(name, ".gz")
		if !isPacked && path.Base(name) != "placeholder.txt" {
			t.Errorf("%s is not packed", name)
		}
		if isPacked && kindOf(plain) == "" {
			t.Errorf("%s has no media type", name)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if size > most {
		t.Errorf("the console takes %d bytes of the binary, want at most %d", size, most)
	}
}
