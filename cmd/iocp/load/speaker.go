package load

import "time"

// speaker is the connection that speaks in Fanout.
type speaker struct {
	link
	part *fanPart
	next int64 // open loop: the next line, in the schedule's count

	waiting []byte // lines to be sent after those that are being sent
	onWire  []byte
}

// turn says what is due.
func (s *speaker) turn(now time.Duration) {
	r := s.w.run
	for !s.part.speech.final.Load() {
		due := now
		if r.cfg.Rate > 0 {
			due = r.schedule.due(s.next)
		}
		switch {
		case due >= r.end() && now >= r.end():
			s.finish()
		case due >= r.end() || due > now || s.heldBack():
			return
		default:
			s.next++
			s.w.punctual(due, now)
			s.say(due)
		}
	}
}

// finish says that nothing more will be said.
func (s *speaker) finish() {
	s.part.speech.final.Store(true)
	s.w.run.wakeWorkers()
}

// heldBack reports whether too many lines are on their way. It looks again
// after it has said that it waits, so that nobody misses that.
func (s *speaker) heldBack() bool {
	speech, depth := s.part.speech, int64(s.w.run.cfg.Depth)
	if depth == 0 {
		depth = aheadLines
	}
	tooFar := func() bool { return speech.said.Load()-speech.floor() >= depth }
	speech.held.Store(tooFar())
	return speech.held.Load() && tooFar()
}

// say puts a line on the wire, after those before it.
func (s *speaker) say(due time.Duration) {
	s.waiting = s.part.speech.next(s.waiting, due)
	if err := s.pump(); err != nil {
		s.part.lose(s, err)
	}
}

func (s *speaker) pump() error {
	if s.sending || len(s.waiting) == 0 {
		return nil
	}
	s.onWire, s.waiting = s.waiting, s.onWire[:0]
	if err := s.sock.Send(&s.send, s.onWire); err != nil {
		return err
	}
	s.sending = true
	return nil
}

func (s *speaker) sent(err error) error {
	if err != nil {
		return err
	}
	s.sending = false
	return s.pump()
}
