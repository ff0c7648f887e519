package iocp

import (
	"os"
	"time"

	"iocp/internal/driver"
)

// wait waits for a packet: it polls the kernel when that is this worker's
// turn, and is parked otherwise. The caller holds mu.
func (w *Worker) wait(got *driver.List, room int, timeout time.Duration) error {
	p := w.port
	var deadline time.Time
	if timeout > 0 {
		deadline = time.Now().Add(timeout)
	}
	for looked := false; ; looked = true {
		if err := w.over(); err != nil {
			return err
		}
		left := remaining(timeout, deadline)
		if left == 0 && looked {
			return os.ErrDeadlineExceeded
		}
		p.sched.Wait(&w.w)
		switch {
		case p.idle:
			w.park(left)
		case p.sched.Poll(&w.w):
			w.poll(left)
		case !looked && p.sched.Seize(&w.w):
			w.poll(0) // others are busy: look, being awake, but don't be woken
		default:
			w.park(left)
		}
		if w.granted == nil && w.first() && w.take(got, room) {
			return nil
		}
		if w.granted == nil {
			p.clear(w, false)
		}
		p.dispatch(w)
		if d := w.granted; d != nil {
			w.granted = nil
			got.Push(d)
			w.fill(got, room)
			return nil
		}
	}
}

// poll waits in the kernel. The caller holds mu, which is released meanwhile.
func (w *Worker) poll(timeout time.Duration) {
	p := w.port
	w.unpolled = 0
	p.attended() // Poll flushes
	timeout = p.untilTimer(timeout)
	p.arm() // another may be stuck with sockets of his own
	p.mu.Unlock()
	err := p.poll(w, timeout)
	p.mu.Lock()
	p.sched.StopPoll(&w.w)
	if p.closing.Load() || p.queue.Len() > 0 && p.sched.Crew() == 1 {
		p.clear(w, false) // what is in the queue is older
	}
	p.fire()
	if err != nil {
		p.fail(err)
	}
	if p.closing.Load() {
		p.polled.Broadcast()
	}
}

// park waits to be signalled. The caller holds mu, which is released meanwhile.
func (w *Worker) park(timeout time.Duration) {
	p := w.port
	p.leave(w)
	p.arm()
	p.mu.Unlock()
	defer p.mu.Lock()
	p.flush()
	switch {
	case timeout == 0:
	case timeout < 0:
		<-w.sema
	default:
		select {
		case <-w.sema:
		case <-w.after(timeout):
		}
	}
}

// after arms the worker's own timer.
func (w *Worker) after(d time.Duration) <-chan time.Time {
	if w.timer == nil {
		w.timer = time.NewTimer(d)
	} else {
		w.timer.Reset(d)
	}
	return w.timer.C
}

// over gives the error with which waiting is pointless. Caller holds mu.
func (w *Worker) over() error {
	p := w.port
	switch {
	case w.ctx != nil && w.ctx.Err() != nil:
		return w.ctx.Err()
	case p.queued() > 0:
		return nil
	case p.failure != nil:
		return p.failure
	case p.closing.Load() && p.inFlight() == 0:
		return &OpError{Op: "wait", Err: ErrClosed}
	}
	return nil
}

// remaining is what is left of a timeout: negative for no limit.
func remaining(timeout time.Duration, deadline time.Time) time.Duration {
	if timeout <= 0 {
		return max(timeout, Infinite)
	}
	return max(time.Until(deadline), 0)
}
