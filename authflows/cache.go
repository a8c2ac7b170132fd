package authflows

import (
	"sync/atomic"
	"time"

	"github.com/google/uuid"

	"github.com/tenantgate/tenantgate/authflows/accounts"
	"github.com/tenantgate/tenantgate/authflows/sessions"
	"github.com/tenantgate/tenantgate/authflows/tokens"
	"github.com/tenantgate/tenantgate/internal/events"
)

const (
	cachedTokens   = 50_000
	cachedSessions = 50_000
)

// within names a row of a tenant.
type within struct{ tenant, id uuid.UUID }

// tokenKey is the SHA-256 of a tenant's id and an access token.
type tokenKey [32]byte

// sessionCache lets a session check go without SQL: verified tokens, the state of their sessions, and their users. The
// change feed confirms it.
type sessionCache struct {
	tokens   *events.Cache[tokenKey, *tokens.Access]
	sessions *events.Cache[within, *liveSession]
	users    *events.Cache[within, *accounts.User]
}

// liveSession is a session that was live when it was read. It counts while user is the very entry that the cache of users
// holds: so a change of the user drops all of the user's sessions at once.
type liveSession struct {
	session *sessions.Session
	user    *accounts.User
	seen    atomic.Int64 // last use, Unix nanoseconds
}

func newSessionCache(feed *events.Feed) *sessionCache {
	c := &sessionCache{
		tokens:   events.NewCache[tokenKey, *tokens.Access](feed, cachedTokens),
		sessions: events.NewCache[within, *liveSession](feed, cachedSessions),
		users:    events.NewCache[within, *accounts.User](feed, cachedSessions),
	}
	feed.Listen(c.hear)
	return c
}

// hear drops what a change touches.
func (c *sessionCache) hear(ch events.Change) {
	switch {
	case ch.Type == events.SessionEnded, ch.Type == events.SessionRaised, ch.Type == events.RefreshTokenReused:
		c.sessions.Drop(within{ch.Tenant, ch.Session})
	case ch.User != uuid.Nil:
		c.users.Drop(within{ch.Tenant, ch.User})
	case ch.Type == events.SessionsEnded, ch.Type == events.TenantSuspended, ch.Type == events.TenantResumed,
		ch.Type == events.TenantDeleted:
		c.users.Clear() // a whole tenant's: rare enough to forget everybody
	}
}

// find returns a session with its user, if both are confirmed.
func (c *sessionCache) find(key within) (*liveSession, bool) {
	live, ok := c.sessions.Peek(key)
	if !ok {
		return nil, false
	}
	user, ok := c.users.Peek(within{key.tenant, live.session.UserID})
	return live, ok && user == live.user
}

// keep stores what was read after epoch.
func (c *sessionCache) keep(key within, live *liveSession, epoch uint64) {
	userKey := within{key.tenant, live.session.UserID}
	// One entry a user: the sessions read after the first share it.
	if user, ok := c.users.Peek(userKey); ok {
		live.user = user
	} else {
		c.users.Keep(userKey, live.user, epoch)
	}
	c.sessions.Keep(key, live, epoch)
}

// markEvery is how often a session in use is noted as such.
const markEvery = 30 * time.Second

// use notes that a session was used, and reports whether that is worth writing down.
func (l *liveSession) use(now time.Time) bool {
	last := l.seen.Load()
	return now.UnixNano()-last > int64(markEvery) && l.seen.CompareAndSwap(last, now.UnixNano())
}
