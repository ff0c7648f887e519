//go:build linux || darwin || freebsd

package readiness

import (
	"net"

	"golang.org/x/sys/unix"

	"iocp/internal/driver"
	"iocp/internal/sys/sock"
)

// scratch is where a receive that consumes nothing looks at its one byte.
// Nobody reads it.
var scratch = [][]byte{make([]byte, 1)}

// VecMax is how many buffers a Transfer has at most.
const VecMax = sock.VecMax

// begin makes the transfer of a side that was on the ready list.
func (s *stream) begin(send bool, out *[]Transfer) {
	s.lock()
	s.queue(send).listed = false
	s.transfer(send, out)
	s.unlock()
}

// transfer makes the transfer for a side's head operation, if it is worth one.
// The lock is held.
func (s *stream) transfer(send bool, out *[]Transfer) {
	q := s.queue(send)
	if !s.worth(send) || s.stage == closed {
		return
	}
	op := q.ops.Front()
	t := Transfer{FD: s.fd(), Send: send, Pipe: s.kind == kindPipe, s: s, op: op}
	switch {
	case op.Kind == driver.KindSendFile:
		q.busy = true
		s.set.port.threads.Do(&sendJob{s.set.port, t})
		return
	case s.few().dgram != nil:
		t.Msg = s.rare.dgram.message(op, send)
	}
	if t.aim(s.set.port.pool) {
		q.busy, q.news = true, false
		*out = append(*out, t)
	}
}

// aim says what is moved. Without a buffer for it, it reports false, and Kick
// comes when there is one.
func (t *Transfer) aim(pool *driver.Pool) bool {
	op := t.op
	switch {
	case op.Kind == driver.KindRecvPooled:
		if t.buf = pool.Get(&t.s.acct, t.s); t.buf == nil {
			return false
		}
		t.Bufs, t.Len = t.buf.Vec(), min(len(t.buf.Data), driver.TransferMax)
		return true
	case t.Msg == nil && !t.Send && peeks(op):
		// What recv(2) answers when given no room differs between kinds of
		// socket. C61 wants it to wait for data: look for a byte without
		// taking it.
		t.Peek, t.Bufs, t.Len = true, scratch, 1
		return true
	}
	t.Bufs, t.Len = op.Piece(VecMax)
	return true
}

// finish takes a transfer's result and reports how many operations it ended.
func (s *stream) finish(p *Port, t *Transfer, local *driver.LocalQueue) int {
	s.mu.Lock()
	if s.finishFast(p, t, local) {
		s.mu.Unlock()
		return 1
	}
	s.slowDown()
	done := s.conclude(t, local)
	s.unlock()
	return done
}

func (s *stream) conclude(t *Transfer, local *driver.LocalQueue) (done int) {
	q := s.queue(t.Send)
	q.busy = false
	if err, over := s.outcome(q, t); over {
		s.complete(q, err, local)
		done++
	}
	return done + s.goOn(t.Send, local)
}

// goOn follows a transfer: the side has nothing under way any more. It reports
// how many operations that ended. The lock is held.
func (s *stream) goOn(send bool, local *driver.LocalQueue) (done int) {
	switch {
	case s.stage == closed:
		done = s.failAll(s.queue(send), net.ErrClosed, local)
		s.releaseFD()
	case s.few().err != nil:
		done = s.failAll(&s.recv, s.rare.err, local)
		done += s.failAll(&s.send, s.rare.err, local)
	default:
		s.list(send)
		if send {
			s.finishSending()
			s.held = false
			s.list(false)
		}
	}
	return done
}

// outcome settles what a transfer means for its operation: whether it is over,
// and with which error. The lock is held.
func (s *stream) outcome(q *queue, t *Transfer) (err error, over bool) {
	switch {
	case t.err != nil:
		return t.err, true
	case s.few().dgram != nil:
		return s.rare.dgram.outcome(q, t)
	}
	switch t.Errno {
	case 0:
		if t.Send {
			return s.sent(t)
		}
		if s.doubtful(t) {
			s.held = true
			return driver.ErrAborted, t.op.Canceled
		}
		if t.N == 0 && s.few().err != nil {
			return s.rare.err, true
		}
		s.received(q, t)
		return nil, true
	case unix.EAGAIN:
		// An event since the transfer began means that it may be worth
		// another; without one the next event will say so.
		if !q.news {
			q.ready = false
		}
		fallthrough
	case unix.EINTR:
		return driver.ErrAborted, t.op.Canceled
	}
	if err = sysError(t.call(), t.Errno); t.Pipe {
		err = pipeError(t.Send, t.Errno)
	}
	if !passing(t.Errno) {
		// Linux reports a reset once and an end of stream ever after; the
		// contract reports it every time and in both directions (C69).
		s.more().err = err
	}
	return err, true
}

// sent settles a send that moved something: it is over when nothing is left,
// or when it was cancelled half-way (C78).
func (s *stream) sent(t *Transfer) (error, bool) {
	if t.op.Moved(t.N) {
		return nil, true
	}
	return driver.ErrAborted, t.op.Canceled
}

// doubtful reports whether what a receive met may be a reset, though it looks
// like the end of the stream: Linux tells of a reset once, and a send that runs
// at the same time may have received that one ECONNRESET. The receive is tried again after the send. One
// of a file isn't waited for, because that may take as long as the file's disk.
func (s *stream) doubtful(t *Transfer) bool {
	if t.N != 0 || !s.send.busy || s.few().dgram != nil {
		return false
	}
	op := s.send.ops.Front()
	return op == nil || op.Kind != driver.KindSendFile
}

func (s *stream) received(q *queue, t *Transfer) {
	if t.Peek {
		return
	}
	t.bring()
	// A short receive has emptied the socket, so the next data makes a new
	// event (epoll(7)), unless the end of the stream is behind it, whose event
	// has come already, or the receive stopped at out-of-band data, or, on a
	// Unix socket, where a descriptor is passed along (unix(7)). Where no event
	// tells of out-of-band data, only another receive finds out.
	if t.N < t.Len && !q.news && !s.beyond && s.kind != kindUnix && s.set.port.facts.Urgent {
		q.ready = false
	}
}

// bring sets the result of a receive that has consumed something, or met the end
// of the stream.
func (t *Transfer) bring() {
	t.op.N = t.N
	if t.buf != nil && t.N > 0 {
		t.buf.N = t.N
		t.op.SetBuf(t.buf)
		t.buf = nil
	}
}

func (t *Transfer) call() string {
	if t.Send {
		return "send"
	}
	return "recv"
}
