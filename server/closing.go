package server

import (
	"net"
	"time"

	"iocp"
)

// looks is how many times in a CloseTimeout a closing connection is looked at
// for progress.
const looks = 4

// closeFor is Close, for a reason.
func (c *Conn) closeFor(cause error) error {
	c.mu.Lock()
	defer c.unlock()
	if c.state().phase != open {
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
	o := c.change()
	o.phase = closing
	o.out.waiters.fail(net.ErrClosed)
	if cause != nil || c.sending() {
		o.cause, o.left = cause, -1
		o.timer = time.AfterFunc(c.srv.cfg.CloseTimeout/looks, c.look)
	}
}

// look gives a closing connection up when nothing has moved for CloseTimeout:
// the peer has taken nothing of what is queued, or nothing of what the system
// holds of it, or has it all and doesn't end its side.
func (c *Conn) look() {
	c.mu.Lock()
	defer c.unlock()
	if c.state().phase != closing {
		return
	}
	o := c.change()
	if left := c.left(); left != o.left {
		o.left, o.still = left, 0
	} else {
		o.still++
	}
	if o.still == looks {
		c.expire()
		return
	}
	o.timer.Reset(c.srv.cfg.CloseTimeout / looks)
}

// left is how many bytes the peer doesn't have, as far as the system tells. The
// caller holds mu.
func (c *Conn) left() int64 {
	return c.sock.Undelivered() + int64(c.state().out.waiting())
}

// finish sends our end of stream, if it is due, once nothing else is left to send.
// A connection that is ended too is about to be closed, which says the same. The
// caller holds mu.
func (c *Conn) finish() {
	s := c.state()
	if s.phase >= broken || s.phase == open && !s.shut || s.out.sending || s.in == ended {
		return
	}
	if err := c.sock.Shutdown(iocp.SendSide); err != nil {
		c.breakOff(err)
	}
}

// expire gives a closing connection up. If nothing is queued the socket is
// closed, and the system goes on with what it holds, should the peer read again;
// otherwise the peer is to know that it didn't get everything. The caller holds
// mu.
func (c *Conn) expire() {
	if c.sending() {
		c.breakOff(errCloseTimeout)
		return
	}
	c.change().phase = broken
	c.sock.Close()
}

// breakOff makes the connection broken and reports whether it wasn't yet. err
// becomes the reason for OnClose, unless the connection was closing already
// and nothing of what was queued is lost. The caller holds mu.
func (c *Conn) breakOff(err error) bool {
	if c.state().phase >= broken {
		return false
	}
	o := c.change()
	if o.phase == open || o.out.sending {
		c.blame(err)
	}
	o.phase = broken
	o.out.drop()
	o.out.waiters.fail(net.ErrClosed)
	c.sock.Abort()
	c.wake()
	return true
}

// blame sets the reason for OnClose. The caller holds mu.
func (c *Conn) blame(err error) {
	c.change().cause = err
}
