package pages

import (
	"fmt"
	"net/http"

	"github.com/gin-gonic/gin"

	"github.com/tenantgate/tenantgate/internal/fault"
	"github.com/tenantgate/tenantgate/web/httpx"
)

// Problem says what an error code means and what to do.
func Problem(c *gin.Context) error {
	e, ok := httpx.Explain(fault.Code(c.Param("code")))
	if !ok {
		return notFound(c)
	}
	f := newFrame(e.Title, "Tenantgate", "")
	c.Header("Cache-Control", "public, max-age=3600")
	return render(c, http.StatusOK, "message.html", f.Nonce, message{
		frame: f, Text: e.Meaning, Detail: fmt.Sprintf("Code %s, status %d.", e.Code, e.Status), Reference: true,
	})
}

// Problems lists every error code.
func Problems(c *gin.Context) error {
	f := newFrame("Errors", "Tenantgate", "")
	list := problemList{frame: f}
	for _, code := range fault.Codes() {
		e, _ := httpx.Explain(code)
		list.All = append(list.All, e)
	}
	c.Header("Cache-Control", "public, max-age=3600")
	return render(c, http.StatusOK, "problems.html", f.Nonce, list)
}

type problemList struct {
	frame
	All []httpx.Explanation
}
