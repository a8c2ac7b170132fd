package telemetry

import (
	"fmt"
	"log/slog"
	"reflect"
	"regexp"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// hidden stands where something was taken out.
const hidden = "[hidden]"

// Bounds of one text and one name in the log, in bytes.
const (
	maxText = 8 << 10
	maxName = 128
)

// clean is the last line of defence of the log. It hides attributes whose name, or whose group's name, says that they
// hold a secret or personal data, hides what looks like such in other texts, and leaves no character that a terminal
// would obey. Structs and maps are shown by type only: what they hold cannot be judged by name.
func clean(groups []string, a slog.Attr) slog.Attr {
	if len(groups) == 0 {
		switch a.Key {
		case slog.TimeKey, slog.LevelKey, slog.SourceKey:
			return a
		case slog.MessageKey:
			a.Value = slog.StringValue(cleanText(a.Value.String()))
			return a
		}
	}
	a.Key = visible(shorten(a.Key, maxName))
	if secretName(a.Key, groups) && a.Value.Kind() != slog.KindBool {
		return slog.String(a.Key, hidden)
	}
	switch a.Value.Kind() {
	case slog.KindString:
		a.Value = slog.StringValue(cleanText(a.Value.String()))
	case slog.KindAny:
		a.Value = cleanAny(a.Value.Any())
	}
	return a
}

func secretName(key string, groups []string) bool {
	if secretKeys.get(key) {
		return true
	}
	for _, g := range groups {
		if secretKeys.get(g) {
			return true
		}
	}
	return false
}

// cleanAny reduces a value to text, or to its type where that could show too much.
func cleanAny(v any) slog.Value {
	switch v := v.(type) {
	case nil:
		return slog.AnyValue(nil)
	case error, fmt.Stringer:
		return slog.StringValue(cleanText(fmt.Sprint(v))) // Sprint survives a nil pointer and a panic
	}
	r := reflect.ValueOf(v)
	switch r.Kind() {
	case reflect.String:
		return slog.StringValue(cleanText(r.String()))
	case reflect.Bool, reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64, reflect.Uint,
		reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64, reflect.Float32, reflect.Float64:
		return slog.AnyValue(v)
	case reflect.Slice, reflect.Array:
		if r.Type().Elem().Kind() == reflect.String {
			texts := make([]string, r.Len())
			for i := range texts {
				texts[i] = cleanText(r.Index(i).String())
			}
			return slog.AnyValue(texts)
		}
	}
	return slog.StringValue("[" + r.Type().String() + "]")
}

var (
	jwt    = regexp.MustCompile(`eyJ[\w-]{10,}(\.[\w-]*)*`)
	scheme = regexp.MustCompile(`\b([Bb]earer|BEARER|[Bb]asic|BASIC) +[\w.~+/=-]{12,}`)
	own    = regexp.MustCompile(`\btg[crd]?_[\w-]{12,}`)
	seed   = regexp.MustCompile(`otpauth://[^\s"]*`)
)

// cleanText hides mail addresses, passwords in URLs, JWTs, authorization headers, our own tokens and keys, and the secrets of
// authenticator apps. The cheap tests first
// keep regular expressions away from ordinary texts.
func cleanText(s string) string {
	s = shorten(s, maxText)
	if strings.IndexByte(s, '@') >= 0 {
		s = hideAroundAt(s)
	}
	if strings.Contains(s, "eyJ") {
		s = jwt.ReplaceAllString(s, hidden)
	}
	if strings.Contains(s, "earer ") || strings.Contains(s, "EARER ") || strings.Contains(s, "asic ") ||
		strings.Contains(s, "ASIC ") {
		s = scheme.ReplaceAllString(s, "${1} "+hidden)
	}
	if strings.Contains(s, "tg") {
		s = own.ReplaceAllString(s, hidden)
	}
	if strings.Contains(s, "otpauth:") {
		s = seed.ReplaceAllString(s, hidden)
	}
	return visible(s)
}

// hideAroundAt hides the user part of URLs and whole mail addresses, but leaves versions of Go modules, which stack
// traces hold. By hand, because the text may be an attacker's and regular expressions take 50 ns a byte here.
func hideAroundAt(s string) string {
	var b strings.Builder
	done, from := 0, 0 // s[:done] is written; what precedes from holds no start of anything
	for {
		at := strings.IndexByte(s[from:], '@')
		if at < 0 {
			b.WriteString(s[done:])
			return b.String()
		}
		at += from
		user := from + lastIndex(s[from:at], "/ \t\r\n") + 1
		local := from + lastIndex(s[from:at], aroundAddress) + 1
		end := at + 1
		for end < len(s) && strings.IndexByte(aroundAddress, s[end]) < 0 {
			end++
		}
		host := s[at+1 : end]
		module := len(host) > 1 && host[0] == 'v' && host[1] >= '0' && host[1] <= '9'
		switch {
		case strings.HasSuffix(s[done:user], "://"):
			b.WriteString(s[done:user] + hidden)
			done = at
		case local < at && host != "" && !module:
			b.WriteString(s[done:local] + hidden)
			done, at = end, end-1
		}
		from = at + 1
	}
}

func lastIndex(s, set string) int {
	for i := len(s) - 1; i >= 0; i-- {
		if strings.IndexByte(set, s[i]) >= 0 {
			return i
		}
	}
	return -1
}

// aroundAddress ends a mail address on either side.
const aroundAddress = " \t\r\n\v\f\"'<>()[]/,;:=@"

func shorten(s string, limit int) string {
	if len(s) <= limit {
		return s
	}
	return strings.ToValidUTF8(s[:limit], "") + "…"
}

// visible writes unprintable characters beyond ASCII as escapes: C1 controls, which terminals obey, and those that
// reorder or hide text. The control characters of ASCII are escaped by both handlers themselves.
func visible(s string) string {
	i := 0
	for i < len(s) && s[i] < 0x7f {
		i++
	}
	if i == len(s) {
		return s
	}
	var b strings.Builder
	b.WriteString(s[:i])
	for _, r := range s[i:] {
		if r >= 0x7f && r != utf8.RuneError && !unicode.IsPrint(r) {
			b.WriteString(`\u`)
			if r < 0x1000 {
				b.WriteByte('0') // four digits; none of these is below U+007F
			}
			if r < 0x100 {
				b.WriteByte('0')
			}
			b.WriteString(strconv.FormatInt(int64(r), 16))
		} else {
			b.WriteRune(r)
		}
	}
	return b.String()
}
