package driver

import (
	"errors"
	"net"
	"sync"
	"sync/atomic"
	"time"
)

// After an accept that failed (most often there are no descriptors left, and
// trying again at once would only burn CPU), the next try is delayed, and each
// further one for longer.
const (
	acceptDelayMin = 5 * time.Millisecond
	acceptDelayMax = time.Second
)

// Accepts is what Stats has to tell of a port's standing accepts. A nil one
// counts nothing.
type Accepts struct {
	Held   atomic.Int64  // how many are in an episode: see Setback
	Failed atomic.Uint64 // accepts that failed, and were tried again later
}

// Hold counts episodes that begin, or with -1 one that ends.
func (a *Accepts) Hold(n int64) {
	if a != nil {
		a.Held.Add(n)
	}
}

// Fail counts an accept that failed.
func (a *Accepts) Fail() {
	if a != nil {
		a.Failed.Add(1)
	}
}

// Passes reports whether an accept that failed may do better later. If not, the
// listener is closed, or is none.
func Passes(err error) bool {
	for _, end := range []error{net.ErrClosed, ErrInvalid, ErrNotSupported} {
		if errors.Is(err, end) {
			return false
		}
	}
	return true
}

// Setback has a standing accept stand through failures that pass. An episode
// begins with an accept that fails and is over when nobody is left who waits to
// be accepted; within it the accept is tried again after a delay that doubles
// from try to try, or as soon as this process has given a descriptor back (see
// Freed). It is to be told once. The zero value is no episode; the owner of the
// standing accept calls the methods, under one lock of its own: see Standing.
type Setback struct {
	Counts *Accepts

	// Again tries again. It is called without locks, and now and then in vain. If
	// it is nil, the owner tries again by a clock of its own.
	Again func()

	on   bool
	told bool

	// Under the register's lock.
	timer *time.Timer
	delay time.Duration
}

// On reports whether there is an episode: nothing is to be tried but by Again.
func (s *Setback) On() bool { return s.on }

// Failed takes note of an accept that failed, and has it tried again. It reports
// whether that is to be told: missed says that somebody waits to be accepted.
func (s *Setback) Failed(missed bool) (tell bool) {
	s.Counts.Fail()
	if !s.on {
		s.on = true
		s.Counts.Hold(1)
	}
	if s.Again != nil {
		episodes.delay(s)
	}
	tell = missed && !s.told
	s.told = s.told || missed
	return tell
}

// Eased says that an accept succeeded: should the next one fail, it is tried
// again soon.
func (s *Setback) Eased() {
	if s.on && s.Again != nil {
		episodes.ease(s)
	}
}

// Over ends the episode, since nobody waits or the standing accept is over. It
// reports whether there was one.
func (s *Setback) Over() bool {
	if !s.on {
		return false
	}
	s.on, s.told = false, false
	s.Counts.Hold(-1)
	if s.Again != nil {
		episodes.leave(s)
	}
	return true
}

// Freed says that this process has given a descriptor back: whoever needs one
// tries again.
func Freed() { episodes.hasten() }

// episodes are those of the whole process, since its ports share the
// descriptors.
var episodes = register{all: make(map[*Setback]struct{})}

type register struct {
	n   atomic.Int32 // of all, for those who have no lock
	mu  sync.Mutex
	all map[*Setback]struct{}
}

// delay has s try again after its next delay.
func (r *register) delay(s *Setback) {
	r.mu.Lock()
	defer r.mu.Unlock()
	s.delay = nextAcceptDelay(s.delay)
	if s.timer == nil {
		s.timer = time.AfterFunc(s.delay, s.Again)
	} else {
		s.timer.Reset(s.delay)
	}
	r.all[s] = struct{}{}
	r.n.Store(int32(len(r.all)))
}

func nextAcceptDelay(last time.Duration) time.Duration {
	return min(max(2*last, acceptDelayMin), acceptDelayMax)
}

func (r *register) ease(s *Setback) {
	r.mu.Lock()
	defer r.mu.Unlock()
	s.delay = 0
}

func (r *register) leave(s *Setback) {
	r.mu.Lock()
	defer r.mu.Unlock()
	s.timer.Stop()
	s.delay = 0
	delete(r.all, s)
	r.n.Store(int32(len(r.all)))
}

// hasten has all try again at once.
func (r *register) hasten() {
	if r.n.Load() == 0 {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	for s := range r.all {
		s.delay = 0
		s.timer.Reset(0)
	}
}
