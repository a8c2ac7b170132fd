package httpx

// What tests of this package's outside look into.
var (
	Client    = client
	Table     = table
	TimeLimit = timeLimit
)

// RowOf is what a test needs of a row.
func RowOf(r row) (status int, title, meaning, challenge string) {
	return r.status, r.title, r.meaning, r.challenge
}
