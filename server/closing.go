package server

import (
	"net"
	"time"

	"iocp"
)

// ending is what only a connection that is being closed needs.
type ending struct {
	cause error
	timer *time.Timer
}

// closeFor is Close, for a reason.
func (c *Conn) closeFor(cause error) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.phase != open {
		return net.ErrClosed
	}
	c.startClosing(cause)
	c.finish()
	c.wake()
	return nil
}

// startClosing turns an open connection into a closing one. A connection that
// has nothing queued when the peer's stream ends needs no timer: it is closed
// by the caller. The caller holds mu.
func (c *Conn) startClosing(cause error) {
	c.phase = closing
	if c.out != nil {
		c.out.waiters.fail(net.ErrClosed)
	}
	if cause != nil || c.sending() {
		c.ending = &ending{cause: cause, timer: time.AfterFunc(c.srv.cfg.CloseTimeout, c.expire)}
	}
}

// finish sends our end of stream once a closing connection has nothing else to
// send. One that is ended too is about to be closed, which says the same. The
// caller holds mu.
func (c *Conn) finish() {
	if c.phase != closing || c.sending() || c.in == ended {
		return
	}
	if err := c.sock.Shutdown(iocp.SendSide); err != nil {
		c.breakOff(err)
	}
}

// expire gives a closing connection up. If it only waits for the peer's end of
// stream, nothing is lost by closing the socket; otherwise the peer is to know
// that it didn't get everything.
func (c *Conn) expire() {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case c.phase != closing:
	case c.sending():
		c.breakOff(errCloseTimeout)
	default:
		c.phase = broken
		c.sock.Close()
	}
}

// breakOff makes the connection broken and reports whether it wasn't yet. err
// becomes the reason for OnClose, unless the connection was closing already
// and nothing of what was queued is lost. The caller holds mu.
func (c *Conn) breakOff(err error) bool {
	if c.phase >= broken {
		return false
	}
	if c.phase == open || c.sending() {
		c.blame(err)
	}
	c.phase = broken
	if c.out != nil {
		c.out.drop()
		c.out.waiters.fail(net.ErrClosed)
	}
	c.sock.Abort()
	c.wake()
	return true
}

// blame sets the reason for OnClose. The caller holds mu.
func (c *Conn) blame(err error) {
	if c.ending == nil {
		c.ending = &ending{}
	}
	c.ending.cause = err
}
