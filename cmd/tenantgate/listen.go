package main

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"time"

	"github.com/tenantgate/tenantgate/internal/config"
)

// listeners are the bound addresses by name: public, admin, metrics. What is off is not there.
type listeners map[string]net.Listener

// listen binds what the settings name, so that nothing is begun where a port is taken.
func listen(ctx context.Context, cfg *config.Config) (listeners, error) {
	ls := listeners{}
	for _, l := range []struct{ name, address, flag string }{
		{"public", cfg.Listen, "--listen"},
		{"admin", cfg.AdminListen, "--admin-listen"},
		{"metrics", cfg.MetricsListen, "--metrics-listen"},
	} {
		if l.address == "" {
			continue
		}
		bound, err := (&net.ListenConfig{}).Listen(ctx, "tcp", l.address)
		if err != nil {
			ls.close()
			return nil, &problem{
				what:  "the " + l.name + " listener cannot have " + l.address + ": " + reasonOf(err),
				fix:   "stop what listens there, or choose another address with " + l.flag + " (port 0 takes any that is free)",
				cause: err,
			}
		}
		ls[l.name] = bound
	}
	return ls, nil
}

// reasonOf returns the last cause of a network error: "address already in use".
func reasonOf(err error) string {
	var call *os.SyscallError
	if errors.As(err, &call) {
		return call.Err.Error()
	}
	return err.Error()
}

func (ls listeners) close() {
	for _, l := range ls {
		_ = l.Close()
	}
}

// started is the line that says where a server listens.
type started struct {
	Listening map[string]string `json:"listening"`
	PublicURL string            `json:"public_url"`
	Demo      *demo             `json:"demo,omitempty"`
}

func (ls listeners) announce(out io.Writer, publicURL string, d *demo) error {
	line := started{Listening: map[string]string{}, PublicURL: publicURL, Demo: d}
	for name, l := range ls {
		line.Listening[name] = l.Addr().String()
	}
	encoder := json.NewEncoder(out)
	encoder.SetEscapeHTML(false)
	return encoder.Encode(line)
}

// Limits of every connection. A request ends well before its answer must, and a header holds no more than any of ours.
func newServer(h http.Handler) *http.Server {
	return &http.Server{
		Handler:           h,
		ReadHeaderTimeout: 5 * time.Second,
		ReadTimeout:       15 * time.Second,
		WriteTimeout:      30 * time.Second,
		IdleTimeout:       60 * time.Second,
		MaxHeaderBytes:    16 << 10,
		ErrorLog:          slog.NewLogLogger(slog.Default().Handler(), slog.LevelDebug),
	}
}
