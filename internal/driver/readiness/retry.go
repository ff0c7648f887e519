//go:build linux || darwin || freebsd

package readiness

import "time"

// retryPause is between attempts at what the kernel gives no event for.
const retryPause = time.Millisecond

// later calls again once in a while from now, with the lock held, unless
// stopRetry comes first. What it has made ready is tried. The lock is held.
func (s *stream) later(again func()) {
	var t *time.Timer
	t = time.AfterFunc(retryPause, func() {
		s.lock()
		if s.few().retry != t {
			s.unlock()
			return
		}
		s.rare.retry = nil
		again()
		s.tryAndUnlock(true)
	})
	s.stopRetry()
	s.more().retry = t
}

// stopRetry calls an attempt to come off. The lock is held.
func (s *stream) stopRetry() {
	if t := s.few().retry; t != nil {
		t.Stop()
		s.rare.retry = nil
	}
}
