//go:build linux || darwin || freebsd

package readiness

import (
	"net"
	"syscall"

	"golang.org/x/sys/unix"

	"iocp/internal/driver"
	"iocp/internal/sys/sock"
)

// unixStream is a stream over a Unix socket.
type unixStream struct{ stream }

func newUnixStream(fd int, isConnected bool) *unixStream {
	u := &unixStream{}
	u.kind, u.desc = kindUnix, int32(fd)
	if isConnected {
		u.stage = connected
	}
	return u
}

// NewUnixStream implements driver.UnixPort.
func (p *Port) NewUnixStream() (driver.UnixStream, error) {
	fd, err := newSocket(unix.AF_UNIX, unix.SOCK_STREAM)
	if err != nil {
		return nil, err
	}
	return newUnixStream(fd, false), nil
}

// ListenUnix implements driver.UnixPort.
func (p *Port) ListenUnix(at *driver.UnixFile, opts driver.ListenOptions) (driver.Listener, error) {
	fd, err := newSocket(unix.AF_UNIX, unix.SOCK_STREAM)
	if err != nil {
		return nil, err
	}
	l := &listener{fd: fd, file: at}
	if err := bindUnix(fd, at); err != nil {
		unix.Close(fd)
		return nil, err
	}
	if err := l.enqueue(opts.Backlog); err != nil {
		l.Close()
		return nil, err
	}
	return l, nil
}

// NewUnixDatagram implements driver.UnixPort.
func (p *Port) NewUnixDatagram(at *driver.UnixFile) (driver.Datagram, error) {
	d, err := newDatagram(unix.AF_UNIX, nil, func(int) error { return nil })
	if err != nil {
		return nil, err
	}
	d.file = at
	if at.Name == "" {
		return d, nil
	}
	if err := bindUnix(d.fd(), at); err != nil {
		unix.Close(d.fd())
		return nil, err
	}
	return d, nil
}

// bindUnix binds a socket to a name. Unlike golang.org/x/sys, package syscall
// takes abstract names of full length.
func bindUnix(fd int, at *driver.UnixFile) error {
	if err := syscall.Bind(fd, &syscall.SockaddrUnix{Name: at.Name}); err != nil {
		return sysError("bind", err)
	}
	at.Bound()
	return nil
}

// ConnectUnix implements driver.UnixStream.
func (u *unixStream) ConnectUnix(op *driver.Op, path string) error {
	u.lock()
	defer u.unlock()
	if err := u.beginConnect(); err != nil {
		return err
	}
	u.rare.connecting = op
	u.tryConnect(path)
	return nil
}

// tryConnect connects, now or later: connect(2) on a Unix socket answers
// EAGAIN while the listener's backlog is full, and no event tells when it has
// room again. The lock is held.
func (u *unixStream) tryConnect(path string) {
	switch err := syscall.Connect(u.fd(), &syscall.SockaddrUnix{Name: path}); err {
	case nil:
		u.established(nil)
	case unix.EAGAIN:
		u.later(func() { u.tryConnect(path) })
	default:
		u.endConnect(driver.PeerFailed("connect", err), nil)
	}
}

// SetNoDelay implements driver.Stream.
func (u *unixStream) SetNoDelay(bool) error { return driver.ErrNotSupported }

// SetAbortive implements driver.Stream.
func (u *unixStream) SetAbortive(bool) error { return driver.ErrNotSupported }

// SetKeepAlive implements driver.Stream.
func (u *unixStream) SetKeepAlive(net.KeepAliveConfig) error { return driver.ErrNotSupported }

// Path implements driver.Pathed, for streams and datagram sockets.
func (s *stream) Path() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.stage == closed || s.kind != kindUnix {
		return ""
	}
	if own, err := unix.Getsockname(s.fd()); err == nil && sock.Path(own) != "" {
		return sock.Path(own)
	}
	peer, _ := unix.Getpeername(s.fd())
	return sock.Path(peer)
}

// Path implements driver.Pathed.
func (l *listener) Path() string {
	if l.file == nil {
		return ""
	}
	return l.file.Name
}
