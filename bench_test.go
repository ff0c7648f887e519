package iocp_test

import (
	"errors"
	"net/netip"
	"testing"

	"iocp"
)

// A bench is a port, a worker on it, and a connection of the port with itself.
type bench struct {
	*testing.T
	port   *iocp.Port
	worker *iocp.Worker
	sock   *iocp.Socket
	peer   *iocp.Socket
}

func newBench(t *testing.T, backend string) *bench {
	t.Helper()
	b := &bench{T: t, port: newPort(t, iocp.Config{Backend: backend})}
	t.Cleanup(func() { b.port.Close() })
	b.worker = b.port.Worker()
	t.Cleanup(b.worker.Close)
	ln := b.listener()
	b.sock = b.socket()
	var accept, connect iocp.Op
	b.must(b.port.Associate(ln, nil))
	b.must(ln.Accept(&accept))
	b.must(b.sock.Connect(&connect, ln.Addr()))
	for range 2 {
		done := b.completion()
		b.must(done.Err)
		if done.Op == &accept {
			b.peer = done.Socket
		}
	}
	b.Cleanup(func() { b.peer.Close() })
	return b
}

// listener is a new one, which belongs to no port.
func (b *bench) listener() *iocp.Listener {
	b.Helper()
	ln, err := b.port.Listen(anyPort, iocp.ListenConfig{})
	b.must(err)
	b.Cleanup(func() { ln.Close() })
	return ln
}

// socket is a new one, associated.
func (b *bench) socket() *iocp.Socket {
	b.Helper()
	s, err := b.port.NewSocket(iocp.IPv4)
	b.must(err)
	b.must(b.port.Associate(s, nil))
	b.Cleanup(func() { s.Close() })
	return s
}

// completion is the next one.
func (b *bench) completion() iocp.Completion {
	b.Helper()
	var done [1]iocp.Completion
	_, err := b.worker.Wait(done[:], bound)
	b.must(err)
	return done[0]
}

// outcome is how an operation ended, which was refused with err or will be over.
func (b *bench) outcome(err error) error {
	b.Helper()
	if err != nil {
		return err
	}
	return b.completion().Err
}

// nobody is an address where nobody listens.
func (b *bench) nobody() netip.AddrPort {
	b.Helper()
	ln := b.listener()
	b.must(ln.Close())
	return ln.Addr()
}

func (b *bench) must(err error) {
	b.Helper()
	if err != nil {
		b.Fatal(err)
	}
}

// has skips the test if that is something that the backend hasn't.
func (b *bench) has(err error) {
	b.Helper()
	if errors.Is(err, iocp.ErrNotSupported) {
		b.Skipf("capability: %v", err)
	}
	b.must(err)
}
