package portable

import (
	"net"
)

// options are a stream's settings. Before there is a connection they are only
// kept.
type options struct {
	noDelay   bool
	abortive  bool // Close resets
	keepAlive net.KeepAliveConfig
}

// apply sets all of them on a new connection. Should the peer have reset it
// already, some systems refuse; the first transfer will tell.
func (o *options) apply(conn *net.TCPConn) {
	if !o.noDelay { // package net has turned it on
		conn.SetNoDelay(false)
	}
	if o.abortive {
		conn.SetLinger(0)
	}
	if o.keepAlive.Enable {
		setKeepAlive(conn, o.keepAlive)
	}
}

// SetNoDelay turns TCP_NODELAY on or off.
func (s *stream) SetNoDelay(on bool) error {
	return s.set(func(o *options) { o.noDelay = on },
		func(c *net.TCPConn) error { return c.SetNoDelay(on) })
}

// SetAbortive says whether Close resets the connection.
func (s *stream) SetAbortive(on bool) error {
	return s.set(func(o *options) { o.abortive = on },
		func(c *net.TCPConn) error {
			if on {
				return c.SetLinger(0)
			}
			return c.SetLinger(-1)
		})
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
