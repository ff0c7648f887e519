package server

import "iocp"

// phase is where a connection is in its life.
type phase uint8

// The life of a connection has four phases:
//
//	open     callbacks run, messages are queued. After CloseWrite no more of
//	         them, and once the queue is empty our end of stream is sent; after
//	         the peer's end, if the handler has an OnEnd, no OnData.
//	closing  After Close, Shutdown or the end of both streams, of which ours is
//	         implied by the peer's unless the handler has an OnEnd. No OnData,
//	         no new messages. What is queued is sent, then our end of stream;
//	         what is received is dropped until the peer's.
//	broken   After Abort, an error, a panic, or CloseTimeout. The socket is
//	         closed, what is queued is dropped, pending operations come back.
//	closed   OnClose.
//
// Two chains carry a connection along, each at one place at a time:
//
//	receiving  OnOpen, then receive, OnData, receive, OnData and so on, until
//	           the end of stream or an error. While open it rests (neither
//	           receiving nor ended) when it is paused, the queue is too full,
//	           or OnEnd has been called, and only then.
//	sending    A send, its completion, the next send, until the queue is
//	           empty: the queue holds something exactly while sending.
//
// Each looks at the phase where it passes by. Once the connection isn't open
// and both chains have stopped, the one that stopped last goes on to OnClose.
// That is why no callback overlaps it, why nothing of the connection is
// pending by then, and why it runs on a worker: chains go on in workers only.
// What another goroutine brings about comes to a worker as a posted packet: a
// send that the system refuses (see Conn.startSend), a chain that rests no longer
// (see Conn.wake).
//
// OnWritable is due when the sending chain has made room, at any time. If the
// receiving chain is in a callback, it sees to it afterwards; if it rests and has
// to go on, it does so with OnWritable. Otherwise the sending chain's worker
// calls it aside, and what comes to the receiving chain meanwhile is held until
// it has returned: callbacks don't overlap.
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

// The lock is for what is out of the ordinary, and for sending. On a connection
// that isn't odd (see oddity) the receiving chain takes its turn, and gives it up,
// without it; then it looks whether the connection is odd by now, so that what was
// left for the end of the callback is seen by one of the two: the chain, or who
// finds that nobody has the turn.

// begin is the start of the receiving chain, which by has been set for.
func (c *Conn) begin() {
	c.call(onOpen, nil, nil)
	c.readOn()
}

// received is a completion of the receiving chain. It takes the turn first and then
// looks whether the connection is odd: a callback that ran until then may have
// closed it.
func (c *Conn) received(comp *iocp.Completion, by *member) {
	woken, heard := false, true
	mine := c.turn.CompareAndSwap(noTurn, by.first())
	if !mine || c.isOdd() {
		c.mu.Lock()
		if !mine && !c.turn.CompareAndSwap(noTurn, by.first()) {
			c.change().held = hold(comp)
			c.unlock()
			return
		}
		s := c.state()
		woken, heard = s.in == waking, s.phase == open
		c.goesOn()
		c.unlock()
	}
	switch {
	case woken:
	case comp.Err != nil || comp.N == 0:
		comp.Buf.Release()
		c.readEnd(comp.Err)
		return
	case heard:
		c.deliver(comp.Buf)
	default:
		comp.Buf.Release()
	}
	c.readOn()
}

func hold(comp *iocp.Completion) *iocp.Completion {
	held := *comp
	return &held
}

// deliver hands over what was received.
func (c *Conn) deliver(buf iocp.Buf) {
	defer buf.Release()
	c.call(onData, buf.Bytes(), nil)
}

// readOn follows a callback of the receiving chain, which goes on, rests or ends.
func (c *Conn) readOn() {
	t := c.turn.Load()
	by := c.srv.member(t)
	if !c.isOdd() {
		c.turn.Store(noTurn)
		if !c.isOdd() || !c.turn.CompareAndSwap(noTurn, t) {
			c.arm(by) // what comes is held while the sending chain has the turn
			return
		}
	}
	c.mu.Lock()
	c.writable()
	c.free()
	if s := c.state(); s.phase == open && s.ended && s.shut {
		c.startClosing(nil)
	}
	switch {
	case c.state().phase == broken:
		c.change().in = resting
		c.settle(by)
	case c.full():
		c.change().in = resting
		c.unlock()
	default:
		c.unlock()
		c.arm(by)
	}
}

