package sched

// Share says that up to most workers may poll at a time: as many as help, or all.
// Without it it's one.
func (s *State) Share(most int, adapt bool) {
	s.target.max = max(min(most, s.cap), 1)
	if !adapt {
		s.target.value, s.target.min = s.target.max, s.target.max
	}
}

// Active is how many workers may be busy or polling now; the others are parked.
func (s *State) Active() int { return s.target.active() }

// Room reports whether fewer are.
func (s *State) Room() bool { return s.lacking() > 0 }

func (s *State) lacking() int { return s.Active() - s.pollers - s.busy() }

// Review takes note of what happened since the last review, and adapts the number
// of active workers to it. It calls poll for every parked worker that must poll
// now; those that are too many park by themselves once they want to poll again.
func (s *State) Review(p Period, poll func(*Waiter)) {
	before := s.Active()
	s.target.review(p, s.spare())
	if s.Active() <= before {
		return
	}
	lacking := s.lacking()
	for i := len(s.waiters) - 1; i >= 0 && lacking > 0 && s.MayRun(); i-- {
		if w := s.waiters[i]; !w.polling {
			lacking--
			poll(w)
		}
	}
}

// spare is how many are parked; -1 if some are missing of those that may be
// active.
func (s *State) spare() int {
	if s.Room() {
		return -1
	}
	n := 0
	for _, w := range s.waiters {
		if !w.polling {
			n++
		}
	}
	return n
}
