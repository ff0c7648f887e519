//go:build linux || darwin || freebsd

package readiness

import (
	"net"
	"net/netip"
	"syscall"

	"golang.org/x/sys/unix"

	"iocp/internal/driver"
	"iocp/internal/sys/sock"
)

// Bind implements driver.Stream.
func (s *stream) Bind(addr netip.AddrPort) error {
	s.lock()
	defer s.unlock()
	switch {
	case s.stage == closed:
		return net.ErrClosed
	case s.few().own != nil:
		return driver.ErrInvalid
	}
	if addr.Port() == 0 {
		sock.PortLater(s.fd())
	}
	if err := unix.Bind(s.fd(), sock.Sockaddr(addr, s.kind == kindInet6)); err != nil {
		return sysError("bind", err)
	}
	s.more().own = &addr
	return nil
}

// Connect implements driver.Stream.
func (s *stream) Connect(op *driver.Op, addr netip.AddrPort) error {
	s.lock()
	defer s.unlock()
	if err := s.beginConnect(); err != nil {
		return err
	}
	err := unix.Connect(s.fd(), sock.Sockaddr(addr, s.kind == kindInet6))
	if err != nil && err != unix.EINPROGRESS && !networkAnswer(err) {
		return sysError("connect", err)
	}
	s.rare.connecting = op
	if err == nil {
		s.established(nil)
	} else if err != unix.EINPROGRESS {
		s.endConnect(sysError("connect", err), nil)
	}
	return nil
}

// portChosen reports whether Bind chose the port. The lock is held.
func (s *stream) portChosen() bool { return s.few().own != nil && s.rare.own.Port() != 0 }

// beginConnect says why no connect can be made now, or forgets how the last one
// ended. The lock is held.
func (s *stream) beginConnect() error {
	switch {
	case s.stage == closed:
		return net.ErrClosed
	case s.few().connecting != nil || s.stage != unconnected:
		return driver.ErrConnected
	}
	s.more().err, s.beyond = nil, false
	if s.rare.spent {
		return s.renew()
	}
	return nil
}

// connectOver looks whether the connect has been decided, and if so reports
// it. It may not have been: the event can be one from before the connect.
// Poll calls it, with the lock held.
func (s *stream) connectOver(local *driver.LocalQueue) bool {
	errno, err := unix.GetsockoptInt(s.fd(), unix.SOL_SOCKET, unix.SO_ERROR)
	if err == nil && errno != 0 {
		err = syscall.Errno(errno)
	}
	if err != nil {
		s.endConnect(sysError("connect", err), local)
		return false
	}
	if _, err := unix.Getpeername(s.fd()); err != nil {
		return false
	}
	s.established(local)
	return s.stage == connected
}

// established reports a connect that succeeded. The lock is held.
func (s *stream) established(local *driver.LocalQueue) {
	peer := address(unix.Getpeername(s.fd()))
	if s.kind != kindUnix && !s.portChosen() && driver.SelfConnected(address(unix.Getsockname(s.fd())), peer) {
		s.endConnect(sysError("connect", unix.ECONNREFUSED), local)
		return
	}
	s.setRemote(peer)
	s.stage = connected
	s.recv.ready, s.send.ready = false, true
	s.endConnect(nil, local)
}

// endConnect reports the connect's end. The lock is held.
func (s *stream) endConnect(err error, local *driver.LocalQueue) {
	if err != nil {
		s.disconnect()
	}
	op := s.rare.connecting
	s.rare.connecting = nil
	s.stopRetry()
	op.Err = err
	s.set.port.sink.Complete(op, &s.order, local)
}

// abortConnect gives a connect up. The lock is held.
func (s *stream) abortConnect(err error) { s.endConnect(err, nil) }
