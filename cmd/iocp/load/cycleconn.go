package load

import (
	"io"
	"time"

	"iocp"
)

// cycle is a client that makes one connection after the other.
type cycle struct {
	link
	part    *cyclePart
	pending int // operations not yet dequeued
	failed  bool

	started   time.Duration // when the connection was due
	dialled   time.Duration // when it was begun
	connected bool
}

func (c *cycle) begin(started, now time.Duration) {
	c.started, c.dialled, c.connected = started, now, false
	if err := c.w.dial(c); err != nil {
		c.dead, c.failed = true, true
		c.w.count(err, err)
		c.part.settled(c, now)
		return
	}
	c.w.alive++
	c.pending++
}

// step goes on after one of the connection's operations.
func (c *cycle) step(done *iocp.Completion, now time.Duration) error {
	switch {
	case done.Err != nil:
		return done.Err
	case !c.connected:
		return c.established(now)
	case done.Op == &c.send:
		c.sending = false
		return c.pump()
	}
	return c.received(done.Buf.Bytes(), now)
}

func (c *cycle) established(now time.Duration) error {
	c.connected = true
	if c.dialled >= c.w.run.from {
		c.w.connects.RecordValue(int64(max(now-c.dialled, 1)))
	}
	if err := c.sock.NoDelay(true); err != nil {
		return err
	}
	if err := c.receive(); err != nil {
		return err
	}
	return c.pump()
}

func (c *cycle) receive() error {
	err := c.sock.RecvPooled(&c.recv)
	if err == nil {
		c.pending++
	}
	return err
}

// pump sends what is left, and after it the end of the stream in Half.
func (c *cycle) pump() error {
	left := c.part.bytes - c.sent
	if left == 0 {
		return nil
	}
	if err := c.transmit(left); err != nil {
		return err
	}
	c.pending++
	if c.part.half && c.sent == c.part.bytes {
		return c.sock.Shutdown(iocp.SendSide)
	}
	return nil
}

// received takes what came. The connection is over when all is there, in Half
// when the end has come after it.
func (c *cycle) received(data []byte, now time.Duration) error {
	whole := c.got == c.part.bytes
	switch {
	case len(data) == 0 && whole && c.part.half:
		c.finish(now)
		return nil
	case len(data) == 0:
		return io.EOF
	}
	if err := c.check(data); err != nil {
		return err
	}
	if c.w.inWindow(now) {
		c.w.bytes += int64(len(data))
	}
	if c.got == c.part.bytes && !c.part.half {
		c.finish(now)
		return nil
	}
	return c.receive()
}

// finish ends a connection that has served its purpose.
func (c *cycle) finish(now time.Duration) {
	c.w.answer(c.started, now)
	c.dead = true
	c.w.alive--
	if c.w.run.cfg.Abort {
		c.sock.Abort()
		return
	}
	c.sock.Close()
}

func (c *cycle) fail(err error) {
	c.failed = true
	if !c.connected {
		err = c.w.run.explainConnect(err)
	}
	c.w.lose(&c.link, err)
}
