package httpx

import (
	"bytes"
	"errors"
	"io"
	"net/http"

	"github.com/gin-gonic/gin"

	"github.com/tenantgate/tenantgate/internal/fault"
)

// MaxBody is the most that a body of this server's own surfaces may have, in bytes.
const MaxBody = 64 << 10

// JSONBody reads and checks the body before any handler: size, media type, and that it is one JSON document as CheckJSON
// wants it. Where no body is expected, none is taken.
func JSONBody(c *gin.Context) {
	if err := CheckBody(c); err != nil {
		Abort(c, err)
		return
	}
	c.Next()
}

// CheckBody is JSONBody for surfaces that answer in a form of their own.
func CheckBody(c *gin.Context) error {
	body, err := ReadBody(c)
	switch {
	case err != nil:
	case len(body) == 0:
	case c.Request.Method == http.MethodGet, c.Request.Method == http.MethodDelete:
		err = fault.Invalid(fault.Field{Field: "body", Code: "unexpected", Message: "Leave out the body; the path says it all."})
	case !hasType(c.Request, "application/json"):
		err = fault.New(fault.UnsupportedMediaType)
	default:
		err = CheckJSON(body)
	}
	if err != nil {
		return err
	}
	c.Request.Body = io.NopCloser(bytes.NewReader(body))
	return nil
}

// ReadBody reads a body of at most MaxBody, nil where there is none.
func ReadBody(c *gin.Context) ([]byte, error) {
	if c.Request.Body == nil || c.Request.Body == http.NoBody {
		return nil, nil
	}
	if c.Request.ContentLength > MaxBody {
		return nil, tooLarge(c)
	}
	body, err := io.ReadAll(http.MaxBytesReader(c.Writer, c.Request.Body, MaxBody))
	var over *http.MaxBytesError
	if errors.As(err, &over) {
		return nil, tooLarge(c)
	}
	if err != nil {
		return nil, fault.New(fault.InvalidJSON).Because(err) // the client hung up or dripped beyond the time limit
	}
	return body, nil
}

// tooLarge also closes the connection, so that the rest of the body is not read.
func tooLarge(c *gin.Context) error {
	c.Header("Connection", "close")
	return fault.New(fault.BodyTooLarge)
}
