package authflows_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"github.com/tenantgate/tenantgate/authflows"
	"github.com/tenantgate/tenantgate/authflows/accounts"
	"github.com/tenantgate/tenantgate/authflows/flowtest"
	"github.com/tenantgate/tenantgate/internal/fault"
	"github.com/tenantgate/tenantgate/internal/ids"
	"github.com/tenantgate/tenantgate/internal/page"
)

func directory(t testing.TB, env *flowtest.Env, slug string) *authflows.Directory {
	t.Helper()
	return env.Engine.Directory(env.Tenant(t, slug))
}

// made makes a user with proven addresses, the first of which is the primary one.
func made(t testing.TB, env *flowtest.Env, slug string, emails ...string) *authflows.User {
	t.Helper()
	u := must[*authflows.User](t)(directory(t, env, slug).Create(t.Context(), authflows.NewUser{Email: emails[0], EmailVerified: true}))
	for _, more := range emails[1:] {
		i, _ := accounts.Email(more)
		err := env.DB.Identifier.Create().SetID(ids.New()).SetUserID(u.ID).SetKind(i.Kind).
			SetValue(i.Value).SetNormal(i.Normal).SetCreatedAt(env.Clock.Now()).Exec(within(t, env, slug))
		mustDo(t, err)
	}
	return u
}

// listed are the primary addresses of all pages of a list.
func listed(t testing.TB, env *flowtest.Env, slug string, q authflows.UserQuery, at page.Request) []string {
	t.Helper()
	out := []string{}
	for {
		p := must[page.Of[*authflows.UserListed]](t)(directory(t, env, slug).Users(t.Context(), q, at))
		var some []string
		for _, u := range p.Rows {
			some = append(some, u.Email)
		}
		more := p.Further
		if at.Backward {
			out, more = append(some, out...), p.Previous
		} else {
			out = append(out, some...)
		}
		if !more {
			break
		}
		at.Behind = &p.Rows[len(p.Rows)-1].Mark
		if at.Backward {
			at.Behind = &p.Rows[0].Mark
		}
	}
	if n := must[int](t)(directory(t, env, slug).CountUsers(t.Context(), q)); n != len(out) {
		t.Errorf("%+v: counted %d of %q", q, n, out)
	}
	return out
}

func TestUsersAreListedInPagesInEitherDirection(t *testing.T) {
	t.Parallel()
	flowtest.Each(t, func(t *testing.T, env *flowtest.Env) {
		all := []string{"bob@ex.test", "Ann@ex.test", "zoe@a.test", "éva@ex.test", "ann.b@ex.test"}
		for _, email := range all {
			made(t, env, acme, email)
		}
		must[*authflows.User](t)(directory(t, env, globex).Create(t.Context(), authflows.NewUser{Email: "ann@ex.test"}))
		byMail := []string{"ann.b@ex.test", "Ann@ex.test", "bob@ex.test", "zoe@a.test", "éva@ex.test"}
		for _, limit := range []int{1, 2, 5} {
			for _, c := range []struct {
				byEmail, desc bool
				want          []string
			}{{false, false, all}, {false, true, backwards(all)}, {true, false, byMail}, {true, true, backwards(byMail)}} {
				for _, backward := range []bool{false, true} {
					q := authflows.UserQuery{Query: accounts.Query{ByEmail: c.byEmail}}
					got := listed(t, env, acme, q, page.Request{Limit: limit, Desc: c.desc, Backward: backward})
					if diff := cmp.Diff(c.want, got); diff != "" {
						t.Errorf("by mail %t, descending %t, backward %t, %d a page: %s", c.byEmail, c.desc, backward, limit, diff)
					}
				}
			}
		}
	})
}

func backwards(in []string) []string {
	out := slices.Clone(in)
	slices.Reverse(out)
	return out
}

