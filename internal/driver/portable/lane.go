package portable

import (
	"time"

	"iocp/internal/driver"
)

// lane is one direction of a handle: a queue of operations and the goroutine
// that works them off. The handle's lock guards all of it.
//
// The oldest operation is in one of two states:
//
//   - queued: it is on ops and nobody works on it. A cancel takes it off and
//     completes it at once.
//   - busy: the goroutine is inside worker.transfer for it, without the lock.
//     A cancel or a close breaks the transfer off; the goroutine completes it
//     with what had been achieved by then.
type lane struct {
	h      *handle
	w      worker
	ops    driver.Direction
	note   chan struct{} // something has changed; nil until the goroutine runs
	busy   bool
	broken bool // the deadline is in the past
}

// worker is what differs between receiving, sending and accepting.
type worker interface {
	// verdict says why op need not be tried, with the handle locked.
	verdict(op *driver.Op) error

	// transfer carries op out, without the handle's lock. The bytes it
	// reports have been transferred whatever the error is.
	transfer(op *driver.Op) (int, error)

	// settle turns transfer's error into the one to be reported, with the
	// handle locked.
	settle(op *driver.Op, n int, err error) error

	// setDeadline makes a transfer under way, and those to come, fail once
	// t is past; the zero time lifts that.
	setDeadline(t time.Time) error

	// rest is called with the handle locked when the queue is empty; true
	// ends the goroutine.
	rest() bool
}

// past is a deadline that is always over.
var past = time.Unix(1, 0)

// submit takes op into the queue. The caller holds the lock and has seen that
// the handle is open and attached.
func (l *lane) submit(op *driver.Op) (started bool) {
	l.h.port.accept()
	l.ops.Push(op)
	if l.note != nil {
		signal(l.note)
		return false
	}
	l.note = make(chan struct{}, 1)
	l.h.port.running.Go(l.run)
	return true
}

func (l *lane) run() {
	l.h.mu.Lock()
	defer l.h.mu.Unlock()
	for {
		if op := l.ops.Front(); op != nil {
			l.work(op)
			continue
		}
		if l.w.rest() {
			return
		}
		l.h.mu.Unlock()
		<-l.note
		l.h.mu.Lock()
	}
}

// work brings the oldest operation to its end. The caller holds the lock,
// which is released during the transfer.
func (l *lane) work(op *driver.Op) {
	n, err := 0, l.w.verdict(op)
	if err == nil {
		l.busy = true
		l.h.mu.Unlock()
		n, err = l.w.transfer(op)
		l.h.mu.Lock()
		l.busy = false
		l.mend()
		err = l.w.settle(op, n, err)
	}
	l.ops.Pop()
	l.finish(op, n, err)
}

func (l *lane) finish(op *driver.Op, n int, err error) {
	op.N, op.Err = n, err
	l.h.port.complete(op)
}

// cancel gives up op and reports whether it was here. What a closed handle still
// holds is over already, with net.ErrClosed. The caller holds the lock.
func (l *lane) cancel(op *driver.Op) bool {
	if l.h.closed {
		return false
	}
	found := l.ops.Cancel(op, l.busy, l.h.port.complete)
	if found && l.ops.Front() == op { // still: it is busy
		l.breakOff()
	}
	return found
}

// cancelAll marks everything pending, for the goroutine to complete in order,
// unless the handle is closed. The caller holds the lock.
func (l *lane) cancelAll() int {
	if l.h.closed {
		return 0
	}
	n := l.ops.Len()
	for range n {
		op := l.ops.Pop()
		op.Canceled = true
		l.ops.Push(op)
	}
	l.interrupt()
	return n
}

// interrupt makes the goroutine look at what has changed, whatever it is
// doing. The caller holds the lock.
func (l *lane) interrupt() {
	if l.busy {
		l.breakOff()
	} else {
		signal(l.note)
	}
}

// breakOff makes the transfer under way return, whether it waits in package net
// or for a note. The caller holds the lock.
func (l *lane) breakOff() {
	l.broken = true
	l.w.setDeadline(past)
	signal(l.note)
}

// mend lifts the deadline that broke a transfer off, for the next one. The
// caller holds the lock.
func (l *lane) mend() {
	if l.broken && !l.h.closed {
		l.broken = false
		l.w.setDeadline(time.Time{})
	}
}
