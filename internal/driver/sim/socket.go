package sim

import (
	"net"

	"iocp/internal/driver"
)

// socket is what streams and datagram sockets have in common: the operations
// of two directions. The network's lock guards it. One transfer a direction is
// under way at a time: it begins when there is something for the oldest
// operation to do, and moves it some time later. A cancel or a close that comes
// in between finds the memory in use.
type socket struct {
	self interface { // what this is a part of
		driver.Handle
		advance() // begins the transfers that may move something
	}
	net    *network
	port   *port // nil until attached
	chance chance

	recv, send queue

	err    error // what ended the connection; a datagram socket has none
	closed bool
}

// queue is one direction's operations.
type queue struct {
	ops  driver.Direction
	busy bool // a transfer for the oldest is under way
}

// Attach implements driver.Handle.
func (s *socket) Attach(to driver.Port) (err error) {
	s.net.mu.Lock()
	defer s.net.unlock()
	if s.closed {
		return net.ErrClosed
	}
	s.port, err = s.net.attach(to, s.self)
	return err
}

// enqueue accepts an operation, unless the profile forbids it.
func (s *socket) enqueue(q *queue, op *driver.Op) error {
	if err := s.chance.refusal(op, q.ops.Len()); err != nil {
		return err
	}
	q.ops.Push(op)
	s.self.advance()
	return nil
}

// begin begins one direction's transfer, if it is worth it for the oldest
// operation. What moves it says whether the operation is over.
func (s *socket) begin(q *queue, worthIt func(*driver.Op) bool, move func(*driver.Op) (over bool, err error)) {
	op := q.ops.Front()
	if op == nil || q.busy || !worthIt(op) {
		return
	}
	q.busy = true
	t := socketTransfer{s, q}
	s.port.begins(t)
	s.net.after(s.chance.delay(), func() {
		s.finish(q, move)
		s.port.ends(t)
	})
}

// finish moves what is to be moved, unless it is too late for that.
func (s *socket) finish(q *queue, move func(*driver.Op) (over bool, err error)) {
	q.busy = false
	op := q.ops.Front()
	switch {
	case s.closed:
		s.failAll(q, net.ErrClosed)
		return
	case s.err != nil:
		s.failAll(q, s.err)
		return
	case op.Canceled && s.chance.coin():
		s.complete(q, driver.ErrAborted)
	case s.chance.strikes(rarelyNoBufs):
		s.complete(q, errNoBufs)
	default:
		if over, err := move(op); over {
			s.complete(q, err)
		} else if op.Canceled {
			s.complete(q, driver.ErrAborted)
		}
	}
	s.self.advance()
}

// socketTransfer is a transfer for its queue's oldest operation.
type socketTransfer struct {
	s *socket
	q *queue
}

// abandon implements transfer.
func (t socketTransfer) abandon() {
	t.q.busy = false
	t.s.failAll(t.q, net.ErrClosed)
}

// complete ends the oldest operation of a queue.
func (s *socket) complete(q *queue, err error) {
	op := q.ops.Pop()
	op.Err = err
	s.port.complete(op)
}

// failAll ends every operation of a queue, unless a transfer is under way,
// which will then.
func (s *socket) failAll(q *queue, err error) {
	for !q.busy && q.ops.Front() != nil {
		s.complete(q, err)
	}
}

// cancel is the part of Cancel that concerns transfers.
func (s *socket) cancel(op *driver.Op) bool {
	r, w := &s.recv, &s.send
	found := r.ops.Cancel(op, r.busy, s.port.complete) || w.ops.Cancel(op, w.busy, s.port.complete)
	s.self.advance()
	return found
}

// cancelAll is the part of CancelAll that concerns transfers.
func (s *socket) cancelAll() int {
	n := 0
	for _, q := range []*queue{&s.recv, &s.send} {
		n += q.ops.CancelAll(q.busy, s.port.complete)
	}
	s.self.advance()
	return n
}

// leave takes a closed socket off its port.
func (s *socket) leave() {
	if s.port == nil {
		return
	}
	s.port.detach(s.self)
	s.failAll(&s.recv, net.ErrClosed)
	s.failAll(&s.send, net.ErrClosed)
}
