package routine

import (
	"net"
	"net/netip"
	"time"

	"iocp"
)

// Socket is a TCP connection, or a socket to be connected, whose operations
// end in completion routines of its thread. Operations are started by the
// goroutine that uses the thread; the other methods may be called from any.
//
// Several receives and several sends may be pending at a time; receives are
// filled, and sends go on the wire, in the order in which they were started.
type Socket struct {
	thread *Thread
	s      *iocp.Socket
}

// NewSocket makes a socket of the given family, to be connected. Any goroutine
// may call it.
func (t *Thread) NewSocket(f iocp.Family) (*Socket, error) {
	s, err := t.port.NewSocket(f)
	if err != nil {
		return nil, err
	}
	return t.own(s)
}

// Adopt makes a socket the thread's, for good, for instance one that was
// accepted elsewhere. From then on it must be used through the result only. A
// socket that is associated with a port can't have completion routines: the
// error is iocp.ErrAssociated, and the socket keeps what it has (C123). Any
// goroutine may call it.
func (t *Thread) Adopt(s *iocp.Socket) (*Socket, error) {
	if s == nil {
		return nil, &iocp.OpError{Op: "adopt", Err: iocp.ErrInvalid}
	}
	if err := t.port.Associate(s, nil); err != nil {
		return nil, err
	}
	return &Socket{thread: t, s: s}, nil
}

// own is Adopt for a socket that nobody else has.
func (t *Thread) own(s *iocp.Socket) (*Socket, error) {
	sock, err := t.Adopt(s)
	if err != nil {
		s.Close()
	}
	return sock, err
}

// Recv receives into bufs, in order; see iocp.Socket.Recv. n is 0, without an
// error, at the end of the stream. The bytes are the thread's until fn runs.
func (s *Socket) Recv(op *Op, fn Routine, bufs ...[]byte) error {
	if err := s.thread.begin("recv", op, outcome{routine: fn}); err != nil {
		return err
	}
	return s.thread.began(op, s.s.Recv(&op.op, bufs...))
}

// Send sends all of bufs, in order; see iocp.Socket.Send. The bytes must not change
// until fn runs.
func (s *Socket) Send(op *Op, fn Routine, bufs ...[]byte) error {
	if err := s.thread.begin("send", op, outcome{routine: fn}); err != nil {
		return err
	}
	return s.thread.began(op, s.s.Send(&op.op, bufs...))
}

// Connect connects the socket; see iocp.Socket.Connect.
func (s *Socket) Connect(op *Op, fn Routine, addr netip.AddrPort) error {
	if err := s.thread.begin("connect", op, outcome{routine: fn}); err != nil {
		return err
	}
	return s.thread.began(op, s.s.Connect(&op.op, addr))
}

// Cancel asks for a pending operation to be given up. Its routine runs in the
// next alertable wait, with iocp.ErrAborted or with the result that it had by
// then. iocp.ErrNotFound says that op isn't pending on this socket; its
// completion may be queued already.
func (s *Socket) Cancel(op *Op) error { return s.s.Cancel(op.inner()) }

// CancelAll is Cancel for every operation pending on the socket.
func (s *Socket) CancelAll() error { return s.s.CancelAll() }

// inner is nil for no Op, which no operation is pending with.
func (op *Op) inner() *iocp.Op {
	if op == nil {
		return nil
	}
	return &op.op
}

// Addr is the local address.
func (s *Socket) Addr() netip.AddrPort { return s.s.Addr() }

// RemoteAddr is the peer's address; invalid when there is none.
func (s *Socket) RemoteAddr() netip.AddrPort { return s.s.RemoteAddr() }

// Bind chooses the local address of a socket to be connected.
func (s *Socket) Bind(addr netip.AddrPort) error { return s.s.Bind(addr) }

// Shutdown ends one or both directions; see iocp.Socket.Shutdown.
func (s *Socket) Shutdown(dir iocp.Direction) error { return s.s.Shutdown(dir) }

// Close closes the socket. The routines of pending operations run in the next
// alertable waits, with net.ErrClosed.
func (s *Socket) Close() error { return s.s.Close() }

// Abort is Close with a reset; see iocp.Socket.Abort.
func (s *Socket) Abort() error { return s.s.Abort() }

// NoDelay turns TCP_NODELAY on or off; see iocp.Socket.NoDelay.
func (s *Socket) NoDelay(on bool) error { return s.s.NoDelay(on) }

// Linger says what Close does with data not yet delivered; see
// iocp.Socket.Linger.
func (s *Socket) Linger(d time.Duration) error { return s.s.Linger(d) }

// KeepAlive turns TCP keepalive probes on or off; see iocp.Socket.KeepAlive.
func (s *Socket) KeepAlive(cfg net.KeepAliveConfig) error { return s.s.KeepAlive(cfg) }
