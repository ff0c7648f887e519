//go:build linux || darwin || freebsd

package readiness

import (
	"syscall"

	"golang.org/x/sys/unix"

	"iocp/internal/sys/sock"
)

// disconnect makes a socket whose connect has failed, or is given up, as good as new
// (C71). Without it Linux only reports the failure again at the next connect(2), as
// ECONNABORTED. BSD's sockets are spent: another takes the place. The lock is held.
func (s *stream) disconnect() {
	switch {
	case s.stage == closed: // and the descriptor soon will be
	case s.set.port.facts.Disconnect != nil:
		s.set.port.facts.Disconnect(s.fd())
	case s.kind != kindUnix:
		s.rare.spent = true
		s.renew() // else at the next connect, which reports it
	}
}

// renew puts a new socket in the place of one that is spent: under its descriptor, with
// its options and its address. If it fails it may be called again. The lock is held.
func (s *stream) renew() error {
	fd, err := newSocket(family(s.kind == kindInet6), unix.SOCK_STREAM)
	if err != nil {
		return err
	}
	copyOptions(s.fd(), fd)
	err = replace(s.fd(), fd)
	unix.Close(fd)
	if err != nil {
		return sysError("dup2", err)
	}
	if own := s.rare.own; own != nil {
		if err := unix.Bind(s.fd(), sock.Sockaddr(*own, s.kind == kindInet6)); err != nil {
			return sysError("bind", err)
		}
	}
	if err := s.set.kernel.Add(s.fd(), s.token()); err != nil {
		return err
	}
	s.rare.spent = false
	return nil
}

// replace gives a descriptor another's socket. A program that is started at the same
// time doesn't get it.
func replace(fd, by int) error {
	syscall.ForkLock.RLock()
	defer syscall.ForkLock.RUnlock()
	err := unix.Dup2(by, fd)
	if err == nil {
		unix.CloseOnExec(fd)
	}
	return err
}

// copyOptions gives a socket the options of another that the methods of a stream set.
func copyOptions(from, to int) {
	for _, o := range []struct{ level, name int }{
		{unix.IPPROTO_TCP, unix.TCP_NODELAY},
		{unix.SOL_SOCKET, unix.SO_KEEPALIVE},
		{unix.IPPROTO_TCP, sock.KeepIdle},
		{unix.IPPROTO_TCP, unix.TCP_KEEPINTVL},
		{unix.IPPROTO_TCP, unix.TCP_KEEPCNT},
	} {
		if value, err := unix.GetsockoptInt(from, o.level, o.name); err == nil {
			unix.SetsockoptInt(to, o.level, o.name, value)
		}
	}
	if linger, err := unix.GetsockoptLinger(from, unix.SOL_SOCKET, unix.SO_LINGER); err == nil {
		unix.SetsockoptLinger(to, unix.SOL_SOCKET, unix.SO_LINGER, linger)
	}
}
