package testenv

import (
	"errors"
	"net"
	"sync"
	"time"
)

// Proxy forwards TCP connections to one address and can be told to fail, as the network between would.
type Proxy struct {
	target   string
	listener net.Listener
	all      sync.WaitGroup // the accept loop and both directions of each connection

	mu     sync.Mutex
	cut    bool
	closed bool
	delay  time.Duration
	conns  map[net.Conn]chan struct{} // both ends of each connection; the channel is closed with them
}

// StartProxy forwards a free loopback port to target, host:port, which need not listen yet. It panics when the
// machine gives no port.
func StartProxy(target string) *Proxy {
	p := &Proxy{target: target, listener: listen(), conns: map[net.Conn]chan struct{}{}}
	p.all.Go(p.serve)
	return p
}

// Addr is where the proxy listens, host:port.
func (p *Proxy) Addr() string { return p.listener.Addr().String() }

// Cut resets all connections, and new ones as they come, until Restore.
func (p *Proxy) Cut() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.cut = true
	p.dropAll()
}

// Restore ends an outage. Clients connect anew.
func (p *Proxy) Restore() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.cut = false
}

// Delay holds everything that passes from now on back by d, in each direction. A long one is a connection on
// which nothing moves. Zero ends it; what is held already waits its time.
func (p *Proxy) Delay(d time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.delay = d
}

// Close ends the proxy and all connections, and returns once they are gone.
func (p *Proxy) Close() error {
	err := p.listener.Close()
	p.mu.Lock()
	p.closed = true
	p.dropAll()
	p.mu.Unlock()
	p.all.Wait()
	if errors.Is(err, net.ErrClosed) {
		return nil
	}
	return err
}

func (p *Proxy) serve() {
	for {
		in, err := p.listener.Accept()
		if err != nil {
			return
		}
		p.all.Go(func() { p.connect(in) })
	}
}

func (p *Proxy) connect(in net.Conn) {
	p.mu.Lock()
	down := p.cut || p.closed
	p.mu.Unlock()
	if down {
		reset(in)
		return
	}
	out, err := net.DialTimeout("tcp", p.target, 10*time.Second)
	if err != nil {
		reset(in)
		return
	}
	gone := make(chan struct{})
	p.mu.Lock()
	if p.cut || p.closed { // meanwhile
		p.mu.Unlock()
		reset(in)
		reset(out)
		return
	}
	p.conns[in], p.conns[out] = gone, gone
	p.mu.Unlock()
	p.all.Go(func() { p.forward(in, out, gone) })
	p.forward(out, in, gone)
}

// forward copies one direction until either end is gone.
func (p *Proxy) forward(from, to net.Conn, gone <-chan struct{}) {
	buf := make([]byte, 32<<10)
	for {
		n, err := from.Read(buf)
		if n > 0 {
			p.mu.Lock()
			d := p.delay
			p.mu.Unlock()
			if d > 0 {
				select {
				case <-time.After(d):
				case <-gone:
					return
				}
			}
			if _, err := to.Write(buf[:n]); err != nil {
				p.drop(from, to)
				return
			}
		}
		if err != nil {
			p.drop(from, to)
			return
		}
	}
}

// drop closes one connection in good order.
func (p *Proxy) drop(a, b net.Conn) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if gone, open := p.conns[a]; open {
		close(gone)
		delete(p.conns, a)
		delete(p.conns, b)
		_ = a.Close()
		_ = b.Close()
	}
}

// dropAll needs mu held.
func (p *Proxy) dropAll() {
	seen := map[chan struct{}]bool{}
	for conn, gone := range p.conns {
		if !seen[gone] {
			seen[gone] = true
			close(gone)
		}
		reset(conn)
	}
	clear(p.conns)
}

// reset closes without the usual farewell: the peer reads "connection reset".
func reset(conn net.Conn) {
	if tcp, ok := conn.(*net.TCPConn); ok {
		_ = tcp.SetLinger(0)
	}
	_ = conn.Close()
}
