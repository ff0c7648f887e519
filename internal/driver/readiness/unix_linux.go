package readiness

import (
	"errors"
	"net"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"iocp/internal/driver"
)

// unixStream is a stream over a Unix socket.
type unixStream struct{ stream }

func newUnixStream(fd int, connected bool) *unixStream {
	u := &unixStream{}
	u.local, u.connected = true, connected
	u.desc = int32(fd)
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
func (p *Port) ListenUnix(path string, opts driver.ListenOptions) (driver.Listener, error) {
	fd, err := newSocket(unix.AF_UNIX, unix.SOCK_STREAM)
	if err != nil {
		return nil, err
	}
	l := &listener{fd: fd, path: path}
	if err := sysError("bind", unix.Bind(fd, &unix.SockaddrUnix{Name: path})); err != nil {
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
func (p *Port) NewUnixDatagram(path string) (driver.Datagram, error) {
	var sa unix.Sockaddr
	if path != "" {
		sa = &unix.SockaddrUnix{Name: path}
	}
	d, err := newDatagram(unix.AF_UNIX, sa, func(int) error { return nil })
	if err != nil {
		return nil, err
	}
	d.path = path
	return d, nil
}

// ConnectUnix implements driver.UnixStream.
func (u *unixStream) ConnectUnix(op *driver.Op, path string) error {
	u.mu.Lock()
	defer u.mu.Unlock()
	switch {
	case u.closed:
		return net.ErrClosed
	case u.few().connecting != nil || u.connected:
		return driver.ErrConnected
	case len(path) >= len(unix.RawSockaddrUnix{}.Path):
		return driver.ErrInvalid
	}
	u.more().err, u.hungUp = nil, false
	u.rare.connecting = op
	u.tryConnect(path)
	return nil
}

// tryConnect connects, now or later: connect(2) on a Unix socket answers
// EAGAIN while the listener's backlog is full, and no event tells when it has
// room again. The lock is held.
func (u *unixStream) tryConnect(path string) {
	switch err := unix.Connect(u.fd(), &unix.SockaddrUnix{Name: path}); err {
	case nil:
		u.established(nil)
	case unix.EAGAIN:
		u.later(func() { u.tryConnect(path) })
	default:
		u.endConnect(absent("connect", err), nil)
	}
}

// SetNoDelay implements driver.Stream.
func (u *unixStream) SetNoDelay(bool) error { return driver.ErrNotSupported }

// SetLinger implements driver.Stream.
func (u *unixStream) SetLinger(time.Duration) error { return driver.ErrNotSupported }

// SetKeepAlive implements driver.Stream.
func (u *unixStream) SetKeepAlive(net.KeepAliveConfig) error { return driver.ErrNotSupported }

// Path implements driver.Pathed, for streams and datagram sockets.
func (s *stream) Path() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed || !s.local {
		return ""
	}
	if path := pathOf(unix.Getsockname(s.fd())); path != "" {
		return path
	}
	return pathOf(unix.Getpeername(s.fd()))
}

// Path implements driver.Pathed.
func (l *listener) Path() string { return l.path }

// pathOf reads a Unix socket's name.
func pathOf(sa unix.Sockaddr, err error) string {
	if u, ok := sa.(*unix.SockaddrUnix); ok && err == nil && u.Name != "@" {
		return u.Name
	}
	return ""
}

// removePath removes what bind(2) made for a Unix socket.
func removePath(path string) {
	if path != "" && path[0] != '@' {
		unix.Unlink(path)
	}
}

// absent is sysError for calls that name a peer: no such path means that
// nobody is there.
func absent(call string, err error) error {
	if errors.Is(err, unix.ENOENT) {
		return &driver.SysError{Call: call, Class: driver.ErrRefused, Errno: syscall.ENOENT}
	}
	return sysError(call, err)
}

// retryPause is between attempts at what the kernel gives no event for.
const retryPause = time.Millisecond

// later calls again once in a while from now, with the lock held, unless
// stopRetry comes first. What it has made ready is tried. The lock is held.
func (s *stream) later(again func()) {
	var t *time.Timer
	t = time.AfterFunc(retryPause, func() {
		s.mu.Lock()
		if s.few().retry != t {
			s.mu.Unlock()
			return
		}
		s.rare.retry = nil
		again()
		s.tryAndUnlock(true)
	})
	s.stopRetry()
	s.more().retry = t
}

// stopRetry calls an attempt to come off. The lock is held.
func (s *stream) stopRetry() {
	if t := s.few().retry; t != nil {
		t.Stop()
		s.rare.retry = nil
	}
}
