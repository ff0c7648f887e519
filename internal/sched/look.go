package sched

// This file finds what is stuck or overdue.

// Pace is how many ticks after the last look the next is due, while NeedLook
// holds.
func (s *State) Pace() uint64 {
	if s.Active() == 1 && s.calm < calmAfter {
		return 1
	}
	return calmPace << s.quiet // also if several have no time left over: they may seem to be silent
}

// Look finds the workers that are silent and the packets that are overdue, some
// ticks after the last look. total is the number of packets ever queued. preempted
// says that since then a thread of the process had to leave its CPU to another one,
// which may have been a worker. Look answers how many waiters are to be given a packet
// now (Relieve picks them), or else, with the waiter that must poll; that may be nil.
func (s *State) Look(ticks uint64, queued int, total uint64, preempted bool) (release int, promote *Waiter) {
	s.looks++
	if s.smooth += ticks; preempted {
		s.smooth = 0
	}
	s.calm += ticks
	if s.quiet = min(s.quiet+1, quietMost); len(s.running) > 0 {
		s.quiet = 0
	}
	for _, w := range s.running {
		switch {
		case w.polling, w.turns.Load() != w.seen: // it looks into the kernel, and not into a packet, or goes on by itself
			w.alive(s.looks)
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

// queues reports whether workers may be silent because they queue for CPUs: one of the
// process's threads was preempted of late.
func (s *State) queues() bool { return s.smooth < queueMost }

// alive takes note that w has gone on since the last look.
func (w *Waiter) alive(look uint64) {
	if w.since, w.seen = look, w.turns.Load(); !w.stalled {
		w.silent = 0
	}
}

// silence adds to the time that w has been seen to run.
func (s *State) silence(w *Waiter, ticks uint64) {
	w.silent += ticks
	if w.silent < queueMost && s.queues() {
		return // others would only queue behind it
	}
	w.halt.Store(true)
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
	case queued == 0, s.looksIn():
		return 0 // nothing to do, or somebody carries out a batch and will be back
	case s.stalled == 0 && s.queues():
		return 0 // it's CPUs that are missing; see target
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

// looksIn reports whether a worker that runs is inside the kernel.
func (s *State) looksIn() bool {
	for _, w := range s.running {
		if w.polling {
			return true
		}
	}
	return false
}
