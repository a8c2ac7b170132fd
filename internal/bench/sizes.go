package main

import "time"

// sizes say how much is measured.
type sizes struct {
	Name    string        `json:"name"`
	rounds  int           // how often everything takes its turn
	slice   time.Duration // one turn
	hashing time.Duration // one turn of what hashes passwords
	clients []int

	users  int // of the base population
	active int // users, and sessions, that the load uses
	cold   int // what is used once, for two turns: sessions that the server has never seen, challenges

	manyTenants, manyUsers int
	timing                 int // sign-ins of each kind for the timing classifier
	starts                 int
	idle                   time.Duration // how long a server has nothing to do before its memory is read
}

// sizesOf reads which run is wanted.
func sizesOf(getenv func(string) string) sizes {
	s := sizes{
		Name: "default", rounds: 5, slice: 500 * time.Millisecond, hashing: 1200 * time.Millisecond,
		clients: []int{1, 16, 64}, users: 1000, active: 1000, cold: 400,
		manyTenants: 10_000, manyUsers: 100_000, timing: 500, starts: 15, idle: 4 * time.Second,
	}
	switch {
	case getenv("TENANTGATE_BENCH_QUICK") == "1":
		s = sizes{
			Name: "quick", rounds: 1, slice: 100 * time.Millisecond, hashing: 150 * time.Millisecond,
			clients: []int{1, 4}, users: 60, active: 40, cold: 20,
			manyTenants: 20, manyUsers: 300, timing: 10, starts: 2, idle: 100 * time.Millisecond,
		}
	case getenv("TENANTGATE_BENCH_FULL") == "1":
		s.Name, s.manyUsers, s.rounds, s.slice = "full", 1_000_000, 9, time.Second
	}
	return s
}

// judged is how many clients the promises are judged at where the bars do not say it: busy, not drowned.
func (s sizes) judged() int { return s.clients[len(s.clients)/2] }

// coldSessions is how many sessions are used once: a turn for each round and number of clients, and the counting of
// statements.
func (s sizes) coldSessions() int { return s.cold * (s.rounds*len(s.clients) + 1) }

// answers is how many challenges of a kind are answered once: a turn for each round and number of clients, and the warming
// up.
func (s sizes) answers() int { return s.cold / 2 * (s.rounds*len(s.clients) + 1) }
