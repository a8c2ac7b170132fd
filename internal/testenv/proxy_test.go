package testenv

import (
	"io"
	"net"
	"testing"
	"time"
)

// echo answers each connection with what it receives, until the test ends.
func echo(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer conn.Close()
				_, _ = io.Copy(conn, conn)
			}()
		}
	}()
	return l.Addr().String()
}

// speak sends a word and waits for it to come back.
func speak(conn net.Conn) error {
	if _, err := conn.Write([]byte("hello")); err != nil {
		return err
	}
	_, err := io.ReadFull(conn, make([]byte, 5))
	return err
}

func dial(t *testing.T, p *Proxy) net.Conn {
	t.Helper()
	conn, err := net.Dial("tcp", p.Addr())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	return conn
}

// speakAnew speaks on a connection of its own. Even dialling may be refused.
func speakAnew(p *Proxy) error {
	conn, err := net.Dial("tcp", p.Addr())
	if err != nil {
		return err
	}
	defer conn.Close()
	return speak(conn)
}

func TestProxyCutsAndRestores(t *testing.T) {
	t.Parallel()
	p := StartProxy(echo(t))
	defer p.Close()
	conn := dial(t, p)
	if err := speak(conn); err != nil {
		t.Fatal(err)
	}
	p.Cut()
	if err := speak(conn); err == nil {
		t.Error("a connection outlived the cut")
	}
	if err := speakAnew(p); err == nil {
		t.Error("a new connection passed the cut")
	}
	p.Restore()
	if err := speakAnew(p); err != nil {
		t.Errorf("after Restore: %v", err)
	}
}

func TestProxyDelaysEachDirection(t *testing.T) {
	t.Parallel()
	p := StartProxy(echo(t))
	defer p.Close()
	conn := dial(t, p)
	const d = 30 * time.Millisecond
	p.Delay(d)
	start := time.Now()
	if err := speak(conn); err != nil {
		t.Fatal(err)
	}
	if took := time.Since(start); took < 2*d {
		t.Errorf("there and back took %s, want at least %s", took, 2*d)
	}
}

func TestProxyClosesWhileItHoldsDataBack(t *testing.T) {
	t.Parallel()
	p := StartProxy(echo(t))
	conn := dial(t, p)
	p.Delay(time.Hour)
	if _, err := conn.Write([]byte("hello")); err != nil {
		t.Fatal(err)
	}
	if err := p.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := conn.Read(make([]byte, 1)); err == nil {
		t.Error("a connection outlived the proxy")
	}
	if err := p.Close(); err != nil {
		t.Errorf("close twice: %v", err)
	}
}

func TestProxyRefusesWhileItsTargetIsDown(t *testing.T) {
	t.Parallel()
	p := StartProxy(loopback(FreePort()))
	defer p.Close()
	if err := speakAnew(p); err == nil {
		t.Error("something answered")
	}
}

func TestFreePortsAreFree(t *testing.T) {
	t.Parallel()
	for range 20 {
		l, err := net.Listen("tcp", loopback(FreePort()))
		if err != nil {
			t.Fatal(err)
		}
		defer l.Close()
	}
}
