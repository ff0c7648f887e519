package portable

import (
	"context"
	"errors"
	"io"
	"net"
	"net/netip"
	"os"
	"syscall"

	"iocp/internal/driver"
)

// stream is a TCP or Unix socket: unconnected, connecting, connected or closed.
type stream struct {
	handle
	v6   bool
	opts options

	dialing *driver.Op         // the connect under way
	hangUp  context.CancelFunc // ends it

	// Set once, when the stream is connected.
	conn   connection
	raw    syscall.RawConn
	local  netip.AddrPort // before that, what it is bound to
	remote netip.AddrPort

	recv reader
	send writer
	busy int // lanes whose goroutine uses conn

	// failure is what ended the connection. The system says so once, to
	// whichever call comes first; every later one would see a mere end of
	// stream, or a broken pipe (C69).
	failure error
}

// connection is what a stream needs of package net's.
type connection interface {
	net.Conn
	syscall.Conn
	CloseWrite() error
}

func newStream(v6 bool) *stream {
	s := &stream{v6: v6, opts: options{noDelay: true}}
	s.recv.init(s)
	s.send.init(s)
	return s
}

// acceptedStream makes the stream of a connection that a listener has taken.
func acceptedStream(conn net.Conn) driver.Stream {
	s := newStream(addrPort(conn.LocalAddr()).Addr().Is6())
	s.connected(conn.(connection))
	if _, ok := conn.(*net.UnixConn); ok {
		return unixStream{s}
	}
	return s
}

// connected gives the stream its connection.
func (s *stream) connected(conn connection) {
	s.conn = conn
	s.raw, _ = conn.SyscallConn() // fails on a nil conn only
	s.local, s.remote = addrPort(conn.LocalAddr()), addrPort(conn.RemoteAddr())
	if tcp, ok := conn.(*net.TCPConn); ok {
		s.opts.apply(tcp)
	}
}

// Attach binds the stream to p.
func (s *stream) Attach(p driver.Port) error { return s.attach(p, s) }

// Cancel gives up op if it is pending here.
func (s *stream) Cancel(op *driver.Op) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.dialing != nil && s.dialing == op && !s.closed {
		s.cancelDial()
		return true
	}
	return s.recv.cancel(op) || s.send.cancel(op)
}

// CancelAll gives up everything pending; each direction completes in order.
func (s *stream) CancelAll() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	n := s.recv.cancelAll() + s.send.cancelAll()
	if s.dialing != nil && !s.closed {
		s.cancelDial()
		n++
	}
	return n
}

// Close closes the stream. The connection itself is closed by the last
// goroutine that leaves it, since net's Close would wait for them. Closing a
// closed stream does nothing: the port may have been first.
func (s *stream) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.close()
	return nil
}

// Abort closes the stream with a reset.
func (s *stream) Abort() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if tcp, ok := s.conn.(*net.TCPConn); ok && !s.closed {
		tcp.SetLinger(0)
	}
	s.close()
	return nil
}

// close does Close's work. The caller holds mu.
func (s *stream) close() {
	if !s.markClosed(s) {
		return
	}
	if s.dialing != nil {
		s.hangUp()
	}
	s.recv.interrupt()
	s.send.interrupt()
	if s.busy == 0 {
		s.release()
	}
}

// release gives the descriptor back, when no goroutine uses it any more. The
// caller holds mu.
func (s *stream) release() {
	if s.conn != nil {
		s.conn.Close()
	}
}

// leave says that a lane's goroutine ends. The caller holds mu.
func (s *stream) leave() {
	if s.busy--; s.busy == 0 {
		s.release()
	}
}

// LocalAddr is the local address, or the one to be bound to. On this backend
// a port of 0 stays 0 until the stream is connected.
func (s *stream) LocalAddr() netip.AddrPort {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.local
}

// RemoteAddr is the peer's address; invalid when there is none.
func (s *stream) RemoteAddr() netip.AddrPort {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.remote
}

// submit takes a transfer into a lane, unless the stream can't have it.
func (s *stream) submit(l *lane, op *driver.Op) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.usable(); err != nil {
		return err
	}
	if l == &s.send.lane && s.send.shut {
		return driver.ErrShutdown
	}
	if l.submit(op) {
		s.busy++
	}
	return nil
}

// usable says why no transfer can be made now. The caller holds mu.
func (s *stream) usable() error {
	switch {
	case s.closed:
		return net.ErrClosed
	case s.conn == nil:
		return driver.ErrNotConnected
	case s.port == nil:
		return driver.ErrNotAssociated
	}
	return s.failure
}

// verdict is the handle's, or what ended the connection. The caller holds mu.
func (s *stream) verdict(op *driver.Op) error {
	if err := s.handle.verdict(op); err != nil {
		return err
	}
	return s.failure
}

// outcome is the error to be reported for a transfer that failed with err. The
// caller holds mu.
func (s *stream) outcome(op *driver.Op, err error) error {
	switch {
	case err == nil:
		return nil
	case s.closed:
		return net.ErrClosed
	case op.Canceled && (err == driver.ErrAborted || errors.Is(err, os.ErrDeadlineExceeded)):
		return driver.ErrAborted
	case s.failure == nil && err != io.EOF:
		err = sysError(err)
		if errors.Is(err, driver.ErrLimit) {
			return err
		}
		s.fail(err)
	}
	return s.failure
}

// fail says that the connection has ended. Transfers under way are broken off:
// Wine leaves some of them pending after a reset. The caller holds mu.
func (s *stream) fail(err error) {
	s.failure = err
	s.recv.interrupt()
	s.send.interrupt()
}
