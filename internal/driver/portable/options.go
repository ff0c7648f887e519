package portable

import (
	"net"
	"time"
)

// options are a stream's settings. Before there is a connection they are only
// kept.
type options struct {
	noDelay   bool
	linger    time.Duration // negative: the system's default
	keepAlive net.KeepAliveConfig
}

// newOptions is what a socket fresh from the kernel has; net's own defaults
// differ.
func newOptions() options { return options{linger: -1} }

// apply sets all of them on a new connection. Should the peer have reset it
// already, some systems refuse; the first transfer will tell.
func (o *options) apply(conn *net.TCPConn) {
	conn.SetNoDelay(o.noDelay)
	if o.linger >= 0 {
		conn.SetLinger(seconds(o.linger))
	}
	if o.keepAlive.Enable {
		setKeepAlive(conn, o.keepAlive)
	}
}

// seconds rounds up, so that a short linger time doesn't become none.
func seconds(d time.Duration) int {
	if d < 0 {
		return -1
	}
	return int((d + time.Second - 1) / time.Second)
}

// SetNoDelay turns TCP_NODELAY on or off.
func (s *stream) SetNoDelay(on bool) error {
	return s.set(func(o *options) { o.noDelay = on },
		func(c *net.TCPConn) error { return c.SetNoDelay(on) })
}

// SetLinger sets SO_LINGER, in whole seconds.
func (s *stream) SetLinger(d time.Duration) error {
	return s.set(func(o *options) { o.linger = d },
		func(c *net.TCPConn) error { return c.SetLinger(seconds(d)) })
}

// SetKeepAlive configures TCP keepalive probes.
func (s *stream) SetKeepAlive(cfg net.KeepAliveConfig) error {
	return s.set(func(o *options) { o.keepAlive = cfg },
		func(c *net.TCPConn) error { return setKeepAlive(c, cfg) })
}

// set keeps an option, and applies it if there is a connection.
func (s *stream) set(keep func(*options), apply func(*net.TCPConn) error) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return net.ErrClosed
	}
	if tcp, ok := s.conn.(*net.TCPConn); ok {
		if err := apply(tcp); err != nil {
			return sysError(err)
		}
	}
	keep(&s.opts)
	return nil
}
