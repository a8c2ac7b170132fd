package password

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"github.com/tenantgate/tenantgate/internal/fault"
)

// Limits on a normalised password. Any 64 code points fit, whatever their size.
const (
	MaxLength = 256  // code points
	MaxBytes  = 1024 // bytes of UTF-8
)

// maxRawBytes bounds what is normalised at all. Composing shrinks a text to a third at the most, so every spelling
// of an accepted password passes.
const maxRawBytes = 4 * MaxBytes

// What is wrong with a password, as codes of a field.
const (
	TooShort          = "too_short"
	TooLong           = "too_long"
	TooCommon         = "too_common"
	TooPredictable    = "too_predictable"
	ContainsContext   = "context"
	InvalidCharacters = "invalid_characters"
)

// Normalize returns the form that is hashed: Unicode NFC, with case and blanks as typed, so that keyboards which
// compose é and those which send e and an accent give one password (SP 800-63B-4, 3.1.1.2). It is NFC, as in
// RFC 8265, and not NFKC, which would take ² for 2. Normalising twice changes nothing.
//
// It returns invalid_input for the field password, with too_long beyond MaxLength or MaxBytes, or
// invalid_characters for control characters and what is not UTF-8.
func Normalize(password string) (string, error) {
	if len(password) > maxRawBytes {
		return "", fault.Invalid(tooLong)
	}
	// JSON decoders write the replacement character for what they cannot read: different passwords would
	// become one. Hashes in C end at a NUL.
	if !utf8.ValidString(password) || strings.ContainsFunc(password, unreadable) {
		return "", fault.Invalid(invalidCharacters)
	}
	normal := norm.NFC.String(password)
	if len(normal) > MaxBytes || utf8.RuneCountInString(normal) > MaxLength {
		return "", fault.Invalid(tooLong)
	}
	return normal, nil
}

func unreadable(r rune) bool { return r == utf8.RuneError || unicode.IsControl(r) }

var (
	tooLong = fault.Field{
		Field: "password", Code: TooLong,
		Message: "Use at most 256 characters.",
	}
	invalidCharacters = fault.Field{
		Field: "password", Code: InvalidCharacters,
		Message: "Leave out control characters such as tabs and line breaks, and characters that do not display.",
	}
)
