// Package pages is what people see in a browser: the page behind a mailed link, what an error means, the API reference.
//
// Pages load nothing from elsewhere, act by button only, and run no script but the reference's own.
package pages

import (
	"bytes"
	"crypto/rand"
	"embed"
	"encoding/hex"
	"fmt"
	"html/template"
	"maps"
	"math"
	"net/http"
	"strings"

	"github.com/gin-gonic/gin"

	"github.com/tenantgate/tenantgate/web/httpx"
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
	return render(c, http.StatusNotFound, "message.html", f.Nonce, message{frame: f, Text: "There is no such page.", Reference: true})
}

// message is a page that says one thing.
type message struct {
	frame
	Text      string
	Detail    string
	Reference bool // whether it leads to the list of errors and the API reference: it is for developers
}

// Handle adapts handlers that stand one behind the other. The first error becomes a page, for a person is reading.
func Handle(handlers ...httpx.HandlerFunc) gin.HandlerFunc {
	return func(c *gin.Context) {
		for _, h := range handlers {
			if err := h(c); err != nil {
				refuse(c, err)
				return
			}
		}
	}
}

// refuse shows an error in the words of the list of errors, with the request's id for whoever is asked for help.
func refuse(c *gin.Context, err error) {
	ctx := c.Request.Context()
	p := httpx.ProblemOf(ctx, err)
	maps.Copy(c.Writer.Header(), p.Headers())
	c.Header("Cache-Control", "no-store")
	e, _ := httpx.Explain(p.Code)
	f := newFrame(p.Title, "Tenantgate", "")
	if t := httpx.From(ctx).Tenant; t != nil {
		f = newFrame(p.Title, t.DisplayName(), t.Settings.Branding.Color)
	}
	page := message{frame: f, Text: e.Meaning, Detail: fmt.Sprintf("Code %s, request %s.", p.Code, p.RequestID)}
	if err := render(c, p.Status, "message.html", f.Nonce, page); err != nil {
		httpx.Abort(c, err)
	}
}
