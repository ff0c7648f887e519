//go:build linux || darwin || freebsd

package readiness

import (
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// owners is which poller owns which set.
//
// Whoever polls owns a set, and keeps it while its worker handles what it has
// found. One of the sets is the main one. It has an owner whenever any has, and
// that one looks into those without an owner, the orphans, as well. So with one
// worker there is one set, and none is forgotten when a worker is stuck or parks.
//
// One epoll set could be put into another instead; but that takes the kernel as
// long as there are sockets in it, under a lock that the whole system shares:
// 1 ms for 15,000 (ep_loop_check in fs/eventpoll.c).
type owners struct {
	mu      sync.Mutex
	all     atomic.Pointer[[]*set] // grows only
	orphans atomic.Pointer[[]*set] // of these, those without an owner, but for the main one
	main    atomic.Pointer[set]
	next    int  // whose turn it is to get a new handle
	gone    bool // the descriptors are closed
}

const (
	// adoptAfter is how long a set has been an orphan before the handles in it
	// are taken over, adoptMax at a time: by then its owner isn't merely stuck, or
	// tried without.
	adoptAfter = 50 * time.Millisecond
	adoptMax   = 32

	// sharePause bounds waiting in the kernel for those who share a set, since
	// there are no descriptors for another: a call may reach the wrong one.
	sharePause = 10 * time.Millisecond
)

// sets are all there are.
func (p *Port) sets() []*set { return *p.owners.all.Load() }

// acquire is the set that somebody is to poll: its own, if it can have one; else,
// or if it only looks, the main one.
func (p *Port) acquire(po *poller, looks bool) *set {
	if s := po.owned.Load(); s != nil {
		return s
	}
	if po.local == nil {
		return p.owners.main.Load()
	}
	p.owners.mu.Lock()
	defer p.owners.mu.Unlock()
	main := p.owners.main.Load()
	s := p.unowned(po, main)
	switch {
	case looks && (s == nil || s.last != po): // but what was taken from it while it seemed stuck is its own again
		return main
	case s == nil:
		if s = p.addSet(); s == nil {
			return main
		}
	}
	s.owner, s.last = po, po
	s.request.Store(0)
	s.resting.Store(false)
	po.owned.Store(s)
	if s != main {
		p.noteOrphans()
	}
	return s
}

// unowned finds a set without an owner: before all others the main one, then the
// one that this poller had last. The lock is held.
func (p *Port) unowned(po *poller, main *set) (found *set) {
	if main.owner == nil {
		return main
	}
	for _, s := range p.sets() {
		if s.owner == nil && (found == nil || s.last == po) {
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
	s.wake() // Wake may have been called for its first owner
	return s
}

// enlist puts a new set on the list. The lock is held.
func (p *Port) enlist(s *set) {
	all := p.sets()
	s.index = len(all)
	all = append(slices.Clip(all), s)
	p.owners.all.Store(&all)
}

// Leave implements driver.Poller: its set is an orphan from now on.
func (po *poller) Leave() {
	if po.owned.Load() == nil {
		return
	}
	p := po.port
	p.owners.mu.Lock()
	defer p.owners.mu.Unlock()
	s := po.owned.Swap(nil)
	if s == nil || p.owners.gone {
		return
	}
	s.owner = nil
	s.orphaned.Store(int64(time.Since(p.born)))
	s.resting.Store(true)
	if s == p.owners.main.Load() && !p.inherit() {
		return // whoever polls next takes it
	}
	p.noteOrphans()
	p.owners.main.Load().wake() // its owner may be waiting for less than it has now
}

// inherit makes a set that is held the main one, if there is one. The lock is
// held.
func (p *Port) inherit() bool {
	for _, s := range p.sets() {
		if s.owner != nil {
			p.owners.main.Store(s)
			return true
		}
	}
	return false
}

// noteOrphans brings the list of orphans up to date. The lock is held.
func (p *Port) noteOrphans() {
	var orphans []*set
	for _, s := range p.sets() {
		if s.owner == nil && s != p.owners.main.Load() {
			orphans = append(orphans, s)
		}
	}
	p.owners.orphans.Store(&orphans)
}

// orphans adds to a list the sets with something in them into which whoever polls
// a set must look besides.
func (p *Port) orphans(of *set, found []*set) []*set {
	if of != p.owners.main.Load() {
		return found
	}
	for _, s := range *p.owners.orphans.Load() {
		if s.handles.Load() > 0 {
			found = append(found, s)
		}
	}
	return found
}

// adopt moves some of what is in a orphan that has been left for long.
func (s *set) adopt(to *set) {
	p := s.port
	if time.Since(p.born)-time.Duration(s.orphaned.Load()) < adoptAfter {
		return
	}
	some, next := p.slots.Some(int(s.cursor.Load()), adoptMax)
	s.cursor.Store(int32(next))
	for _, f := range some {
		f.handle().move(s, to)
	}
}

// place is the set of a new handle: with several that are held, each in turn.
func (p *Port) assign() *set {
	p.owners.mu.Lock()
	defer p.owners.mu.Unlock()
	all := p.sets()
	for range all {
		p.owners.next++
		if s := all[p.owners.next%len(all)]; s.owner != nil {
			return s
		}
	}
	return p.owners.main.Load()
}

// rebalance asks for so many of a hundred handles that have something to tell to
// go to another set.
func (s *set) rebalance(to *set, percent int) {
	s.request.Store(uint64(to.index)<<32 | uint64(percent))
}

// requested takes the request to rebalance, if there is one: of so many handles,
// how many go where. Of one none does: that would move the load, not share it.
func (s *set) requested(of int) (count int, to *set) {
	r := s.request.Load()
	if r == 0 || of < 2 {
		return 0, nil
	}
	s.request.Store(0)
	return (of*int(uint32(r)) + 99) / 100, s.port.sets()[r>>32]
}
