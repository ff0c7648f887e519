package readiness

import (
	"net"
	"net/netip"
	"syscall"

	"golang.org/x/sys/unix"

	"iocp/internal/driver"
	"iocp/internal/sys/epoll"
)

// Bind implements driver.Stream.
func (s *stream) Bind(addr netip.AddrPort) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return net.ErrClosed
	}
	return sysError("bind", unix.Bind(s.fd(), sockaddr(addr, s.v6)))
}

// Connect implements driver.Stream.
func (s *stream) Connect(op *driver.Op, addr netip.AddrPort) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.closed:
		return net.ErrClosed
	case s.few().connecting != nil || s.connected:
		return driver.ErrConnected
	}
	s.more().err, s.hungUp = nil, false
	err := unix.Connect(s.fd(), sockaddr(addr, s.v6))
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

// connectOver looks whether the connect has been decided, and if so reports
// it. It may not have been: the event can be one from before the connect.
// Poll calls it, with the lock held.
func (s *stream) connectOver(tray *driver.Tray) bool {
	errno, err := unix.GetsockoptInt(s.fd(), unix.SOL_SOCKET, unix.SO_ERROR)
	if err == nil && errno != 0 {
		err = syscall.Errno(errno)
	}
	if err != nil {
		s.endConnect(sysError("connect", err), tray)
		return false
	}
	if _, err := unix.Getpeername(s.fd()); err != nil {
		return false
	}
	s.established(tray)
	return true
}

// established reports a connect that succeeded. The lock is held.
func (s *stream) established(tray *driver.Tray) {
	s.setRemote(addrPort(unix.Getpeername(s.fd())))
	s.connected = true
	s.recv.ready, s.send.ready = false, true
	s.endConnect(nil, tray)
}

// endConnect reports the connect's end. The lock is held.
func (s *stream) endConnect(err error, tray *driver.Tray) {
	if err != nil {
		// Without this the next connect(2) only reports the failure again, as
		// ECONNABORTED; C71 wants the socket to be of use.
		epoll.Dissolve(s.fd())
	}
	op := s.rare.connecting
	s.rare.connecting = nil
	s.stopRetry()
	op.Err = err
	s.set.port.sink.Deliver(op, nil, tray)
}

// abortConnect gives a connect up. The lock is held.
func (s *stream) abortConnect(err error) { s.endConnect(err, nil) }
