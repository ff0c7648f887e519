package iocp

import (
	"net"
	"net/netip"

	"iocp/internal/driver"
)

// Listener is a listening TCP socket. All methods may be called from any
// goroutine. Its completions carry the listener's own key.
type Listener struct {
	handle
	l    driver.Listener
	file *driver.UnixFile // a Unix listener's
}

// Addr is the address that is listened at, also after Close. A Unix socket has
// none.
func (l *Listener) Addr() netip.AddrPort { return l.handle.Addr() }

// Accept accepts one connection (AcceptEx). The completion brings it as
// Completion.Socket: the caller's to associate and to close. Several accepts
// may be pending; they complete in the order in which they were started.
func (l *Listener) Accept(op *Op) error { return l.start(op, driver.KindAccept) }

// AcceptMany accepts connections until it is cancelled or the listener is
// closed: a standing operation. Each connection is a completion with More set
// and a Socket; the last completion has More unset, no Socket, and the reason as
// Err. Connections that nobody dequeues stay with the kernel, within its backlog,
// beyond a small number. Where several workers wait, one may have the last
// completion in hand before another has looked at the one before (C26): count
// them, or keep to one worker, to know when all have been seen.
//
// It stands through failures that pass, of which the commonest is that the
// process has no descriptors left (ErrLimit; EMFILE of accept(2)). Such an
// episode lasts until nobody is left who waits to be accepted. It is told once,
// by a completion with More set, the failure as Err and no Socket, and
// Stats.AcceptsHeld counts it meanwhile. Within it the port tries again after 5
// ms, then after twice as long each time, up to a second, and as soon as this
// process closes something of this library. Who would rather send clients away
// has to have a descriptor in reserve.
func (l *Listener) AcceptMany(op *Op) error { return l.start(op, driver.KindAcceptMany) }

func (l *Listener) start(op *Op, kind driver.Kind) error {
	p, err := l.usable()
	if err != nil {
		return faultOf("accept", l, nil, err)
	}
	if err := p.enter(op, kind, &l.handle); err != nil {
		return faultOf("accept", l, nil, err)
	}
	if kind == driver.KindAcceptMany {
		op.d.SetKey(l.key)
	}
	if err := l.l.Accept(&op.d); err != nil {
		op.d.SetKey(nil)
		p.refuse(op)
		return faultOf("accept", l, nil, err)
	}
	return nil
}

// TryAccept takes a connection that is waiting, or returns ErrWouldBlock at
// once (the accept of a non-blocking socket: WSAEWOULDBLOCK). It needs no
// association and queues no packet.
func (l *Listener) TryAccept() (*Socket, error) {
	if l.closed() {
		return nil, faultOf("accept", l, nil, net.ErrClosed)
	}
	s, err := l.l.TryAccept()
	if err == driver.ErrWouldBlock {
		return nil, err // expected, and often: worth no allocation
	}
	if err != nil {
		return nil, faultOf("accept", l, nil, err)
	}
	return newSocket(s, stConnected), nil
}

// Close stops listening. Pending accepts complete with net.ErrClosed; connections
// that were accepted stay. A Unix listener's path is removed (see SetUnlinkOnClose).
// A second Close returns net.ErrClosed.
func (l *Listener) Close() error {
	return l.shut(func() error { return faultOf("close", l, nil, l.l.Close()) })
}
