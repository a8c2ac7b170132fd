package events

import (
	"context"
	"encoding/json"
	"io"
	"time"

	"github.com/google/uuid"

	"github.com/tenantgate/tenantgate/ent"
	"github.com/tenantgate/tenantgate/internal/access"
	"github.com/tenantgate/tenantgate/internal/ids"
	"github.com/tenantgate/tenantgate/internal/store"
)

// exportAtOnce is how many events of an export are in memory.
const exportAtOnce = 500

// Line is an event as a line of an export.
type Line struct {
	ID        string          `json:"id"`
	Position  int64           `json:"position"`
	Type      Type            `json:"type"`
	At        time.Time       `json:"at"`
	Actor     Actor           `json:"actor"`
	ActorID   string          `json:"actor_id,omitempty"`
	UserID    string          `json:"user_id,omitempty"`
	SessionID string          `json:"session_id,omitempty"`
	TargetID  string          `json:"target_id,omitempty"`
	Data      json.RawMessage `json:"data,omitempty"`
	Personal  json.RawMessage `json:"personal,omitempty"`
}

func newLine(e *Entry, personal bool) Line {
	l := Line{
		ID: e.PublicID(), Position: e.Position, Type: e.Type, At: e.At.UTC(), Actor: e.Actor, ActorID: e.ActorPublicID(),
		UserID: publicID(ids.User, e.User), SessionID: publicID(ids.Session, e.Session), TargetID: e.target(), Data: e.Data,
	}
	if personal {
		l.Personal = e.Personal
	}
	return l
}

// Export is an export under way: all events of a tenant that had a position when it began and that a query asks for.
type Export struct {
	db       *store.Store
	query    Query
	personal bool
}

// BeginExport writes down in the audit log of the tenant of ctx who takes events out of it, and which, and returns what they are.
// personal lets through what only some may see.
func (l *Log) BeginExport(ctx context.Context, db *store.Store, q Query, personal bool) (*Export, error) {
	last, err := Last(ctx, db.Client)
	if err != nil {
		return nil, err
	}
	asked := map[string]any{"up_to_position": last, "with_personal": personal}
	if len(q.Types) > 0 {
		asked["types"] = q.Types
	}
	for name, at := range map[string]time.Time{"from": q.From, "to": q.To} {
		if !at.IsZero() {
			asked[name] = at.UTC()
		}
	}
	_, err = store.InTx(ctx, db.Client, func(ctx context.Context, tx *ent.Tx) (struct{}, error) {
		return struct{}{}, l.Append(ctx, tx, Event{Type: AuditExported, Actor: ActorOperator, Data: asked})
	})
	if err != nil {
		return nil, err
	}
	q.UpToPosition = last
	q.Nothing = q.Nothing || last == 0
	return &Export{db, q, personal}, nil
}

// WriteTo writes the events as lines of JSON in the order of positions. In memory are a few hundred at a time, however many there
// are. wrote is called after each of these portions with how many were written in all; its error ends the export.
func (x *Export) WriteTo(ctx context.Context, out io.Writer, wrote func(total int) error) error {
	encoder := json.NewEncoder(out)
	encoder.SetEscapeHTML(false)
	total := 0
	for q := x.query; !q.Nothing; {
		entries, err := following(ctx, x.db.Client, q, exportAtOnce)
		if err != nil {
			return err
		}
		for _, e := range entries {
			if err := encoder.Encode(newLine(e, x.personal)); err != nil {
				return err
			}
			q.AfterPosition = e.Position
		}
		total += len(entries)
		if err := wrote(total); err != nil {
			return err
		}
		q.Nothing = len(entries) < exportAtOnce
	}
	return nil
}

// ActorPublicID is who did it, usr_… or key_…, empty for others than admins and API keys.
func (e *Entry) ActorPublicID() string {
	if e.Actor == Actor(access.KindAPIKey) {
		return publicID(ids.APIKey, e.ActorID)
	}
	return publicID(ids.User, e.ActorID)
}

// target is what it is about beside user and session: key_… or ten_…, and for what has no such id the UUID of its row.
func (e *Entry) target() string {
	switch {
	case e.Type == APIKeyCreated, e.Type == APIKeyRevoked:
		return publicID(ids.APIKey, e.Target)
	case e.Type == TenantDeleted:
		return publicID(ids.Tenant, e.Target)
	case e.Target == uuid.Nil:
		return ""
	}
	return e.Target.String()
}

func publicID(prefix string, id uuid.UUID) string {
	if id == uuid.Nil {
		return ""
	}
	return ids.Format(prefix, id)
}