func TestASearchByTheBeginningOfAnAddressIsLiteral(t *testing.T) { // INP-07
	t.Parallel()
	flowtest.Each(t, func(t *testing.T, env *flowtest.Env) {
		made(t, env, acme, "ann@ex.test")
		made(t, env, acme, "a%n@ex.test")
		made(t, env, acme, "a_n@ex.test")
		made(t, env, acme, "anna@bücher.test", "ann.second@ex.test", "ann.third@ex.test")
		made(t, env, acme, "o'hara@ex.test")
		made(t, env, acme, "x\u00ffy@ex.test")
		for typed, want := range map[string][]string{
			"ann":              {"anna@bücher.test", "ann@ex.test"}, // by ann.second, of three that match
			"ANN@":             {"ann@ex.test"},
			" ann@ex.TEST ":    {"ann@ex.test"},
			"anna@bücher.test": {"anna@bücher.test"},
			"anna@xn--b":       {"anna@bücher.test"},
			"a%":               {"a%n@ex.test"},
			"a_":               {"a_n@ex.test"},
			"%":                {}, "_": {}, `\`: {}, `a\`: {}, `"`: {}, "'": {}, "a*": {},
			"o'":                {"o'hara@ex.test"},
			"x\u00ff":           {"x\u00ffy@ex.test"},
			"x\U0010ffff":       {},
			"ann' OR '1'='1":    {},
			"ann@ex.test\u200b": {},
		} {
			prefix, ok := authflows.EmailPrefix(typed)
			if !ok {
				if len(want) > 0 {
					t.Errorf("%q is no prefix", typed)
				}
				continue
			}
			q := authflows.UserQuery{Query: accounts.Query{ByEmail: true, EmailPrefix: prefix}}
			if diff := cmp.Diff(want, listed(t, env, acme, q, page.Request{Limit: 1})); diff != "" {
				t.Errorf("%q: %s", typed, diff)
			}
		}
		for _, typed := range []string{"", " ", "a\x00", "a\nb", "\xff", "\ufffd", strings.Repeat("a", 400)} { // INP-05
			if got, ok := authflows.EmailPrefix(typed); ok {
				t.Errorf("%q reads as %q", typed, got)
			}
		}
	})
}

func TestUsersAreFoundByWhatIsKnownOfThem(t *testing.T) {
	t.Parallel()
	flowtest.Each(t, func(t *testing.T, env *flowtest.Env) {
		d := directory(t, env, acme)
		first := made(t, env, acme, "first@ex.test", "other@ex.test")
		env.Clock.Advance(time.Hour)
		second := must[*authflows.User](t)(d.Create(t.Context(), authflows.NewUser{
			Email: "second@ex.test", Username: "Second", Phone: "+49 151 1234567",
		}))
		env.Clock.Advance(time.Hour)
		userWithApp(t, env, acme, "third@ex.test")
		must[*authflows.User](t)(d.Suspend(t.Context(), second.ID))
		must[*authflows.User](t)(d.ResetFactors(t.Context(), first.ID)) // an empty list of factors is none
		yes, no, between := true, false, first.CreatedAt.Add(time.Minute)
		text := func(s string) *string { return &s }
		all := []string{"first@ex.test", "second@ex.test", "third@ex.test"}
		for name, c := range map[string]struct {
			q    authflows.UserQuery
			want []string
		}{
			"all":           {authflows.UserQuery{}, all},
			"an address":    {authflows.UserQuery{Identifier: text("OTHER@ex.test")}, all[:1]},
			"a username":    {authflows.UserQuery{Identifier: text("SECOND")}, all[1:2]},
			"a number":      {authflows.UserQuery{Identifier: text("+49 (151) 1234567")}, all[1:2]},
			"nobody":        {authflows.UserQuery{Identifier: text("nobody@ex.test")}, []string{}},
			"no identifier": {authflows.UserQuery{Identifier: text("a@")}, []string{}},
			"both":          {authflows.UserQuery{Identifier: text("second"), Query: accounts.Query{ID: &first.ID}}, []string{}},
			"id":            {authflows.UserQuery{Query: accounts.Query{ID: &first.ID}}, all[:1]},
			"suspended":     {authflows.UserQuery{Query: accounts.Query{Suspended: &yes}}, all[1:2]},
			"active":        {authflows.UserQuery{Query: accounts.Query{Suspended: &no}}, []string{all[0], all[2]}},
			"enrolled":      {authflows.UserQuery{Query: accounts.Query{Enrolled: &yes}}, all[2:]},
			"not enrolled":  {authflows.UserQuery{Query: accounts.Query{Enrolled: &no}}, all[:2]},
			"after":         {authflows.UserQuery{Query: accounts.Query{CreatedAfter: &between}}, all[1:]},
			"before":        {authflows.UserQuery{Query: accounts.Query{CreatedBefore: &between}}, all[:1]},
		} {
			for _, byEmail := range []bool{false, true} {
				c.q.ByEmail = byEmail
				if diff := cmp.Diff(c.want, listed(t, env, acme, c.q, page.Request{Limit: 1})); diff != "" {
					t.Errorf("%s, by mail %t: %s", name, byEmail, diff)
				}
			}
		}
		for _, bad := range []string{"", "a\x00b", "\ufffd", strings.Repeat("a", 400)} { // INP-05
			_, err := d.Users(t.Context(), authflows.UserQuery{Identifier: &bad}, page.Request{Limit: 1})
			wantFault(t, err, fault.InvalidInput)
		}
		if _, err := directory(t, env, globex).User(t.Context(), first.ID); fault.CodeOf(err) != fault.NotFound {
			t.Errorf("another tenant reads a user: %v", err)
		}
	})
}

