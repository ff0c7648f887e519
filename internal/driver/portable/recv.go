package portable

import (
	"io"
	"time"

	"iocp/internal/driver"
)

// reader is a stream's receiving lane.
type reader struct {
	lane
	s       *stream
	account driver.Account // of pooled buffers

	// ahead holds a byte that was read only to learn that there is one. The
	// goroutine alone uses it.
	ahead [1]byte
	held  bool
}

func (r *reader) init(s *stream) {
	r.s, r.h, r.w = s, &s.handle, r
}

// Recv receives into op.Bufs.
func (s *stream) Recv(op *driver.Op) error { return s.submit(&s.recv.lane, op) }

// RecvPooled receives into a buffer of the pool, taken once data is there.
func (s *stream) RecvPooled(op *driver.Op) error { return s.submit(&s.recv.lane, op) }

// Kick says that the pool may have a buffer for this stream.
func (r *reader) Kick() { signal(r.note) }

func (r *reader) verdict(op *driver.Op) error { return r.s.verdict(op) }

func (r *reader) transfer(op *driver.Op) (int, error) {
	switch {
	case op.Kind == driver.KindRecvPooled:
		return r.pooled(op)
	case op.Len() == 0:
		return 0, r.look()
	default:
		return r.fill(op.Bufs())
	}
}

// look waits until there is something to receive, and leaves it to be
// received. At the end of the stream it returns io.EOF.
func (r *reader) look() error {
	if r.held {
		return nil
	}
	n, err := r.s.conn.Read(r.ahead[:])
	r.held = n > 0
	return err
}

// fill receives into bufs, in order and packed. Only the first byte is waited
// for (C57, C59).
func (r *reader) fill(bufs [][]byte) (int, error) {
	total := 0
	for _, b := range bufs {
		n, err := r.take(b, total == 0)
		total += n
		if err != nil || n < len(b) {
			return total, err
		}
	}
	return total, nil
}

// take fills b with the byte read ahead and what one Read brings. It waits
// only if asked to and when there is no such byte.
func (r *reader) take(b []byte, wait bool) (int, error) {
	n := 0
	if r.held && len(b) > 0 {
		b[0] = r.ahead[0]
		r.held = false
		n, wait = 1, false
	}
	if n == len(b) || !wait && !readable(r.s.raw) {
		return n, nil
	}
	m, err := r.s.conn.Read(b[n:])
	return n + m, err
}

// pooled waits for data before it takes a buffer, so that idle streams have
// none.
func (r *reader) pooled(op *driver.Op) (int, error) {
	if err := r.look(); err != nil {
		return 0, err
	}
	buf, err := r.borrow(op)
	if err != nil {
		return 0, err
	}
	buf.N, err = r.take(buf.Data, false)
	op.SetBuf(buf)
	return buf.N, err
}

// borrow takes a buffer of the pool, and waits for one if it must. It asks the
// pool before it looks whether op was given up, because a kick stands for a
// buffer that is offered to nobody else.
func (r *reader) borrow(op *driver.Op) (*driver.Buf, error) {
	pool := r.s.port.pool
	for {
		if buf := pool.Get(&r.account, r); buf != nil {
			return buf, nil
		}
		r.s.mu.Lock()
		err := r.s.verdict(op)
		r.s.mu.Unlock()
		if err != nil {
			pool.Forget(&r.account)
			return nil, err
		}
		<-r.note
	}
}

// settle reports data without an error: that is for the next receive, which
// meets it again or finds it kept. After a reset that a send has been told of,
// this direction sees the end of the stream, so that is looked into.
func (r *reader) settle(op *driver.Op, n int, err error) error {
	s := r.s
	if err == io.EOF && s.failure == nil && !s.send.fin && severed(s.raw) {
		s.fail(driver.ErrReset)
	}
	if err = s.outcome(op, err); n > 0 {
		return nil
	}
	return err
}

func (r *reader) setDeadline(t time.Time) error { return r.s.conn.SetReadDeadline(t) }

func (r *reader) rest() bool {
	if r.s.closed {
		r.s.leave()
	}
	return r.s.closed
}
