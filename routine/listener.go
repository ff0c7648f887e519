package routine

import (
	"net/netip"

	"iocp"
)

// Listener is a listening TCP socket of a thread. Accepts are started by the
// goroutine that uses the thread; the other methods may be called from any.
type Listener struct {
	thread *Thread
	l      *iocp.Listener
}

// Listen makes a listening socket; see iocp.Port.Listen. Any goroutine may
// call it.
func (t *Thread) Listen(addr netip.AddrPort, cfg iocp.ListenConfig) (*Listener, error) {
	l, err := t.port.Listen(addr, cfg)
	if err != nil {
		return nil, err
	}
	if err := t.port.Associate(l, nil); err != nil {
		l.Close()
		return nil, err
	}
	return &Listener{thread: t, l: l}, nil
}

// TryAccept takes a connection that is waiting, or returns iocp.ErrWouldBlock
// at once: the accept of a socket made non-blocking by FIONBIO, which fails
// with WSAEWOULDBLOCK (C95). No routine is involved.
func (l *Listener) TryAccept() (*Socket, error) {
	s, err := l.l.TryAccept()
	if err != nil {
		return nil, err
	}
	return l.thread.own(s)
}

// Accept accepts one connection as an operation, which Windows has for
// completion ports and events only. Several may be pending; they complete in
// the order in which they were started.
func (l *Listener) Accept(op *Op, fn AcceptRoutine) error {
	if err := l.thread.begin("accept", op, outcome{accept: fn}); err != nil {
		return err
	}
	return l.thread.began(op, l.l.Accept(&op.op))
}

// Cancel asks for a pending accept to be given up; see Socket.Cancel.
func (l *Listener) Cancel(op *Op) error { return l.l.Cancel(op.inner()) }

// Addr is the local address.
func (l *Listener) Addr() netip.AddrPort { return l.l.Addr() }

// Close stops listening. The routines of pending accepts run in the next
// alertable wait, with net.ErrClosed.
func (l *Listener) Close() error { return l.l.Close() }
