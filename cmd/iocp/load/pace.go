package load

import "time"

const (
	paceMin = 50 * time.Microsecond // between two looks at the clock
	paceMax = 50 * time.Millisecond // how long the end may go unnoticed
)

// pace wakes workers when their messages are due. A port's own timeouts would
// do it too late: they count in milliseconds, as their kernels do.
func (r *run) pace() {
	sleep := newSleeper()
	for message := int64(0); !r.abandoned.Load(); {
		now := r.now()
		if now >= r.end() {
			return
		}
		for ; r.schedule.due(message) <= now; message++ {
			r.workerOf(message).nudge()
		}
		sleep(min(max(r.schedule.due(message)-now, paceMin), paceMax))
	}
}

func (r *run) workerOf(message int64) *worker {
	return r.workers[message%int64(r.cfg.Conns)%int64(len(r.workers))]
}

// nudge has the worker look at the clock. While the last nudge is queued
// another would be refused, and isn't needed.
func (w *worker) nudge() {
	if !w.tick.Pending() {
		w.port.Post(&w.tick, 0, nil)
	}
}
