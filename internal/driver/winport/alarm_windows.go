package winport

import (
	"sync"
	"time"
)

// alarm ends waits in time. GetQueuedCompletionStatusEx looks at its timeout with
// the system's clock tick, every 15.6 ms, so it ends that much later than it was
// asked to. Go's runtime has timers of half a millisecond (high-resolution
// waitable timers, from Windows 10 1803 on): one of those
// wakes the poller, and the kernel is given no timeout.
//
// Setting a timer may wake a thread of the runtime. So one that is set for an
// earlier time stays as it is: it has the wait end early, and the next sets it.
type alarm struct {
	mu     sync.Mutex // held while the poller is woken, lest the port be closed
	timer  *time.Timer
	at     time.Time // zero once it has gone off
	closed bool
}

// set has the poller woken at that time, or earlier.
func (a *alarm) set(p *Port, at time.Time) {
	a.mu.Lock()
	defer a.mu.Unlock()
	switch {
	case a.closed || !a.at.IsZero() && !a.at.After(at):
		return
	case a.timer == nil:
		a.timer = time.AfterFunc(time.Until(at), func() { a.ring(p) })
	default:
		a.timer.Reset(time.Until(at))
	}
	a.at = at
}

func (a *alarm) ring(p *Port) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.at = time.Time{}
	if !a.closed {
		p.Wake()
	}
}

// stop ends it for good, before the port is closed.
func (a *alarm) stop() {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.closed = true
	if a.timer != nil {
		a.timer.Stop()
	}
}
