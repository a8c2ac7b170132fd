package wolf

import (
	"strings"
	"unicode/utf8"

	"github.com/gin-gonic/gin"

	"github.com/tenantgate/tenantgate/authflows"
	"github.com/tenantgate/tenantgate/internal/fault"
	"github.com/tenantgate/tenantgate/web/dialects"
)

// The sizes of the original's forms, in characters.
const (
	minUsername, maxUsername = 3, 28
	minPassword, maxPassword = 8, 56
)

const alphanumeric = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"

// sheet reads the fields of a body and collects what is wrong with them.
type sheet struct {
	form  *dialects.Form
	wrong []fault.Field
}

func readSheet(c *gin.Context) (*sheet, error) {
	form, err := dialects.Read(c, accepts)
	return &sheet{form: form}, err
}

func (s *sheet) add(field, code, message string) {
	s.wrong = append(s.wrong, fault.Field{Field: field, Code: code, Message: message})
}

// err is what is wrong, nil for nothing.
func (s *sheet) err() error {
	if len(s.wrong) == 0 {
		return nil
	}
	return fault.Invalid(s.wrong...)
}

// text returns a field that is needed, as it was sent, by the first of its names. It reports false where it is not there.
func (s *sheet) text(names ...string) (string, bool) {
	field := s.form.Get(names...)
	switch {
	case field.Kind == dialects.Other:
		s.add(names[0], "invalid", "Send a text.")
	case strings.TrimSpace(field.Text) == "":
		s.add(names[0], "required", "Is required.")
	default:
		return field.Text, true
	}
	return "", false
}

func (s *sheet) email() string {
	text, ok := s.text("email")
	if text = strings.TrimSpace(text); ok && !authflows.IsEmail(text) {
		s.add("email", "invalid", "Is no e-mail address.")
	}
	return text
}

func (s *sheet) username() string {
	text, ok := s.text("username")
	switch size := utf8.RuneCountInString(text); {
	case !ok:
	case size < minUsername || size > maxUsername:
		s.add("username", "too_short", "Use 3 to 28 characters.")
	case strings.Trim(text, alphanumeric) != "":
		s.add("username", "invalid_characters", "Use letters and digits only.")
	}
	return text
}

// newPassword reads a password to be set. What else it must be is up to the tenant's policy.
func (s *sheet) newPassword(name string) string {
	text, ok := s.text(name)
	if size := utf8.RuneCountInString(text); ok && (size < minPassword || size > maxPassword) {
		s.add(name, "too_short", "Use 8 to 56 characters.")
	}
	return text
}

// confirmed reads a password to be set that is sent twice.
func (s *sheet) confirmed(name, again string) string {
	text := s.newPassword(name)
	switch repeated := s.form.Text(again); {
	case repeated == "":
		s.add(again, "must_confirm", "Send the password again.")
	case repeated != text:
		s.add(again, "no_match", "The two passwords differ.")
		if text != "" {
			s.add(name, "no_match", "The two passwords differ.")
		}
	}
	return text
}
