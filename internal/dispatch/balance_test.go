package dispatch

import (
	"testing"
	"time"

	"iocp/internal/driver"
)

// sleeper is a poller that has waited for so long.
type sleeper struct {
	driver.Poller
	idle time.Duration
}

func (s *sleeper) Idle() time.Duration { return s.idle }

// The time for which a poller waited for a worker that is closed doesn't count as
// that of the next one, which would seem to have nothing to do.
func TestNewWorkerHasNotWaited(t *testing.T) {
	e := New(Config{Concurrency: 1})
	s := &sleeper{idle: time.Hour}
	e.coresFree = append(e.coresFree, core{driver.NewLocalQueue(1, &e.nonempty), s})
	w := e.NewWorker()
	if sum := e.idleTime(int64(reviewEvery)); sum != 0 || w.idle != 0 {
		t.Errorf("a new worker was idle for %d percent of its time, %d of late", sum, w.idle)
	}
	s.idle += reviewEvery / 2
	if sum := e.idleTime(int64(reviewEvery)); sum != 50 {
		t.Errorf("it was idle for %d percent of its time, want 50", sum)
	}
}
