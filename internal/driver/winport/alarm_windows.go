package winport

import (
	"sync"
	"time"
)

// alarm ends a poller's waits in time. GetQueuedCompletionStatusEx looks at its
// timeout with the system's clock tick, every 15.6 ms, so it ends that much later
// than it was asked to. Go's runtime has timers of half a millisecond
// (high-resolution waitable timers, from Windows 10 1803 on): one of those wakes the
// poller, and the kernel is given no timeout.
//
// Setting a timer may wake a thread of the runtime. So one that is set for an
// earlier time stays as it is: it has the wait end early, and the next sets it.
type alarm struct {
	timer *time.Timer
	at    time.Time // zero once it has gone off
}

// alarms is the pollers of a port whose alarms are set.
type alarms struct {
	mu     sync.Mutex // of all that is an alarm's, too
	set    map[*poller]struct{}
	closed bool
}

// start has a poller woken at that time, or earlier.
func (all *alarms) start(po *poller, at time.Time) {
	all.mu.Lock()
	defer all.mu.Unlock()
	a := &po.alarm
	switch {
	case all.closed || !a.at.IsZero() && !a.at.After(at):
		return
	case a.timer == nil:
		a.timer = time.AfterFunc(time.Until(at), func() { all.ring(po) })
	default:
		a.timer.Reset(time.Until(at))
	}
	a.at = at
	if all.set == nil {
		all.set = make(map[*poller]struct{})
	}
	all.set[po] = struct{}{}
}

func (all *alarms) ring(po *poller) {
	all.mu.Lock()
	po.alarm.at = time.Time{}
	delete(all.set, po)
	all.mu.Unlock()
	po.Wake()
}

// stop ends all for good, lest a timer keep a closed port in memory.
func (all *alarms) stop() {
	all.mu.Lock()
	defer all.mu.Unlock()
	all.closed = true
	for po := range all.set {
		po.alarm.timer.Stop()
	}
	all.set = nil
}
