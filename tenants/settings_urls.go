package tenants

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"net/mail"
	"net/netip"
	"net/url"
	"path"
	"regexp"
	"strconv"
	"strings"
)

const maxURL = 2048

// readWeb parses an absolute URL that a browser and we read alike: https, or http to this machine; no user, fragment,
// backslash, space or second spelling of its host.
func readWeb(text string) (*url.URL, *settingWrong) {
	if len(text) > maxURL {
		return nil, &settingWrong{wrongSize, fmt.Sprintf("is longer than %d characters", maxURL)}
	}
	if strings.ContainsFunc(text, notInURL) {
		return nil, malformed("holds characters that no URL has; write them as %%XX, and the host in punycode")
	}
	u, err := url.Parse(text)
	if err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" {
		return nil, malformed("is no URL; write one such as https://app.example.com")
	}
	switch {
	case strings.Contains(text, "#"):
		return nil, malformed("holds a fragment; leave out # and what follows")
	case u.User != nil:
		return nil, malformed("holds a user; leave out all before @")
	case !strings.HasPrefix(text, u.Scheme+"://"+u.Host) || !isHost(u.Hostname()) || !isPort(u):
		return nil, malformed("holds no exact host; write it in small letters, without wildcard and default port")
	case u.Scheme == "http" && !isLoopback(u.Hostname()):
		return nil, malformed("is not https; http is for loopback hosts only")
	}
	return u, nil
}

func notInURL(r rune) bool {
	return r <= ' ' || r > '~' || strings.ContainsRune("\\\"<>^`{|}", r)
}

// hostShape is that of names whose last part begins with a letter: browsers read any other as an IPv4 address.
var hostShape = regexp.MustCompile(`^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)*[a-z]([a-z0-9-]{0,61}[a-z0-9])?$`)

func isName(host string) bool { return len(host) <= 253 && hostShape.MatchString(host) }

func isHost(host string) bool {
	ip, err := netip.ParseAddr(host)
	return isName(host) || err == nil && ip.Zone() == "" && ip.String() == host
}

// isPort reports whether the port of u is one, and not the one that browsers leave out.
func isPort(u *url.URL) bool {
	if u.Port() == "" {
		return !strings.HasSuffix(u.Host, ":")
	}
	n, err := strconv.Atoi(u.Port())
	return err == nil && n > 0 && n <= 65535 && strconv.Itoa(n) == u.Port() &&
		u.Port() != map[string]string{"https": "443", "http": "80"}[u.Scheme]
}

func isLoopback(host string) bool {
	ip, err := netip.ParseAddr(host)
	return host == "localhost" || strings.HasSuffix(host, ".localhost") || err == nil && ip.IsLoopback()
}

var webOrigin = ruleOf("scheme://host[:port], https unless loopback", func(text string) *settingWrong {
	u, w := readWeb(text)
	if w != nil {
		return w
	}
	if text != u.Scheme+"://"+u.Host {
		return malformed("is no origin; write scheme://host or scheme://host:port and nothing behind it")
	}
	return nil
})

var webURL = ruleOf("an exact URL without fragment, https unless loopback", func(text string) *settingWrong {
	_, w := readWeb(text)
	return w
})

var linkURL = ruleOf("a URL without fragment, https unless loopback", func(text string) *settingWrong {
	u, w := readWeb(text)
	if w != nil {
		return w
	}
	query, err := url.ParseQuery(u.RawQuery)
	if err != nil || query.Has("c") || query.Has("s") {
		return malformed("must leave the parameters c and s to mailed links")
	}
	return nil
})

var relyingParty = ruleOf("a host name", func(text string) *settingWrong {
	if !isName(text) {
		return malformed("is no host name; write one such as example.com, without scheme and port")
	}
	return nil
})

var address = ruleOf("an address, with a name or without", func(text string) *settingWrong {
	if w := checkWords(text, 320, ""); w != nil {
		return w
	}
	if _, err := mail.ParseAddress(text); err != nil {
		return malformed("is no address; write one such as Example <no-reply@example.com>")
	}
	return nil
})

