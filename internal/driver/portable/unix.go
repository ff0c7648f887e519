package portable

import (
	"context"
	"errors"
	"net"
	"syscall"
	"time"

	"iocp/internal/driver"
)

// unixStream is a stream over a Unix socket.
type unixStream struct{ *stream }

// NewUnixStream makes a socket, which as with TCP gets a descriptor only when
// it connects.
func (p *port) NewUnixStream() (driver.UnixStream, error) {
	return unixStream{newStream(false)}, nil
}

// ListenUnix makes a listening Unix socket. Package net would remove whatever is
// at its path by then when it is closed.
func (p *port) ListenUnix(at *driver.UnixFile, _ driver.ListenOptions) (driver.Listener, error) {
	ln, err := net.ListenUnix("unix", &net.UnixAddr{Name: at.Name, Net: "unix"})
	if err != nil {
		return nil, sysError(err)
	}
	ln.SetUnlinkOnClose(false)
	at.Bound()
	l := newListener(ln)
	l.file = at
	return l, nil
}

// ConnectUnix connects the stream on a goroutine of its own.
func (s unixStream) ConnectUnix(op *driver.Op, path string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.connectable(); err != nil {
		return err
	}
	s.dial(op, func(ctx context.Context) (net.Conn, error) { return dialUnix(ctx, path) })
	return nil
}

// retryPause is between attempts at what the system has no event for.
const retryPause = time.Millisecond

// dialUnix connects, trying again while the listener's backlog is full: then
// the system doesn't wait but fails, unlike for TCP (connect(2)).
func dialUnix(ctx context.Context, path string) (net.Conn, error) {
	for {
		conn, err := new(net.Dialer).DialContext(ctx, "unix", path)
		if !errors.Is(err, syscall.EAGAIN) {
			return conn, err
		}
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-time.After(retryPause):
		}
	}
}

// SetNoDelay is TCP's.
func (unixStream) SetNoDelay(bool) error { return driver.ErrNotSupported }

// SetAbortive is TCP's.
func (unixStream) SetAbortive(bool) error { return driver.ErrNotSupported }

// SetKeepAlive is TCP's.
func (unixStream) SetKeepAlive(net.KeepAliveConfig) error { return driver.ErrNotSupported }

// Path is the path that the stream was connected or accepted through.
func (s unixStream) Path() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.conn == nil {
		return ""
	}
	if path := pathOf(s.conn.LocalAddr()); path != "" {
		return path
	}
	return pathOf(s.conn.RemoteAddr())
}

// Path is the path that is listened at.
func (l *listener) Path() string {
	if l.file == nil {
		return ""
	}
	return l.file.Name
}

// pathOf reads a Unix address; the unnamed one is "@" to package net.
func pathOf(a net.Addr) string {
	if u, ok := a.(*net.UnixAddr); ok && u != nil && u.Name != "@" {
		return u.Name
	}
	return ""
}
