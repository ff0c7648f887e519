//go:build linux || darwin || freebsd

package readiness

import (
	"net"
	"sync/atomic"
	"time"

	"iocp/internal/driver/eventset"
)

// set is some of a port's descriptors, with what is to be done for them. A worker
// that polls has one to itself, so that what it works on stays in its CPU's own
// caches: sharing one cost two workers a fifth of what they get done
// (docs/decisions/0010). Which poller owns which, and what becomes of those without
// an owner, is said at owners.
type set struct {
	port   *Port
	kernel eventset.Set
	index  int // in the port's list

	waking   atomic.Bool
	waits    atomic.Int32  // who waits for it in the kernel, or is about to
	resting  atomic.Bool   // nobody runs who will poll it next
	usual    atomic.Int64  // bytes that a receive brings of late
	request  atomic.Uint64 // see rebalance
	handles  atomic.Int32  // how many are in it
	orphaned atomic.Int64  // when it last was, by time.Since(born)
	cursor   atomic.Int32  // see adopt
	epoch    atomic.Uint32 // see active
	seen     atomic.Int32  // streams with something to tell in this epoch
	before   atomic.Int32  // and in the last, less those given away since; negative: not known
	began    time.Duration // when this epoch did; only active uses it
	list     readyList

	// Under the lock of owners.
	owner *poller
	last  *poller // its last owner
}

// openSet makes a set that nobody holds.
func (p *Port) openSet() (*set, error) {
	kernel, err := p.system.New()
	if err != nil {
		return nil, err
	}
	s := &set{port: p, kernel: kernel}
	s.resting.Store(true)
	return s, nil
}

// wake makes the wait on the set, or else the next, return.
func (s *set) wake() {
	if !s.waking.Swap(true) {
		s.kernel.Wake()
	}
}

// woken takes note of the waker's event. Whoever looks into the set gets it, and
// somebody else may be waiting for it.
func (s *set) woken() {
	s.waking.Store(false)
	if s.waits.Load() > 0 {
		s.wake()
	}
}

// batchSize is how many receives are made at a time.
func (s *set) batchSize() int {
	return max(min(bytesGoal/(int(s.usual.Load())+1), eventsMax), eventsMin)
}

// note keeps usual up to date.
func (s *set) note(batch []Transfer) {
	bytes, count := 0, 0
	for i := range batch {
		if t := &batch[i]; !t.Send && t.N > 0 {
			bytes += t.N
			count++
		}
	}
	if count > 0 {
		usual := s.usual.Load()
		s.usual.Store(usual + (int64(bytes/count)-usual)/4)
	}
}

// epochLength is for how long streams are counted that have something to tell. Under
// full load each has within that time.
const epochLength = 100 * time.Millisecond

// active is how many streams had something to tell in the last epoch; negative when
// that isn't known.
func (s *set) active() int {
	passed := time.Since(s.port.born) - s.began
	if passed >= epochLength {
		s.began += passed
		s.epoch.Add(1)
		n := s.seen.Swap(0)
		if passed > 2*epochLength {
			n = -1 // nobody has asked meanwhile
		}
		s.before.Store(n)
	}
	return int(s.before.Load())
}

// see counts a stream that has something to tell. Its lock is held.
func (s *set) see(t *stream) {
	if epoch := uint8(s.epoch.Load()); t.epoch != epoch {
		t.epoch = epoch
		s.seen.Add(1)
	}
}

// waitWith waits for something in s or in b.others. The events are those of s.
func (s *set) waitWith(b *batch, timeout time.Duration) (int, error) {
	b.kernels = append(b.kernels[:0], s.kernel)
	for _, o := range b.others {
		b.kernels = append(b.kernels, o.kernel)
	}
	if s.port.system.WaitAny(b.kernels, b.room, timeout) == nil {
		return s.kernel.Look(b.room, s.batchSize())
	}
	// The call may be withheld (seccomp(2)). The others are looked into between
	// short waits.
	if timeout < 0 || timeout > sharePause {
		timeout = sharePause
	}
	return s.kernel.Wait(b.room, s.batchSize(), timeout)
}

// watch registers a descriptor with a set and returns its token. Events are told to
// the handle of f.
func (p *Port) watch(f *stream, fd int, s *set) (uint64, error) {
	p.uses.Add(1)
	defer p.unuse()
	if p.shut.Load() {
		return 0, net.ErrClosed
	}
	tok := p.slots.Add(f)
	if err := s.kernel.Add(fd, tok); err != nil {
		p.slots.Remove(tok)
		return 0, err
	}
	if p.shut.Load() { // Shut may have missed the new entry
		p.slots.Remove(tok)
		return 0, net.ErrClosed
	}
	s.gain()
	return tok, nil
}

// forget undoes watch for a descriptor that is about to be closed.
func (s *set) forget(token uint64) {
	s.handles.Add(-1)
	s.port.slots.Remove(token)
}

// gain counts a handle that has come. A worker that waits for sets without an owner
// skips empty ones, so it must be woken when one of them gets its first handle.
func (s *set) gain() {
	if s.handles.Add(1) > 1 {
		return
	}
	owners := &s.port.owners
	owners.mu.Lock()
	defer owners.mu.Unlock()
	if main := owners.main.Load(); s.owner == nil && s != main {
		main.wake()
	}
}

// giveTo moves a descriptor to another set and reports whether it is there now.
// What it is ready for is told there again.
func (s *set) giveTo(to *set, fd int, token uint64) bool {
	if s == to || to.kernel.Add(fd, token) != nil {
		return false
	}
	s.kernel.Remove(fd)
	s.handles.Add(-1)
	to.gain()
	return true
}