var smtpURL = ruleOf("smtp://user:password@host:port or smtps://", func(text string) *settingWrong {
	u, err := url.Parse(text)
	wrong := malformed("is no URL of a mail server; write smtp://user:password@host:port or smtps://, with special " +
		"characters of the password as %%XX")
	if err != nil || len(text) > maxURL || u.Scheme != "smtp" && u.Scheme != "smtps" || u.Fragment != "" ||
		strings.Trim(u.Path, "/") != "" || !isHost(strings.ToLower(u.Hostname())) || !isPort(u) {
		return wrong
	}
	password, _ := u.User.Password()
	if (u.User.Username() == "") != (password == "") {
		return malformed("needs both a user and a password, or neither")
	}
	query, err := url.ParseQuery(u.RawQuery)
	starttls := query["starttls"]
	switch {
	case err != nil || len(query) > 1 || len(query) == 1 && len(starttls) != 1:
		return malformed("may have one parameter, starttls, once")
	case len(starttls) == 0:
		return nil
	case u.Scheme == "smtps":
		return malformed("encrypts from the first byte; leave starttls out")
	case starttls[0] == "off" && password != "" && !isLoopback(strings.ToLower(u.Hostname())):
		return malformed("would send its password in the clear; leave starttls=off out")
	case starttls[0] == "off" || starttls[0] == "optional" || starttls[0] == "required":
		return nil
	}
	return malformed("has an unknown starttls; choose one of required, optional, off")
})

var colorShape = regexp.MustCompile(`^#[0-9A-Fa-f]{6}$`)

var color = ruleOf("#rrggbb", func(text string) *settingWrong {
	if !colorShape.MatchString(text) {
		return malformed("is no colour; write one such as #1a73e8")
	}
	return nil
})

// maxLogo is the size of an image, before base64.
const maxLogo = 64 << 10

// logoTypes are the raster types and how their files begin. SVG is a document that can hold script.
var logoTypes = []struct {
	prefix string
	magic  func(image []byte) bool
}{
	{"data:image/png;base64,", func(b []byte) bool { return bytes.HasPrefix(b, []byte("\x89PNG\r\n\x1a\n")) }},
	{"data:image/jpeg;base64,", func(b []byte) bool { return bytes.HasPrefix(b, []byte("\xff\xd8\xff")) }},
	{"data:image/webp;base64,", func(b []byte) bool {
		return len(b) >= 12 && string(b[:4]) == "RIFF" && string(b[8:12]) == "WEBP"
	}},
}

var logo = ruleOf("an https URL, or a data: URL of a PNG, JPEG or WebP up to 64 KiB", func(text string) *settingWrong {
	if !strings.HasPrefix(text, "data:") {
		u, w := readWeb(text)
		switch {
		case w != nil:
			return w
		case u.Scheme != "https":
			return malformed("is not https")
		case strings.HasPrefix(strings.ToLower(path.Ext(u.Path)), ".svg"):
			return malformed("is an SVG; use a PNG, JPEG or WebP")
		}
		return nil
	}
	for _, t := range logoTypes {
		encoded, ok := strings.CutPrefix(text, t.prefix)
		if !ok {
			continue
		}
		if len(encoded) > base64.StdEncoding.EncodedLen(maxLogo) {
			return &settingWrong{wrongSize, fmt.Sprintf("is an image of more than %d KiB", maxLogo>>10)}
		}
		image, err := base64.StdEncoding.Strict().DecodeString(encoded)
		if err != nil || !t.magic(image) {
			return malformed("is not the image that it says it is")
		}
		if len(image) > maxLogo {
			return &settingWrong{wrongSize, fmt.Sprintf("is an image of more than %d KiB", maxLogo>>10)}
		}
		return nil
	}
	return malformed("must be a data: URL of image/png, image/jpeg or image/webp in base64")
})
