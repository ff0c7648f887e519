package server

import (
	"context"
	"net"
)

// message is what a Send was given: bytes of the caller, or a shared message.
type message struct {
	data   []byte
	shared *Shared
}

func (m message) len() int { return len(m.bytes()) }

func (m message) bytes() []byte {
	if m.shared != nil {
		return m.shared.data
	}
	return m.data
}

// TrySend queues a copy of data, of any size, or says at once why it can't:
// ErrQueueFull when Config.SendQueueMax bytes or more are queued already,
// net.ErrClosed when the connection is closing or CloseWrite was called. In each
// case nothing was queued. TrySend never waits, so callbacks may use it on any
// connection. That it returns nil doesn't mean that the peer has the data.
func (c *Conn) TrySend(data []byte) error { return c.trySend(message{data: data}) }

// TrySendShared is TrySend for a shared message: the queue refers to it
// instead of copying it. The caller keeps its own reference.
func (c *Conn) TrySendShared(s *Shared) error { return c.trySend(message{shared: s}) }

// Send queues a copy of data, and waits while TrySend would say ErrQueueFull.
// Sends that wait are served in order, and TrySend says ErrQueueFull meanwhile. It
// returns ctx's error when ctx is done first, net.ErrClosed when the
// connection begins to close or CloseWrite is called first; in each case nothing
// was queued.
//
// Send is for goroutines of the program's own. In a callback it holds up the
// worker: if all workers wait like that, nobody is left to make room, and they
// stay until their contexts are done. Callbacks use TrySend, or Send inside
// Conn.Blocking.
func (c *Conn) Send(ctx context.Context, data []byte) error {
	return c.send(ctx, message{data: data})
}

// SendShared is Send for a shared message. The caller keeps its own reference
// and must not release it before SendShared returns.
func (c *Conn) SendShared(ctx context.Context, s *Shared) error {
	return c.send(ctx, message{shared: s})
}

func (c *Conn) trySend(m message) error {
	c.mu.Lock()
	err := c.admits()
	if err != nil {
		full := err == ErrQueueFull
		if full && c.srv.writables != nil {
			c.change().refused = true
		}
		c.unlock()
		if full {
			c.srv.queueFull.Add(1)
		}
		return err
	}
	c.put(m, c.sendNow(m))
	return nil
}

// nowMin is from how many bytes on any message is worth an attempt to send it at
// once, instead of copying it for an operation that can be batched with others.
const nowMin = 4 << 10

// sendNow sends of a message what goes at once, if nothing is queued before it,
// and reports how many bytes that was. What is wrong with the connection, if
// anything, an operation will tell. The caller holds mu.
//
// For one message that is the cheapest; many cost less if they are queued behind
// the first and go together. So while packets wait to be handled, which may bring
// more, only the first that OnData sends goes at once: an answer most likely.
func (c *Conn) sendNow(m message) int {
	if m.len() == 0 {
		return 0
	}
	t := c.turn.Load()
	answer := mayAnswer(t) && c.turn.CompareAndSwap(t, answered(t))
	if c.sending() || !answer && m.len() < nowMin && c.port().Backlog() {
		return 0
	}
	n, err := c.sock.TrySend(m.bytes())
	if err != nil {
		return 0
	}
	by := c.srv.member(t)
	if by == nil {
		by = c.srv.nobody
	}
	by.tally.sent(n)
	return n
}

func (c *Conn) send(ctx context.Context, m message) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	c.mu.Lock()
	switch err := c.admits(); err {
	case nil:
		c.put(m, c.sendNow(m))
		return nil
	case ErrQueueFull:
		w := c.change().out.waiters.push(m)
		c.unlock()
		return c.await(ctx, w)
	default:
		c.unlock()
		return err
	}
}

// await waits for a waiter's turn.
func (c *Conn) await(ctx context.Context, w *waiter) error {
	select {
	case err := <-w.done:
		return err
	case <-ctx.Done():
	}
	c.mu.Lock()
	defer c.unlock()
	if c.sending() && c.change().out.waiters.remove(w) {
		return ctx.Err()
	}
	return <-w.done
}

// admits says why no message can be queued now. The caller holds mu.
func (c *Conn) admits() error {
	switch s := c.state(); {
	case s.phase != open || s.shut:
		return net.ErrClosed
	case s.out.bytes >= c.srv.cfg.SendQueueMax, s.out.waiters.first != nil:
		return ErrQueueFull
	}
	return nil
}

// put queues a message that was admitted, less what has been sent of it, and
// starts a send unless one is under way. The caller holds mu, which is released.
func (c *Conn) put(m message, sent int) {
	if m.len() == sent {
		c.unlock()
		return
	}
	out := &c.change().out
	out.sending = true
	out.add(m, sent)
	next := c.nextSend()
	c.unlock()
	c.startSend(next)
}

// nextSend prepares the next send and returns its outbox, or nil when one is in
// flight or nothing is queued. The caller holds mu. It releases mu and then calls
// startSend with the outbox: so others can queue while the system is busy with the
// send.
func (c *Conn) nextSend() *outbox {
	if s := c.state(); s.out.inFlight > 0 || s.out.bytes == 0 {
		return nil
	}
	o := &c.change().out
	o.gather()
	return o
}

// startSend starts a send that nextSend has prepared; o may be nil. Once the system
// has accepted it, o belongs to its completion. A send that is refused is made
// to come back as one too, by a packet: startSend may run in a goroutine that
// holds locks of the program, so OnClose can't be called from here.
func (c *Conn) startSend(o *outbox) {
	if o == nil {
		return
	}
	err := c.sock.Send(&o.op, o.bufs...)
	if err == nil {
		return
	}
	o.declined = err
	if c.port().Post(&o.op, 0, c) != nil {
		go c.sent(err, c.srv.nobody) // the port is closed: no worker would do it
	}
}
