// Package sched decides who runs: which waiting worker is released for a
// packet, who polls the kernel, and when one more worker is worth waking.
//
// It is a pure state machine: no clocks, no locks, no goroutines. The port
// calls it under its own lock (but for Turn and Halted, which are a worker's
// own) and does what it answers; a test can drive it with made-up events. Time is counted in ticks of about 200 microseconds.
//
// The rules, with their clauses:
//
//   - At most the cap of workers run (C17). A worker runs from the moment it
//     is given a packet until it waits again or is closed.
//   - Waiters are released newest first (C14); a worker that waits again takes
//     the next packet itself (C18).
//   - A number of workers is active, that is busy or polling the kernel: as many as
//     help (target.go). At first it is one; the other waiters are parked, because a
//     busy worker will come back and poll by itself, and waking somebody costs
//     more than most handlers do.
//   - A worker that has run from one look (see Look) to the next is stalled: it
//     no longer counts as busy, so the next packet releases another, below the
//     cap. If one of the process's threads was preempted in the last 10 ms, it
//     may just queue for a CPU: then it has 10 ms.
//   - Packets that were there at the last look release others even while some
//     are busy, below the cap: as many as it takes, at the pace of those that
//     run, to be done with them within another tick; fewer if their handlers
//     take next to no time.
//   - While a worker is stalled, or has been lately, looks are a tick apart, else
//     calmPace ticks, and up to four times as many while they find nobody at
//     work. A backlog is looked at by whoever comes upon it.
//   - A worker that says that it blocks gives its slot up at once, and has it
//     back when it goes on, even if that makes one too many for a while (C21).
//   - At the cap, a worker that has been silent for long enough (if that was
//     asked for) no longer counts against the cap. So there may be twice as
//     many as the cap, and no more.
package sched

import "sync/atomic"

// Waiter is one worker's part of the state. The zero value is a worker that
// neither waits nor runs.
type Waiter struct {
	Owner any // the port's own worker

	turns atomic.Uint32 // see Turn
	seen  uint32        // turns, as of the last look
	halt  atomic.Bool   // see Halted

	waiting bool
	polling bool
	running bool
	stalled bool   // silent from one look to the next
	over    bool   // silent for so long that it no longer counts
	since   uint64 // the look before it began to run
	silent  uint64 // ticks for which it has been seen to run
}

// State is the scheduling state of one port.
type State struct {
	cap      int
	patience uint64    // ticks after which a silent worker is over; 0: never
	waiters  []*Waiter // oldest first
	running  []*Waiter
	stalled  int
	over     int
	excess   uint64 // releases that needed somebody to be over
	pollers  int
	target   target
	looks    uint64
	smooth   uint64 // ticks since a thread of the process had to leave its CPU
	calm     uint64 // ticks since a look found a stalled worker
	quiet    uint   // looks in a row that have found nobody running, up to quietMost
	mark     uint64 // packets ever queued, as of the last look
	taken    uint64 // and those dequeued
	hasty    bool
}

const (
	calmAfter = 250 // ticks without a stalled worker until looks become rare: 50 ms
	calmPace  = 10  // ticks from one rare look to the next: 2 ms
	quietMost = 2   // as many times that may double: 8 ms
	queueMost = 50  // ticks for which a silent worker may queue for a CPU: 10 ms

	// Workers that handle so many packets in a tick each (10 us a packet) mostly
	// take them off the queue, and would get in each other's way there: more
	// are released only if those that run would take so many ticks.
	quick      = 20
	quickTicks = 10
)

// New makes the state for at most cap running workers. A worker that has been
// silent for patience ticks no longer counts; 0 means that all always do.
func New(cap int, patience uint64) *State {
	return &State{cap: cap, patience: patience, calm: calmAfter, smooth: queueMost, target: target{value: 1, min: 1, max: 1}}
}

// Cap is the concurrency value.
func (s *State) Cap() int { return s.cap }

// Running is the number of workers that hold a slot.
func (s *State) Running() int { return len(s.running) }

