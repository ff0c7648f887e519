// Package sched decides who runs: which waiting worker is released for a
// packet, who polls the kernel, and when one more worker is worth waking.
//
// It is a pure state machine: no clocks, no locks, no goroutines. The port
// calls it under its own lock and does what it answers; a test can drive it
// with made-up events.
//
// The rules, with their clauses:
//
//   - At most the cap of workers run (C17). A worker runs from the moment it
//     is given a packet until it waits again or is closed.
//   - Waiters are released newest first (C14); a worker that waits again takes
//     the next packet itself (C18).
//   - One waiter at a time polls the kernel; the others are parked. A waiter
//     becomes the poller only when no worker is busy, because a busy worker
//     will come back and poll by itself, and waking somebody costs more than
//     most handlers do.
//   - A worker that has run for more than a tick is stalled: it no longer
//     counts as busy, so the next packet releases another, below the cap.
//   - A packet that has waited for more than a tick releases another worker
//     even while some are busy, below the cap: they can't keep up.
package sched

// Waiter is one worker's part of the state. The zero value is a worker that
// neither waits nor runs.
type Waiter struct {
	Owner any // the port's own worker

	waiting bool
	running bool
	stalled bool
	since   uint64 // tick at which it began to run
}

// State is the scheduling state of one port.
type State struct {
	cap     int
	waiters []*Waiter // oldest first
	running []*Waiter
	stalled int
	poller  *Waiter
	ticks   uint64
	mark    uint64 // packets ever queued, as of the last tick
	hasty   bool
}

// New makes the state for at most cap running workers.
func New(cap int) *State { return &State{cap: cap} }

// Cap is the concurrency value.
func (s *State) Cap() int { return s.cap }

// Running is the number of workers that hold a slot.
func (s *State) Running() int { return len(s.running) }

// Stalled is how many of those have been silent for more than a tick.
func (s *State) Stalled() int { return s.stalled }

// Waiting is the number of waiters, the poller among them.
func (s *State) Waiting() int { return len(s.waiters) }

// Poller is the waiter that polls the kernel, or nil.
func (s *State) Poller() *Waiter { return s.poller }

// Newest is the waiter to be released next, or nil.
func (s *State) Newest() *Waiter {
	if n := len(s.waiters); n > 0 {
		return s.waiters[n-1]
	}
	return nil
}

// Arrive says that w no longer handles packets: it waits again or was closed.
func (s *State) Arrive(w *Waiter) {
	if !w.running {
		return
	}
	w.running = false
	if w.stalled {
		w.stalled = false
		s.stalled--
	}
	s.running = remove(s.running, w)
}

// MayRun reports whether a slot is free.
func (s *State) MayRun() bool { return len(s.running) < s.cap }

// Run gives w a slot. MayRun must hold.
func (s *State) Run(w *Waiter) {
	s.Withdraw(w)
	w.running = true
	w.since = s.ticks
	s.running = append(s.running, w)
}

// Wait enters w as the newest waiter; one that waits already keeps its place.
func (s *State) Wait(w *Waiter) {
	if w.waiting {
		return
	}
	w.waiting = true
	s.waiters = append(s.waiters, w)
}

// Withdraw takes w off the waiters. A poller stays the poller until StopPoll:
// it is still inside the kernel.
func (s *State) Withdraw(w *Waiter) {
	if !w.waiting {
		return
	}
	w.waiting = false
	s.waiters = remove(s.waiters, w)
}

// Poll asks whether w should poll now, and makes it the poller if so.
func (s *State) Poll(w *Waiter) bool {
	if s.poller != nil || s.busy() > 0 || !s.MayRun() {
		return false
	}
	s.poller = w
	return true
}

// Seize makes w the poller whoever is busy, unless somebody polls already. It
// is for closing, when the kernel must be drained in any case.
func (s *State) Seize(w *Waiter) bool {
	if s.poller != nil {
		return false
	}
	s.poller = w
	return true
}

// Each calls f for every waiter.
func (s *State) Each(f func(*Waiter)) {
	for _, w := range s.waiters {
		f(w)
	}
}

// StopPoll says that w is no longer inside the kernel.
func (s *State) StopPoll(w *Waiter) {
	if s.poller == w {
		s.poller = nil
	}
}

// Hasten ends all restraint: from now on every packet releases a waiter at
// once, below the cap. It is for a closing port, which has no more ticks.
func (s *State) Hasten() { s.hasty = true }

// Release picks the waiter to be given the oldest of queued packets now, and
// gives it a slot; nil when the packets are left to workers that are busy.
func (s *State) Release(queued int) *Waiter {
	if s.busy() > 0 && !s.hasty {
		return nil
	}
	return s.release(queued)
}

// Promote picks a parked waiter that must take over polling, because nobody
// polls and nobody busy will come back to do it; nil when there is no need.
func (s *State) Promote() *Waiter {
	w := s.Newest()
	if w == nil || !s.Poll(w) {
		return nil
	}
	return w
}

// NeedTick reports whether Tick could find something to do.
func (s *State) NeedTick(queued int) bool {
	return len(s.waiters) > 0 && len(s.running) > 0 && s.MayRun() &&
		(queued > 0 || s.poller == nil)
}

// Tick is called about every 200 microseconds while NeedTick holds. total is
// the number of packets ever queued. It answers with the waiter to be given
// the oldest packet, and with the waiter that must poll; either may be nil.
func (s *State) Tick(queued int, total uint64) (release, promote *Waiter) {
	s.ticks++
	for _, w := range s.running {
		if !w.stalled && s.ticks-w.since > 1 {
			w.stalled = true
			s.stalled++
		}
	}
	overdue := queued > 0 && total-uint64(queued) < s.mark
	s.mark = total
	if overdue {
		release = s.release(queued)
	} else {
		release = s.Release(queued)
	}
	if release == nil {
		promote = s.Promote()
	}
	return release, promote
}

func (s *State) release(queued int) *Waiter {
	w := s.Newest()
	if queued == 0 || w == nil || !s.MayRun() {
		return nil
	}
	s.Run(w)
	return w
}

// busy is how many running workers are expected back soon.
func (s *State) busy() int { return len(s.running) - s.stalled }

func remove(ws []*Waiter, w *Waiter) []*Waiter {
	for i, o := range ws {
		if o == w {
			copy(ws[i:], ws[i+1:])
			ws[len(ws)-1] = nil
			return ws[:len(ws)-1]
		}
	}
	return ws
}
