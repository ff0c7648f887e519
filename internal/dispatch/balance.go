package dispatch

import (
	"time"

	"iocp/internal/sched"
)

// reviewEvery is how often the engine adapts to the load: how many workers are
// active, and which sockets each of them serves.
const reviewEvery = 2 * time.Millisecond

// utilization is for how long a worker waits in the kernel.
type utilization struct {
	waited time.Duration // so far
	idle   int           // of late, in percent
}

// review tells the scheduler how idle the workers were of late. The caller holds
// mu.
func (e *Engine) review(now int64) {
	passed := now - e.reviewed
	if e.shared == nil || passed < int64(reviewEvery) {
		return
	}
	e.reviewed = now
	e.promote(e.sched.Review(e.idleTime(passed)))
	if e.sched.Crew() > 1 {
		e.balance()
	}
}

// idleTime brings idle up to date, and reports the sum over the time that has
// passed. The caller holds mu.
func (e *Engine) idleTime(passed int64) (sum int) {
	locals := *e.locals.Load()
	e.idle = append(e.idle, make([]utilization, len(locals)-len(e.idle))...)
	for i, t := range locals {
		u, waited := &e.idle[i], t.Idle()
		share := int(100 * int64(waited-u.waited) / passed)
		*u = utilization{waited, (u.idle + share) / 2}
		sum += share
	}
	return sum
}

// balance has a worker with more to do give some of its sockets to one with less.
// The caller holds mu.
func (e *Engine) balance() {
	locals := *e.locals.Load()
	var b sched.Balance
	for i, t := range locals {
		if t.Seat() != 0 {
			b.Offer(i, e.idle[i].idle, e.shared.Lively(t))
		}
	}
	if from, to, percent := b.Shift(); percent > 0 {
		e.shared.Shift(locals[from], locals[to], percent)
	}
}
