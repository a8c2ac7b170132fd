package tenants

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
)

// MailKind names a mail whose words a tenant may replace: one of internal/mail's kinds.
type MailKind string

// Locale is the language of a mail as a BCP 47 tag: "en", "pt-BR", "zh-Hant-TW".
type Locale string

// MailTemplate is a tenant's own words for one mail in one language. What is empty stays the server's. In both parts
// {brand}, {code}, {link}, {lifetime}, {when}, {device}, {address}, {factor} and {left} stand for what the server knows; there is no
// other syntax, no markup and nothing is computed.
type MailTemplate struct {
	Subject string `json:"subject"`
	Text    string `json:"text"`
}

// mailCarries says what a mail has beside its words.
type mailCarries struct{ code, link bool }

var mailKinds = map[MailKind]mailCarries{
	"signup_code":            {code: true, link: true},
	"signup_taken":           {},
	"password_reset":         {code: true, link: true},
	"password_changed":       {},
	"password_reset_done":    {},
	"sessions_revoked_reuse": {},
	"email_code":             {code: true, link: true},
	"identifier_code":        {code: true},
	"identifier_added":       {},
	"identifier_removed":     {},
	"identifier_changed":     {},
	"account_claimed":        {},
	"account_deleted":        {},
	"new_device":             {},
	"sign_in_blocked":        {},
	"factor_added":           {},
	"factor_removed":         {},
	"recovery_codes_made":    {},
	"recovery_code_used":     {},
	"passkey_cloned":         {},
	"factors_reset":          {},
}

// MailKinds returns the mails whose words a tenant may replace, sorted. They are those of internal/mail.
func MailKinds() []MailKind { return slices.Sorted(maps.Keys(mailKinds)) }

var (
	localeShape = regexp.MustCompile(`^[a-z]{2,3}(-[A-Z][a-z]{3})?(-([A-Z]{2}|[0-9]{3}))?$`)

	// mailPlaceholders are the words that may stand in braces.
	mailPlaceholders = []string{"brand", "code", "link", "lifetime", "when", "device", "address", "factor", "left"}
	placeholder      = regexp.MustCompile(`\{([a-z]+)\}`)
)

// checkPlaceholders says what is wrong with the braces of a mail's words.
func checkPlaceholders(text string) *settingWrong {
	for _, m := range placeholder.FindAllStringSubmatch(text, -1) {
		if !slices.Contains(mailPlaceholders, m[1]) {
			return malformed("holds an unknown placeholder; those that exist are {%s}",
				strings.Join(mailPlaceholders, "}, {"))
		}
	}
	if strings.ContainsAny(placeholder.ReplaceAllString(text, ""), "{}") {
		return malformed("holds a brace that belongs to no placeholder; write {%s} or leave it out", mailPlaceholders[0])
	}
	return nil
}

// checkTemplates says which of a tenant's words do not fit the mail they are for.
func checkTemplates(s Settings, note func(path string, w settingWrong)) {
	for kind, byLocale := range s.Mail.Templates {
		for locale, words := range byLocale {
			path := fmt.Sprintf("mail.templates.%s.%s.", kind, locale)
			for part, text := range map[string]string{"subject": words.Subject, "text": words.Text} {
				if w := mailKinds[kind].check(part, text); w != nil {
					note(path+part, *w)
				}
			}
		}
	}
}

func (c mailCarries) check(part, text string) *settingWrong {
	has := func(name string) bool { return strings.Contains(text, "{"+name+"}") }
	switch {
	case text == "":
		return nil
	case !c.code && (has("code") || has("lifetime")):
		return contradicts("this mail carries no code; leave {code} and {lifetime} out")
	case !c.link && has("link"):
		return contradicts("this mail carries no link; leave {link} out")
	case part == "text" && c.code && !slices.Contains(strings.Split(text, "\n"), "{code}"):
		// Programs and people find the code by the line of its own.
		return contradicts("must hold {code} alone on a line")
	}
	return nil
}
