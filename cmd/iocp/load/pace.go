package load

import (
	"errors"
	"os"
	"slices"
	"time"

	"iocp"
)

const (
	// paceMin is between two looks at the clock that nothing else calls for.
	// What falls due meanwhile is started together: no message waits longer
	// for others, and a wake-up, which costs more than a message, serves several.
	paceMin = 100 * time.Microsecond

	paceMax = 50 * time.Millisecond // how long the end may go unnoticed by pace
)

// await waits for completions, and no longer than until something is due, if
// the worker keeps the time itself. now is when turn was last called.
func (w *worker) await(now time.Duration) (n int, err error) {
	timeout := iocp.Infinite
	if w.keepsTime {
		if due, ok := w.upcoming(now); ok && due < w.run.end() { // at the end conduct wakes all
			timeout = max(max(due, now+paceMin)-w.run.now(), 0)
		}
	}
	n, err = w.waiter.Wait(w.batch[:], timeout)
	if errors.Is(err, os.ErrDeadlineExceeded) {
		err = nil
	}
	return n, err
}

// upcoming is when the worker's next turn after a time is, if it has one.
func (w *worker) upcoming(after time.Duration) (due time.Duration, ok bool) {
	s := &w.run.schedule
	number, ok := w.run.kind.turnOf(w.run, w.index, s.after(after))
	return s.due(number), ok
}

// pace wakes the workers that don't keep the time themselves when something is
// due.
func (r *run) pace() {
	sleep := newSleeper()
	for last := r.now(); !r.abandoned.Load() && last < r.end(); {
		now := r.now()
		next := now + paceMax
		for _, w := range r.workers {
			if w.keepsTime {
				continue
			}
			if due, ok := w.upcoming(last); ok && due <= now {
				w.nudge()
			}
			if due, ok := w.upcoming(now); ok {
				next = min(next, due)
			}
		}
		last = now
		sleep(max(next-now, paceMin))
	}
}

const (
	trials    = 5
	trialWait = 100 * time.Microsecond
	trialSlip = 300 * time.Microsecond // what a timeout may be late to be good for pacing
)

// tryTimeouts finds out whether the port's timeouts are good enough to keep
// the time by, which takes a thread and a wake-up less than a pacer. Some count
// in milliseconds, as their kernels do, or more. It takes some waits during
// which nothing can come; the median passes over what others do to the machine.
func (w *worker) tryTimeouts() bool {
	var slips [trials]time.Duration
	for i := range slips {
		begun := w.run.now()
		w.waiter.Wait(w.batch[:], trialWait)
		slips[i] = w.run.now() - begun - trialWait
	}
	slices.Sort(slips[:])
	return slips[trials/2] <= trialSlip
}