func TestANewUserKeepsTheRulesOfASignUp(t *testing.T) {
	t.Parallel()
	flowtest.Each(t, func(t *testing.T, env *flowtest.Env) {
		d := directory(t, env, acme)
		env.Set(t, acme, "signup.mode=closed")
		in := authflows.NewUser{
			Email: "Ann@ex.test", EmailVerified: true, Name: " Ann ", Password: password,
			Profile: json.RawMessage(`{"plan":"gold"}`), Roles: []string{"staff", "admin", "staff"},
		}
		u := must[*authflows.User](t)(d.Create(t.Context(), in))
		if u.Name != "Ann" || !u.EmailVerified || !slices.Equal(u.Roles, []string{"admin", "staff"}) {
			t.Errorf("made %+v", u)
		}
		must[*authflows.Step](t)(login(t, env, acme, "ann@ex.test", password))
		_, err := d.Create(t.Context(), in)
		wantFault(t, err, fault.IdentifierTaken)
		if diff := cmp.Diff([]string{"email taken"}, fields(err)); diff != "" {
			t.Error(diff)
		}
		for want, in := range map[string]authflows.NewUser{
			"email required":                       {},
			"email invalid":                        {Email: "a@"},
			"username invalid":                     {Email: bob, Username: "-"},
			"phone invalid":                        {Email: bob, Phone: "123"},
			"name invalid":                         {Email: bob, Name: "a\x00"},
			"profile invalid":                      {Email: bob, Profile: json.RawMessage(`[1]`)},
			"profile too_large":                    {Email: bob, Profile: json.RawMessage(`{"a":"` + strings.Repeat("a", 8<<10) + `"}`)},
			"password too_short":                   {Email: bob, Password: "short"},
			"roles invalid":                        {Email: bob, Roles: []string{"Not A Role"}},
			"email required|emailVerified invalid": {Username: "bob", EmailVerified: true},
		} {
			_, err := d.Create(t.Context(), in)
			wantFault(t, err, fault.InvalidInput)
			if got := strings.Join(fields(err), "|"); got != want {
				t.Errorf("got %q, want %q", got, want)
			}
		}
		many := make([]string, 51)
		for i := range many {
			many[i] = fmt.Sprintf("role%d", i)
		}
		_, err = d.Create(t.Context(), authflows.NewUser{Email: bob, Roles: many})
		wantFault(t, err, fault.InvalidInput)
		env.Set(t, acme, "magic.enabled=true", "password.enabled=false")
		_, err = directory(t, env, acme).Create(t.Context(), authflows.NewUser{Email: bob, Password: password})
		wantFault(t, err, fault.InvalidInput)
		must[*authflows.User](t)(directory(t, env, acme).Create(t.Context(), authflows.NewUser{Email: bob}))
	})
}

func TestAChangeOfAUserTellsWhatWasThereBefore(t *testing.T) {
	t.Parallel()
	flowtest.Each(t, func(t *testing.T, env *flowtest.Env) {
		d, u := directory(t, env, acme), made(t, env, acme, ann)
		name, roles, profile := "Ann", []string{"b", "a"}, json.RawMessage(`{"a": 1, "b": [2]}`)
		change := authflows.UserChange{Name: &name, Roles: &roles, Profile: &profile}
		got := must[*authflows.User](t)(d.Change(t.Context(), u.ID, change))
		if got.Name != name || !slices.Equal(got.Roles, []string{"a", "b"}) || len(got.Profile) == 0 {
			t.Errorf("changed to %+v", got)
		}
		before := must[int](t)(env.DB.Event.Query().Count(within(t, env, acme)))
		again := must[*authflows.User](t)(d.Change(t.Context(), u.ID, change))
		if n := must[int](t)(env.DB.Event.Query().Count(within(t, env, acme))); n != before || !again.UpdatedAt.Equal(got.UpdatedAt) {
			t.Errorf("the same again: %d events, %d before; changed at %s, then %s", n, before, got.UpdatedAt, again.UpdatedAt)
		}
		empty, none := "", json.RawMessage("null")
		got = must[*authflows.User](t)(d.Change(t.Context(), u.ID, authflows.UserChange{Name: &empty, Profile: &none, Roles: &[]string{}}))
		if got.Name != "" || len(got.Profile) > 0 || len(got.Roles) > 0 {
			t.Errorf("emptied to %+v", got)
		}
		bad := "a\x00"
		_, err := d.Change(t.Context(), u.ID, authflows.UserChange{Name: &bad, Roles: &[]string{" "}})
		if diff := cmp.Diff([]string{"name invalid", "roles invalid"}, fields(err)); diff != "" {
			t.Error(diff)
		}
		_, err = d.Change(t.Context(), uuid.New(), authflows.UserChange{Name: &name})
		wantFault(t, err, fault.NotFound)
		_, err = directory(t, env, globex).Change(t.Context(), u.ID, authflows.UserChange{Name: &name})
		wantFault(t, err, fault.NotFound)
	})
}
