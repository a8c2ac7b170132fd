package password

import (
	"regexp"
	"strconv"

	"golang.org/x/crypto/bcrypt"
)

// maxBcryptCost bounds foreign hashes to a few seconds; each step doubles them.
const maxBcryptCost = 15

// maxBcryptLen is how much of a password bcrypt reads, in bytes.
const maxBcryptLen = 72

// bcryptForm leaves out $2$ and $2x$, whose hashes were made by faulty code.
var bcryptForm = regexp.MustCompile(`^\$2[aby]\$(\d\d)\$[./A-Za-z0-9]{53}$`)

// bcryptHash is an imported hash. New ones are never made.
type bcryptHash string

func parseBcrypt(text string) (stored, error) {
	form := bcryptForm.FindStringSubmatch(text)
	if form == nil {
		return nil, errMalformed
	}
	if n, _ := strconv.Atoi(form[1]); n < bcrypt.MinCost || n > maxBcryptCost {
		return nil, errMalformed
	}
	return bcryptHash(text), nil
}

// matches never accepts what is longer than bcrypt reads: any ending of it would match.
func (h bcryptHash) matches(password string) bool {
	whole := len(password) <= maxBcryptLen
	same := bcrypt.CompareHashAndPassword([]byte(h), []byte(password[:min(len(password), maxBcryptLen)])) == nil
	return whole && same
}

func (h bcryptHash) outdated(Params) bool { return true }
