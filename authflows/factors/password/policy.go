package password

import (
	"errors"
	"fmt"
	"unicode/utf8"

	"github.com/tenantgate/tenantgate/internal/fault"
)

// Policy is what a new password must satisfy. There are no rules on kinds of characters (SP 800-63B-4, 3.1.1.2).
type Policy struct {
	MinLength int      // code points of the normalised password
	Context   []string // what an attacker tries first: tenant name, mail address or its local part, username
}

// Check returns what is wrong with a new password, each for the field password, or nil. A password is refused as
// too_common, context or too_predictable if it is little more than leaked passwords, words and names, the policy's
// context, or dates, repetitions, sequences and walks over the keyboard, in whatever case and leet spelling. The
// message says which of these weighs most and never quotes the password. A short one is told of leaked passwords
// and the context only.
func Check(policy Policy, password string) []fault.Field {
	normal, err := Normalize(password)
	if invalid := (*fault.Fault)(nil); errors.As(err, &invalid) {
		return invalid.Fields
	}
	var fields []fault.Field
	least := max(policy.MinLength, 1)
	short := utf8.RuneCountInString(normal) < least
	if short {
		fields = append(fields, refusal(TooShort, fmt.Sprintf(
			"Use at least %d characters; several words in a row are easy to remember.", least)))
	}
	if guess := weakest(normal, policy.Context); guess.weak() {
		// Whatever is short is soon guessed. Beside that, only what must not stay when it grows is worth a line.
		if why := guess.reason(); why >= isLeaked || !short {
			fields = append(fields, refusal(why.code(), why.message()))
		}
	}
	return fields
}

// Score rates a password from 0, guessed at once, to 4, not to be guessed offline: the score of zxcvbn, taken with
// the policy's context. It is below 2 for just those passwords that Check refuses as too_common, context or
// too_predictable, or would if they were not short. The length that the policy asks for does not count; a password
// that Normalize refuses scores 0.
func Score(policy Policy, password string) int {
	normal, err := Normalize(password)
	if err != nil {
		return 0
	}
	guess := weakest(normal, policy.Context)
	if guess.weak() {
		return min(guess.score(), 1)
	}
	return max(guess.score(), 2)
}

func refusal(code, message string) fault.Field {
	return fault.Field{Field: "password", Code: code, Message: message}
}
