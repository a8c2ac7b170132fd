package web

import (
	"bufio"
	"context"
	"io"
	"log/slog"
	"net/http"
	"slices"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/tenantgate/tenantgate/internal/access"
	"github.com/tenantgate/tenantgate/internal/events"
	"github.com/tenantgate/tenantgate/internal/fault"
	"github.com/tenantgate/tenantgate/internal/telemetry"
	"github.com/tenantgate/tenantgate/internal/tenancy"
	"github.com/tenantgate/tenantgate/tenants"
	"github.com/tenantgate/tenantgate/web/httpx"
)

const (
	exportPath = "/admin/events.jsonl"
	// exportsAtOnce is how many exports a server writes at a time, exportsOfHome how many of them for actors that belong to one
	// tenant: slow readers of one leave turns to the others.
	exportsAtOnce = 8
	exportsOfHome = 2
	// exportPart is how much of an export leaves at once, each time on a new look at who reads.
	exportPart = 64 << 10
	// maxExportTypes is how many types may be named.
	maxExportTypes = 50
)

// mountExport mounts the export of audit logs: GET with tenant, and with from, to and type where only some events are wanted.
func (s *Server) mountExport(r *gin.Engine) {
	turns := newTurns()
	r.GET(exportPath, httpx.Handle(s.asReserved), httpx.Handle(presentCredential), httpx.Handle(func(c *gin.Context) error {
		if httpx.IsHead(c.Request.Context()) { // an export is written down as one
			c.Header("Allow", http.MethodGet)
			return fault.New(fault.MethodNotAllowed)
		}
		return s.exportEvents(c, turns)
	}))
}

// exportEvents writes the events of a tenant as lines of JSON. One that cannot be finished, or whose reader may not read on, is cut
// off, so that it does not look whole.
func (s *Server) exportEvents(c *gin.Context, turns *turns) error {
	defer httpx.Unbound(c)()
	ctx := c.Request.Context()
	actor, err := s.deps.Engine.Actor(ctx, s.deps.Tenants, access.Presented(ctx))
	if err != nil {
		return err
	}
	if !actor.MaySomewhere(access.EventsRead) {
		return fault.New(fault.Forbidden)
	}
	q, err := exportQuery(c)
	if err != nil {
		return err
	}
	t, err := s.exported(ctx, actor, c.Query("tenant"))
	if err != nil {
		return err
	}
	end, err := turns.take(actor)
	if err != nil {
		return err
	}
	defer end()
	ctx = tenancy.With(access.With(ctx, actor), t.ID)
	personal := actor.May(access.UsersPII, t.ID)
	export, err := s.deps.Engine.Events.BeginExport(ctx, s.deps.Engine.DB, q, personal)
	if err != nil {
		return err
	}
	c.Header("Content-Disposition", `attachment; filename="`+t.Slug+`-events.jsonl"`)
	stream, err := httpx.NewStream(c, "application/jsonl")
	if err != nil {
		return err
	}
	guarded := checkedWriter{stream, func() error { return s.mayReadOn(ctx, t, personal) }}
	out := bufio.NewWriterSize(guarded, exportPart)
	err = export.WriteTo(ctx, out, func(total int) error {
		telemetry.Note(ctx, slog.Int("events", total))
		return out.Flush()
	})
	if err == nil {
		_, err = stream.Write(nil) // of an empty one too the header leaves
	}
	if err != nil && c.Writer.Written() {
		telemetry.Note(ctx, slog.String("error", err.Error()))
		panic(http.ErrAbortHandler)
	}
	return err
}

// mayReadOn asks again who reads an export, and whether that may still see what it holds.
func (s *Server) mayReadOn(ctx context.Context, t *tenants.Tenant, personal bool) error {
	actor, err := s.deps.Engine.Actor(ctx, s.deps.Tenants, access.Presented(ctx))
	if err != nil {
		return err
	}
	if !actor.May(access.EventsRead, t.ID) || personal && !actor.May(access.UsersPII, t.ID) {
		return fault.New(fault.Forbidden)
	}
	return nil
}

// checkedWriter asks before each part whether it may leave.
type checkedWriter struct {
	io.Writer
	check func() error
}

func (w checkedWriter) Write(p []byte) (int, error) {
	if err := w.check(); err != nil {
		return 0, err
	}
	return w.Writer.Write(p)
}

// exported returns the tenant of an export. One that does not exist and one that is not for the actor's eyes look the same.
func (s *Server) exported(ctx context.Context, actor *access.Actor, slug string) (*tenants.Tenant, error) {
	t, err := s.deps.Tenants.BySlug(ctx, slug)
	if fault.CodeOf(err) == fault.TenantNotFound || err == nil && !actor.May(access.EventsRead, t.ID) {
		return nil, fault.New(fault.NotFound)
	}
	return t, err
}

// exportQuery reads which events are wanted. The fault is invalid_input.
func exportQuery(c *gin.Context) (events.Query, error) {
	var q events.Query
	var wrong []fault.Field
	note := func(field, message string) {
		wrong = append(wrong, fault.Field{Field: field, Code: "invalid", Message: message})
	}
	given := c.Request.URL.Query()
	for name, values := range given {
		if !slices.Contains([]string{"tenant", "from", "to", "type"}, name) {
			note("query", "Give tenant, from, to and type only.")
		} else if name != "type" && len(values) > 1 {
			note(name, "Give it once.")
		}
	}
	if given.Get("tenant") == "" {
		note("tenant", "Give the slug of a tenant.")
	}
	for name, at := range map[string]*time.Time{"from": &q.From, "to": &q.To} {
		text := given.Get(name)
		if text == "" {
			continue
		}
		var err error
		if *at, err = time.Parse(time.RFC3339, text); err != nil {
			note(name, "Give a time such as 2026-01-31T00:00:00Z.")
		}
	}
	if !q.From.IsZero() && !q.To.IsZero() && !q.From.Before(q.To) {
		note("to", "Give a time after from.")
	}
	if len(given["type"]) > maxExportTypes {
		note("type", "Name at most 50 types, or none for all.")
	}
	for _, name := range given["type"] {
		if !events.Known(events.Type(name)) {
			note("type", "There is no such type of events.")
			break
		}
		q.Types = append(q.Types, events.Type(name))
	}
	if len(wrong) > 0 {
		return q, fault.Invalid(wrong...)
	}
	return q, nil
}
