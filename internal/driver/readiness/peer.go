//go:build linux || darwin || freebsd

package readiness

import (
	"net/netip"

	"golang.org/x/sys/unix"

	"iocp/internal/driver"
	"iocp/internal/sys/sock"
)

// address reads a socket's address or its peer's, if there is one.
func address(sa unix.Sockaddr, err error) netip.AddrPort {
	if err != nil {
		return netip.AddrPort{}
	}
	return sock.AddrPort(sa)
}

// setRemote keeps the peer's address, an IPv4 one in as few bytes as can be. The
// lock is held, or the stream is new.
func (s *stream) setRemote(a netip.AddrPort) {
	s.remotePort = a.Port()
	if a.Addr().Is4() {
		s.remote = a.Addr().As4()
	} else if a.IsValid() {
		s.more().remote = a.Addr()
	}
}

// accepted6 is a stream that an IPv6 address has connected to. A server may have as
// many of these as of others, so the address isn't among what few have.
type accepted6 struct {
	stream
	from [16]byte
}

// newAccepted makes the stream of a connection that was accepted.
func newAccepted(fd int, v6 bool, remote netip.AddrPort) driver.Stream {
	if !remote.Addr().Is6() || remote.Addr().Zone() != "" {
		return newStream(fd, v6, remote)
	}
	s := &accepted6{from: remote.Addr().As16()}
	s.kind, s.stage, s.desc, s.remotePort = kindOf(v6), connected, int32(fd), remote.Port()
	return s
}

// RemoteAddr implements driver.Stream.
func (s *accepted6) RemoteAddr() netip.AddrPort {
	return netip.AddrPortFrom(netip.AddrFrom16(s.from), s.remotePort)
}

// RemoteAddr implements driver.Stream.
func (s *stream) RemoteAddr() netip.AddrPort {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch ip := s.few().remote; {
	case ip.IsValid():
		return netip.AddrPortFrom(ip, s.remotePort)
	case s.remotePort == 0:
		return netip.AddrPort{}
	}
	return netip.AddrPortFrom(netip.AddrFrom4(s.remote), s.remotePort)
}
