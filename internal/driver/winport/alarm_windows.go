package winport

import (
	"sync"
	"time"
)

// alarm ends a poller's waits in time. GetQueuedCompletionStatusEx looks at its timeout with
// the system's clock tick, every 15.6 ms, so it ends that much later than it was
// asked to. Go's runtime has timers of half a millisecond (high-resolution
// waitable timers, from Windows 10 1803 on): one of those
// wakes the poller, and the kernel is given no timeout.
//
// Setting a timer may wake a thread of the runtime. So one that is set for an
// earlier time stays as it is: it has the wait end early, and the next sets it.
type alarm struct {
	timer *time.Timer
	at    time.Time // zero once it has gone off
}

// alarms is the alarms of a port that are set, each with the poller that it wakes.
type alarms struct {
	mu     sync.Mutex // of all that is an alarm's, too
	set    map[*alarm]struct{}
	closed bool
}

// start has wake called at that time, or earlier.
func (all *alarms) start(a *alarm, at time.Time, wake func()) {
	all.mu.Lock()
	defer all.mu.Unlock()
	switch {
	case all.closed || !a.at.IsZero() && !a.at.After(at):
		return
	case a.timer == nil:
		a.timer = time.AfterFunc(time.Until(at), func() { all.ring(a, wake) })
	default:
		a.timer.Reset(time.Until(at))
	}
	a.at = at
	if all.set == nil {
		all.set = make(map[*alarm]struct{})
	}
	all.set[a] = struct{}{}
}

func (all *alarms) ring(a *alarm, wake func()) {
	all.mu.Lock()
	a.at = time.Time{}
	delete(all.set, a)
	all.mu.Unlock()
	wake()
}

// stop ends all for good, lest a timer keep a closed port in memory.
func (all *alarms) stop() {
	all.mu.Lock()
	defer all.mu.Unlock()
	all.closed = true
	for a := range all.set {
		a.timer.Stop()
	}
	all.set = nil
}
