package server

import "iocp"

// phase is where a connection is in its life.
type phase uint8

// The life of a connection has four phases:
//
//	open     callbacks run, messages are queued.
//	closing  After Close, Shutdown or the peer's end of stream. No OnData, no
//	         new messages. What is queued is sent, then our end of stream;
//	         what is received is dropped until the peer's.
//	broken   After Abort, an error, a panic, or CloseTimeout. The socket is
//	         closed, what is queued is dropped, pending operations come back.
//	closed   OnClose.
//
// Two chains carry a connection along, each at one place at a time:
//
//	receiving  OnOpen, then receive, OnData, receive, OnData and so on, until
//	           the end of stream or an error. While open it rests (neither
//	           receiving nor ended) when it is paused or the queue is too
//	           full, and only then.
//	sending    A send, its completion, the next send, until the queue is
//	           empty: the queue holds something exactly while sending.
//
// Each looks at the phase where it passes by. Once the connection isn't open
// and both chains have stopped, the one that stopped last goes on to OnClose.
// That is why no callback overlaps it, why nothing of the connection is
// pending by then, and why it runs on a worker: chains go on in workers only.
// What another goroutine brings about comes to a worker as a posted packet: a
// send that the system refuses (see Conn.launch), a chain that rests no longer
// (see Conn.wake).
const (
	open phase = iota
	closing
	broken
	closed
)

// chain is where the receiving chain is.
type chain uint8

const (
	receiving chain = iota
	waking          // recv is a posted packet (see wake)
	resting
	ended // for good
)

// life is a connection's part of that, guarded by its mu.
type life struct {
	phase  phase
	in     chain // the receiving chain
	paused bool  // by Pause
	answer uint8 // in OnData, until something is sent: whose; see Conn.answers
}

// sending reports whether the sending chain is under way. The caller holds mu.
func (c *Conn) sending() bool { return c.out != nil }

// begin is the start of the receiving chain.
func (c *Conn) begin() {
	c.callOpen()
	c.readOn()
}

// received is a completion of the receiving chain. by is the worker's number.
func (c *Conn) received(comp *iocp.Completion, by uint8) {
	if c.in == waking { // nobody else writes it while the chain is under way
		c.mu.Lock()
		c.in = receiving
		c.mu.Unlock()
		c.readOn()
		return
	}
	if comp.Err != nil || comp.N == 0 {
		comp.Buf.Release()
		c.readEnd(comp.Err)
		return
	}
	if c.answers(by) {
		c.callData(comp.Buf.Bytes())
	}
	comp.Buf.Release()
	c.readOn()
}

// answers reports whether the connection is open, and so to be told of data. The
// first that it sends meanwhile is an answer most likely, and what the worker
// touches for it is still in its caches: see sendNow.
func (c *Conn) answers(by uint8) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.answer = by
	return c.phase == open
}

// readOn lets the receiving chain go on, rest or end.
func (c *Conn) readOn() {
	c.mu.Lock()
	c.answer = 0
	switch {
	case c.phase == broken:
		c.in = resting
		c.settle()
	case c.full():
		c.in = resting
		c.mu.Unlock()
	default:
		c.mu.Unlock()
		c.arm()
	}
}

// full reports whether the connection isn't to be read from for now. When it
// is closing there are no answers to make room for, and the end of stream is
// waited for. The caller holds mu.
func (c *Conn) full() bool {
	return c.phase == open && (c.paused || c.queued() > c.srv.cfg.SendQueueMax/2)
}

// arm starts the next receive.
func (c *Conn) arm() {
	if err := c.sock.RecvPooled(&c.recv); err != nil {
		c.readEnd(err)
	}
}

// readEnd is the end of the receiving chain: err is nil for the end of stream.
func (c *Conn) readEnd(err error) {
	c.mu.Lock()
	c.in = ended
	if err != nil {
		c.breakOff(err)
	} else if c.phase == open {
		c.startClosing(nil)
	}
	c.settle()
}

// sent is a completion of the sending chain.
func (c *Conn) sent(err error) {
	c.mu.Lock()
	o := c.out
	if o.refused != nil {
		err, o.refused = o.refused, nil
	}
	if err != nil {
		c.breakOff(err)
	}
	o.landed()
	o.admit(c.srv.cfg.SendQueueMax)
	next := c.takeOff()
	if next == nil {
		c.out = nil
		o.recycle()
		c.finish()
	}
	resume := c.resume()
	if next == nil && !resume {
		c.settle()
		return
	}
	c.mu.Unlock()
	c.launch(next)
	if resume {
		c.arm()
	}
}

// resume reports whether a resting receiving chain has to go on now, and if so
// says that it does. The caller holds mu.
func (c *Conn) resume() bool {
	if c.in != resting || c.phase == broken || c.full() {
		return false
	}
	c.in = receiving
	return true
}

// wake lets a resting receiving chain look again, on a worker, when no send
// under way will do so. The caller holds mu.
func (c *Conn) wake() {
	if c.in != resting || c.phase == closed || c.full() {
		return
	}
	c.in = waking
	if c.port().Post(&c.recv, 0, c) != nil {
		go c.received(nil, 0) // the port is closed: no worker would do it
	}
}

// settle goes on to OnClose if both chains have stopped on a connection that
// isn't open. The caller holds mu and is a chain that has stopped; mu is
// released.
func (c *Conn) settle() {
	was := c.phase
	if was == open || c.in == receiving || c.in == waking || c.sending() {
		c.mu.Unlock()
		return
	}
	c.phase = closed
	cause := error(nil)
	if e := c.ending; e != nil {
		cause = e.cause
		if e.timer != nil {
			e.timer.Stop()
		}
	}
	c.mu.Unlock()
	if was == closing {
		c.sock.Close()
	}
	c.callClose(cause)
	c.srv.leave(c)
}
