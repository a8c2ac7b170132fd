package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
)

// The lists of the admin API that must not cost more where there is more.
const (
	firstPage   = "users, first page of 50"
	prefixPage  = "users, e-mail prefix"
	distantPage = "users, page 1000"
)

// Whose lists they are, and how many clients ask for them at a time.
const (
	few     = " of few"
	many    = " of many"
	clients = 1
)

// distant is behind how many users the distant page of one begins, as far as the base population has as many.
const distant = 999

const usersDocument = `query($tenant: ID!, $first: Int!, $after: String, $where: UserWhere) {` +
	` users(tenant: $tenant, first: $first, after: $after, where: $where) {` +
	` nodes { userId email status mfaEnrolled createdAt } pageInfo { endCursor hasNextPage } } }`

// compareLists compares pages of the users of two populations.
func (b *bench) compareLists(ctx context.Context, base, large *stack) error {
	b.say("%s: comparing lists of the admin API", base.on.name)
	var turns []turn
	for of, s := range map[string]*stack{few: base, many: large} {
		pages, err := s.userPages(ctx)
		if err != nil {
			return fmt.Errorf("prepare lists: %w", err)
		}
		asking, err := b.asking(ctx, s, of, pages)
		if err != nil {
			return err
		}
		turns = append(turns, asking...)
	}
	all, err := b.rounds(ctx, turns)
	if err != nil {
		return err
	}
	for _, what := range []string{firstPage, prefixPage, distantPage} {
		b.report.atMost(fmt.Sprintf("%s: %s, of %d ÷ of %d", base.on.name, what, b.sizes.manyUsers, b.sizes.users),
			"×", all.ratio(what+many, clients, what+few), 1.1)
	}
	b.report.load(base.on.name, all)
	return nil
}

// asking are turns at which the admin API is asked for one page again and again, after a first time that does not count.
func (b *bench) asking(ctx context.Context, s *stack, of string, pages map[string][]byte) ([]turn, error) {
	var turns []turn
	for what, request := range pages {
		do := func(ctx context.Context) (sample, error) {
			return drive(ctx, s.server.admin, []script{&documents{checks{requests: [][]byte{request}, again: true}}}, b.sizes.slice, s.groups())
		}
		if _, err := do(ctx); err != nil {
			return nil, fmt.Errorf("%s: %w", what, err)
		}
		turns = append(turns, turn{what + of, clients, do})
	}
	return turns, nil
}

// userPages are requests for pages of the users of the base tenant.
func (s *stack) userPages(ctx context.Context) (map[string][]byte, error) {
	var found struct{ Tenant struct{ ID string } }
	if err := s.ask(ctx, `query($slug: String!) { tenant(slug: $slug) { id } }`, vars{"slug": s.users[0].slug}, &found); err != nil {
		return nil, err
	}
	tenant := found.Tenant.ID
	var after *string
	for left := min(distant, len(s.users)-1); left > 0; left -= 100 {
		var page struct {
			Users struct{ PageInfo struct{ EndCursor string } }
		}
		v := vars{"tenant": tenant, "first": min(left, 100), "after": after}
		if err := s.ask(ctx, usersDocument, v, &page); err != nil {
			return nil, err
		}
		after = &page.Users.PageInfo.EndCursor
	}
	return map[string][]byte{
		firstPage: s.document(usersDocument, vars{"tenant": tenant, "first": 50}),
		// The prefix of as many users here as there.
		prefixPage:  s.document(usersDocument, vars{"tenant": tenant, "first": 10, "where": vars{"emailPrefix": "user-00000"}}),
		distantPage: s.document(usersDocument, vars{"tenant": tenant, "first": 1, "after": after}),
	}, nil
}

// documents asks the admin API the same again and again.
type documents struct{ checks }

// Errors come with a status of success.
func (d *documents) answered(status int, body []byte) error {
	if bytes.Contains(body, []byte(`"errors"`)) {
		return fmt.Errorf("the admin API answers %s", body)
	}
	return d.checks.answered(status, body)
}

type vars map[string]any

// document is a whole request of the admin API.
func (s *stack) document(text string, v vars) []byte {
	body, _ := json.Marshal(map[string]any{"query": text, "variables": v})
	return postAs(s.adminKey, "/admin/graphql", string(body))
}

// ask sends a document and reads its data.
func (s *stack) ask(ctx context.Context, text string, v vars, into any) error {
	body, err := json.Marshal(map[string]any{"query": text, "variables": v})
	if err != nil {
		return err
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://"+s.server.admin+"/admin/graphql", bytes.NewReader(body))
	if err != nil {
		return err
	}
	r.Header.Set("Authorization", "Bearer "+s.adminKey)
	r.Header.Set("Content-Type", "application/json")
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	var read struct {
		Data   json.RawMessage
		Errors []struct{ Message string }
	}
	if err := json.NewDecoder(answer.Body).Decode(&read); err != nil {
		return fmt.Errorf("read an answer of the admin API: %w", err)
	}
	if len(read.Errors) > 0 {
		return fmt.Errorf("the admin API answers: %s", read.Errors[0].Message)
	}
	return json.Unmarshal(read.Data, into)
}
