package readiness

import (
	"sync/atomic"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"iocp/internal/driver"
	"iocp/internal/sys/epoll"
)

// set is some of a port's descriptors, with what is to be done for them. A worker
// that polls has one to himself, so that what he works on stays in his CPU's own
// caches: a set that two shared cost both a third of their speed
// (docs/decisions/0010). Who holds which, and what becomes of those that nobody
// holds, is said in [Port.hold].
type set struct {
	port  *Port
	fd    int // of the epoll set
	bell  int // an eventfd in it: see ring
	index int // in the port's list

	rung    atomic.Bool
	resting atomic.Bool   // nobody runs who will poll it next
	usual   atomic.Int64  // bytes that a receive brings of late
	gift    atomic.Uint64 // see parcel
	streams atomic.Int32  // how many are in it
	todo    todo

	// Under the port's seats lock.
	holder *driver.Tray
	last   *driver.Tray // its last holder
	left   atomic.Int64 // when that was over, by time.Since(born)
	inside bool         // it is in the main set
	loose  bool         // it ought to be
}

// openSet makes a set that nobody holds.
func (p *Port) openSet() (*set, error) {
	s := &set{port: p, fd: -1, bell: -1}
	s.resting.Store(true)
	var err error
	if s.fd, err = epoll.Create(); err != nil {
		return nil, sysError("epoll_create1", err)
	}
	if s.bell, err = unix.Eventfd(0, unix.EFD_CLOEXEC|unix.EFD_NONBLOCK); err != nil {
		s.close()
		return nil, sysError("eventfd2", err)
	}
	if err := epoll.Add(s.fd, s.bell, unix.EPOLLIN|unix.EPOLLET, bellToken); err != nil {
		s.close()
		return nil, sysError("epoll_ctl", err)
	}
	return s, nil
}

func (s *set) close() {
	for _, fd := range []int{s.fd, s.bell} {
		if fd >= 0 {
			unix.Close(fd)
		}
	}
}

// ring makes the wait on the set, or else the next, return. The bell is
// edge-triggered, so it needs no reading: each write is an event.
func (s *set) ring() {
	if !s.rung.Swap(true) {
		epoll.Signal(s.bell)
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

// wait waits for events.
func (s *set) wait(events []epoll.Event, timeout time.Duration) (int, syscall.Errno) {
	if timeout > 0 && s.port.precise {
		return epoll.WaitPrecise(s.fd, events, timeout)
	}
	return epoll.Wait(s.fd, events, timeout)
}
