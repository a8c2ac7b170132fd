package authflows

import (
	"context"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/google/uuid"
	"golang.org/x/net/idna"
	"golang.org/x/text/unicode/norm"

	"github.com/tenantgate/tenantgate/authflows/accounts"
	"github.com/tenantgate/tenantgate/ent"
	"github.com/tenantgate/tenantgate/internal/events"
	"github.com/tenantgate/tenantgate/internal/fault"
	"github.com/tenantgate/tenantgate/internal/page"
	"github.com/tenantgate/tenantgate/tenants"
)

// Directory is the users of one tenant and their sessions as its admins see and change them. It asks nobody who they are: that is
// done before. Of a suspended tenant it works as well.
//
// Where a fault is not_found, the id may as well be another tenant's.
type Directory struct{ flows *Flows }

// Directory returns the directory of a tenant.
func (e *Engine) Directory(t *tenants.Tenant) *Directory { return &Directory{&Flows{e, t, native}} }

// UserQuery says which users. All that is given must hold.
type UserQuery struct {
	accounts.Query
	// Identifier is a whole address, username or phone number as it would be typed at a sign-in; nil for any.
	Identifier *string
}

// UserListed is a user in a list.
type UserListed = accounts.Listed

// EmailPrefix reads the beginning of an address as it is typed. It reports false for what begins no address, such as nothing.
func EmailPrefix(text string) (normal string, ok bool) {
	text = norm.NFC.String(strings.TrimSpace(text))
	if !searchable(text) || text == "" || strings.ContainsFunc(text, func(r rune) bool { return !unicode.IsPrint(r) }) {
		return "", false
	}
	local, domain, whole := strings.Cut(text, "@")
	normal = accounts.Lower(local)
	if !whole {
		return normal, true
	}
	// A domain in Unicode is stored in punycode, of which only the whole is known.
	if ascii, err := idna.Lookup.ToASCII(domain); err == nil && strings.Contains(domain, ".") && !isASCII(domain) {
		domain = ascii
	}
	return normal + "@" + strings.ToLower(domain), true
}

func isASCII(text string) bool {
	return !strings.ContainsFunc(text, func(r rune) bool { return r >= utf8.RuneSelf })
}

// searchable reports whether a text may be looked for: others than these are not stored, and Postgres takes none of them.
func searchable(text string) bool {
	return len(text) <= maxIdentifier && utf8.ValidString(text) && printable(text)
}

// resolve finds out whose an identifier is. What can be none is nobody's.
func (d *Directory) resolve(ctx context.Context, q UserQuery) (accounts.Query, bool, error) {
	if q.Identifier == nil {
		return q.Query, true, nil
	}
	if strings.TrimSpace(*q.Identifier) == "" || !searchable(*q.Identifier) {
		return q.Query, false, fault.Invalid(fault.Field{
			Field: "where.identifier", Code: "invalid", Message: "Give an e-mail address, username or phone number.",
		})
	}
	i, ok := accounts.Any(*q.Identifier)
	if !ok {
		return q.Query, false, nil
	}
	owner, err := accounts.Owner(ctx, d.flows.DB.Client, i)
	if err != nil || owner == uuid.Nil || q.ID != nil && *q.ID != owner {
		return q.Query, false, err
	}
	q.ID = &owner
	return q.Query, true, nil
}

// Users returns a page of users. The fault is invalid_input.
func (d *Directory) Users(ctx context.Context, q UserQuery, at page.Request) (_ page.Of[*UserListed], err error) {
	ctx, end := d.flows.begin(ctx, "directory_users")
	defer end(&err)
	of, found, err := d.resolve(ctx, q)
	if err != nil || !found {
		return page.Of[*UserListed]{}, err
	}
	return accounts.Search(ctx, d.flows.DB.Client, of, at)
}

// CountUsers counts the users of a list. The fault is invalid_input.
func (d *Directory) CountUsers(ctx context.Context, q UserQuery) (_ int, err error) {
	ctx, end := d.flows.begin(ctx, "directory_count")
	defer end(&err)
	of, found, err := d.resolve(ctx, q)
	if err != nil || !found {
		return 0, err
	}
	return accounts.Count(ctx, d.flows.DB.Client, of)
}

// User returns a user. The fault is not_found.
func (d *Directory) User(ctx context.Context, id uuid.UUID) (_ *User, err error) {
	ctx, end := d.flows.begin(ctx, "directory_user")
	defer end(&err)
	return d.user(ctx, id)
}

func (d *Directory) user(ctx context.Context, id uuid.UUID) (*User, error) {
	return existing(ctx, d.flows.DB.User, id)
}

// existing reads a user. The fault is not_found.
func existing(ctx context.Context, db *ent.UserClient, id uuid.UUID) (*User, error) {
	u, err := accounts.Get(ctx, db, id)
	if err == nil && u == nil {
		err = fault.New(fault.NotFound)
	}
	return u, err
}

// UsersByID returns users by their ids, in one statement; those that do not exist are left out.
func (d *Directory) UsersByID(ctx context.Context, ids []uuid.UUID) (_ map[uuid.UUID]*User, err error) {
	ctx, end := d.flows.begin(ctx, "directory_user")
	defer end(&err)
	return accounts.ByIDs(ctx, d.flows.DB.Client, ids)
}

// Identifiers returns all that users can be found by, in one statement for all of them.
func (d *Directory) Identifiers(ctx context.Context, users []uuid.UUID) (_ map[uuid.UUID][]*Identifier, err error) {
	ctx, end := d.flows.begin(ctx, "directory_identifiers")
	defer end(&err)
	return accounts.IdentifiersOf(ctx, d.flows.DB.Client, users)
}

// LatestEvents returns the newest n events about each of some users, newest first, in one statement.
func (d *Directory) LatestEvents(ctx context.Context, users []uuid.UUID, n int) (_ map[uuid.UUID][]*events.Entry, err error) {
	ctx, end := d.flows.begin(ctx, "directory_events")
	defer end(&err)
	return events.Latest(ctx, d.flows.DB.Client, users, n)
}

// CountEventsOf counts the events about each of some users, in one statement.
func (d *Directory) CountEventsOf(ctx context.Context, users []uuid.UUID) (_ map[uuid.UUID]int, err error) {
	ctx, end := d.flows.begin(ctx, "directory_count")
	defer end(&err)
	return events.CountOf(ctx, d.flows.DB.Client, users)
}
