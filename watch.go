package iocp

import (
	"time"

	"iocp/internal/driver"
	"iocp/internal/sched"
)

// tick is how long a packet may wait for a busy worker before another is woken,
// and how long a worker may be silent before it counts as stalled, once the
// port has reason to look that often: see sched.State.Pace.
const tick = 200 * time.Microsecond

// heldTicks is for how many ticks the watch naps at most while something is held
// back: 2 ms. It may have been since the beginning of the nap before.
const heldTicks = 10

// patience is StallAfter in ticks.
func patience(stallAfter time.Duration) uint64 {
	return uint64((stallAfter + tick - 1) / tick)
}

// watch is the port's one goroutine of its own. It sleeps unless workers are
// busy while others wait, or operations are held back; then it sees to it that
// neither packets nor held-back operations wait behind a stuck handler.
//
// Waking it costs more than a message does, so it stays awake while there is
// traffic, and looks rarely as long as there is nothing to find.
func (p *Port) watch() {
	for range p.watchC {
		nap := p.first()
		for awake := true; awake; {
			p.nap(nap)
			p.mu.Lock()
			p.fire()
			p.look()
			awake = p.traffic() || p.watching()
			p.awake = awake
			stale := p.stale()
			p.mu.Unlock()
			if stale {
				p.flush()
			}
			nap = p.pace()
		}
	}
}

// stale reports whether nothing has been flushed since it was last called: then
// what is held back waits for a worker that doesn't come. One that does come
// flushes more at a time. The caller holds mu.
func (p *Port) stale() bool {
	before := p.flushesSeen
	p.flushesSeen = p.flushes.Load()
	return p.flushesSeen == before
}

// nap sleeps for less than a millisecond to the point where the backend can. Go's
// timers are about a millisecond late in an idle process, since the runtime
// waits for them in a call that counts in milliseconds.
func (p *Port) nap(d time.Duration) {
	if n, ok := p.drv.(driver.Napper); ok && d < time.Millisecond {
		n.Nap(d)
		return
	}
	time.Sleep(d)
}

// first is for how long the watch naps that has been woken: not for long if that
// is because something is held back.
func (p *Port) first() time.Duration {
	if !p.deferred.Load() {
		return p.pace()
	}
	p.mu.Lock()
	p.flushesSeen = p.flushes.Load()
	p.mu.Unlock()
	return tick
}

// pace is for how long it naps while it is awake.
func (p *Port) pace() time.Duration {
	p.mu.Lock()
	defer p.mu.Unlock()
	ticks := p.sched.Pace()
	if p.deferred.Load() {
		ticks = min(ticks, heldTicks)
	}
	return time.Duration(ticks) * tick
}

// look has the scheduler find what is stuck or overdue, at most once a tick.
// The caller holds mu.
func (p *Port) look() {
	now := p.clock()
	ticks := (now - p.looked.Load()) / int64(tick)
	if ticks < 1 || ticks < int64(p.sched.Pace()) && p.sched.Crew() > 1 {
		return
	}
	p.looked.Store(now)
	release, promote := p.sched.Look(uint64(ticks), p.queued(), p.total())
	for _, w := range p.workers {
		if w.w.Halted() {
			p.clear(w, true)
			p.leave(w)
		}
	}
	for range release {
		p.relieve()
	}
	p.promote(promote)
	p.review(now)
}

// promote has a parked worker poll. The caller holds mu.
func (p *Port) promote(w *sched.Waiter) {
	if w == nil {
		return
	}
	p.sched.StopPoll(w) // it polls by itself once it looks
	p.signal(w.Owner.(*Worker))
}

// mind looks if that is due, for a worker that has packets of its own to go on
// with.
func (p *Port) mind() {
	if p.clock()-p.looked.Load() < int64(tick) || !p.mu.TryLock() {
		return
	}
	if p.sched.Waiting() > 0 {
		p.look()
	}
	p.mu.Unlock()
}

// relieve gives the oldest packet to another worker, whoever is busy. The
// caller holds mu.
func (p *Port) relieve() {
	if w := p.sched.Relieve(p.queued()); w != nil {
		p.grant(w, nil)
	}
}

// watching reports whether the watch has something to look after.
func (p *Port) watching() bool {
	return !p.idle && (p.deferred.Load() || p.sched.NeedLook(p.queued()))
}

// traffic reports whether packets have come since it was last called.
func (p *Port) traffic() bool {
	before := p.seen
	p.seen = p.total()
	return !p.idle && p.seen != before
}

// lookEvery is how many calls of arm with a backlog read the clock once.
const lookEvery = 8

// arm sees to it that what is queued isn't forgotten: it looks if there is a
// backlog, and wakes the watch if that is needed and asleep. The caller holds
// mu.
func (p *Port) arm() {
	if p.sched.Waiting() > 0 && p.queued() > 0 {
		if p.armed++; p.armed%lookEvery == 0 {
			p.look()
		}
	}
	if p.awake || !p.watching() {
		return
	}
	p.awake = true
	select {
	case p.watchC <- struct{}{}:
	default:
	}
}

// handOver sees to it that packets and the kernel don't go unattended when a
// worker leaves. The caller holds mu.
func (p *Port) handOver(self *Worker) {
	p.dispatch(self)
	p.promote(p.sched.Promote())
	p.arm()
}
