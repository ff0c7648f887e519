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
	at, err := s.net.take(addr)
	if err == nil {
		s.local, s.bound, s.owned = at, true, at.Port()
	}
	return err
}

// Connect implements driver.Stream.
func (s *stream) Connect(op *driver.Op, addr netip.AddrPort) error {
	s.net.mu.Lock()
	defer s.net.unlock()
	to := netip.AddrPortFrom(addr.Addr().Unmap(), addr.Port())
	switch {
	case s.closed:
		return net.ErrClosed
	case s.connecting != nil || s.peer != nil:
		return driver.ErrConnected
	case to.Addr().Is6() && !s.v6:
		return driver.ErrNotSupported
	case s.chance.strikes(rarelyFull):
		return errNoBufs
	}
	if !s.bound && to.Addr().IsLoopback() {
		at, err := s.net.take(netip.AddrPortFrom(to.Addr(), 0))
		if err != nil {
			return err
		}
		s.local, s.owned = at, at.Port()
	}
	s.connecting, s.err, s.in = op, nil, newInbox(s.chance)
	s.net.after(s.chance.delay(), func() { s.call(op, to) })
	return nil
}

// call is the connect's arrival at the other end. It comes again when there
// was no room in the backlog.
func (s *stream) call(op *driver.Op, to netip.AddrPort) {
	if s.connecting != op {
		return
	}
	l := s.net.listening(to)
	switch {
	case !to.Addr().IsLoopback():
		s.answer(op, errNoRoute)
	case s.chance.strikes(rarelyLost):
		s.answer(op, errTimedOut)
	case l == nil:
		s.answer(op, errRefused)
	case len(l.ready) >= l.room:
		l.callers = append(l.callers, func() { s.call(op, to) })
	default:
		s.remote = to
		s.peer = s.net.newStream(to.Addr().Is6())
		s.peer.peer, s.peer.local, s.peer.remote = s, to, s.local
		l.ready = append(l.ready, s.peer)
		l.advance()
		s.answer(op, nil)
	}
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
	s.peer, s.remote = nil, netip.AddrPort{}
	if !s.bound {
		s.giveBack()
		s.local = netip.AddrPort{}
	}
}

// giveBack frees the port number that the stream took.
func (s *stream) giveBack() {
	if s.owned != 0 {
		delete(s.net.taken, s.owned)
		s.owned = 0
	}
}
