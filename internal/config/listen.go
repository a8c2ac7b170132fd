package config

import (
	"net"
	"net/netip"
	"strconv"
	"strings"
)

// endpoint is where a listener listens. The zero endpoint is a listener that is off.
type endpoint struct {
	host string // empty for every address of the machine
	port string // canonical, without leading zeros
}

func (e endpoint) String() string {
	if e.port == "" {
		return ""
	}
	return net.JoinHostPort(e.host, e.port)
}

// parseListen reads host:port or off. Names of ports are not resolved.
func parseListen(text string) (endpoint, *wrong) {
	if text == "off" {
		return endpoint{}, nil
	}
	const form = "write host:port, such as 127.0.0.1:8080, or off"
	host, port, err := net.SplitHostPort(text)
	if err != nil {
		return endpoint{}, &wrong{quote(text) + " has no port", form}
	}
	n, err := strconv.ParseUint(port, 10, 16)
	if err != nil {
		return endpoint{}, &wrong{quote(text) + " has a port that is no number up to 65535", form}
	}
	if _, err := netip.ParseAddr(host); err != nil && host != "" && !hostName.MatchString(strings.ToLower(host)) {
		return endpoint{}, &wrong{quote(text) + " has a host that is neither a name nor an address", form}
	}
	return endpoint{host, strconv.FormatUint(n, 10)}, nil
}

// sharesPort reports whether two listeners want the same port of the same address.
func (e endpoint) sharesPort(o endpoint) bool {
	if e.port == "" || e.port == "0" || e.port != o.port {
		return false
	}
	a, b := e.address(), o.address()
	return a == b || a == "" || b == ""
}

// address is the host in one spelling, empty for all addresses.
func (e endpoint) address() string {
	if strings.EqualFold(e.host, "localhost") {
		return "127.0.0.1"
	}
	addr, err := netip.ParseAddr(e.host)
	switch {
	case err != nil:
		return strings.ToLower(e.host)
	case addr.Unmap().IsUnspecified():
		return ""
	}
	return addr.Unmap().String()
}

// loopback reports whether only this machine reaches the listener, which is so of a name only for localhost.
func (e endpoint) loopback() bool {
	addr, err := netip.ParseAddr(e.address())
	return err == nil && addr.IsLoopback()
}

// listeners fills the three addresses and returns the public one.
func (r *reading) listeners(cfg *Config) endpoint {
	names := []string{"listen", "admin_listen", "metrics_listen"}
	targets := []*string{&cfg.Listen, &cfg.AdminListen, &cfg.MetricsListen}
	ends := make([]endpoint, len(names))
	for i, name := range names {
		ends[i] = parsed(r, name, parseListen)
		*targets[i] = ends[i].String()
		source := r.source(name)
		if r.src.Dev && ends[i].port != "" && !ends[i].loopback() {
			r.note(name, source, quote(ends[i].String())+" is reachable from elsewhere, which `dev` refuses",
				"use 127.0.0.1:"+ends[i].port+", or run `tenantgate serve`")
		}
		for j := range i {
			if ends[i].sharesPort(ends[j]) {
				r.note(name, source, quote(ends[i].String())+" is taken by "+names[j],
					"give each listener a port of its own, or off")
			}
		}
	}
	if r.src.Dev && r.found["listen"].text == "off" {
		r.note("listen", r.source("listen"), "is off, which leaves `dev` nothing to do", "use 127.0.0.1:8080")
	}
	return ends[0]
}
