// Package sched decides who runs: which waiting worker is released for a
// packet, who polls the kernel, and when one more worker is worth waking.
//
// It is a pure state machine: no clocks, no locks, no goroutines. The port
// calls it under its own lock and does what it answers; a test can drive it
// with made-up events. Time is counted in ticks of about 200 microseconds.
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
//   - A worker that has run from one look (see Look) to the next is stalled: it
//     no longer counts as busy, so the next packet releases another, below the
//     cap.
//   - Packets that were there at the last look release others even while some
//     are busy, below the cap: as many as it takes, at the pace of those that
//     run, to be done with them within another tick; fewer if their handlers
//     take next to no time.
//   - While a worker is stalled, or has been lately, looks are a tick apart, else
//     calmPace ticks. A backlog is looked at by whoever comes upon it.
//   - A worker that says that it blocks gives its slot up at once, and has it
//     back when it goes on, even if that makes one too many for a while (C21).
//   - At the cap, a worker that has been silent for long enough (if that was
//     asked for) no longer counts against the cap. So there may be twice as
//     many as the cap, and no more.
package sched

// Waiter is one worker's part of the state. The zero value is a worker that
// neither waits nor runs.
type Waiter struct {
	Owner any // the port's own worker

	waiting bool
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
	poller   *Waiter
	looks    uint64
	calm     uint64 // ticks since a look found a stalled worker
	mark     uint64 // packets ever queued, as of the last look
	taken    uint64 // and those dequeued
	hasty    bool
}

const (
	calmAfter = 250 // ticks without a stalled worker until looks become rare: 50 ms
	calmPace  = 10  // ticks from one rare look to the next: 2 ms

	// Workers that handle so many packets in a tick each (10 us a packet) mostly
	// take them off the queue, and would get in each other's way there: more
	// are released only if those that run would take so many ticks.
	quick      = 20
	quickTicks = 10
)

// New makes the state for at most cap running workers. A worker that has been
// silent for patience ticks no longer counts; 0 means that all always do.
func New(cap int, patience uint64) *State {
	return &State{cap: cap, patience: patience, calm: calmAfter}
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
	if !w.running || w.stalled || len(s.running)-s.forgiven() > s.cap {
		return false
	}
	w.since = s.looks
	return true
}

func (s *State) occupy(w *Waiter) {
	w.running = true
	w.since = s.looks
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
func (s *State) Unblock(w *Waiter) { s.occupy(w) }

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

// Seize makes w the poller whoever is busy, unless somebody polls already: to
// look into the kernel without waiting, or to drain it when the port closes.
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

// Promote picks a parked waiter that must take over polling, because nobody
// polls and nobody busy will come back to do it; nil when there is no need.
func (s *State) Promote() *Waiter {
	w := s.Newest()
	if w == nil || !s.Poll(w) {
		return nil
	}
	return w
}

// NeedLook reports whether Look could find something to do.
func (s *State) NeedLook(queued int) bool {
	return len(s.waiters) > 0 && len(s.running) > 0 && (queued > 0 || s.poller == nil) &&
		(s.MayRun() || s.patience > 0 && s.over < s.cap)
}

// Pace is how many ticks after the last look the next is due, while NeedLook
// holds.
func (s *State) Pace() uint64 {
	if s.calm < calmAfter {
		return 1
	}
	return calmPace
}

// Look finds the workers that are silent and the packets that are overdue, some
// ticks after the last look. total is the number of packets ever queued. It
// answers how many waiters are to be given a packet now (Relieve picks them),
// or else, with the waiter that must poll; that may be nil.
func (s *State) Look(ticks uint64, queued int, total uint64) (release int, promote *Waiter) {
	s.looks++
	s.calm += ticks
	for _, w := range s.running {
		switch {
		case w == s.poller: // it looks into the kernel, and not into a packet
			w.since = s.looks
		case s.looks-w.since > 1: // it ran at the last look, and has since
			s.silence(w, ticks)
		}
	}
	release = s.wanted(int(min(ticks, calmPace)), queued, total)
	s.mark, s.taken = total, total-uint64(queued)
	if release == 0 {
		promote = s.Promote()
	}
	if promote != nil || s.stalled > 0 {
		s.calm = 0
	}
	return release, promote
}

// silence adds to the time that w has been seen to run.
func (s *State) silence(w *Waiter, ticks uint64) {
	w.silent += ticks
	if !w.stalled {
		w.stalled = true
		s.stalled++
	}
	if !w.over && s.patience > 0 && w.silent >= s.patience {
		w.over = true
		s.over++
	}
}

// wanted is how many more workers the packets of the last look, some ticks ago,
// call for.
func (s *State) wanted(ticks, queued int, total uint64) int {
	taken := total - uint64(queued)
	switch done := int(taken - s.taken); {
	case queued == 0, s.poller != nil && s.poller.running:
		return 0 // nothing to do, or somebody carries out a batch and will be back
	case taken >= s.mark: // all have come since
		return min(1, max(0, 1-s.busy()))
	case done == 0:
		return queued
	default:
		overdue, busy := int(s.mark-taken), max(s.busy(), 1)
		if done >= quick*busy*ticks {
			return overdue * busy * ticks / (done * quickTicks)
		}
		return (overdue*busy*ticks + done - 1) / done
	}
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
