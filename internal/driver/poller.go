package driver

import (
	"sync/atomic"
	"time"
)

// Poller is one worker's way into the kernel. Only its worker calls Poll and
// Leave, one at a time; the other methods may be called from any goroutine.
type Poller interface {
	// Poll waits until it has completed an operation, Wake was called, or
	// timeout has passed (negative: no limit, zero: don't wait). It may return
	// for no reason. What it completes goes into the worker's local queue, if it
	// has one. An error means that the port can't go on.
	Poll(timeout time.Duration) error

	// Wake makes the Poll under way, or else the next, return.
	Wake()

	// Leave says that the worker won't poll soon, or is stuck: its handles may
	// be served by other workers from now on. Any goroutine may call it.
	Leave()

	// Owns reports whether the poller has handles of its own, of which no other
	// hears until Leave.
	Owns() bool

	// Active is the number of its handles that had an event in about the last
	// 100 ms; negative when that isn't known. It is called by one at a time.
	Active() int

	// Give moves that percentage of the handles that it next finds ready to
	// another poller of the same port.
	Give(to Poller, percent int)

	// Idle is for how long it has waited in the kernel so far; 0 if the port has
	// one poller at a time, of which nobody asks.
	Idle() time.Duration
}

// AnyPoller stands for the local queue of whoever polls, on a port where one does at
// a time. Nothing is ever put there: what is found goes into the global queue.
var AnyPoller = new(LocalQueue)

// ByPoller is AnyPoller for what a poll has found, and else nil.
func ByPoller(polling bool) *LocalQueue {
	if polling {
		return AnyPoller
	}
	return nil
}

// IdleTime measures for how long a poller waits in the kernel. One goroutine at a
// time calls Begin and End, any calls Total.
type IdleTime struct {
	total atomic.Int64 // nanoseconds
	since atomic.Int64 // when it began to wait, by idleClock; 0: it doesn't
}

var idleEpoch = time.Now()

func idleClock() int64 { return int64(time.Since(idleEpoch)) + 1 }

// Begin says that it begins to wait.
func (t *IdleTime) Begin() { t.since.Store(idleClock()) }

// End says that the wait is over.
func (t *IdleTime) End() { t.total.Add(idleClock() - t.since.Swap(0)) }

// Total is for how long it has waited, with the wait under way.
func (t *IdleTime) Total() time.Duration {
	d := t.total.Load()
	if since := t.since.Load(); since != 0 {
		d += idleClock() - since
	}
	return time.Duration(d)
}

// NewSinglePoller is the poller of a port in which only one may poll at a time.
func NewSinglePoller(p Port) Poller { return singlePoller{p} }

type singlePoller struct{ Port }

func (singlePoller) Leave()              {}
func (singlePoller) Owns() bool          { return false }
func (singlePoller) Active() int         { return -1 }
func (singlePoller) Give(Poller, int)    {}
func (singlePoller) Idle() time.Duration { return 0 }
