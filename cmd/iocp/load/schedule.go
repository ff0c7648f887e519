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
