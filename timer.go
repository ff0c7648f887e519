package iocp

import (
	"math"
	"net"
	"net/netip"
	"time"

	"iocp/internal/driver"
)

// After starts a timer: an operation that completes when d has passed, with the
// given key, N zero and no error; never before, and after by what the system's
// clock and the queue cost, commonly about a millisecond. A d of zero or less
// completes at once. Timers are cheap: a million pending ones cost a slice
// element and a few hundred nanoseconds each. Like all completions they are
// found by Wait: on a port on which nobody waits no timer goes off.
func (p *Port) After(op *Op, d time.Duration, key any) error {
	if err := p.enter(op, driver.KindTimer, key, nil); err != nil {
		return opError("timer", netip.AddrPort{}, err)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.shut { // since enter looked
		p.expire(&op.d, net.ErrClosed)
	} else {
		p.schedule(&op.d, d)
	}
	p.dispatch(nil)
	p.arm()
	return nil
}

// schedule enters a timer among those that are pending. The caller holds mu.
func (p *Port) schedule(op *driver.Op, d time.Duration) {
	now := p.clock()
	due := now + min(int64(max(d, 0)), math.MaxInt64-now)
	p.timers.Add(op, due)
	if p.timers.Due() == due {
		p.wakePollers() // they would sleep for too long, whoever of them is left then
	}
	p.fire()
}

// CancelTimer asks for a timer to be given up: it completes at once, with
// ErrAborted. ErrNotFound says that it isn't pending: it may have gone off.
func (p *Port) CancelTimer(op *Op) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if op == nil || !p.timers.Remove(&op.d) {
		return opError("cancel", netip.AddrPort{}, ErrNotFound)
	}
	p.expire(&op.d, ErrAborted)
	p.dispatch(nil)
	p.arm()
	return nil
}

// clock is the time that timers go by: the monotonic clock, in nanoseconds.
func (p *Port) clock() int64 { return int64(time.Since(p.born)) }

// fire queues the timers that are due. The caller holds mu.
func (p *Port) fire() {
	if p.timers.Len() == 0 {
		return
	}
	for now := p.clock(); p.timers.Len() > 0 && p.timers.Due() <= now; {
		p.expire(p.timers.Pop(), nil)
	}
}

// expire queues a timer that is over. The caller holds mu.
func (p *Port) expire(d *driver.Op, err error) {
	d.Err = err
	p.push(d)
}

// stopTimers completes all timers of a closing port. The caller holds mu.
func (p *Port) stopTimers() {
	for p.timers.Len() > 0 {
		p.expire(p.timers.Pop(), net.ErrClosed)
	}
}

// untilTimer cuts a timeout to when the next timer is due. The caller holds mu.
func (p *Port) untilTimer(timeout time.Duration) time.Duration {
	if p.timers.Len() == 0 {
		return timeout
	}
	next := max(time.Duration(p.timers.Due()-p.clock()), 0)
	if timeout < 0 {
		return next
	}
	return min(timeout, next)
}
