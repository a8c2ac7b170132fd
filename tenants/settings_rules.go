package tenants

import (
	"fmt"
	"reflect"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/tenantgate/tenantgate/internal/ephemeral"
)

// settingRule is what a value may be beyond its type. It is not asked about the default. allowed says it for the docs.
type settingRule struct {
	allowed string
	check   func(value any) *settingWrong
}

// anything allows every value of the type.
var anything = settingRule{check: func(any) *settingWrong { return nil }}

func ruleOf[T any](allowed string, check func(T) *settingWrong) settingRule {
	return settingRule{allowed, func(value any) *settingWrong { return check(value.(T)) }}
}

func between(least, most int) settingRule {
	allowed := fmt.Sprintf("%d to %d", least, most)
	return ruleOf(allowed, func(n int) *settingWrong {
		if n < least || n > most {
			return &settingWrong{wrongRange, "must be " + allowed}
		}
		return nil
	})
}

func lasting(least, most Duration) settingRule {
	allowed := fmt.Sprintf("%s to %s", least, most)
	return ruleOf(allowed, func(d Duration) *settingWrong {
		if d < least || d > most {
			return &settingWrong{wrongRange, "must be " + allowed}
		}
		return nil
	})
}

// noneOr also allows 0, which is no duration at all.
func noneOr(rule settingRule) settingRule {
	return settingRule{rule.allowed + ", or 0", func(value any) *settingWrong {
		if value.(Duration) == 0 {
			return nil
		}
		return rule.check(value)
	}}
}

// absent is for a duration that a dialect has no use for.
var absent = ruleOf("0", func(Duration) *settingWrong {
	return &settingWrong{wrongRange, "must be 0: this dialect has no refresh tokens"}
})

// limit is all that parsing one allows.
var limit = settingRule{allowed: limitBounds, check: anything.check}

// limitBounds words the bounds of the stores anew, because their errors repeat the value.
var limitBounds = fmt.Sprintf("1 to %d events in %s to %s, or 0 for no limit",
	ephemeral.MaxEvents, Duration(ephemeral.MinPer), Duration(ephemeral.MaxPer))

// maxItems bounds every list.
const maxItems = 50

func each(item settingRule) settingRule {
	allowed := ""
	if item.allowed != "" {
		allowed = fmt.Sprintf("up to %d, each %s", maxItems, item.allowed)
	}
	return settingRule{allowed, func(value any) *settingWrong {
		list := textsOf(reflect.ValueOf(value))
		if len(list) > maxItems {
			return &settingWrong{wrongSize, fmt.Sprintf("holds more than %d items", maxItems)}
		}
		seen := map[string]int{}
		for i, text := range list {
			if first, twice := seen[text]; twice {
				return &settingWrong{wrongTwice, fmt.Sprintf("item %d repeats item %d; leave it out", i+1, first)}
			}
			seen[text] = i + 1
			if w := item.check(text); w != nil {
				return &settingWrong{w.code, fmt.Sprintf("item %d %s", i+1, w.message)}
			}
		}
		return nil
	}}
}

// line allows one line of readable text.
func line(most int) settingRule {
	return ruleOf(fmt.Sprintf("one line, up to %d characters", most), func(text string) *settingWrong {
		return checkWords(text, most, "")
	})
}

// checkWords refuses long texts and characters that are invisible, end lines, or turn the order of others around.
func checkWords(text string, most int, except string) *settingWrong {
	if utf8.RuneCountInString(text) > most {
		return &settingWrong{wrongSize, fmt.Sprintf("is longer than %d characters", most)}
	}
	if !utf8.ValidString(text) || strings.ContainsFunc(text, func(r rune) bool {
		return (unicode.IsControl(r) || unicode.In(r, unicode.Zl, unicode.Zp, unicode.Bidi_Control)) &&
			!strings.ContainsRune(except, r)
	}) {
		return malformed("holds control characters; write plain text")
	}
	return nil
}

const (
	maxSubject  = 200
	maxMailText = 8000
)

var mailSubject = ruleOf(fmt.Sprintf("one line, up to %d characters", maxSubject), func(text string) *settingWrong {
	if w := checkWords(text, maxSubject, ""); w != nil {
		return w
	}
	return checkPlaceholders(text)
})

var mailText = ruleOf(fmt.Sprintf("up to %d characters", maxMailText), func(text string) *settingWrong {
	if w := checkWords(text, maxMailText, "\n\t"); w != nil {
		return w
	}
	return checkPlaceholders(text)
})

// check notes what is wrong with the settings that the changes lead to, each path once.
func (e *settingsEdit) check(s Settings) {
	settingTree().each(reflect.ValueOf(s), "", func(path string, n *settingNode, v reflect.Value) {
		if e.broken(path) || n.secret() || n.isDefault(path, v) {
			return
		}
		if w := settingRows[n.path].rule.check(v.Interface()); w != nil {
			e.note(path, *w)
		}
	})
	checkTemplates(s, func(path string, w settingWrong) {
		if !e.broken(path) {
			e.note(path, w)
		}
	})
	for _, a := range settingAgreements {
		e.agree(a, s)
	}
}

func (e *settingsEdit) agree(a agreement, s Settings) {
	for _, path := range a.paths {
		if e.broken(path) {
			return
		}
	}
	if message := a.check(s); message != "" {
		e.note(a.paths[0], settingWrong{wrongTogether, message})
	}
}
