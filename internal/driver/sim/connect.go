package sim

import (
	"net"
	"net/netip"

	"iocp/internal/driver"
)

// Bind implements driver.Stream.
func (s *stream) Bind(addr netip.AddrPort) error {
	s.net.mu.Lock()
	defer s.net.unlock()
	switch {
	case s.closed:
		return net.ErrClosed
	case s.bound || s.connecting != nil || s.peer != nil:
		return driver.ErrInvalid
	}
	at, err := s.net.tcp.take(addr)
	if err == nil {
		s.local, s.bound, s.owned = at, true, true
	}
	return err
}

// Connect implements driver.Stream.
func (s *stream) Connect(op *driver.Op, addr netip.AddrPort) error {
	s.net.mu.Lock()
	defer s.net.unlock()
	to := unmapped(addr)
	if to.Addr().Is6() && !s.v6 {
		return driver.ErrNotSupported
	}
	if err := s.connectable(op); err != nil {
		return err
	}
	if !s.bound && to.Addr().IsLoopback() {
		at, err := s.net.tcp.take(netip.AddrPortFrom(to.Addr(), 0))
		if err != nil {
			return err
		}
		s.local, s.owned = at, true
	}
	s.calls(op, driver.Name{Addr: to})
	return nil
}

// connectable is why the stream can't be connected, or nil.
func (s *stream) connectable(op *driver.Op) error {
	switch {
	case s.closed:
		return net.ErrClosed
	case s.connecting != nil || s.peer != nil:
		return driver.ErrConnected
	}
	return s.chance.refusal(op, 0)
}

// calls begins a connect.
func (s *stream) calls(op *driver.Op, to driver.Name) {
	s.connecting, s.err, s.in = op, nil, newInbox(s.chance)
	s.net.after(s.chance.delay(), func() { s.call(op, to) })
}

// call is the connect's arrival at the other end. It comes again when there
// was no room in the backlog.
func (s *stream) call(op *driver.Op, to driver.Name) {
	if s.connecting != op {
		return
	}
	switch l, err := s.find(to); {
	case err != nil:
		s.answer(op, err)
	case len(l.ready) >= l.room:
		l.callers = append(l.callers, func() { s.call(op, to) })
	default:
		s.reach(l, to)
		s.answer(op, nil)
	}
}

// find finds who listens at an address or a path.
func (s *stream) find(to driver.Name) (*listener, error) {
	if s.unix {
		h, err := s.net.served(to.Path)
		if err != nil {
			return nil, err
		}
		if l, ok := h.(*listener); ok {
			return l, nil
		}
		return nil, errOtherKind
	}
	l := s.net.tcp.at(to.Addr)
	switch {
	case !to.Addr.Addr().IsLoopback():
		return nil, errNoRoute
	case s.chance.strikes(rarelyLost):
		return nil, errTimedOut
	case l == nil:
		return nil, errRefused
	}
	return l, nil
}

// reach makes the other end, for the listener to accept.
func (s *stream) reach(l *listener, to driver.Name) {
	s.remote, s.path = to.Addr, to.Path
	s.peer = s.net.newStream(to.Addr.Addr().Is6())
	s.peer.peer, s.peer.unix = s, s.unix
	s.peer.local, s.peer.remote, s.peer.path = to.Addr, s.local, to.Path
	l.ready = append(l.ready, s.peer)
	l.advance()
}

// answer tells the connecting end, in a while, how it went.
func (s *stream) answer(op *driver.Op, err error) {
	s.net.after(s.chance.delay(), func() {
		if s.connecting == op {
			s.connected(err)
		}
	})
}

// connected ends the connect. After a failure the socket is as before.
func (s *stream) connected(err error) {
	op := s.connecting
	s.connecting = nil
	if err != nil {
		s.disconnect()
	}
	op.Err = err
	s.port.complete(op)
}

// disconnect drops what a connect had reached.
func (s *stream) disconnect() {
	if s.peer != nil {
		s.transmit(s.peer.resets)
	}
	s.peer, s.remote, s.path = nil, netip.AddrPort{}, ""
	if !s.bound {
		s.giveBack()
		s.local = netip.AddrPort{}
	}
}

// giveBack frees the port number that the stream took.
func (s *stream) giveBack() {
	if s.owned {
		delete(s.net.tcp.taken, s.local.Port())
		s.owned = false
	}
}
