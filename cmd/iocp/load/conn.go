package load

import (
	"io"
	"time"
)

// conn is a connection whose messages come back.
type conn struct {
	link
	part *echoPart
	idle bool // after its first message

	admitted int64           // messages whose time has come
	answered int64           // messages that came back
	times    []time.Duration // closed loop: when the messages on their way were admitted
}

// refill admits what the closed loop allows. An idle connection has one
// message in its life, so that the server has worked for it.
func (c *conn) refill(now time.Duration) {
	depth := int64(len(c.times))
	if c.idle && c.admitted > 0 {
		return
	}
	for depth > 0 && c.admitted < c.answered+depth && now < c.w.run.end() {
		c.times[c.admitted%depth] = now
		c.admit()
	}
}

func (c *conn) admit() {
	c.admitted++
	c.part.onTheWay++
}

// started is when a message that has not been answered became due.
func (c *conn) started(message int64) time.Duration {
	if depth := int64(len(c.times)); depth > 0 {
		return c.times[message%depth]
	}
	return c.w.run.schedule.due(message*int64(c.w.run.cfg.Active) + int64(c.id))
}

// pump sends what is admitted.
func (c *conn) pump() error {
	if c.sending {
		return nil
	}
	ready := c.admitted
	if depth := c.w.run.cfg.Depth; depth > 0 {
		ready = min(ready, c.answered+int64(depth))
	}
	left := ready*int64(c.w.run.cfg.Size) - c.sent
	if left == 0 {
		return nil
	}
	return c.transmit(left)
}

// received checks and counts what came, and goes on.
func (c *conn) received(data []byte, now time.Duration) error {
	if len(data) == 0 {
		return io.EOF
	}
	if err := c.check(data); err != nil {
		return err
	}
	for complete := c.got / int64(c.w.run.cfg.Size); c.answered < complete; c.answered++ {
		c.part.onTheWay--
		if !c.idle {
			c.w.answer(c.started(c.answered), now)
		}
	}
	c.refill(now)
	return c.pump()
}
