package dispatch

import "iocp/internal/sched"

// dispatch releases waiters for queued packets. self is the worker on whose
// goroutine this runs, if any: it needs no waking. The caller holds mu.
func (e *Engine) dispatch(self *Worker) {
	for {
		w := e.sched.Release(e.queued())
		if w == nil || !e.grant(w, self) {
			return
		}
	}
}

// grant gives the oldest packet to a waiter that has been given a slot, and
// reports whether there still was one. The caller holds mu.
func (e *Engine) grant(sw *sched.Waiter, self *Worker) bool {
	w := sw.Owner.(*Worker)
	if w.granted = e.pop(); w.granted == nil {
		e.sched.Undo(sw)
		return false
	}
	if w != self {
		e.signal(w)
	}
	return true
}

// relieve gives the oldest packet to another worker, whoever is busy. The
// caller holds mu.
func (e *Engine) relieve() {
	if w := e.sched.Relieve(e.queued()); w != nil {
		e.grant(w, nil)
	}
}

// promote has a parked worker poll. The caller holds mu.
func (e *Engine) promote(w *sched.Waiter) {
	if w == nil {
		return
	}
	e.sched.StopPoll(w) // it polls by itself once it looks
	e.signal(w.Owner.(*Worker))
}

// handOver sees to it that packets and the kernel don't go unattended when a
// worker leaves. The caller holds mu.
func (e *Engine) handOver(self *Worker) {
	e.dispatch(self)
	e.promote(e.sched.Promote())
	e.arm()
}

// signal makes a worker return from wherever it waits. The caller holds mu.
func (e *Engine) signal(w *Worker) {
	if w.w.Polls() {
		w.poller.Wake()
		return
	}
	select {
	case w.sema <- struct{}{}:
	default:
	}
}

// wakePollers makes all return that poll. The caller holds mu.
func (e *Engine) wakePollers() {
	for _, w := range e.workers {
		if w.w.Polls() {
			w.poller.Wake()
		}
	}
}

// wakeAll makes every waiter look again. The caller holds mu.
func (e *Engine) wakeAll() {
	e.sched.Each(func(sw *sched.Waiter) { e.signal(sw.Owner.(*Worker)) })
	e.polled.Broadcast()
}
