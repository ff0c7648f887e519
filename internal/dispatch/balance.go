package dispatch

import (
	"time"

	"iocp/internal/sched"
	"iocp/internal/sys/cputime"
)

// reviewEvery is how often the engine adapts to the load: how many workers are
// active, and which sockets each of them serves.
const reviewEvery = 2 * time.Millisecond

// review tells the scheduler what happened of late. The caller holds mu.
func (e *Engine) review(now int64) {
	passed := now - e.reviewed
	if !e.several || passed < int64(reviewEvery) {
		return
	}
	e.reviewed = now
	handled := e.total() - uint64(e.queued())
	p := sched.Period{
		Time: passed,
		Done: int(handled - e.handled),
		Idle: e.idleTime(passed),
		CPU:  e.cpu.share(now),
	}
	e.handled = handled
	e.sched.Review(p, e.promote)
	if e.sched.Active() > 1 {
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

// cpuShare is what the process has of the CPUs.
type cpuShare struct {
	at   int64         // by clock, when last asked
	used time.Duration // CPU time by then
	last int
}

// share is that since it was last called, or somewhat before where the system counts
// coarsely: 100 percent is one CPU. It's negative where it isn't known.
func (c *cpuShare) share(now int64) int {
	if passed := now - c.at; passed > 4*int64(cputime.Grain) {
		used, known := cputime.Process()
		c.last = int(100 * int64(used-c.used) / passed)
		if !known || c.at == 0 {
			c.last = -1
		}
		c.at, c.used = now, used
	}
	return c.last
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
