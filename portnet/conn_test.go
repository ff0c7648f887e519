package portnet_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"os"
	"sync"
	"syscall"
	"testing"
	"time"

	"iocp"
	"iocp/portnet"
)

var past = time.Unix(1, 0)

// expectOp checks an error as package net's users do.
func expectOp(t *testing.T, err error, op string, is error) {
	t.Helper()
	var e *net.OpError
	if !errors.As(err, &e) || e.Op != op || !errors.Is(err, is) {
		t.Fatalf("got %v, want a %s error that is %q", err, op, is)
	}
	if is == os.ErrDeadlineExceeded && !e.Timeout() {
		t.Fatalf("%v: Timeout() is false", err)
	}
}

func read(c net.Conn) error {
	_, err := c.Read(make([]byte, 1))
	return err
}

// full writes until the peer, which doesn't read, has no room.
func full(c net.Conn) error {
	for b := make([]byte, 1<<20); ; {
		if _, err := c.Write(b); err != nil {
			return err
		}
	}
}

// pending waits until a call is under way. Nothing tells: operations of a
// network at rest are those that calls wait for.
func pending(t *testing.T, n *portnet.Network, count int) {
	t.Helper()
	for end := time.Now().Add(bound); n.Stats().InFlight < count; time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("%d operations are in flight, want %d", n.Stats().InFlight, count)
		}
	}
}

// A deadline in the past wakes a read under way (net/http relies on it), and when it
// is moved the connection works as before.
func TestDeadlineWakes(t *testing.T) {
	overBackends(t, func(t *testing.T, n *portnet.Network) {
		c, peer := pair(t, n, "tcp")
		reading := failed(func() error { return read(c) })
		pending(t, n, 1)
		c.SetReadDeadline(past)
		expectOp(t, next(t, reading), "read", os.ErrDeadlineExceeded)
		expectOp(t, read(c), "read", os.ErrDeadlineExceeded)
		c.SetReadDeadline(time.Time{})
		if _, err := peer.Write([]byte("x")); err != nil {
			t.Fatal(err)
		}
		if err := read(c); err != nil {
			t.Fatal(err)
		}

		writing := failed(func() error { return full(c) })
		pending(t, n, 1)
		c.SetWriteDeadline(past)
		expectOp(t, next(t, writing), "write", os.ErrDeadlineExceeded)
		go io.Copy(io.Discard, peer)
		c.SetWriteDeadline(time.Time{})
		if _, err := c.Write(make([]byte, 1<<20)); err != nil {
			t.Fatal(err)
		}
	})
}

// A deadline that is extended while a read waits lets it go on; an earlier one ends it.
func TestDeadlineMoved(t *testing.T) {
	overBackends(t, func(t *testing.T, n *portnet.Network) {
		c, peer := pair(t, n, "tcp")
		c.SetReadDeadline(time.Now().Add(50 * time.Millisecond))
		c.SetReadDeadline(time.Now().Add(bound))
		reading := failed(func() error { return read(c) })
		time.Sleep(100 * time.Millisecond) // no more than a chance for the first to fire
		if _, err := peer.Write([]byte("x")); err != nil {
			t.Fatal(err)
		}
		if err := next(t, reading); err != nil {
			t.Fatal(err)
		}
		reading = failed(func() error { return read(c) })
		c.SetReadDeadline(time.Now().Add(time.Millisecond))
		expectOp(t, next(t, reading), "read", os.ErrDeadlineExceeded)
	})
}

func TestCloseWakes(t *testing.T) {
	overBackends(t, func(t *testing.T, n *portnet.Network) {
		c, _ := pair(t, n, "tcp")
		reading := failed(func() error { return read(c) })
		writing := failed(func() error { return full(c) })
		pending(t, n, 2)
		if err := c.Close(); err != nil {
			t.Fatal(err)
		}
		expectOp(t, next(t, reading), "read", net.ErrClosed)
		expectOp(t, next(t, writing), "write", net.ErrClosed)
		expectOp(t, c.Close(), "close", net.ErrClosed)
		expectOp(t, c.SetDeadline(past), "set", net.ErrClosed)
		if c.LocalAddr().(*net.TCPAddr).Port == 0 || c.RemoteAddr().(*net.TCPAddr).Port == 0 {
			t.Errorf("%v, %v", c.LocalAddr(), c.RemoteAddr())
		}

		ln := listen(t, n, "tcp").(*portnet.Listener)
		accepting := func() error { _, err := ln.Accept(); return err }
		waiting := failed(accepting)
		pending(t, n, 1)
		ln.SetDeadline(past)
		expectOp(t, next(t, waiting), "accept", os.ErrDeadlineExceeded)
		ln.SetDeadline(time.Time{})
		waiting = failed(accepting)
		pending(t, n, 1)
		ln.Close()
		expectOp(t, next(t, waiting), "accept", net.ErrClosed)
	})
}

