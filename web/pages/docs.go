package pages

import (
	"bytes"
	"compress/gzip"
	"io"
	"mime"
	"net/http"
	"path"
	"strings"

	"github.com/gin-gonic/gin"
	swagger "github.com/swaggest/swgui/v5/static"

	"github.com/tenantgate/tenantgate/web/httpx"
)

// Description is one API of the reference.
type Description struct {
	Name string // in the page's URL; empty for the one that is shown first
	File string // such as openapi.json
	Body []byte
	// Title is what the reader chooses it by.
	Title string
}

// Docs serves the API reference below a group: the page, its script, the library it draws with, and the descriptions.
func Docs(group *gin.RouterGroup, descriptions []Description) {
	group.GET("", func(c *gin.Context) { docsPage(c, descriptions) })
	for _, name := range []string{"docs.js", "docs.css"} {
		group.GET("/"+name, func(c *gin.Context) {
			body, _ := own.ReadFile("static/" + name)
			c.Data(http.StatusOK, mime.TypeByExtension(path.Ext(name)), body)
		})
	}
	for _, name := range []string{"swagger-ui-bundle.js", "swagger-ui.css"} {
		group.GET("/"+name, func(c *gin.Context) { packed(c, name) })
	}
	for _, d := range descriptions {
		group.GET("/"+d.File, func(c *gin.Context) {
			c.Header("Cache-Control", "public, max-age=60")
			c.Header("Access-Control-Allow-Origin", "*")
			c.Data(http.StatusOK, "application/json", d.Body)
		})
	}
}

// docsPage shows one description and leads to the others.
func docsPage(c *gin.Context, descriptions []Description) {
	chosen := descriptions[0]
	for _, d := range descriptions {
		if d.Name != "" && d.Name == c.Query("api") {
			chosen = d
		}
	}
	var page bytes.Buffer
	err := templates.ExecuteTemplate(&page, "docs.html", struct {
		All    []Description
		Chosen string
		File   string
	}{descriptions, chosen.Name, chosen.File})
	if err != nil {
		httpx.Abort(c, err)
		return
	}
	// The library writes style attributes and draws its icons as data URLs.
	c.Header("Content-Security-Policy", "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; "+
		"img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'")
	c.Data(http.StatusOK, "text/html; charset=utf-8", page.Bytes())
}

// packed serves a file that is embedded compressed.
func packed(c *gin.Context, name string) {
	body, err := swagger.FS.ReadFile(name + ".gz")
	if err != nil {
		_ = notFound(c)
		return
	}
	c.Header("Cache-Control", "public, max-age=3600")
	c.Header("Vary", "Accept-Encoding")
	kind := mime.TypeByExtension(path.Ext(name))
	if strings.Contains(c.GetHeader("Accept-Encoding"), "gzip") {
		c.Header("Content-Encoding", "gzip")
		c.Data(http.StatusOK, kind, body)
		return
	}
	reader, err := gzip.NewReader(bytes.NewReader(body))
	if err != nil {
		_ = notFound(c)
		return
	}
	plain, _ := io.ReadAll(reader)
	c.Data(http.StatusOK, kind, plain)
}
