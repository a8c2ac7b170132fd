// Package pages is what people see in a browser: the page behind a mailed link, what an error means, the API reference.
//
// Pages load nothing from elsewhere, act by button only, and run no script but the reference's own.
package pages

import (
	"bytes"
	"crypto/rand"
	"embed"
	"encoding/hex"
	"html/template"
	"math"
	"net/http"
	"strings"

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
	Color string // #rrggbb, checked when the tenant set it
	Ink   string // black or white, whichever reads better on Color
	Nonce string
}

func newFrame(title, brand, color string) frame {
	if color == "" {
		color = "#1f5eff"
	}
	return frame{title, brand, color, ink(color), rand.Text()}
}

// ink compares the contrasts of WCAG 2.2: black reads better from a relative luminance of 0.179 on.
func ink(color string) string {
	channels, err := hex.DecodeString(strings.TrimPrefix(color, "#"))
	if err != nil || len(channels) != 3 {
		return "#ffffff"
	}
	luminance := 0.0
	for i, weight := range []float64{0.2126, 0.7152, 0.0722} {
		luminance += weight * math.Pow((float64(channels[i])/255+0.055)/1.055, 2.4)
	}
	if luminance > 0.179 {
		return "#000000"
	}
	return "#ffffff"
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