// Each side ends by itself, behind data in flight.
func TestHalfClose(t *testing.T) {
	overBackends(t, func(t *testing.T, n *portnet.Network) {
		c, s := pair(t, n, "tcp")
		question, answer := bytes.Repeat([]byte("question"), 100_000), bytes.Repeat([]byte("answer"), 100_000)
		asked := failed(func() error {
			_, err := c.Write(question)
			return errors.Join(err, c.CloseWrite())
		})
		if got, err := io.ReadAll(s); err != nil || !bytes.Equal(got, question) {
			t.Fatalf("read %d bytes, %v", len(got), err)
		}
		if err := next(t, asked); err != nil {
			t.Fatal(err)
		}
		_, err := c.Write([]byte("x"))
		expectOp(t, err, "write", syscall.EPIPE)
		answered := failed(func() error {
			_, err := s.Write(answer)
			return errors.Join(err, s.Close())
		})
		if got, err := io.ReadAll(c); err != nil || !bytes.Equal(got, answer) {
			t.Fatalf("read %d bytes, %v", len(got), err)
		}
		if err := next(t, answered); err != nil {
			t.Fatal(err)
		}
	})
}

func TestCloseRead(t *testing.T) {
	overBackends(t, func(t *testing.T, n *portnet.Network) {
		c, peer := pair(t, n, "tcp")
		reading := failed(func() error { return read(c) })
		pending(t, n, 1)
		if err := c.CloseRead(); err != nil {
			t.Fatal(err)
		}
		if err := next(t, reading); err != io.EOF {
			t.Fatal(err)
		}
		if err := c.SetDeadline(time.Now().Add(bound)); err != nil {
			t.Fatal(err)
		}
		if _, err := c.Write([]byte("x")); err != nil {
			t.Fatal(err)
		}
		if err := read(peer); err != nil {
			t.Fatal(err)
		}
	})
}

func TestReset(t *testing.T) {
	overBackends(t, func(t *testing.T, n *portnet.Network) {
		c, peer := pair(t, n, "tcp")
		if err := errors.Join(peer.SetLinger(0), peer.Close()); err != nil {
			t.Fatal(err)
		}
		expectOp(t, read(c), "read", syscall.ECONNRESET)
		_, err := c.Write([]byte("x"))
		expectOp(t, err, "write", syscall.ECONNRESET)
	})
}

func TestEchoes(t *testing.T) {
	overBackends(t, func(t *testing.T, n *portnet.Network) {
		ln := listen(t, n, "tcp")
		go func() {
			for {
				c, err := ln.Accept()
				if err != nil {
					return
				}
				go func() { defer c.Close(); io.Copy(c, c) }()
			}
		}()
		var clients sync.WaitGroup
		for i := range 100 {
			clients.Go(func() {
				if err := echoed(n, ln.Addr(), bytes.Repeat([]byte{byte(i)}, 1000)); err != nil {
					t.Error(err)
				}
			})
		}
		clients.Wait()
	})
}

