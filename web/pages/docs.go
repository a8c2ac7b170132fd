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
)

// Docs serves the API reference below a group: the page, its script, the library it draws with, and the descriptions by
// name, such as openapi.json.
func Docs(group *gin.RouterGroup, descriptions map[string][]byte) {
	group.GET("", docsPage)
	group.GET("/docs.js", func(c *gin.Context) {
		script, _ := own.ReadFile("static/docs.js")
		c.Data(http.StatusOK, "text/javascript; charset=utf-8", script)
	})
	for _, name := range []string{"swagger-ui-bundle.js", "swagger-ui.css"} {
		group.GET("/"+name, func(c *gin.Context) { packed(c, name) })
	}
	for name, body := range descriptions {
		group.GET("/"+name, func(c *gin.Context) {
			c.Header("Cache-Control", "public, max-age=60")
			c.Header("Access-Control-Allow-Origin", "*")
			c.Data(http.StatusOK, "application/json", body)
		})
	}
}

func docsPage(c *gin.Context) {
	page, _ := own.ReadFile("static/docs.html")
	// The library writes style attributes and draws its icons as data URLs.
	c.Header("Content-Security-Policy", "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; "+
		"img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'")
	c.Data(http.StatusOK, "text/html; charset=utf-8", page)
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
