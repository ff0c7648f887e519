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
		CPU:  e.usage.share(now),
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

// usage is what the process has of the CPUs. It is read once a look.
type usage struct {
	cputime.Usage
	known bool

	at   int64         // by clock, when its share was last told
	used time.Duration // CPU time by then
	last int
}

// due reports whether enough time has passed for the system to tell a share anew.
func (u *usage) due(now int64) bool { return now-u.at > 4*int64(cputime.Grain) }

// read reports whether one of the process's threads had to leave its CPU to another
// since it was last called. Where the system counts coarsely, it doesn't count that,
// and is asked when a share is due.
func (u *usage) read(now int64) bool {
	if !u.due(now) {
		return false
	}
	before := u.Preempted
	u.Usage, u.known = cputime.Process()
	return u.Preempted != before
}

// share is how much of the CPUs it had since it was last called, or somewhat before
// where the system counts coarsely: 100 percent is one CPU. It's negative where it
// isn't known.
func (u *usage) share(now int64) int {
	if u.due(now) {
		u.last = int(100 * int64(u.CPU-u.used) / (now - u.at))
		if !u.known || u.at == 0 {
			u.last = -1
		}
		u.at, u.used = now, u.CPU
	}
	return u.last
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
