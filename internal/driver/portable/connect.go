package portable

import (
	"context"
	"net"
	"net/netip"

	"iocp/internal/driver"
)

// Bind keeps the local address for Connect, since net binds and connects in one
// go. Whether it can be had is found out by a listener that is closed at once;
// should somebody else take it in between, Connect fails.
func (s *stream) Bind(addr netip.AddrPort) error {
	addr = unmapped(addr)
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.closed:
		return net.ErrClosed
	case s.conn != nil || s.dialing != nil || s.local.IsValid():
		return driver.ErrInvalid
	case !addr.IsValid() || addr.Addr().Is6() != s.v6:
		return driver.ErrInvalid
	}
	probe, err := listen(addr, driver.ListenOptions{})
	if err != nil {
		return err
	}
	s.local = addr
	return probe.Close()
}

// Connect connects the stream on a goroutine of its own. After a failure it
// may be tried again.
func (s *stream) Connect(op *driver.Op, addr netip.AddrPort) error {
	addr = unmapped(addr)
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.connectable(); err != nil {
		return err
	}
	if addr.Addr().Is6() != s.v6 {
		return driver.ErrInvalid
	}
	d := dialer(s.local)
	s.dial(op, func(ctx context.Context) (net.Conn, error) {
		return d.DialContext(ctx, network(addr.Addr()), addr.String())
	})
	return nil
}

// connectable says why no connect can be made now. The caller holds mu.
func (s *stream) connectable() error {
	switch {
	case s.closed:
		return net.ErrClosed
	case s.conn != nil || s.dialing != nil:
		return driver.ErrConnected
	case s.port == nil:
		return driver.ErrNotAssociated
	}
	return nil
}

// dial begins a connect by the given means. The caller holds mu.
func (s *stream) dial(op *driver.Op, by func(context.Context) (net.Conn, error)) {
	ctx, hangUp := context.WithCancel(context.Background())
	s.dialing, s.hangUp = op, hangUp
	s.port.accept()
	s.port.running.Go(func() {
		defer hangUp()
		conn, err := by(ctx)
		s.dialed(op, conn, err)
	})
}

// dialer makes net's dialer, without its choice of socket options.
func dialer(local netip.AddrPort) net.Dialer {
	d := net.Dialer{KeepAlive: -1}
	if local.IsValid() {
		d.LocalAddr = net.TCPAddrFromAddrPort(local)
	}
	if local.IsValid() && local.Port() == 0 {
		d.Control = portLater
	}
	return d
}

// network is net's name for TCP over addr's family alone.
func network(addr netip.Addr) string {
	if addr.Is4() {
		return "tcp4"
	}
	return "tcp6"
}

// dialed reports how a connect ended. A connection that came although it was
// cancelled is there, and is reported (C103).
func (s *stream) dialed(op *driver.Op, conn net.Conn, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.dialing, s.hangUp = nil, nil
	switch {
	case s.closed:
		op.Err = net.ErrClosed
		if err == nil {
			conn.Close()
		}
	case err == nil && s.metItself(conn):
		// Package net has tried several times by now.
		conn.Close()
		op.Err = driver.ErrRefused
	case err == nil:
		s.connected(conn.(connection))
	case op.Canceled:
		op.Err = driver.ErrAborted
	default:
		op.Err = absent(err)
	}
	s.port.complete(op)
}

// metItself reports whether the system has connected the stream to itself, of its
// own accord. The caller holds mu.
func (s *stream) metItself(conn net.Conn) bool {
	return s.local.Port() == 0 && driver.SelfConnected(addrPort(conn.LocalAddr()), addrPort(conn.RemoteAddr()))
}

// cancelDial gives up the connect under way. The caller holds mu.
func (s *stream) cancelDial() {
	s.dialing.Canceled = true
	s.hangUp()
}
