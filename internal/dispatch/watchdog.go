package dispatch

import (
	"time"

	"iocp/internal/driver"
)

// tick is how long a packet may wait for a busy worker before another is woken,
// and how long a worker may be silent before it counts as stalled, once there is
// reason to look that often: see sched.State.Pace.
const tick = 200 * time.Microsecond

// heldTicks is for how many ticks the watchdog naps at most while something is
// held back: 2 ms. It may have been since the beginning of the nap before.
const heldTicks = 10

// patience is StallAfter in ticks.
func patience(stallAfter time.Duration) uint64 {
	return uint64((stallAfter + tick - 1) / tick)
}

// watch is the watchdog, the engine's one goroutine of its own. It sleeps unless
// workers are busy while others wait, or operations are held back; then it sees to
// it that neither packets nor held-back operations wait behind a stuck handler.
//
// Waking it costs more than a message does, so it stays awake while there is
// traffic, and looks rarely as long as there is nothing to find.
func (e *Engine) watch() {
	for range e.watchC {
		nap := e.firstNap()
		for awake := true; awake; {
			e.nap(nap)
			e.mu.Lock()
			e.fire()
			e.look()
			awake = e.traffic() || e.watching()
			e.watched = awake
			stale := e.stale()
			e.mu.Unlock()
			if stale {
				e.flush()
			}
			nap = e.pace()
		}
	}
}

// stale reports whether nothing has been flushed since it was last called: then
// what is held back waits for a worker that doesn't come. One that does come
// flushes more at a time. The caller holds mu.
func (e *Engine) stale() bool {
	before := e.flushesSeen
	e.flushesSeen = e.flushes.Load()
	return e.flushesSeen == before
}

// nap sleeps for less than a millisecond to the point where the backend can. Go's
// timers are about a millisecond late in an idle process, since the runtime
// waits for them in a call that counts in milliseconds.
func (e *Engine) nap(d time.Duration) {
	if n, ok := e.drv.(driver.Napper); ok && d < time.Millisecond {
		n.Nap(d)
		return
	}
	time.Sleep(d)
}

// firstNap is for how long the watchdog naps that has been woken: not for long if
// that is because something is held back.
func (e *Engine) firstNap() time.Duration {
	if !e.deferred.Load() {
		return e.pace()
	}
	e.mu.Lock()
	e.flushesSeen = e.flushes.Load()
	e.mu.Unlock()
	return tick
}

// pace is for how long it naps while it is awake.
func (e *Engine) pace() time.Duration {
	e.mu.Lock()
	defer e.mu.Unlock()
	ticks := e.sched.Pace()
	if e.deferred.Load() {
		ticks = min(ticks, heldTicks)
	}
	return time.Duration(ticks) * tick
}

// look has the scheduler find what is stuck or overdue, at most once a tick.
// The caller holds mu.
func (e *Engine) look() {
	now := e.clock()
	ticks := (now - e.looked.Load()) / int64(tick)
	if ticks < 1 || ticks < int64(e.sched.Pace()) && e.sched.Active() > 1 {
		return
	}
	e.looked.Store(now)
	preempted := e.several && e.usage.read(now)
	release, promote := e.sched.Look(uint64(ticks), e.queued(), e.total(), preempted)
	for _, w := range e.workers {
		if w.w.Halted() {
			e.requeue(w, true)
			w.poller.Leave()
		}
	}
	for range release {
		e.relieve()
	}
	e.promote(promote)
	e.review(now)
}

// lookIfDue looks for a worker that has packets of its own to go on with.
func (e *Engine) lookIfDue() {
	if e.clock()-e.looked.Load() < int64(tick) || !e.mu.TryLock() {
		return
	}
	if e.sched.Waiting() > 0 {
		e.look()
	}
	e.mu.Unlock()
}

// watching reports whether the watchdog has something to look after. The caller
// holds mu.
func (e *Engine) watching() bool {
	return !e.drained && (e.deferred.Load() || e.sched.NeedLook(e.queued()))
}

// traffic reports whether packets have come since it was last called. The caller
// holds mu.
func (e *Engine) traffic() bool {
	before := e.seen
	e.seen = e.total()
	return !e.drained && e.seen != before
}

// lookEvery is how many calls of arm with a backlog read the clock once.
const lookEvery = 8

// arm sees to it that what is queued isn't forgotten: it looks if there is a
// backlog, and wakes the watchdog if that is needed and asleep. The caller holds
// mu.
func (e *Engine) arm() {
	if e.sched.Waiting() > 0 && e.queued() > 0 {
		if e.armed++; e.armed%lookEvery == 0 {
			e.look()
		}
	}
	if e.watched || !e.watching() {
		return
	}
	e.watched = true
	select {
	case e.watchC <- struct{}{}:
	default:
	}
}
