package httpx

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/gin-gonic/gin"
)

// writeLimit is how long a part of a stream may take to leave.
const writeLimit = 20 * time.Second

// Unbound lifts the time limit of a request whose answer is a stream: it lasts as long as its client, and whoever writes it
// bounds each write. The returned function is called when it ends.
func Unbound(c *gin.Context) (end func()) {
	bound := c.Request.Context()
	ctx, cancel := context.WithCancel(context.WithoutCancel(bound))
	left := context.AfterFunc(From(bound).connection, cancel)
	c.Request = c.Request.WithContext(ctx)
	return func() { left() } // not cancelled: the log tells by that who hung up
}

// Stream is an answer that is written in parts, each of which must leave in time.
type Stream struct {
	w       http.ResponseWriter
	control *http.ResponseController
}

// NewStream begins an answer of 200.
func NewStream(c *gin.Context, mediaType string) (*Stream, error) {
	s := &Stream{c.Writer, http.NewResponseController(c.Writer)}
	if err := s.control.SetReadDeadline(time.Time{}); err != nil {
		return nil, err
	}
	c.Header("Content-Type", mediaType)
	c.Status(http.StatusOK)
	return s, nil
}

// Write writes a part.
func (s *Stream) Write(p []byte) (int, error) {
	if err := s.control.SetWriteDeadline(time.Now().Add(writeLimit)); err != nil {
		return 0, err
	}
	n, err := s.w.Write(p)
	return n, errors.Join(err, s.control.Flush())
}
