package httpx_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/tenantgate/tenantgate/internal/fault"
	"github.com/tenantgate/tenantgate/web/httpx"
)

func TestEveryFaultHasARowAndEveryRowAFault(t *testing.T) {
	t.Parallel()
	titles := map[string]fault.Code{}
	for _, code := range fault.Codes() {
		row, ok := httpx.Table[code]
		status, title, meaning, challenge := httpx.RowOf(row)
		if !ok || status < 400 || title == "" || len(meaning) < 20 || !strings.HasSuffix(meaning, ".") {
			t.Errorf("%s: row %+v", code, row)
		}
		if other, ok := titles[title]; ok {
			t.Errorf("%s and %s share the title %q", code, other, title)
		}
		titles[title] = code
		if status == http.StatusUnauthorized != (challenge != "") {
			t.Errorf("%s: status %d, WWW-Authenticate %q", code, status, challenge)
		}
	}
	if len(httpx.Table) != len(fault.Codes()) {
		t.Errorf("%d rows for %d codes", len(httpx.Table), len(fault.Codes()))
	}
}

func TestAProblemShowsNothingOfItsCause(t *testing.T) {
	t.Parallel()
	const cause = `pq: relation "users" at 10.0.0.7`
	ctx := httpx.With(t.Context(), &httpx.Request{ID: "the-id"})
	errs := []error{errors.New(cause), fmt.Errorf("open: %w", errors.New(cause))}
	for _, code := range fault.Codes() {
		errs = append(errs, fault.New(code).Because(errors.New(cause)).After(1500*time.Millisecond),
			fmt.Errorf("%s: %w", cause, fault.New(code)))
	}
	errs = append(errs, fault.New("a_code_without_a_row").Because(errors.New(cause)))
	for _, err := range errs {
		p := httpx.ProblemOf(ctx, err)
		text, _ := json.Marshal(p)
		if strings.Contains(string(text), "pq") || strings.Contains(fmt.Sprint(p.Headers()), "pq") {
			t.Errorf("%s", text)
		}
		if p.RequestID != "the-id" || p.Status < 400 || p.Title == "" || p.Type != "/problems/"+string(p.Code) {
			t.Errorf("%+v", p)
		}
		if p.RetryAfter > 0 && (p.RetryAfter != 2 || p.Headers().Get("Retry-After") != "2") {
			t.Errorf("1.5 s are %d, header %q", p.RetryAfter, p.Headers().Get("Retry-After"))
		}
	}
	if p := httpx.ProblemOf(ctx, errors.New(cause)); p.Code != fault.Internal || p.Status != 500 {
		t.Errorf("an error that is no fault is %+v", p)
	}
}

func serve(handler httpx.HandlerFunc, r *http.Request) *httptest.ResponseRecorder {
	gin.SetMode(gin.ReleaseMode)
	router := gin.New()
	router.Use(httpx.Begin(nil, true), httpx.Secure(true))
	router.GET("/thing/:id", httpx.Handle(handler))
	w := httptest.NewRecorder()
	router.ServeHTTP(w, r)
	return w
}

func TestARequestEndsAtItsTimeLimit(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		begun := time.Now()
		w := serve(func(c *gin.Context) error {
			<-c.Request.Context().Done()
			return fmt.Errorf("read session: %w", c.Request.Context().Err())
		}, httptest.NewRequest(http.MethodGet, "/thing/1", nil))
		if took := time.Since(begun); took != httpx.TimeLimit {
			t.Errorf("it took %s", took)
		}
		if w.Code != 503 || w.Header().Get("Retry-After") != "1" || !strings.Contains(w.Body.String(), "request_timeout") {
			t.Errorf("status %d, headers %v: %s", w.Code, w.Header(), w.Body)
		}
	})
}

func TestAPanicIsAProblemWithoutInternals(t *testing.T) {
	t.Parallel()
	w := serve(func(c *gin.Context) error {
		c.Header("Cache-Control", "public, max-age=60")
		panic("dsn postgres://user:hunter2@10.0.0.7")
	}, httptest.NewRequest(http.MethodGet, "/thing/1", nil))
	var p httpx.Problem
	if err := json.Unmarshal(w.Body.Bytes(), &p); err != nil {
		t.Fatal(err)
	}
	if w.Code != 500 || p.Code != fault.Internal || strings.Contains(w.Body.String(), "hunter2") || strings.Contains(w.Body.String(), "go:") {
		t.Errorf("status %d: %s", w.Code, w.Body)
	}
	if p.RequestID == "" || p.RequestID != w.Header().Get("X-Request-Id") {
		t.Errorf("request id %q, header %q", p.RequestID, w.Header().Get("X-Request-Id"))
	}
	if got := w.Header().Get("Cache-Control"); got != "no-store" {
		t.Errorf("Cache-Control of an error is %q", got)
	}
	for _, name := range []string{"Content-Security-Policy", "Strict-Transport-Security", "X-Content-Type-Options", "Referrer-Policy"} {
		if w.Header().Get(name) == "" {
			t.Errorf("%s is missing", name)
		}
	}
}

func TestAPanicAmidAnAnswerCutsTheConnection(t *testing.T) {
	t.Parallel()
	defer func() {
		p := recover()
		if err, _ := p.(error); !errors.Is(err, http.ErrAbortHandler) {
			t.Errorf("recovered %v, want http.ErrAbortHandler", p)
		}
	}()
	serve(func(c *gin.Context) error {
		_, _ = c.Writer.WriteString("half an ")
		panic("no more")
	}, httptest.NewRequest(http.MethodGet, "/thing/1", nil))
	t.Error("the answer looks whole")
}

func TestACancelledRequestIsNoInternalError(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if p := httpx.ProblemOf(ctx, fmt.Errorf("query: %w", context.Canceled)); p.Code != fault.RequestTimeout {
		t.Errorf("got %+v", p)
	}
}
