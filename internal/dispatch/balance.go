package dispatch

import (
	"time"

	"iocp/internal/sched"
)

// reviewEvery is how often the engine adapts to the load: how many workers are
// active, and which sockets each of them serves.
const reviewEvery = 2 * time.Millisecond

// review tells the scheduler how idle the workers were of late. The caller holds
// mu.
func (e *Engine) review(now int64) {
	passed := now - e.reviewed
	if !e.several || passed < int64(reviewEvery) {
		return
	}
	e.reviewed = now
	e.promote(e.sched.Review(e.idleTime(passed)))
	if e.sched.Crew() > 1 {
		e.balance()
	}
}

// idleTime brings the workers' idle shares up to date, and reports the sum over
// the time that has passed, in percent of one worker's. The caller holds mu.
func (e *Engine) idleTime(passed int64) (sum int) {
	for _, w := range e.workers {
		waited := w.poller.Idle()
		share := int(100 * int64(waited-w.waited) / passed)
		w.waited, w.idle = waited, (w.idle+share)/2
		sum += share
	}
	return sum
}

// balance has a worker with more to do give some of its sockets to one with less.
// The caller holds mu.
func (e *Engine) balance() {
	var b sched.Balance
	for i, w := range e.workers {
		if w.poller.Owns() {
			b.Offer(i, w.idle, w.poller.Active())
		}
	}
	if from, to, percent := b.Shift(); percent > 0 {
		e.workers[from].poller.Give(e.workers[to].poller, percent)
	}
}
