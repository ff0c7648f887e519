package dispatch

import (
	"os"
	"runtime"
	"time"

	"iocp/internal/driver"
)

// wait waits for a packet: it polls the kernel when that is this worker's
// turn, and is parked otherwise. The caller holds mu.
func (w *Worker) wait(got *driver.List, room int, timeout time.Duration) error {
	e := w.e
	var deadline time.Time
	if timeout > 0 {
		deadline = time.Now().Add(timeout)
	}
	for looked := false; ; looked = true {
		if err := w.pointless(); err != nil {
			return err
		}
		left := remaining(timeout, deadline)
		if left == 0 && looked {
			return os.ErrDeadlineExceeded
		}
		e.sched.Wait(&w.w)
		switch {
		case e.drained:
			w.park(left)
		case e.sched.Poll(&w.w):
			w.poll(left)
		case !looked && e.sched.Seize(&w.w):
			w.poll(0) // others are busy: look, being awake, but don't be woken
		default:
			w.park(left)
		}
		if w.granted == nil && e.sched.Takes(&w.w, w.local.Len() > 0) && w.take(got, room) {
			return nil
		}
		if w.granted == nil {
			e.requeue(w, false)
		}
		e.dispatch(w)
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
	e := w.e
	w.unpolled = 0
	e.takeDeferred() // Poll flushes
	timeout = e.untilTimer(timeout)
	e.arm() // another may be stuck with sockets of its own
	e.mu.Unlock()
	if timeout != 0 {
		w.yield()
	}
	err := w.poller.Poll(timeout)
	e.mu.Lock()
	e.sched.StopPoll(&w.w)
	if e.closing.Load() || e.global.len() > 0 && e.sched.Active() == 1 {
		e.requeue(w, false) // what is in the global queue is older
	}
	e.fire()
	if err != nil {
		e.fail(err)
	}
	if e.closing.Load() {
		e.polled.Broadcast()
	}
}

// yieldEvery is less than the 10 ms after which Go's monitor thread (sysmon) preempts
// a goroutine that hasn't been through the scheduler.
const yieldEvery = 5 * time.Millisecond

// yield goes through Go's scheduler if this goroutine hasn't for some time. A worker
// that only ever waits in the kernel never does. The monitor would take its P away
// every 10 ms, and be wide awake for milliseconds each time: that cost three times as
// much as the messages of a server with a thousand of them a second.
func (w *Worker) yield() {
	if now := w.e.clock(); now-w.yielded > int64(yieldEvery) {
		w.yielded = now
		runtime.Gosched()
	}
}

// park waits to be signalled. The caller holds mu, which is released meanwhile.
func (w *Worker) park(timeout time.Duration) {
	e := w.e
	w.poller.Leave()
	e.arm()
	e.mu.Unlock()
	defer e.mu.Lock()
	e.flush()
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

// pointless gives the error with which there is nothing to wait for. The caller
// holds mu.
func (w *Worker) pointless() error {
	e := w.e
	switch {
	case w.ctx != nil && w.ctx.Err() != nil:
		return w.ctx.Err()
	case e.queued() > 0:
		return nil
	case e.failure != nil:
		return e.failure
	case e.closing.Load() && e.inFlight() == 0:
		return ErrClosed
	}
	return nil
}

// remaining is what is left of a timeout: negative for no limit.
func remaining(timeout time.Duration, deadline time.Time) time.Duration {
	if timeout <= 0 {
		return max(timeout, -1)
	}
	return max(time.Until(deadline), 0)
}
