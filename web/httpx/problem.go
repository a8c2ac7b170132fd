package httpx

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"strconv"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/tenantgate/tenantgate/internal/fault"
	"github.com/tenantgate/tenantgate/internal/telemetry"
)

// ProblemType is the media type of problem documents.
const ProblemType = "application/problem+json"

// Problem is an error on the wire (RFC 9457).
type Problem struct {
	Type       string        `json:"type" doc:"A path on this server: the page that says what the error means" example:"/problems/invalid_credentials"`
	Title      string        `json:"title" doc:"The error in a few words" example:"Wrong identifier or password"`
	Status     int           `json:"status" doc:"The HTTP status again" example:"401"`
	Code       fault.Code    `json:"code" doc:"The error for programs; codes are permanent" example:"invalid_credentials"`
	RequestID  string        `json:"request_id,omitempty" doc:"Names this request in the server's log"`
	RetryAfter int           `json:"retry_after,omitempty" doc:"Seconds after which trying again makes sense"`
	ACR        string        `json:"acr,omitempty" doc:"The assurance level to ask for at POST /step-up" example:"aal2"`
	Fields     []fault.Field `json:"fields,omitempty" doc:"What is wrong with the input, field by field"`
}

// Error lets handlers return a problem as their error.
func (p *Problem) Error() string { return string(p.Code) }

// GetStatus is the HTTP status.
func (p *Problem) GetStatus() int { return p.Status }

// ContentType is always that of problem documents.
func (p *Problem) ContentType(string) string { return ProblemType }

// Headers returns the headers that belong to the problem.
func (p *Problem) Headers() http.Header {
	h := http.Header{}
	if p.RetryAfter > 0 {
		h.Set("Retry-After", strconv.Itoa(p.RetryAfter))
	}
	if challenge := table[p.Code].challenge; challenge != "" {
		if p.ACR != "" {
			challenge += `, acr_values="` + p.ACR + `"` // RFC 9470, 3
		}
		h.Set("WWW-Authenticate", challenge)
	}
	return h
}

// ProblemOf renders an error. What is no fault is internal: it is logged, and nothing of it is shown.
func ProblemOf(ctx context.Context, err error) *Problem {
	var f *fault.Fault
	if !errors.As(err, &f) {
		f = fault.New(fault.Internal)
		if errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Canceled) {
			f = fault.New(fault.RequestTimeout).After(time.Second)
		}
	}
	row, ok := table[f.Code]
	if !ok {
		row = table[fault.Internal]
	}
	telemetry.Note(ctx, slog.String("fault", string(f.Code)))
	if row.status >= http.StatusInternalServerError {
		telemetry.Note(ctx, slog.String("error", err.Error()))
	}
	return &Problem{
		Type: "/problems/" + string(f.Code), Title: row.title, Status: row.status, Code: f.Code,
		RequestID: From(ctx).ID, RetryAfter: seconds(f.RetryAfter), ACR: f.ACR, Fields: f.Fields,
	}
}

func seconds(d time.Duration) int {
	return int((d + time.Second - 1) / time.Second)
}

// Abort writes the problem of an error and stops the request.
func Abort(c *gin.Context, err error) {
	p := ProblemOf(c.Request.Context(), err)
	body, _ := json.Marshal(p)
	for name, values := range p.Headers() {
		c.Writer.Header()[name] = values
	}
	c.Header("Cache-Control", "no-store")
	c.Abort()
	c.Data(p.Status, ProblemType, append(body, '\n'))
}
