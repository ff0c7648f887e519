package winport

import (
	"sync"
	"time"
)

// waker makes pollers return that wait in the kernel, by a packet of its own.
//
// The kernel chooses which of the waiting threads gets a packet: Windows the one
// that has come last, Wine 8 the one that waits longest. So the packet is passed on,
// by whoever gets it, until all have come out that are meant; and nobody goes in to
// wait as long as it is under way, so each time it is passed on there is one thread
// less that may get it. Of any number of wakes there is one packet at a time.
//
// Its lock is taken for steps that don't wait. It may be taken with the sink's held.
type waker struct {
	post func() error // the packet

	mu     sync.Mutex
	opened sync.Cond // the packet isn't under way any more, or somebody else is meant
	posted bool      // the packet is under way: in the port, or with who has dequeued it
	inside int       // pollers in the kernel
	meant  int       // of these, who are to come out
	calls  uint64    // of wakeAll
	closed bool
	retry  *time.Timer // once the system has refused the packet
}

// retryAfter is how long a packet that the system has refused, for it is short of
// memory, isn't posted again, unless somebody comes out before.
const retryAfter = 10 * time.Millisecond

// call is a poller's part of a waker, whose lock guards it.
type call struct {
	inside bool
	woken  bool
	calls  uint64 // of wakeAll, that it knows of
}

func (w *waker) init(post func() error) {
	w.post = post
	w.opened.L = &w.mu
}

// enter says that c goes into the kernel, to wait there if wait is set. It reports
// whether it may: who has been woken only looks.
func (w *waker) enter(c *call, wait bool) (mayWait bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for wait && w.posted && w.meant > 0 && !w.isMeant(c) {
		w.opened.Wait()
	}
	woken := w.forget(c)
	c.inside = true
	w.inside++
	return !woken
}

// leave says that c is back, and whether it has dequeued the packet. It reports
// whether it was woken.
func (w *waker) leave(c *call, dequeued bool) (woken bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	woken = w.forget(c)
	c.inside = false
	w.inside--
	if woken {
		w.meant--
	}
	if dequeued {
		w.posted = false
	}
	w.send()
	return woken
}

// wake makes c come out of the kernel, or only look the next time.
func (w *waker) wake(c *call) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.isMeant(c) {
		return
	}
	c.woken = true
	if c.inside {
		w.meant++
	}
	w.send()
}

// wakeAll is wake for everyone.
func (w *waker) wakeAll() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.calls++
	w.meant = w.inside
	w.send()
}

// close has no packet posted any more. Nobody is inside.
func (w *waker) close() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.closed = true
}

func (w *waker) isMeant(c *call) bool { return c.woken || c.calls != w.calls }

// forget reports whether c is meant, which it is no longer.
func (w *waker) forget(c *call) bool {
	woken := w.isMeant(c)
	c.woken, c.calls = false, w.calls
	return woken
}

// send posts the packet if that is needed, and has those look again who wait to go
// in. If the system refuses, it's tried again by who leaves next, or soon.
func (w *waker) send() {
	if w.meant > 0 && !w.posted && !w.closed {
		if w.posted = w.post() == nil; !w.posted {
			w.again()
		}
	}
	w.opened.Broadcast()
}

// again has send called later. The lock is held.
func (w *waker) again() {
	if w.retry != nil {
		w.retry.Reset(retryAfter)
		return
	}
	w.retry = time.AfterFunc(retryAfter, func() {
		w.mu.Lock()
		defer w.mu.Unlock()
		w.send()
	})
}
