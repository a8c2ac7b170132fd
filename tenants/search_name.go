package tenants

import (
	"strings"
	"unicode"

	"entgo.io/ent/dialect"
	"entgo.io/ent/dialect/sql"

	"github.com/tenantgate/tenantgate/ent/predicate"
	"github.com/tenantgate/tenantgate/ent/tenant"
)

// nameContains finds a text in names, in any case. Which letters are the same in another case is said in the pattern: what a
// database knows of it ends at ASCII (SQLite) or at its locale (Postgres).
func nameContains(text string) predicate.Tenant {
	return func(s *sql.Selector) {
		s.Where(sql.P(func(b *sql.Builder) {
			b.Ident(s.C(tenant.FieldName))
			if b.Dialect() == dialect.Postgres {
				b.WriteString(" ~ ").Arg(inAnyCase(text, `*?[]^$.\|+(){}`, `\`, ""))
				return
			}
			b.WriteString(" GLOB ").Arg("*" + inAnyCase(text, "*?[", "[", "]") + "*")
		}))
	}
}

// inAnyCase returns a pattern with a class of characters, [Xx], for each letter. Of the rest what is special in a pattern stands
// between quote and unquote.
func inAnyCase(text, special, quote, unquote string) string {
	var b strings.Builder
	for _, r := range text {
		switch {
		case unicode.SimpleFold(r) != r:
			b.WriteByte('[')
			b.WriteRune(r)
			for other := unicode.SimpleFold(r); other != r; other = unicode.SimpleFold(other) {
				b.WriteRune(other)
			}
			b.WriteByte(']')
		case strings.ContainsRune(special, r):
			b.WriteString(quote + string(r) + unquote)
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}