// echoed sends a message a few times and compares what comes back.
func echoed(n *portnet.Network, addr net.Addr, message []byte) error {
	d := portnet.Dialer{Network: n}
	c, err := d.Dial(addr.Network(), addr.String())
	if err != nil {
		return err
	}
	defer c.Close()
	c.SetDeadline(time.Now().Add(bound))
	for range 5 {
		got := make([]byte, len(message))
		if _, err = c.Write(message); err == nil {
			_, err = io.ReadFull(c, got)
		}
		if err == nil && !bytes.Equal(got, message) {
			err = errors.New("another message came back")
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func TestWriteBuffers(t *testing.T) {
	overBackends(t, func(t *testing.T, n *portnet.Network) {
		c, peer := pair(t, n, "tcp")
		var bufs net.Buffers
		var want []byte
		for i := range 3000 {
			b := bytes.Repeat([]byte{byte(i)}, i%7*100)
			bufs, want = append(bufs, b), append(want, b...)
		}
		writing := failed(func() error {
			sent, err := c.WriteBuffers(&bufs)
			if err == nil && (sent != int64(len(want)) || len(bufs) != 0) {
				err = errors.New("not all is sent")
			}
			return errors.Join(err, c.Close())
		})
		if got, err := io.ReadAll(peer); err != nil || !bytes.Equal(got, want) {
			t.Errorf("read %d bytes of %d, %v", len(got), len(want), err)
		}
		if err := next(t, writing); err != nil {
			t.Error(err)
		}
	})
}

func TestDialFails(t *testing.T) {
	overBackends(t, func(t *testing.T, n *portnet.Network) {
		ln := listen(t, n, "tcp")
		ln.Close()
		d := portnet.Dialer{Network: n, Timeout: bound}
		_, err := d.Dial("tcp", ln.Addr().String())
		expectOp(t, err, "dial", syscall.ECONNREFUSED)
		expectOp(t, err, "dial", iocp.ErrRefused)
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		_, err = d.DialContext(ctx, "tcp", ln.Addr().String())
		expectOp(t, err, "dial", context.Canceled)
		_, err = d.Dial("udp", "127.0.0.1:1")
		var unknown net.UnknownNetworkError
		if !errors.As(err, &unknown) {
			t.Errorf("Dial udp: %v", err)
		}
		if _, err = d.Dial("tcp6", "127.0.0.1:1"); err == nil {
			t.Error("tcp6 reaches an IPv4 address")
		}
	})
}

// Names have several addresses. Nobody listens at the first.
func TestDialNext(t *testing.T) {
	overBackends(t, func(t *testing.T, n *portnet.Network) {
		ln, err := n.Listen("tcp", "[::1]:0")
		if errors.Is(err, iocp.ErrAddrNotAvail) || errors.Is(err, iocp.ErrNotSupported) {
			t.Skipf("capability: no IPv6: %v", err)
		}
		if err != nil {
			t.Fatal(err)
		}
		defer ln.Close()
		_, port, _ := net.SplitHostPort(ln.Addr().String())
		d := portnet.Dialer{Network: n, Timeout: bound}
		c, err := d.Dial("tcp", ":"+port) // 127.0.0.1, then ::1
		if err != nil {
			t.Fatal(err)
		}
		if to := c.RemoteAddr().String(); to != ln.Addr().String() {
			t.Errorf("connected to %s, want %s", to, ln.Addr())
		}
		c.Close()
	})
}

func TestDialFrom(t *testing.T) {
	overBackends(t, func(t *testing.T, n *portnet.Network) {
		ln := listen(t, n, "tcp")
		d := portnet.Dialer{Network: n, Timeout: bound, LocalAddr: &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1)}}
		c, err := d.Dial("tcp", ln.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		if got := c.LocalAddr().(*net.TCPAddr); !got.IP.Equal(net.IPv4(127, 0, 0, 1)) || got.Port == 0 {
			t.Errorf("LocalAddr = %v", got)
		}
	})
}

func TestOptions(t *testing.T) {
	overBackends(t, func(t *testing.T, n *portnet.Network) {
		c, _ := pair(t, n, "tcp")
		err := errors.Join(c.SetNoDelay(false), c.SetKeepAlive(false), c.SetKeepAlivePeriod(time.Minute), c.SetLinger(-1))
		if err != nil {
			t.Fatal(err)
		}
	})
}

func TestSharedNetwork(t *testing.T) {
	ln, err := portnet.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	go func() {
		if c, err := ln.Accept(); err == nil {
			io.Copy(c, c)
			c.Close()
		}
	}()
	if err := echoed(nil, ln.Addr(), []byte("hello")); err != nil {
		t.Fatal(err)
	}
}
