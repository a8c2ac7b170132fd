package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"sync"
	"time"
)

// script makes the requests of one client, one after the other.
type script interface {
	// next returns a whole HTTP/1.1 request, nil when there is no more.
	next() []byte
	// answered takes what the server said. An error ends the run: the load is not what it should be.
	answered(status int, body []byte) error
}

var (
	// errRefused is what a script answers where the server was too busy. It is counted, not fatal.
	errRefused = errors.New("refused")
	// errUnfinished is what a script answers where the thing that is measured takes a further request: all of them
	// count as one, and none is left half done when the time is up.
	errUnfinished = errors.New("unfinished")

	errNoMore = errors.New("no more requests")
)

// sample is one turn of a load. A request is what its script makes one thing of.
type sample struct {
	requests, refused int
	took              time.Duration
	latencies         []time.Duration // sorted
	cpu               map[string]time.Duration
}

// perRequest is the CPU time of a request, all parts together.
func (s sample) perRequest() time.Duration {
	var sum time.Duration
	for _, used := range s.cpu {
		sum += used
	}
	return s.each(sum)
}

// each deals a sum out to the requests that were served: what the refused ones cost is theirs too.
func (s sample) each(sum time.Duration) time.Duration {
	return sum / time.Duration(max(s.requests-s.refused, 1))
}

// drive runs a closed loop for a while, or until the scripts have no more: each client sends its next request when
// it has the answer to the last. Connections are open, and have served a request, before anything is counted.
func drive(ctx context.Context, addr string, scripts []script, d time.Duration, groups []group) (sample, error) {
	clients := make([]*client, len(scripts))
	for i, s := range scripts {
		c, err := connect(ctx, addr, s)
		if err != nil {
			return sample{}, err
		}
		defer c.conn.Close()
		clients[i] = c
	}
	var out sample
	cpu, err := spent(groups, func() error {
		begun := time.Now()
		end := begun.Add(d)
		var running sync.WaitGroup
		errs := make([]error, len(clients))
		for i, c := range clients {
			running.Go(func() { errs[i] = c.run(ctx, end) })
		}
		running.Wait()
		out.took = time.Since(begun)
		return errors.Join(errs...)
	})
	if err != nil {
		return sample{}, err
	}
	out.cpu = cpu
	for _, c := range clients {
		out.latencies = append(out.latencies, c.latencies...)
		out.refused += c.refused
	}
	out.requests = len(out.latencies)
	slices.Sort(out.latencies)
	if out.requests == 0 {
		return sample{}, errors.New("the load sent no request")
	}
	return out, nil
}

// client is one keep-alive connection. It speaks HTTP with little more than a socket: the machine is the server's.
type client struct {
	conn      net.Conn
	answers   *bufio.Reader
	body      bytes.Buffer
	script    script
	latencies []time.Duration
	refused   int
}

func connect(ctx context.Context, addr string, s script) (*client, error) {
	c, err := connectTo(ctx, addr)
	if err != nil {
		return nil, err
	}
	c.script, c.latencies = s, make([]time.Duration, 0, 1<<14)
	if _, err := c.do(getRequest("/healthz", "")); err != nil {
		return nil, errors.Join(err, c.conn.Close())
	}
	return c, nil
}

func connectTo(ctx context.Context, addr string) (*client, error) {
	conn, err := (&net.Dialer{}).DialContext(ctx, "tcp", addr)
	if err != nil {
		return nil, fmt.Errorf("connect to the server: %w", err)
	}
	return &client{conn: conn, answers: bufio.NewReaderSize(conn, 16<<10)}, nil
}

func (c *client) run(ctx context.Context, end time.Time) error {
	for time.Now().Before(end) && ctx.Err() == nil {
		err := c.one()
		switch {
		case errors.Is(err, errNoMore):
			return nil
		case errors.Is(err, errRefused):
			c.refused++
		case err != nil:
			return err
		}
	}
	return ctx.Err()
}

// one does what its script counts as one.
func (c *client) one() error {
	begun := time.Now()
	for {
		request := c.script.next()
		if request == nil {
			return errNoMore
		}
		status, err := c.do(request)
		if err != nil {
			return err
		}
		took := time.Since(begun)
		err = c.script.answered(status, c.body.Bytes())
		if !errors.Is(err, errUnfinished) {
			c.latencies = append(c.latencies, took)
			return err
		}
	}
}

// do sends a request and reads the answer; its body is in c.body until the next.
func (c *client) do(request []byte) (int, error) {
	const patience = 20 * time.Second
	if err := c.conn.SetDeadline(time.Now().Add(patience)); err != nil {
		return 0, fmt.Errorf("send a request: %w", err)
	}
	if _, err := c.conn.Write(request); err != nil {
		return 0, fmt.Errorf("send a request: %w", err)
	}
	answer, err := http.ReadResponse(c.answers, nil)
	if err != nil {
		return 0, fmt.Errorf("read an answer: %w", err)
	}
	defer answer.Body.Close()
	c.body.Reset()
	if _, err := io.Copy(&c.body, answer.Body); err != nil {
		return 0, fmt.Errorf("read an answer: %w", err)
	}
	return answer.StatusCode, nil
}

func getRequest(path, token string) []byte {
	auth := ""
	if token != "" {
		auth = "Authorization: Bearer " + token + "\r\n"
	}
	return []byte("GET " + path + " HTTP/1.1\r\nHost: localhost\r\nUser-Agent: bench\r\nAccept: application/json\r\n" + auth + "\r\n")
}

func postRequest(path, body string) []byte { return postAs("", path, body) }

// postAs is postRequest with a bearer token.
func postAs(token, path, body string) []byte {
	auth := ""
	if token != "" {
		auth = "Authorization: Bearer " + token + "\r\n"
	}
	return fmt.Appendf(nil, "POST %s HTTP/1.1\r\nHost: localhost\r\nUser-Agent: bench\r\nAccept: application/json\r\n%s"+
		"Content-Type: application/json\r\nContent-Length: %d\r\n\r\n%s", path, auth, len(body), body)
}
