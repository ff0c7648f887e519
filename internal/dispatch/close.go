package dispatch

import (
	"iocp/internal/driver"
	"iocp/internal/sched"
)

// inFlight is the number of operations submitted and not yet dequeued. The
// caller holds mu.
func (e *Engine) inFlight() int { return int(e.admitted.Load()) - int(e.dequeued()) }

// dequeued is the number of operations whose last completion was dequeued. The
// caller holds mu.
func (e *Engine) dequeued() uint64 {
	n := e.over
	for _, w := range e.workers {
		n += w.dequeued.Load()
	}
	return n
}

// fail records that the kernel can't go on and completes everything in
// flight, so that nothing hangs. The caller holds mu; it is released meanwhile.
func (e *Engine) fail(err error) {
	if e.failure != nil {
		return
	}
	e.failure = &PollError{err}
	e.pool.Close()
	e.mu.Unlock()
	e.drv.Shut()
	e.mu.Lock()
	e.wakeAll()
}

// Close closes the backend's port and everything attached to it. It returns when
// the kernel has given every buffer back; what then remains queued is still handed
// out, and after that every Wait returns ErrClosed. A second Close waits for the
// first.
func (e *Engine) Close() error {
	if e.closing.Swap(true) {
		<-e.closed
		return nil
	}
	e.pool.Close()
	e.drv.Shut()
	e.mu.Lock()
	e.shut = true
	e.requeueAll()
	e.stopTimers()
	e.drain()
	e.drained = true
	e.sched.Hasten()
	e.dispatch(nil)
	for e.sched.Pollers() > 0 {
		e.drv.Wake()
		e.polled.Wait()
	}
	e.wakeAll()
	e.mu.Unlock()
	close(e.watchC)
	err := e.drv.Close()
	driver.Freed()
	close(e.closed)
	return err
}

// drain polls, when no worker does, until the kernel holds no operation's
// memory. The caller holds mu, which is released while polling.
func (e *Engine) drain() {
	var me sched.Waiter
	for e.drv.InFlight() > 0 && e.failure == nil {
		if !e.sched.Seize(&me) {
			e.polled.Wait()
			continue
		}
		e.mu.Unlock()
		err := e.drv.Poll(-1)
		e.mu.Lock()
		e.sched.StopPoll(&me)
		if err != nil {
			e.fail(err)
		}
		e.dispatch(nil)
	}
}
