package readiness

import (
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sys/unix"

	"iocp/internal/driver"
	"iocp/internal/sys/epoll"
)

// seats is who polls which set.
//
// Whoever polls holds a set, and keeps it while he handles what he has found. One
// of the sets is the main one. It is held whenever any is, and those that nobody
// holds are inside it: an epoll set can be watched by another like a socket. So
// with one worker there is one set, and none is forgotten when a worker is stuck
// or parks: somebody else finds its events through the main set.
type seats struct {
	mu    sync.Mutex
	all   atomic.Pointer[[]*set] // grows only
	main  *set
	loose atomic.Int32 // sets that ought to be inside the main one, but the kernel refused
	next  int          // whose turn it is to get a new stream
}

const (
	// homeAfter is how long a set has been left before the streams in it that
	// have something to say are taken over, one by one: by then its holder isn't
	// merely stuck or tried without. Through two sets each event costs more.
	homeAfter = 50 * time.Millisecond

	// homeMost is how many are taken over at a time.
	homeMost = 32

	// loosePause bounds waiting in the kernel while a set has to be asked
	// separately.
	loosePause = 10 * time.Millisecond
)

// sets are all there are.
func (p *Port) sets() []*set { return *p.seats.all.Load() }

// hold is the set that a tray's owner polls: his own, if he can have one; else,
// or if he only looks, the main one.
func (p *Port) hold(t *driver.Tray, looks bool) *set {
	if i := t.Seat(); i != 0 {
		return p.sets()[i-1]
	}
	p.seats.mu.Lock()
	defer p.seats.mu.Unlock()
	if t == nil {
		return p.seats.main
	}
	s := p.vacant(t)
	switch {
	case looks && (s == nil || s.last != t): // but what was taken from him while he seemed stuck is his again
		return p.seats.main
	case s == nil:
		if s = p.addSet(); s == nil {
			return p.seats.main
		}
	}
	p.expel(s)
	s.holder, s.last = t, t
	s.resting.Store(false)
	t.Sit(s.index + 1)
	return s
}

// vacant finds a set that nobody holds: before all others the main one, then the
// one that this worker had last. The lock is held.
func (p *Port) vacant(t *driver.Tray) (found *set) {
	if p.seats.main.holder == nil {
		return p.seats.main
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
	s.holder = nil
	s.left.Store(int64(time.Since(p.born)))
	s.resting.Store(true)
	if s != p.seats.main {
		p.admit(s)
		return
	}
	for _, heir := range p.sets() {
		if heir.holder != nil {
			p.crown(heir)
			return
		}
	} // else whoever polls next takes it
}

// crown makes a set that is held the main one. The lock is held.
func (p *Port) crown(heir *set) {
	for _, s := range p.sets() {
		p.expel(s)
	}
	p.seats.main = heir
	for _, s := range p.sets() {
		if s.holder == nil {
			p.admit(s)
		}
	}
}

// admit puts a set into the main one. If the kernel has no room for that, the
// main one's holder looks into the set now and then. The lock is held.
func (p *Port) admit(s *set) {
	if epoll.Add(p.seats.main.fd, s.fd, unix.EPOLLIN, uint64(s.index+1)) == nil {
		s.inside = true
		return
	}
	s.loose = true
	p.seats.loose.Add(1)
	p.seats.main.ring()
}

// expel takes a set out of the main one, if it is there. The lock is held.
func (p *Port) expel(s *set) {
	if s.inside {
		epoll.Remove(p.seats.main.fd, s.fd)
	}
	if s.loose {
		p.seats.loose.Add(-1)
	}
	s.inside, s.loose = false, false
}

// abandoned is what a poll of the main set looks into besides, if there are sets
// that couldn't be put into it.
func (p *Port) abandoned(found []*set) []*set {
	p.seats.mu.Lock()
	defer p.seats.mu.Unlock()
	for _, s := range p.sets() {
		if s.loose {
			found = append(found, s)
		}
	}
	return found
}

// place is the set of a new stream: with several that are held, each in turn.
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
	return p.seats.main
}

// main is the main set of this moment.
func (p *Port) main() *set {
	p.seats.mu.Lock()
	defer p.seats.mu.Unlock()
	return p.seats.main
}

// Held implements driver.SharedPort.
func (p *Port) Held(t *driver.Tray) int {
	if i := t.Seat(); i != 0 {
		return int(p.sets()[i-1].streams.Load())
	}
	return 0
}

// Shift implements driver.SharedPort.
func (p *Port) Shift(from, to *driver.Tray, percent int) {
	if i, j := from.Seat(), to.Seat(); i != 0 && j != 0 {
		p.sets()[i-1].gift.Store(parcel(p.sets()[j-1], percent))
	}
}

// parcel says how many of a hundred streams that have something to say go to
// another set.
func parcel(to *set, percent int) uint64 { return uint64(to.index)<<32 | uint64(percent) }

// presents opens the parcel, if there is one: of so many streams, how many go
// where. Of one none does: that would move the load, not share it.
func (s *set) presents(of int) (count int, to *set) {
	g := s.gift.Load()
	if g == 0 || of < 2 && uint32(g) < 100 {
		return 0, nil
	}
	s.gift.Store(0)
	return (of*int(uint32(g)) + 99) / 100, s.port.sets()[g>>32]
}
