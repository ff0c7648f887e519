package server

import (
	"net"
	"time"

	"iocp"
)

// rarely is what few connections need, most only when they are closed.
type rarely struct {
	held *iocp.Completion // came to the receiving chain during an OnWritable aside

	cause error // for OnClose
	timer *time.Timer
	left  int64 // bytes that the peer didn't have when that was last looked at
	still int   // how many times that has been the same
}

// more is what the connection has of that, to be written. The caller holds mu.
func (c *Conn) more() *rarely {
	if c.rare == nil {
		c.rare = new(rarely)
	}
	return c.rare
}

// looks is how many times in a CloseTimeout a closing connection is looked at
// for progress.
const looks = 4

// closeFor is Close, for a reason.
func (c *Conn) closeFor(cause error) error {
	c.mu.Lock()
	defer c.unlock()
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
		e := c.more()
		e.cause, e.left = cause, -1
		e.timer = time.AfterFunc(c.srv.cfg.CloseTimeout/looks, c.look)
	}
}

// look gives a closing connection up when nothing has moved for CloseTimeout:
// the peer has taken nothing of what is queued, or nothing of what the system
// holds of it, or has it all and doesn't end its side.
func (c *Conn) look() {
	c.mu.Lock()
	defer c.unlock()
	if c.phase != closing {
		return
	}
	e := c.rare
	if left := c.left(); left != e.left {
		e.left, e.still = left, 0
	} else {
		e.still++
	}
	if e.still == looks {
		c.expire()
		return
	}
	e.timer.Reset(c.srv.cfg.CloseTimeout / looks)
}

// left is how many bytes the peer doesn't have, as far as the system tells. The
// caller holds mu.
func (c *Conn) left() int64 {
	n := c.sock.Undelivered()
	if c.out != nil {
		n += int64(c.out.waiting())
	}
	return n
}

// finish sends our end of stream, if it is due, once nothing else is left to send.
// A connection that is ended too is about to be closed, which says the same. The
// caller holds mu.
func (c *Conn) finish() {
	if c.phase >= broken || c.phase == open && !c.shut || c.sending() || c.in == ended {
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
	c.phase = broken
	c.sock.Close()
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
	c.more().cause = err
}
