package axor

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/tenantgate/tenantgate/authflows"
)

// names are what the wire calls a user by. They are members of the profile, and joined they are the name that the rest of the
// product knows.
type names struct {
	First string `json:"first_name"`
	Last  string `json:"last_name"`
}

// maxName is how long a name may be that is joined from two, in characters.
const maxName = 200

func joined(first, last string) string {
	name := strings.TrimSpace(first + " " + last)
	if runes := []rune(name); len(runes) > maxName {
		name = strings.TrimSpace(string(runes[:maxName]))
	}
	return name
}

// namesOf returns the names of a user. Where the name was changed or given elsewhere, it is cut at its last blank.
func namesOf(u *authflows.User) (first, last string) {
	var n names
	if json.Unmarshal(u.Profile, &n) == nil && (u.Name == "" || joined(n.First, n.Last) == u.Name) {
		return n.First, n.Last
	}
	cut := strings.LastIndexByte(u.Name, ' ')
	if cut < 0 {
		return u.Name, ""
	}
	return u.Name[:cut], u.Name[cut+1:]
}

// withNames puts names into a profile and leaves the rest of it as it is written.
func withNames(profile json.RawMessage, first, last string) (json.RawMessage, error) {
	members := map[string]json.RawMessage{}
	if len(profile) > 0 {
		if err := json.Unmarshal(profile, &members); err != nil {
			return nil, fmt.Errorf("read profile: %w", err)
		}
	}
	own, err := json.Marshal(names{first, last})
	if err == nil {
		err = json.Unmarshal(own, &members)
	}
	if err != nil {
		return nil, fmt.Errorf("put names into profile: %w", err)
	}
	return json.Marshal(members)
}