// Stalled is how many of those have been silent from one look to the next.
func (s *State) Stalled() int { return s.stalled }

// Excess is how often a worker was released although, but for one that has
// been silent for too long, the cap was reached.
func (s *State) Excess() uint64 { return s.excess }

// Waiting is the number of waiters, the poller among them.
func (s *State) Waiting() int { return len(s.waiters) }

// Pollers is how many workers poll the kernel.
func (s *State) Pollers() int { return s.pollers }

// Polls reports whether w polls the kernel.
func (w *Waiter) Polls() bool { return w.polling }

// Turn says that w, which runs, goes on with another packet of its own, without
// asking. Only w's own goroutine calls it; it needs no lock.
func (w *Waiter) Turn() { w.turns.Store(w.turns.Load() + 1) }

// Halted reports whether w must ask (Again, Arrive) before it goes on with
// packets of its own. It needs no lock.
func (w *Waiter) Halted() bool { return w.halt.Load() }

// Newest is the waiter to be released next, or nil.
func (s *State) Newest() *Waiter {
	if n := len(s.waiters); n > 0 {
		return s.waiters[n-1]
	}
	return nil
}

// Keeps reports whether w, which waits, may keep what it has found in the kernel: if
// no waiter is newer, apart from those that poll too. Each of these keeps what it
// finds itself; there are several only when there is much to do.
func (s *State) Keeps(w *Waiter) bool {
	for i := len(s.waiters) - 1; i >= 0; i-- {
		if o := s.waiters[i]; o == w || !o.polling {
			return o == w
		}
	}
	return false
}

// Takes reports whether what there is now is for w, which waits and may have found
// packets of its own.
func (s *State) Takes(w *Waiter, own bool) bool {
	return s.Newest() == w || own && s.Keeps(w)
}

// Arrive says that w no longer handles packets: it waits again or was closed.
func (s *State) Arrive(w *Waiter) {
	if !w.running {
		return
	}
	s.vacate(w)
}

// vacate takes w's slot away.
func (s *State) vacate(w *Waiter) {
	if w.stalled {
		s.stalled--
	}
	if w.over {
		s.over--
	}
	w.running, w.stalled, w.over, w.silent = false, false, false, 0
	w.halt.Store(false)
	s.running = remove(s.running, w)
}

// MayRun reports whether a slot is free.
func (s *State) MayRun() bool { return len(s.running)-s.forgiven() < s.cap }

// forgiven is how many running workers don't count against the cap.
func (s *State) forgiven() int { return min(s.over, s.cap) }

// Run gives w a slot. MayRun must hold.
func (s *State) Run(w *Waiter) {
	if len(s.running) >= s.cap {
		s.excess++
	}
	s.Withdraw(w)
	s.occupy(w)
}

// Again has a running worker go on with the next packet, in the slot that it
// has: what Arrive and Run would do, if it may run and nothing is known against
// it. It reports whether that was so.
func (s *State) Again(w *Waiter) bool {
	if !w.running || w.stalled || s.crowded() {
		return false
	}
	w.halt.Store(false)
	w.since, w.silent = s.looks, 0
	return true
}

// crowded reports whether more run than may.
func (s *State) crowded() bool { return len(s.running)-s.forgiven() > s.cap }

func (s *State) occupy(w *Waiter) {
	w.running = true
	w.since, w.seen = s.looks, w.turns.Load()
	s.running = append(s.running, w)
}

// Block says that w, which runs, is about to block: its slot is free until
// Unblock (C20). It reports whether w had a slot; if not, Unblock isn't due.
func (s *State) Block(w *Waiter) bool {
	if !w.running {
		return false
	}
	s.vacate(w)
	return true
}

// Unblock gives w its slot back, free or not (C21).
func (s *State) Unblock(w *Waiter) {
	s.occupy(w)
	if s.crowded() {
		for _, o := range s.running {
			o.halt.Store(true)
		}
	}
}

