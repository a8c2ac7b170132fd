package mail

import (
	"embed"
	"errors"
	"fmt"
	htmltemplate "html/template"
	"net/netip"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync"
	"text/template"
	"time"
)

// Data is all that a mail can say. None of it was chosen by whoever caused the mail: no name of a user and no text
// of a request. Otherwise anybody could have words of theirs delivered under the tenant's name.
type Data struct {
	Brand    string        // the tenant's display name
	To       string        // the bare address
	Code     string        // letters, digits and dashes; only for kinds that carry one
	Half     string        // what goes with the code where it is one of two words; only for kinds that may carry it
	Link     string        // absolute http or https URL; only for kinds that may carry one
	Lifetime time.Duration // how long code and link last; only read with a code
	Factor   string        // AuthenticatorApp, Passkey or RecoveryCodes; only for kinds that name one, which need it
	Left     int           // recovery codes left, 0 or more; only for the kind that tells it

	// What is known of the request that caused the mail. Whatever is empty is left out.
	When    time.Time // shown in UTC
	Device  string    // our summary of the user agent, such as "Firefox on Linux"
	Address string    // the IP address
}

//go:embed templates
var files embed.FS

// pair holds the two parts of one kind. The text part also defines the subject.
type pair struct {
	text *template.Template
	html *htmltemplate.Template
}

var templates = sync.OnceValue(func() map[Kind]pair {
	out := make(map[Kind]pair, len(catalogue))
	for kind := range catalogue {
		name := "templates/" + string(kind)
		out[kind] = pair{
			text: template.Must(template.ParseFS(files, "templates/layout.txt", name+".txt")),
			html: htmltemplate.Must(htmltemplate.ParseFS(files, "templates/layout.html", name+".html")),
		}
	}
	return out
})

// view is what the templates see.
type view struct {
	Subject, Brand, Code, Half, Link, Lifetime, Factor, When, Device, Address string

	Left int
}

// Render writes the mail of a kind. The message lacks ID, From and ReplyTo, which are its sender's to set. Every
// error is a refusal (see Permanent): the same data fails again.
func Render(kind Kind, d Data) (Message, error) {
	m, err := render(kind, d)
	if err != nil {
		return Message{}, Refused(fmt.Errorf("render mail %s: %w", kind, err))
	}
	return m, nil
}

func render(kind Kind, d Data) (Message, error) {
	has, known := catalogue[kind]
	if !known {
		return Message{}, errors.New("unknown kind")
	}
	if err := d.check(has); err != nil {
		return Message{}, err
	}
	v := view{
		Brand: d.Brand, Code: d.Code, Half: d.Half, Link: d.Link, Factor: d.Factor, Left: d.Left,
		Device: device(d.Device), Address: address(d.Address),
	}
	if has.code {
		v.Lifetime = spoken(d.Lifetime)
	}
	if !d.When.IsZero() {
		v.When = d.When.UTC().Format("2 January 2006, 15:04 UTC")
	}
	part := templates()[kind]
	var subject, text, html strings.Builder
	if err := part.text.ExecuteTemplate(&subject, "subject", v); err != nil {
		return Message{}, err
	}
	v.Subject = subject.String()
	if err := part.text.ExecuteTemplate(&text, "layout", v); err != nil {
		return Message{}, err
	}
	if err := part.html.ExecuteTemplate(&html, "layout", v); err != nil {
		return Message{}, err
	}
	return Message{
		To: d.To, Subject: v.Subject, Text: text.String(), HTML: html.String(), Code: d.Code, Link: d.Link,
	}, nil
}

var codeShape = regexp.MustCompile(`^[0-9A-Za-z-]{4,64}$`)

// check says what a mail cannot be written with.
func (d Data) check(has content) error {
	switch {
	case d.Brand == "" || !oneLine(d.Brand):
		return errors.New("brand is empty or holds control characters")
	case !bareAddress(d.To) || !oneLine(d.To):
		return errors.New("recipient is no valid address")
	case !has.code && d.Code != "":
		return errors.New("this kind carries no code")
	case has.code && !codeShape.MatchString(d.Code):
		return errors.New("code is missing or of another shape")
	case has.code && d.Lifetime < time.Second:
		return errors.New("lifetime of the code is missing")
	case d.Half != "" && (!has.halves || !codeShape.MatchString(d.Half)):
		return errors.New("this kind carries no half of a code, or it is of another shape")
	case !has.link && d.Link != "":
		return errors.New("this kind carries no link")
	case d.Link != "" && !absolute(d.Link):
		return errors.New("link is no absolute http or https URL")
	case !has.factor && d.Factor != "":
		return errors.New("this kind names no factor")
	case has.factor && !slices.Contains(factors, d.Factor):
		return errors.New("factor is missing or none of the known words")
	case !has.left && d.Left != 0:
		return errors.New("this kind tells no number of recovery codes")
	case d.Left < 0:
		return errors.New("fewer recovery codes are left than none")
	}
	return nil
}

// absolute reports whether a link may stand in both parts as it is.
func absolute(link string) bool {
	u, err := url.Parse(link)
	return err == nil && (u.Scheme == "https" || u.Scheme == "http") && u.Host != "" && u.User == nil &&
		oneLine(link) && !strings.ContainsAny(link, " <>\"")
}

// deviceShape keeps a sentence, a URL or a host name out even if a summary were copied from a user agent: mail
// programs make a link of anything with a dot between letters.
var deviceShape = regexp.MustCompile(`^[A-Za-z0-9]([A-Za-z0-9 ()+,_-]|/[0-9 ]|[0-9]\.[0-9])*$`)

func device(summary string) string {
	if len(summary) > 60 || !deviceShape.MatchString(summary) {
		return ""
	}
	return summary
}

// address returns an IP address in its one form, and nothing for anything else.
func address(text string) string {
	a, err := netip.ParseAddr(text)
	if err != nil {
		return ""
	}
	return a.Unmap().WithZone("").String()
}

// spoken returns a duration in words, in its two largest units: "10 minutes", "1 hour 30 minutes". Less than a
// second is nothing.
func spoken(d time.Duration) string {
	units := []struct {
		name string
		size time.Duration
	}{{"day", 24 * time.Hour}, {"hour", time.Hour}, {"minute", time.Minute}, {"second", time.Second}}
	var words []string
	for _, u := range units {
		n := d / u.size
		d -= n * u.size
		if n == 0 || len(words) == 2 {
			continue
		}
		word := fmt.Sprintf("%d %s", n, u.name)
		if n != 1 {
			word += "s"
		}
		words = append(words, word)
	}
	return strings.Join(words, " ")
}
