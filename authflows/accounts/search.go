package accounts

import (
	"context"
	"fmt"
	"time"
	"unicode/utf8"

	"entgo.io/ent/dialect/sql"
	"github.com/google/uuid"

	"github.com/tenantgate/tenantgate/ent"
	"github.com/tenantgate/tenantgate/ent/identifier"
	"github.com/tenantgate/tenantgate/ent/passwordcredential"
	"github.com/tenantgate/tenantgate/ent/predicate"
	"github.com/tenantgate/tenantgate/ent/user"
	"github.com/tenantgate/tenantgate/internal/page"
)

// Query says which users, and in which order. All that is given must hold.
type Query struct {
	ID *uuid.UUID
	// EmailPrefix begins the normal form of one of the user's addresses. It goes with ByEmail only.
	EmailPrefix   string
	Suspended     *bool
	Enrolled      *bool // a second factor
	CreatedAfter  *time.Time
	CreatedBefore *time.Time
	// ByEmail orders by the primary address, or by the first that begins with the prefix, and leaves out users without one; else
	// the order is by id, in which they were made.
	ByEmail bool
}

// Listed is a user in a list.
type Listed struct {
	*User
	Mark page.Mark
}

// Search returns a page of users: in one statement by id, in two by address.
func Search(ctx context.Context, db *ent.Client, q Query, at page.Request) (page.Of[*Listed], error) {
	if q.ByEmail {
		return q.searchByEmail(ctx, db, at)
	}
	query := db.User.Query().Where(q.users()...)
	if at.Behind != nil && at.Descending() {
		query.Where(user.IDLT(at.Behind.ID))
	} else if at.Behind != nil {
		query.Where(user.IDGT(at.Behind.ID))
	}
	rows, err := query.Order(ordered(user.FieldID, at)).Limit(at.Take()).All(ctx)
	if err != nil {
		return page.Of[*Listed]{}, fmt.Errorf("list users: %w", err)
	}
	return page.Map(page.Cut(rows, at), func(row *ent.User) *Listed {
		return &Listed{newUser(row), page.Mark{ID: row.ID}}
	}), nil
}

// Count counts the users of a list, in one statement.
func Count(ctx context.Context, db *ent.Client, q Query) (n int, err error) {
	if q.ByEmail {
		n, err = db.Identifier.Query().Where(q.addresses()...).Count(ctx)
	} else {
		n, err = db.User.Query().Where(q.users()...).Count(ctx)
	}
	if err != nil {
		return 0, fmt.Errorf("count users: %w", err)
	}
	return n, nil
}

// searchByEmail reads a range of the index of addresses, and then the users who have them.
func (q Query) searchByEmail(ctx context.Context, db *ent.Client, at page.Request) (page.Of[*Listed], error) {
	var none page.Of[*Listed]
	query := db.Identifier.Query().Where(q.addresses()...)
	if at.Behind != nil && at.Descending() {
		query.Where(identifier.NormalLT(at.Behind.Text))
	} else if at.Behind != nil {
		query.Where(identifier.NormalGT(at.Behind.Text))
	}
	rows, err := query.Order(ordered(identifier.FieldNormal, at)).Limit(at.Take()).All(ctx)
	if err != nil {
		return none, fmt.Errorf("list addresses: %w", err)
	}
	cut := page.Cut(rows, at)
	ids := make([]uuid.UUID, 0, len(cut.Rows))
	for _, row := range cut.Rows {
		ids = append(ids, row.UserID)
	}
	found, err := ByIDs(ctx, db, ids)
	if err != nil {
		return none, err
	}
	out := page.Of[*Listed]{Previous: cut.Previous, Further: cut.Further}
	for _, row := range cut.Rows {
		if u := found[row.UserID]; u != nil { // not deleted in between
			out.Rows = append(out.Rows, &Listed{u, page.Mark{Text: row.Normal, ID: row.UserID}})
		}
	}
	return out, nil
}

// ByIDs returns users by their ids, in one statement; those that do not exist are left out.
func ByIDs(ctx context.Context, db *ent.Client, ids []uuid.UUID) (map[uuid.UUID]*User, error) {
	rows, err := db.User.Query().Where(user.IDIn(ids...)).All(ctx)
	if err != nil {
		return nil, fmt.Errorf("read users: %w", err)
	}
	out := make(map[uuid.UUID]*User, len(rows))
	for _, row := range rows {
		out[row.ID] = newUser(row)
	}
	return out, nil
}

// IdentifiersOf returns the identifiers of users, each one's oldest first, in one statement.
func IdentifiersOf(ctx context.Context, db *ent.Client, users []uuid.UUID) (map[uuid.UUID][]*Owned, error) {
	rows, err := db.Identifier.Query().
		Where(identifier.UserIDIn(users...)).
		Order(ent.Asc(identifier.FieldCreatedAt, identifier.FieldID)).
		All(ctx)
	if err != nil {
		return nil, fmt.Errorf("list identifiers: %w", err)
	}
	out := map[uuid.UUID][]*Owned{}
	for _, row := range rows {
		out[row.UserID] = append(out[row.UserID], newOwned(row))
	}
	return out, nil
}

