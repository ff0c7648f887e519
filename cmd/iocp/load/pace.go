package load

import "time"

const (
	paceMin = 50 * time.Microsecond // between two looks at the clock
	paceMax = 50 * time.Millisecond // how long the end may go unnoticed
)

// pace wakes workers when something is due. A port's own timeouts would do it
// too late: they count in milliseconds, as their kernels do.
func (r *run) pace() {
	sleep := newSleeper()
	for number := int64(0); !r.abandoned.Load(); {
		now := r.now()
		if now >= r.end() {
			return
		}
		for ; r.schedule.due(number) <= now; number++ {
			r.workers[r.kind.turnOf(r, number)].nudge()
		}
		sleep(min(max(r.schedule.due(number)-now, paceMin), paceMax))
	}
}
