package config

import (
	"net/netip"
	"net/url"
	"path"
	"regexp"
	"strconv"
	"strings"
)

// publicURL reads the public URL or guesses it from the listener. It is nil where only the bound port will tell.
func (r *reading) publicURL(listen endpoint) *url.URL {
	const name = "public_url"
	if !r.missing(name) {
		return parsed(r, name, parsePublicURL)
	}
	const fix = "set the URL that clients use, such as https://auth.example.com"
	switch {
	case !r.found["listen"].set || (listen.port == "" && r.found["listen"].text != "off"):
		return nil // what is wrong with listen has been said
	case listen.port == "":
		r.note(name, fromDefault, "is not set, and listen is off, so it cannot be guessed", fix)
	case !r.src.Dev && !listen.loopback():
		r.note(name, fromDefault, "is not set, but listen is reachable from elsewhere", fix)
	case r.src.Tool && listen.port == "0":
		r.note(name, fromDefault, "is not set, and listen has port 0, so it cannot be guessed", fix)
	case listen.port == "0":
		r.derive(name, "http://localhost:PORT", fromDefault)
	default:
		u := localURL(listen.port)
		r.derive(name, u.String(), fromDefault)
		return u
	}
	return nil
}

// hostName is a DNS name as browsers and tokens write it: lower case, ASCII, no dot at the end.
var hostName = regexp.MustCompile(`^[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*$`)

// parsePublicURL accepts one spelling of each URL, since issuers and origins are compared character by character.
func parsePublicURL(text string) (*url.URL, *wrong) {
	const form = "write it like https://auth.example.com"
	u, err := url.Parse(text)
	switch {
	case err != nil || control(text):
		return nil, &wrong{"is no URL", form}
	case u.Scheme != "https" && u.Scheme != "http" || u.Host == "":
		return nil, &wrong{"is no https URL with a host", form}
	case u.User != nil:
		return nil, &wrong{"holds a user name or password", "leave out what stands before the @"}
	case strings.ContainsAny(text, "?#"):
		return nil, &wrong{"has a query or fragment", "leave out ? and # and what follows"}
	case strings.HasSuffix(u.Path, "/"):
		return nil, &wrong{"ends in a slash", "leave out the last /"}
	case u.Path != "" && (path.Clean(u.Path) != u.Path || u.EscapedPath() != u.Path || strings.Contains(u.Path, "%")):
		return nil, &wrong{"has a path that can be written in other ways", "leave out //, . and .. and percent signs"}
	}
	host, port := u.Hostname(), u.Port()
	addr, err := netip.ParseAddr(host)
	switch {
	case err == nil && addr.String() != host || err != nil && !hostName.MatchString(host):
		return nil, &wrong{"has a host that is no name in lower-case ASCII", "write international names as xn--…"}
	case port == "" && strings.HasSuffix(u.Host, ":"),
		port == "443" && u.Scheme == "https", port == "80" && u.Scheme == "http":
		return nil, &wrong{"names a port that goes without saying", "leave out the port"}
	case port != "":
		if n, err := strconv.ParseUint(port, 10, 16); err != nil || n == 0 || port[0] == '0' {
			return nil, &wrong{"has a port that is no number from 1 to 65535", form}
		}
	}
	if u.Scheme == "http" && !LoopbackHost(host) {
		return nil, &wrong{"is http, so passwords would travel in the clear", "use https, by a proxy that ends TLS"}
	}
	// Rebuilt, so that nothing the parser remembers of the spelling comes along.
	return &url.URL{Scheme: u.Scheme, Host: u.Host, Path: u.Path}, nil
}

// LoopbackHost reports whether a host, without its port and brackets, can only be this machine: localhost, a name
// below it, or a loopback address.
func LoopbackHost(host string) bool {
	host = strings.ToLower(host)
	if host == "localhost" || strings.HasSuffix(host, ".localhost") {
		return true
	}
	addr, err := netip.ParseAddr(host)
	return err == nil && addr.Unmap().IsLoopback()
}