// PasswordsOf returns since when users have their passwords, in one statement. Nothing of a password is read.
func PasswordsOf(ctx context.Context, db *ent.Client, users []uuid.UUID) (map[uuid.UUID]time.Time, error) {
	rows, err := db.PasswordCredential.Query().
		Where(passwordcredential.UserIDIn(users...)).
		Select(passwordcredential.FieldUserID, passwordcredential.FieldChangedAt).
		All(ctx)
	if err != nil {
		return nil, fmt.Errorf("read passwords: %w", err)
	}
	out := make(map[uuid.UUID]time.Time, len(rows))
	for _, row := range rows {
		out[row.UserID] = row.ChangedAt
	}
	return out, nil
}

// users are the conditions on the users' own rows.
func (q Query) users() []predicate.User {
	var out []predicate.User
	if q.ID != nil {
		out = append(out, user.ID(*q.ID))
	}
	if q.Suspended != nil {
		status := map[bool]user.Status{false: user.StatusActive, true: user.StatusSuspended}[*q.Suspended]
		out = append(out, user.StatusEQ(status))
	}
	if q.Enrolled != nil && *q.Enrolled {
		out = append(out, enrolled)
	} else if q.Enrolled != nil {
		out = append(out, user.Or(user.FactorsIsNil(), user.Not(enrolled)))
	}
	if q.CreatedAfter != nil {
		out = append(out, user.CreatedAtGTE(*q.CreatedAfter))
	}
	if q.CreatedBefore != nil {
		out = append(out, user.CreatedAtLT(*q.CreatedBefore))
	}
	return out
}

// enrolled selects the users whose list of factors is not empty. It is compared as it is stored: no function of JSON is the same
// in both databases.
func enrolled(s *sql.Selector) {
	s.Where(sql.NotIn(s.C(user.FieldFactors), []byte("[]"), []byte("null")))
}

// addresses are the conditions on the one address by which a user stands in a list by address.
func (q Query) addresses() []predicate.Identifier {
	out := []predicate.Identifier{identifier.KindEQ(identifier.KindEmail)}
	if q.EmailPrefix == "" {
		out = append(out, identifier.Main(true))
	} else {
		out = append(out, identifier.NormalGTE(q.EmailPrefix), q.first)
		if end := successor(q.EmailPrefix); end != "" {
			out = append(out, identifier.NormalLT(end))
		}
	}
	if q.ID != nil {
		out = append(out, identifier.UserID(*q.ID))
	}
	if on := q.users(); len(on) > 0 {
		out = append(out, whose(on))
	}
	return out
}

// first leaves out the addresses of a user who has an earlier one with the prefix: with several of them it still stands in the
// list once.
func (q Query) first(s *sql.Selector) {
	t := sql.Table(identifier.Table).As("earlier")
	earlier := sql.Dialect(s.Dialect()).Select(t.C(identifier.FieldID)).From(t)
	earlier.Where(sql.And(
		sql.ColumnsEQ(t.C(identifier.FieldTenantID), s.C(identifier.FieldTenantID)),
		sql.ColumnsEQ(t.C(identifier.FieldUserID), s.C(identifier.FieldUserID)),
		sql.EQ(t.C(identifier.FieldKind), identifier.KindEmail),
		sql.GTE(t.C(identifier.FieldNormal), q.EmailPrefix),
		sql.ColumnsLT(t.C(identifier.FieldNormal), s.C(identifier.FieldNormal)),
	))
	s.Where(sql.NotExists(earlier))
}

// whose selects the identifiers of users who meet conditions.
func whose(on []predicate.User) predicate.Identifier {
	return func(s *sql.Selector) {
		t := sql.Table(user.Table)
		owner := sql.Dialect(s.Dialect()).Select(t.C(user.FieldID)).From(t)
		owner.Where(sql.And(
			sql.ColumnsEQ(t.C(user.FieldTenantID), s.C(identifier.FieldTenantID)),
			sql.ColumnsEQ(t.C(user.FieldID), s.C(identifier.FieldUserID)),
		))
		for _, p := range on {
			p(owner)
		}
		s.Where(sql.Exists(owner))
	}
}

// successor is the least text behind all that begin with a prefix, in the order of bytes, which for UTF-8 is that of code
// points. It is empty where there is none.
func successor(prefix string) string {
	for prefix != "" {
		last, size := utf8.DecodeLastRuneInString(prefix)
		prefix = prefix[:len(prefix)-size]
		switch {
		case last == 0xD7FF:
			return prefix + string(rune(0xE000)) // between the two are halves of pairs, which are no text
		case last < utf8.MaxRune:
			return prefix + string(last+1)
		}
	}
	return ""
}

func ordered(field string, at page.Request) func(*sql.Selector) {
	if at.Descending() {
		return ent.Desc(field)
	}
	return ent.Asc(field)
}
