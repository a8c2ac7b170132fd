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
// too_common, context or too_predictable if it is little more than listed words, the policy's context, or years,
// repetitions, sequences and walks over the keyboard, in whatever case and leet spelling.
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
	guess := guessing(fold(normal), contextEntries(policy.Context))
	switch {
	case guess.bits >= minBits:
	case guess.kinds&fromContext != 0:
		fields = append(fields, refusal(ContainsContext,
			"Leave out your name, address and the name of this service, or add several unrelated words."))
	case guess.kinds&listed != 0:
		fields = append(fields, refusal(TooCommon,
			"Many people use this or one much like it. Add several unrelated words."))
	case !short:
		fields = append(fields, refusal(TooPredictable,
			"Repetitions, sequences, dates and keys in a row are guessed first. Use several unrelated words."))
	}
	return fields
}

func refusal(code, message string) fault.Field {
	return fault.Field{Field: "password", Code: code, Message: message}
}