// writable calls OnWritable if it is due. The caller holds mu, and callbacks are
// its own to run.
func (c *Conn) writable() {
	for c.due() {
		c.change().refused = false
		c.unlock()
		c.call(onWritable, nil, nil)
		c.mu.Lock()
	}
}

// due reports whether OnWritable is. The caller holds mu.
func (c *Conn) due() bool {
	s := c.state()
	return s.refused && s.phase == open && s.out.bytes <= c.srv.cfg.SendQueueMax/2
}

// full reports whether the connection isn't to be read from for now. When it
// is closing there are no answers to make room for, and the end of stream is
// waited for. The caller holds mu.
func (c *Conn) full() bool {
	s := c.state()
	return s.phase == open && (s.paused || s.ended || s.out.bytes > c.srv.cfg.SendQueueMax/2)
}

// arm starts the next receive.
func (c *Conn) arm(by *member) {
	if err := c.sock.RecvPooled(&c.recv); err != nil {
		c.received(&iocp.Completion{Err: err}, by)
	}
}

// readEnd is the end of the receiving chain: err is nil for the end of stream.
func (c *Conn) readEnd(err error) {
	c.mu.Lock()
	if err == nil && c.state().phase == open && c.srv.ends != nil {
		c.change().ended = true
		c.unlock()
		c.call(onEnd, nil, nil)
		c.readOn()
		return
	}
	by := c.by()
	c.free()
	c.change().in = ended
	if err != nil {
		c.breakOff(err)
	} else if c.state().phase == open {
		c.startClosing(nil)
	}
	c.settle(by)
}

// sent is a completion of the sending chain.
func (c *Conn) sent(err error, by *member) {
	c.mu.Lock()
	out := &c.change().out
	if out.declined != nil {
		err, out.declined = out.declined, nil
	}
	if err != nil {
		c.breakOff(err)
	}
	out.dropSent()
	out.admit(c.srv.cfg.SendQueueMax)
	next := c.nextSend()
	if next == nil {
		out.sending = false
		c.finish()
	}
	resume := c.resume()
	tell := c.due() && c.turn.CompareAndSwap(noTurn, by.later())
	switch {
	case tell:
		c.change().aside = !resume
	case next == nil && !resume:
		c.settle(by)
		return
	}
	c.unlock()
	c.startSend(next)
	switch {
	case tell && !resume:
		c.tellAside()
	case tell:
		c.readOn()
	case resume:
		c.arm(by)
	}
}

// tellAside calls OnWritable on the sending chain, and then hands on what has
// come to the receiving chain meanwhile.
func (c *Conn) tellAside() {
	c.mu.Lock()
	c.writable()
	by := c.by()
	held := c.free()
	c.unlock()
	if held != nil {
		c.received(held, by)
	}
}

// free gives the turn up, and takes what has been held meanwhile. The caller holds
// mu.
func (c *Conn) free() (held *iocp.Completion) {
	if c.isOdd() {
		o := c.change()
		held, o.held, o.aside = o.held, nil, false
	}
	c.turn.Store(noTurn)
	return held
}

// resume reports whether a resting receiving chain has to go on now, and if so
// says that it does. The caller holds mu.
func (c *Conn) resume() bool {
	if s := c.state(); s.in != resting || s.phase == broken || c.full() {
		return false
	}
	c.goesOn()
	return true
}

// wake lets a resting receiving chain look again, on a worker, when no send
// under way will do so. The caller holds mu.
func (c *Conn) wake() {
	if s := c.state(); s.in != resting || s.phase == closed || c.full() {
		return
	}
	c.change().in = waking // before a worker dequeues it
	if c.port().Post(&c.recv, 0, c) != nil {
		go c.received(&iocp.Completion{}, c.srv.nobody) // the port is closed: no worker would do it
	}
}

// settle goes on to OnClose if both chains have stopped on a connection that
// isn't open. The caller holds mu and is a chain that has stopped, in the
// goroutine of by; mu is released.
func (c *Conn) settle(by *member) {
	s := c.state()
	was := s.phase
	if was == open || s.in == receiving || s.in == waking || c.sending() {
		c.unlock()
		return
	}
	c.change().phase = closed
	c.turn.Store(by.later())
	if s.timer != nil {
		s.timer.Stop()
	}
	cause := s.cause
	c.unlock()
	if was == closing {
		c.sock.Close()
	}
	defer func() {
		c.turn.Store(noTurn)
		c.srv.leave(c)
	}()
	c.call(onClose, nil, cause)
}
