package sim

import (
	"net"
	"net/netip"
	"time"

	"iocp/internal/driver"
)

// stream is a TCP socket: one end of a connection. The network's lock guards
// it. One transfer a direction is under way at a time: it begins when there is
// something for the oldest operation to do, and moves it some time later. A
// cancel or a close that comes in between finds the memory in use.
type stream struct {
	net    *network
	port   *port // nil until attached
	chance chance
	v6     bool

	local, remote netip.AddrPort
	bound         bool
	owned         uint16 // port number that this stream took
	connecting    *driver.Op
	peer          *stream // the other end

	recv, send queue
	in         inbox
	acct       driver.Account
	starved    bool // the pool had no buffer

	err       error // what ended the connection
	closed    bool
	finishing bool // ShutdownSend was called
	finished  bool // the end of the stream is on its way
	abortive  bool // Close resets
}

// queue is one direction's operations, oldest first.
type queue struct {
	ops  driver.List
	busy bool // a transfer for the oldest is under way
}

// inbox is what has reached an end and isn't received.
type inbox struct {
	pieces [][]byte
	size   int // bytes in pieces
	coming int // bytes on their way
	window int // bound of both
	ended  bool
	last   time.Duration // when the latest segment arrives
}

func newInbox(c chance) inbox { return inbox{window: c.window()} }

func (n *network) newStream(v6 bool) *stream {
	s := &stream{net: n, v6: v6, chance: n.weather.chance(n.next())}
	s.in = newInbox(s.chance)
	s.acct.Owner = s
	return s
}

// NewStream implements driver.Port.
func (p *port) NewStream(v6 bool) (driver.Stream, error) {
	p.net.mu.Lock()
	defer p.net.unlock()
	return p.net.newStream(v6), nil
}

// Attach implements driver.Handle.
func (s *stream) Attach(to driver.Port) (err error) {
	s.net.mu.Lock()
	defer s.net.unlock()
	if s.closed {
		return net.ErrClosed
	}
	s.port, err = s.net.attach(to, s)
	return err
}

// Recv implements driver.Stream.
func (s *stream) Recv(op *driver.Op) error { return s.submit(&s.recv, op) }

// RecvPooled implements driver.Stream.
func (s *stream) RecvPooled(op *driver.Op) error { return s.submit(&s.recv, op) }

// Send implements driver.Stream.
func (s *stream) Send(op *driver.Op) error { return s.submit(&s.send, op) }

func (s *stream) submit(q *queue, op *driver.Op) error {
	s.net.mu.Lock()
	defer s.net.unlock()
	switch {
	case s.closed:
		return net.ErrClosed
	case s.err != nil:
		return s.err
	case q == &s.send && s.finishing:
		return driver.ErrShutdown
	case s.chance.strikes(rarelyFull):
		return errNoBufs
	}
	q.ops.Push(op)
	s.advance()
	return nil
}

// complete ends the oldest operation of a queue.
func (s *stream) complete(q *queue, err error) {
	op := q.ops.Pop()
	op.Err = err
	s.port.complete(op)
}

// failAll ends every operation of a queue, unless a transfer is under way,
// which will then.
func (s *stream) failAll(q *queue, err error) {
	for !q.busy && q.ops.Front() != nil {
		s.complete(q, err)
	}
}

// Cancel implements driver.Handle.
func (s *stream) Cancel(op *driver.Op) bool {
	s.net.mu.Lock()
	defer s.net.unlock()
	if s.connecting == op {
		s.connected(driver.ErrAborted)
		return true
	}
	found := s.recv.cancel(s.port, op) || s.send.cancel(s.port, op)
	s.advance()
	return found
}

// cancel gives op up if it is on the queue. One whose transfer is under way is
// only marked.
func (q *queue) cancel(p *port, op *driver.Op) bool {
	if q.busy && q.ops.Front() == op {
		first := !op.Canceled
		op.Canceled = true
		return first
	}
	if !q.ops.Remove(op) {
		return false
	}
	op.Err = driver.ErrAborted
	p.complete(op)
	return true
}

// CancelAll implements driver.Handle.
func (s *stream) CancelAll() int {
	s.net.mu.Lock()
	defer s.net.unlock()
	n := 0
	if s.connecting != nil {
		s.connected(driver.ErrAborted)
		n++
	}
	n += s.recv.cancelAll(s.port) + s.send.cancelAll(s.port)
	s.advance()
	return n
}

func (q *queue) cancelAll(p *port) (n int) {
	var rest driver.List
	if q.busy {
		rest.Push(q.ops.Pop())
	}
	for op := q.ops.Pop(); op != nil; op = q.ops.Pop() {
		op.Err = driver.ErrAborted
		p.complete(op)
		n++
	}
	if op := rest.Front(); op != nil && !op.Canceled {
		op.Canceled = true
		n++
	}
	q.ops = rest
	return n
}

// Close implements driver.Handle.
func (s *stream) Close() error {
	s.net.mu.Lock()
	defer s.net.unlock()
	s.end(s.abortive)
	return nil
}

// Abort implements driver.Stream.
func (s *stream) Abort() error {
	s.net.mu.Lock()
	defer s.net.unlock()
	s.end(true)
	return nil
}

// end closes the stream. Data that nobody received makes a reset of it, as RFC
// 1122 asks (4.2.2.13).
func (s *stream) end(reset bool) {
	if s.closed {
		return
	}
	s.closed = true
	if s.connecting != nil {
		s.connected(net.ErrClosed)
	}
	switch {
	case s.peer == nil || s.err != nil:
	case reset || s.in.size > 0:
		s.transmit(s.peer.resets)
	case !s.finished:
		s.finished = true
		s.transmit(s.peer.hearsEnd)
	}
	s.giveBack()
	if p := s.port; p != nil {
		p.detach(s)
		s.failAll(&s.recv, net.ErrClosed)
		s.failAll(&s.send, net.ErrClosed)
		s.net.unlocks = append(s.net.unlocks, func() { p.pool.Forget(&s.acct) })
	}
}

// ShutdownSend implements driver.Stream.
func (s *stream) ShutdownSend() error {
	s.net.mu.Lock()
	defer s.net.unlock()
	if s.closed {
		return net.ErrClosed
	}
	s.finishing = true
	s.advance()
	return nil
}
