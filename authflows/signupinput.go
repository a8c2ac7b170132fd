package authflows

import (
	"encoding/json"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/tenantgate/tenantgate/authflows/accounts"
	"github.com/tenantgate/tenantgate/authflows/factors/password"
	"github.com/tenantgate/tenantgate/ent/identifier"
	"github.com/tenantgate/tenantgate/internal/fault"
	"github.com/tenantgate/tenantgate/tenants"
)

type identifierKind = identifier.Kind

const (
	emailKind    = identifier.KindEmail
	usernameKind = identifier.KindUsername
	phoneKind    = identifier.KindPhone
)

// identifierFixes say how an identifier is written.
var identifierFixes = map[identifierKind]string{
	emailKind:    "Give an e-mail address such as ann@example.com.",
	usernameKind: "Use 1 to 64 letters and digits, with . _ or - only inside.",
	phoneKind:    "Give the number in the international form, such as +4915112345678.",
}

// IsEmail reports whether a text can be an e-mail address, for wires that say so before anything is looked up.
func IsEmail(text string) bool {
	_, ok := accounts.Email(text)
	return ok
}

const (
	maxName    = 200
	maxProfile = 8 << 10
)

// checkSignup reads the input, all faults at once, before anything is hashed.
func (f *Flows) checkSignup(in SignupInput, magic bool) (*registration, error) {
	asked := f.tenant.Settings.Signup.Required
	if magic && !slices.Contains(asked, tenants.SignupEmail) {
		asked = append(slices.Clone(asked), tenants.SignupEmail)
	}
	reg, wrong := readSignup(in, asked)
	if !magic {
		wrong = append(wrong, f.checkPassword("password", in.Password, in.Email, in.Username)...)
	}
	if len(wrong) > 0 {
		return nil, fault.Invalid(wrong...)
	}
	return reg, nil
}

// readSignup reads who is to be a user, without the password, and returns what is wrong with it.
func readSignup(in SignupInput, asked []tenants.SignupField) (*registration, []fault.Field) {
	reg := &registration{Name: strings.TrimSpace(in.Name), Profile: in.Profile}
	var wrong []fault.Field
	read := func(field, value, fix string, parse func(string) (accounts.Identifier, bool)) {
		if strings.TrimSpace(value) == "" {
			return
		}
		i, ok := parse(value)
		if !ok {
			wrong = append(wrong, fault.Field{Field: field, Code: "invalid", Message: fix})
			return
		}
		reg.Identifiers = append(reg.Identifiers, i)
	}
	read("email", in.Email, identifierFixes[emailKind], accounts.Email)
	read("username", in.Username, identifierFixes[usernameKind], accounts.Username)
	read("phone", in.Phone, identifierFixes[phoneKind], accounts.Phone)
	given := map[string]string{"email": in.Email, "username": in.Username, "phone": in.Phone, "name": in.Name}
	for _, required := range asked {
		if strings.TrimSpace(given[string(required)]) == "" {
			wrong = append(wrong, fault.Field{Field: string(required), Code: "required", Message: "Is required to sign up."})
		}
	}
	if len(wrong) == 0 && len(reg.Identifiers) == 0 {
		wrong = append(wrong, fault.Field{Field: "email", Code: "required", Message: "Give an e-mail address, a username or a phone number."})
	}
	wrong = append(wrong, checkName(reg.Name)...)
	return reg, append(wrong, checkProfile(in.Profile)...)
}

// checkPassword applies the tenant's policy to a new password. about is what an attacker would try first.
func (f *Flows) checkPassword(field, text string, about ...string) []fault.Field {
	if text == "" {
		return []fault.Field{{Field: field, Code: "required", Message: "Is required."}}
	}
	wrong := password.Check(password.Policy{
		MinLength: f.tenant.Settings.PasswordMinLength(),
		Context:   append(about, f.tenant.Slug, f.tenant.DisplayName()),
	}, text)
	for i := range wrong {
		wrong[i].Field = field
	}
	return wrong
}

func checkName(name string) []fault.Field {
	if len([]rune(name)) <= maxName && printable(name) {
		return nil
	}
	return []fault.Field{{Field: "name", Code: "invalid", Message: "Use at most 200 characters on one line."}}
}

func checkProfile(profile json.RawMessage) []fault.Field {
	if len(profile) == 0 {
		return nil
	}
	if len(profile) > maxProfile {
		return []fault.Field{{Field: "profile", Code: "too_large", Message: "Use at most 8 KiB of JSON."}}
	}
	var object map[string]any
	if json.Unmarshal(profile, &object) != nil || object == nil {
		return []fault.Field{{Field: "profile", Code: "invalid", Message: "Give a JSON object."}}
	}
	if !utf8.Valid(profile) || !readable(object) {
		return []fault.Field{{Field: "profile", Code: "invalid", Message: "Leave out U+0000 and what is no Unicode text."}}
	}
	return nil
}

// readable refuses what Postgres keeps in no text: NUL and half a surrogate pair, which is read as U+FFFD.
func readable(v any) bool {
	switch v := v.(type) {
	case string:
		return !strings.ContainsAny(v, "\x00\ufffd")
	case []any:
		return !slices.ContainsFunc(v, func(item any) bool { return !readable(item) })
	case map[string]any:
		for key, item := range v {
			if !readable(key) || !readable(item) {
				return false
			}
		}
	}
	return true
}

func printable(s string) bool {
	for _, r := range s {
		if r == unicode.ReplacementChar || unicode.IsControl(r) {
			return false
		}
	}
	return true
}
