package winport

import (
	"net"
	"net/netip"
	"sync"
	"syscall"

	"golang.org/x/sys/windows"

	"iocp/internal/driver"
	"iocp/internal/sys/win"
)

// Bind implements driver.Stream.
func (s *Stream) Bind(addr netip.AddrPort) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.closed:
		return net.ErrClosed
	case !fits(addr, s.v6):
		return driver.ErrNotSupported
	}
	if addr.Port() == 0 {
		sharePort(s.sock)
	}
	if err := system.bind(s.sock, sockaddr(addr, s.v6)); err != nil {
		return sysError("bind", err)
	}
	s.bound = true
	s.settings.bind = addr
	return nil
}

// Connect implements driver.Stream.
func (s *Stream) Connect(op *driver.Op, addr netip.AddrPort) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.closed:
		return net.ErrClosed
	case s.connecting != nil || s.peer.IsValid():
		return driver.ErrConnected
	case !fits(addr, s.v6):
		return driver.ErrNotSupported
	}
	if err := s.prepare(); err != nil {
		return err
	}
	if addr.Addr().Unmap().IsLoopback() {
		failFast(s.sock)
	}
	r := s.port.records.take(s, op)
	s.lend(r)
	err := s.started(r, "ConnectEx", system.connect(s.sock, sockaddr(addr, s.v6), r))
	switch {
	case err == nil:
		s.connecting = r
	case networkAnswer(err):
		s.spent = true
		r.end(0, err)
		s.port.finish(&s.recvs, r, nil)
	default:
		s.port.records.put(r)
		return err
	}
	return nil
}

// prepare makes the socket ready for ConnectEx, which wants it to be bound
// (C96).
func (s *Stream) prepare() error {
	if s.spent {
		if err := s.renew(); err != nil {
			return err
		}
	}
	if s.bound {
		return nil
	}
	sharePort(s.sock)
	if err := system.bind(s.sock, wildcard(s.v6)); err != nil {
		return sysError("bind", err)
	}
	s.bound = true
	return nil
}

// sharePort keeps bind from taking an ephemeral port for every destination, of
// which there are 16,384: connect chooses one for its own destination then, and
// connections to others may have the same (SOL_SOCKET options, from Windows 10
// on). Older systems don't know the option, and do without.
func sharePort(sock windows.Handle) {
	system.setOption(sock, windows.SOL_SOCKET, win.SO_REUSE_UNICASTPORT, 1)
}

// failFast has a refused connect fail at once. Windows sends the SYN three times,
// half a second apart, also when the answer is a reset; on the machine itself
// none gets lost (SIO_TCP_INITIAL_RTO; package net and libuv do this too). A
// system that doesn't know the control is slow to fail.
func failFast(sock windows.Handle) { system.setSYNRetries(sock, synRetriesMin()) }

// synRetriesMin is the least that this system knows: one, before Windows 10 1709.
var synRetriesMin = sync.OnceValue(func() uint8 {
	if _, _, build := windows.RtlGetNtVersionNumbers(); build < 16299 {
		return 1
	}
	return ^uint8(1) // none at all
})

// renew replaces the SOCKET after a connect that failed. ConnectEx's page has
// it that a refused one can be used again, but says nothing of a cancelled
// one, and Wine 8 gives WSAECONNABORTED for either.
func (s *Stream) renew() error {
	sock, err := newSocket(s.v6)
	if err != nil {
		return err
	}
	if _, err := windows.CreateIoCompletionPort(sock, s.port.handle, ioKey, 0); err != nil {
		windows.Closesocket(sock)
		return sysError("CreateIoCompletionPort", err)
	}
	windows.Closesocket(s.sock) // first, since both may want the same address
	s.sock, s.spent, s.bound, s.nonblocking = sock, false, s.settings.bind.IsValid(), false
	return s.settings.apply(sock, s.v6)
}

// connectOver reports the end of a connect.
func (s *Stream) connectOver(r *record, status syscall.Errno, by *poller) {
	s.connecting = nil
	err := s.outcome(r, "ConnectEx", status)
	if err == nil {
		err = s.connected()
	}
	s.spent = err != nil
	r.end(0, err)
	s.port.finish(&s.recvs, r, by)
}

// connected makes a socket that ConnectEx has connected like any other: until
// then it has no peer's name, and can't be shut down (C94).
func (s *Stream) connected() error {
	if s.closed {
		return net.ErrClosed
	}
	if err := win.UpdateConnectContext(s.sock); err != nil {
		return sysError("setsockopt", err)
	}
	local, peer := localOf(s.sock), peerOf(s.sock)
	if s.settings.bind.Port() == 0 && driver.SelfConnected(local, peer) {
		return sysError("ConnectEx", windows.WSAECONNREFUSED)
	}
	s.local, s.peer = local, peer
	s.settings = settings{}
	return nil
}
