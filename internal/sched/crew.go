package sched

// This file adapts the crew, that is how many workers may be busy or polling, to
// the load.

// NoneIdle is up to how much idle time, in percent of one worker's, nobody has
// time left over.
const NoneIdle = 3

const (
	// Reviews of the crew. Idle time is in percent of one worker's.
	fullMin  = 5    // after so many reviews without there is work for one more
	someIdle = 30   // from this much on one less is worth a trial
	trialMin = 10   // reviews from one change to a trial, at first
	trialMax = 1000 // and at most
)

// Share says that up to most workers may poll at a time: as many as the load
// needs, or all. Without it it's one.
func (s *State) Share(most int, adapt bool) {
	s.crewMax = max(min(most, s.cap), 1)
	if !adapt {
		s.crew, s.crewMin = s.crewMax, s.crewMax
	}
}

// Crew is how many workers the load needs.
func (s *State) Crew() int { return s.crew }

// Room reports whether the crew isn't complete.
func (s *State) Room() bool { return s.pollers+s.busy() < s.crew }

// Review takes note of the time for which workers have waited in the kernel
// since the last review, in percent of one worker's time, and adapts the crew
// to it. It answers which parked worker must poll now, if one must.
//
// That two have time left over doesn't tell whether one would do: it does the
// same work with less CPU time, since it has more of it to do at a time. So that
// is tried, and the more rarely the more often it was in vain.
func (s *State) Review(idle int) (promote *Waiter) {
	s.steady++
	if idle > NoneIdle {
		s.full = 0
		s.relax(idle)
		return nil
	}
	if s.full++; s.full < fullMin || s.crew == s.crewMax || s.Room() {
		return nil
	}
	if s.steady < trialMin {
		s.trial = min(2*s.trial, trialMax) // the last change was no good
	}
	s.resize(s.crew + 1)
	return s.Promote()
}

// relax has one worker less in the crew, if that is worth a trial: it parks once
// it wants to poll again.
func (s *State) relax(idle int) {
	switch {
	case s.crew == s.crewMin:
		if s.steady >= trialMin {
			s.trial = trialMin
		}
	case idle >= someIdle && s.steady >= s.trial:
		s.resize(s.crew - 1)
	}
}

func (s *State) resize(crew int) { s.crew, s.full, s.steady = crew, 0, 0 }
