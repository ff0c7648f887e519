package readiness

import (
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"iocp/internal/driver"
)

// seats is who polls which set.
//
// Whoever polls holds a set, and keeps it while he handles what he has found. One
// of the sets is the main one. It is held whenever any is, and its holder looks
// into those that nobody holds as well. So with one worker there is one set, and
// none is forgotten when a worker is stuck or parks.
//
// One epoll set could be put into another instead; but that takes the kernel as
// long as there are sockets in it, under a lock that the whole system shares:
// 1 ms for 15,000 (ep_loop_check in fs/eventpoll.c).
type seats struct {
	mu     sync.Mutex
	all    atomic.Pointer[[]*set] // grows only
	strays atomic.Pointer[[]*set] // of these, what nobody holds, but for the main one
	main   atomic.Pointer[set]
	next   int  // whose turn it is to get a new handle
	gone   bool // the descriptors are closed
}

const (
	// homeAfter is how long a set has been left before the handles in it are
	// taken over, homeMost at a time: by then its holder isn't merely stuck, or
	// tried without.
	homeAfter = 50 * time.Millisecond
	homeMost  = 32

	// sharePause bounds waiting in the kernel for those who share a set, since
	// there are no descriptors for another: a call may reach the wrong one.
	sharePause = 10 * time.Millisecond
)

// sets are all there are.
func (p *Port) sets() []*set { return *p.seats.all.Load() }

// hold is the set that a tray's owner polls: his own, if he can have one; else,
// or if he only looks, the main one.
func (p *Port) hold(t *driver.Tray, looks bool) *set {
	if i := t.Seat(); i != 0 {
		return p.sets()[i-1]
	}
	if t == nil {
		return p.seats.main.Load()
	}
	p.seats.mu.Lock()
	defer p.seats.mu.Unlock()
	main := p.seats.main.Load()
	s := p.vacant(t, main)
	switch {
	case looks && (s == nil || s.last != t): // but what was taken from him while he seemed stuck is his again
		return main
	case s == nil:
		if s = p.addSet(); s == nil {
			return main
		}
	}
	s.holder, s.last = t, t
	s.gift.Store(0)
	s.resting.Store(false)
	t.Sit(s.index + 1)
	if s != main {
		p.noteStrays()
	}
	return s
}

// vacant finds a set that nobody holds: before all others the main one, then the
// one that this worker had last. The lock is held.
func (p *Port) vacant(t *driver.Tray, main *set) (found *set) {
	if main.holder == nil {
		return main
	}
	for _, s := range p.sets() {
		if s.holder == nil && (found == nil || s.last == t) {
			found = s
		}
	}
	return found
}

// addSet makes one more set; nil if there are no descriptors to spare. The lock
// is held.
func (p *Port) addSet() *set {
	s, err := p.openSet()
	if err != nil {
		return nil
	}
	p.enlist(s)
	s.ring() // Wake may have been called for its first holder
	return s
}

// enlist puts a new set on the list. The lock is held.
func (p *Port) enlist(s *set) {
	all := p.sets()
	s.index = len(all)
	all = append(slices.Clip(all), s)
	p.seats.all.Store(&all)
}

// Leave implements driver.SharedPort.
func (p *Port) Leave(t *driver.Tray) {
	if t.Seat() == 0 {
		return
	}
	p.seats.mu.Lock()
	defer p.seats.mu.Unlock()
	s := p.sets()[t.Seat()-1]
	t.Sit(0)
	if p.seats.gone {
		return
	}
	s.holder = nil
	s.left.Store(int64(time.Since(p.born)))
	s.resting.Store(true)
	if s == p.seats.main.Load() && !p.inherit() {
		return // whoever polls next takes it
	}
	p.noteStrays()
	p.seats.main.Load().ring() // its holder may be waiting for less than he has now
}

// inherit makes a set that is held the main one, if there is one. The lock is
// held.
func (p *Port) inherit() bool {
	for _, s := range p.sets() {
		if s.holder != nil {
			p.seats.main.Store(s)
			return true
		}
	}
	return false
}

// noteStrays brings the list of strays up to date. The lock is held.
func (p *Port) noteStrays() {
	var strays []*set
	for _, s := range p.sets() {
		if s.holder == nil && s != p.seats.main.Load() {
			strays = append(strays, s)
		}
	}
	p.seats.strays.Store(&strays)
}

// strays adds to a list the sets with something in them into which whoever polls
// a set must look besides.
func (p *Port) strays(of *set, found []*set) []*set {
	if of != p.seats.main.Load() {
		return found
	}
	for _, s := range *p.seats.strays.Load() {
		if s.handles.Load() > 0 {
			found = append(found, s)
		}
	}
	return found
}

// bringHome moves some of what is in a stray that has been left for long.
func (s *set) bringHome(to *set) {
	p := s.port
	if time.Since(p.born)-time.Duration(s.left.Load()) < homeAfter {
		return
	}
	some, next := p.slots.Some(int(s.cursor.Load()), homeMost)
	s.cursor.Store(int32(next))
	for _, h := range some {
		h.move(s, to)
	}
}

// place is the set of a new handle: with several that are held, each in turn.
func (p *Port) place() *set {
	p.seats.mu.Lock()
	defer p.seats.mu.Unlock()
	all := p.sets()
	for range all {
		p.seats.next++
		if s := all[p.seats.next%len(all)]; s.holder != nil {
			return s
		}
	}
	return p.seats.main.Load()
}

// Lively implements driver.SharedPort.
func (p *Port) Lively(t *driver.Tray) int {
	if i := t.Seat(); i != 0 {
		return p.sets()[i-1].lively()
	}
	return -1
}

// Shift implements driver.SharedPort.
func (p *Port) Shift(from, to *driver.Tray, percent int) {
	if i, j := from.Seat(), to.Seat(); i != 0 && j != 0 {
		p.sets()[i-1].gift.Store(parcel(p.sets()[j-1], percent))
	}
}

// parcel says how many of a hundred handles that have something to tell go to
// another set.
func parcel(to *set, percent int) uint64 { return uint64(to.index)<<32 | uint64(percent) }

// presents opens the parcel, if there is one: of so many handles, how many go
// where. Of one none does: that would move the load, not share it.
func (s *set) presents(of int) (count int, to *set) {
	g := s.gift.Load()
	if g == 0 || of < 2 {
		return 0, nil
	}
	s.gift.Store(0)
	return (of*int(uint32(g)) + 99) / 100, s.port.sets()[g>>32]
}