// Undo takes a release back for which there was no packet after all.
func (s *State) Undo(w *Waiter) {
	s.vacate(w)
	s.Wait(w)
}

// Relieve picks the waiter to be given the oldest of queued packets whoever is
// busy, because a worker blocks or can't keep up, and gives it a slot; nil when
// nobody waits or may run.
func (s *State) Relieve(queued int) *Waiter { return s.release(queued) }

// Wait enters w as the newest waiter; one that waits already keeps its place.
func (s *State) Wait(w *Waiter) {
	if w.waiting {
		return
	}
	w.waiting = true
	s.waiters = append(s.waiters, w)
}

// Withdraw takes w off the waiters. One that polls does so until StopPoll: it
// is still inside the kernel.
func (s *State) Withdraw(w *Waiter) {
	if !w.waiting {
		return
	}
	w.waiting = false
	s.waiters = remove(s.waiters, w)
}

// Poll asks whether w should poll now, and enters it as a poller if so.
func (s *State) Poll(w *Waiter) bool {
	if !s.Room() || !s.MayRun() {
		return false
	}
	s.begin(w)
	return true
}

// Seize makes w the only poller whoever is busy, unless somebody polls already:
// to look into the kernel without waiting, or to drain it when the port closes.
func (s *State) Seize(w *Waiter) bool {
	if s.pollers > 0 {
		return false
	}
	s.begin(w)
	return true
}

const (
	// glanceEvery is how many times in a row packets may be taken off queues
	// that are never empty before the kernel is looked into.
	glanceEvery = 64

	// runMax is how many may be taken off a worker's own queue before that. It
	// is more than a poll brings, with what that makes complete.
	runMax = 1024
)

// MayGoOn reports whether w may take another packet off its own queue without
// asking, of which it has taken so many in a row. It needs no lock.
func (w *Waiter) MayGoOn(run int) bool { return run < runMax && !w.Halted() }

// Glance is Seize for a worker that runs and only looks into the kernel: after so
// many packets of its own in a row, and so many waits that found packets since it
// last polled. Packets that come without polling (posts, operations that are over
// at once) mustn't keep out those that need it. Others that poll don't keep w from
// that if it has sockets of its own, of which they don't hear.
func (s *State) Glance(w *Waiter, run, unpolled int, own bool) bool {
	if run < runMax && unpolled < glanceEvery || s.pollers > 0 && !own {
		return false
	}
	s.begin(w)
	return true
}

func (s *State) begin(w *Waiter) {
	w.polling = true
	s.pollers++
}

// Each calls f for every waiter.
func (s *State) Each(f func(*Waiter)) {
	for _, w := range s.waiters {
		f(w)
	}
}

// StopPoll says that w is no longer inside the kernel.
func (s *State) StopPoll(w *Waiter) {
	if w.polling {
		w.polling = false
		s.pollers--
	}
}

// Hasten ends all restraint: from now on every packet releases a waiter at
// once, below the cap. It is for a closing port, which has no more looks.
func (s *State) Hasten() { s.hasty = true }

// Release picks the waiter to be given the oldest of queued packets now, and
// gives it a slot; nil when the packets are left to workers that are busy.
func (s *State) Release(queued int) *Waiter {
	if s.busy() > 0 && !s.hasty {
		return nil
	}
	return s.release(queued)
}

// Promote picks a parked waiter that must poll, because fewer are active than may
// be and nobody busy will come back to do it; nil when there is no need.
func (s *State) Promote() *Waiter {
	for i := len(s.waiters) - 1; i >= 0; i-- {
		if w := s.waiters[i]; !w.polling {
			if s.Poll(w) {
				return w
			}
			return nil
		}
	}
	return nil
}

// NeedLook reports whether Look could find something to do.
func (s *State) NeedLook(queued int) bool {
	return len(s.waiters) > 0 && len(s.running) > 0 && (queued > 0 || s.pollers == 0 || s.Active() > 1) &&
		(s.MayRun() || s.patience > 0 && s.over < s.cap)
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
