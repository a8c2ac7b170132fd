// Package pages is what people see in a browser: the page behind a mailed link, what an error means, the API reference.
//
// Pages load nothing from elsewhere, act by button only, and run no script but the reference's own.
package pages

import (
	"bytes"
	"crypto/rand"
	"embed"
	"html/template"
	"net/http"

	"github.com/gin-gonic/gin"
)

//go:embed templates/*.html
var files embed.FS

//go:embed static
var own embed.FS

var templates = template.Must(template.ParseFS(files, "templates/*.html"))

// frame is what every page has.
type frame struct {
	Title string
	Brand string
	Color string // a CSS colour of the tenant's, checked when it was set
	Nonce string
}

func newFrame(title, brand, color string) frame {
	if color == "" {
		color = "#1f5eff"
	}
	return frame{title, brand, color, rand.Text()}
}

// render writes a page under a policy that allows its own style block, forms to this server and, where asked, images of
// its own.
func render(c *gin.Context, status int, name, nonce string, data any) error {
	var out bytes.Buffer
	if err := templates.ExecuteTemplate(&out, name, data); err != nil {
		return err
	}
	c.Header("Content-Security-Policy", "default-src 'none'; style-src 'nonce-"+nonce+"'; form-action 'self'; "+
		"base-uri 'none'; frame-ancestors 'none'")
	c.Data(status, "text/html; charset=utf-8", out.Bytes())
	return nil
}

func notFound(c *gin.Context) error {
	f := newFrame("Not found", "Tenantgate", "")
	return render(c, http.StatusNotFound, "message.html", f.Nonce, message{f, "There is no such page.", ""})
}

// message is a page that says one thing.
type message struct {
	frame
	Text   string
	Detail string
}
