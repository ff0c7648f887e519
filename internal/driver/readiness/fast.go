//go:build linux || darwin || freebsd

package readiness

import (
	"sync/atomic"

	"golang.org/x/sys/unix"

	"iocp/internal/driver"
	"iocp/internal/driver/eventset"
	"iocp/internal/sys/sock"
)

// fast is a direction's state on the fast path: what happens to a connection that
// does nothing unusual takes one step of an atomic word instead of the stream's
// lock.
//
// While the word says slow, the direction is what the queue's other fields say,
// under the lock. Otherwise it is what the word says, and those fields say that
// nothing is pending or under way. Who takes the lock by stream.lock brings both
// directions to slow, at whatever point they are; stream.unlock lets those go on
// the fast path that may. So only a step of the word can meet another one, and
// everything else is written without regard to the fast path.
//
// Receiving, of one operation used again and again, which is stream.own:
//
//	rest    -> pending   submitFast: own is submitted
//	pending -> moving    readyFast: there is data, a transfer is made
//	moving  -> rest      finishFast, with the lock: it has emptied the socket
//
// Sending without an operation:
//
//	rest    -> moving    sendFast
//	moving  -> rest      sendFast: the system took something
//
// At rest a socket has nothing to receive, and room to send. What comes out
// otherwise, or meets a direction that is slow by then, takes the lock and goes on
// as if the fast path didn't exist.
//
// The word also counts how often own was another operation, so that a step fails
// that was meant for an earlier one.
type fast struct{ word atomic.Uint32 }

// The states of the word.
const (
	slow uint32 = iota
	rest
	pending
	moving
	fastStates
)

func (f *fast) state() uint32 { return f.word.Load() % fastStates }

// step goes from one state to the next, if it is still w, and in the first.
func (f *fast) step(w, from, to uint32) bool {
	return w%fastStates == from && f.word.CompareAndSwap(w, w-from+to)
}

// set changes the state of a direction that is slow, or whose transfer the caller
// makes. The stream's lock is held.
func (f *fast) set(state uint32) { f.word.Store(f.word.Load()/fastStates*fastStates + state) }

// stop makes it slow, and says what it was. The stream's lock is held.
func (f *fast) stop() (state uint32) {
	for {
		w := f.word.Load()
		if state = w % fastStates; state == slow || f.step(w, state, slow) {
			return state
		}
	}
}

// lock takes the stream's lock, and both directions off the fast path.
func (s *stream) lock() {
	s.mu.Lock()
	s.slowDown()
}

// slowDown takes both directions off the fast path. The lock is held.
func (s *stream) slowDown() {
	switch s.recv.fast.stop() {
	case moving:
		s.recv.busy, s.recv.ready, s.recv.news = true, true, false
		fallthrough
	case pending:
		s.recv.ops.Push(s.own.Load())
	}
	if s.send.fast.stop() == moving {
		s.send.busy, s.send.news = true, false
	}
}

// unlock releases the stream's lock, and lets the directions go on the fast path
// that may.
func (s *stream) unlock() {
	if s.usual() {
		if q := &s.send; q.ready && !q.busy && s.stage == connected && q.ops.Front() == nil {
			q.fast.set(rest)
		}
		if q := &s.recv; !q.ready && !q.busy && !s.held {
			s.recvFast()
		}
	}
	s.mu.Unlock()
}

// usual reports whether the stream is a TCP connection that nothing has happened
// to. The lock is held.
func (s *stream) usual() bool {
	few := s.few()
	return s.set != nil && (s.stage == connected || s.stage == finishing) && s.kind <= kindInet6 &&
		!s.beyond && few.err == nil && few.dgram == nil && few.connecting == nil
}

// recvFast puts the receiving direction on the fast path, if it has one operation
// at most. The lock is held.
func (s *stream) recvFast() {
	q := &s.recv
	switch op := q.ops.Only(); {
	case op != nil && !peeks(op):
		q.ops.Pop()
		if s.own.Load() != op {
			s.own.Store(op)
			q.fast.word.Add(fastStates)
		}
		q.fast.set(pending)
	case q.ops.Front() == nil && s.own.Load() != nil:
		q.fast.set(rest)
	}
}

// peeks reports whether a receive has no room, and so is to consume nothing.
func peeks(op *driver.Op) bool { return op.Kind != driver.KindRecvPooled && op.Len() == 0 }

// submitFast is submit for a receive. The word is looked at before own is, and
// must not have changed when it steps: own is the same as long.
func (s *stream) submitFast(op *driver.Op) bool {
	w := s.recv.fast.word.Load()
	return w%fastStates == rest && s.own.Load() == op && !peeks(op) && s.recv.fast.step(w, rest, pending)
}

// readyFast is ready for an event that says no more than that there is data.
func (s *stream) readyFast(in *set, ev eventset.Ready, out *[]Transfer, local *driver.LocalQueue) bool {
	w := s.recv.fast.word.Load()
	usual := ev == eventset.Readable || ev == eventset.Readable|eventset.Writable && s.send.fast.state() == rest
	if !usual || !s.recv.fast.step(w, pending, moving) {
		return false
	}
	in.see(s)
	t := Transfer{FD: s.fd(), s: s, op: s.own.Load()}
	if t.aim(in.port.pool) {
		*out = append(*out, t)
	} else {
		s.stepBack(in.port, &t, local)
	}
	return true
}

// stepBack is for a transfer that isn't made, since there is no buffer. It is
// tried again with the lock held, so that Kick comes either before or after.
func (s *stream) stepBack(p *Port, t *Transfer, local *driver.LocalQueue) {
	t.Errno = unix.EINTR
	s.lock()
	s.conclude(t, local)
	over := s.stage == closed
	s.unlock()
	if over {
		p.pool.Forget(&s.acct) // end may have been first
	}
}

// finishFast is conclude for a receive that has taken all there was. The lock is
// held, but the directions may be on the fast path.
func (s *stream) finishFast(p *Port, t *Transfer, local *driver.LocalQueue) bool {
	if !p.facts.Urgent || t.Send || t.Errno != 0 || t.N == 0 || t.N >= t.Len || s.recv.fast.state() != moving {
		return false
	}
	t.bring()
	t.op.Err = nil
	s.order.Settle(local)
	s.recv.fast.set(rest) // before own may be submitted again
	p.sink.Complete(t.op, &s.order, local)
	return true
}

// sendFast is SendNow for a stream with room and nothing else to send. It
// reports whether it was one.
func (s *stream) sendFast(b []byte) (n int, err error, ok bool) {
	w := s.send.fast.word.Load()
	if !s.send.fast.step(w, rest, moving) {
		return 0, nil, false
	}
	n, errno := sock.SendOne(s.fd(), b)
	if errno == 0 && s.send.fast.step(w-rest+moving, moving, rest) {
		return n, nil, true
	}
	return n, s.sentNow(errno), true
}
