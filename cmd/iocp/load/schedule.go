package load

import (
	"math"
	"time"
)

// schedule gives the times at which messages are due in the open loop. They
// are numbered over all connections, which take them in turn.
type schedule struct {
	start    time.Duration
	interval float64 // nanoseconds
}

func newSchedule(rate float64, start time.Duration) schedule {
	return schedule{start, float64(time.Second) / rate}
}

func (s schedule) due(message int64) time.Duration {
	return s.start + time.Duration(math.Round(float64(message)*s.interval))
}

// after is the first message that is due after a time.
func (s schedule) after(t time.Duration) int64 {
	message := max(int64(float64(t-s.start)/s.interval), 0)
	for s.due(message) <= t { // twice at most: due rounds
		message++
	}
	return message
}

// The schedules by who takes turns in them: given a worker, they find the
// first number from one on that is its turn, if there is any.

// ownersTurn is for schedules that the active connections take turns in.
func (r *run) ownersTurn(worker int, from int64) (number int64, ok bool) {
	active := int64(r.cfg.Active)
	round := from / active * active
	if own, _ := r.workersTurn(worker, from-round); own < active {
		return round + own, true
	}
	return round + active + int64(worker), int64(worker) < active
}

// workersTurn is for schedules that the workers take turns in.
func (r *run) workersTurn(worker int, from int64) (number int64, ok bool) {
	all := int64(len(r.workers))
	return from + (int64(worker)-from%all+all)%all, true
}

// firstsTurn is for schedules that are all the first worker's.
func (r *run) firstsTurn(worker int, from int64) (number int64, ok bool) {
	return from, worker == 0
}
