package dispatch

import (
	"math"
	"net"
	"time"

	"iocp/internal/driver"
)

// StartTimer starts a timer that was admitted: it completes when d has passed, or
// at once with net.ErrClosed if the engine is being closed.
func (e *Engine) StartTimer(op *driver.Op, d time.Duration) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.shut { // since it was admitted
		e.expire(op, net.ErrClosed)
	} else {
		e.schedule(op, d)
	}
	e.dispatch(nil)
	e.arm()
}

// schedule enters a timer among those that are pending. The caller holds mu.
func (e *Engine) schedule(op *driver.Op, d time.Duration) {
	now := e.clock()
	due := now + min(int64(max(d, 0)), math.MaxInt64-now)
	e.timers.Add(op, due)
	if e.timers.Due() == due {
		e.wakePollers() // they would sleep for too long, whoever of them is left then
	}
	e.fire()
}

// StopTimer completes a pending timer at once, with driver.ErrAborted. It reports
// whether it was pending.
func (e *Engine) StopTimer(op *driver.Op) bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	if !e.timers.Remove(op) {
		return false
	}
	e.expire(op, driver.ErrAborted)
	e.dispatch(nil)
	e.arm()
	return true
}

// clock is the time that timers go by: the monotonic clock, in nanoseconds.
func (e *Engine) clock() int64 { return int64(time.Since(e.born)) }

// fire queues the timers that are due. The caller holds mu.
func (e *Engine) fire() {
	if e.timers.Len() == 0 {
		return
	}
	for now := e.clock(); e.timers.Len() > 0 && e.timers.Due() <= now; {
		e.expire(e.timers.Pop(), nil)
	}
}

// expire queues a timer that is over. The caller holds mu.
func (e *Engine) expire(op *driver.Op, err error) {
	op.Err = err
	e.global.push(op)
}

// stopTimers completes all timers of an engine that is being closed. The caller
// holds mu.
func (e *Engine) stopTimers() {
	for e.timers.Len() > 0 {
		e.expire(e.timers.Pop(), net.ErrClosed)
	}
}

// untilTimer cuts a timeout to when the next timer is due. The caller holds mu.
func (e *Engine) untilTimer(timeout time.Duration) time.Duration {
	if e.timers.Len() == 0 {
		return timeout
	}
	next := max(time.Duration(e.timers.Due()-e.clock()), 0)
	if timeout < 0 {
		return next
	}
	return min(timeout, next)
}
