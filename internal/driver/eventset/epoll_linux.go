package eventset

import (
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sys/unix"

	"iocp/internal/driver"
	"iocp/internal/sys/epoll"
	"iocp/internal/sys/sock"
)

// watched is what an epoll set is to tell.
const watched = unix.EPOLLIN | unix.EPOLLOUT | unix.EPOLLRDHUP | unix.EPOLLPRI | unix.EPOLLET

// epollSystem makes epoll sets.
type epollSystem struct {
	probe   sync.Once
	precise atomic.Bool // epoll_pwait2 works
}

// Epoll is epoll(7).
func Epoll() System { return &epollSystem{} }

// New implements System.
func (e *epollSystem) New() (Set, error) {
	s := &epollSet{system: e, waker: -1}
	var err error
	if s.fd, err = epoll.Create(); err != nil {
		return nil, driver.Failed("epoll_create1", err)
	}
	if s.waker, err = epoll.NewWaker(); err != nil {
		s.Close()
		return nil, driver.Failed("eventfd2", err)
	}
	if err := epoll.Add(s.fd, s.waker, unix.EPOLLIN|unix.EPOLLET, WakeToken); err != nil {
		s.Close()
		return nil, driver.Failed("epoll_ctl", err)
	}
	e.probe.Do(func() { e.precise.Store(isPrecise(s.fd)) })
	return s, nil
}

func isPrecise(set int) bool {
	if driver.FeaturePwait2.Disabled() != nil {
		return false
	}
	_, errno := epoll.WaitPrecise(set, make([]epoll.Event, 1), 0)
	return errno == 0
}

// NewRoom implements System.
func (*epollSystem) NewRoom(events int) *Room {
	return &Room{Events: make([]Event, events), kernel: make([]epoll.Event, events)}
}

// WaitAny implements System.
func (*epollSystem) WaitAny(sets []Set, r *Room, timeout time.Duration) error {
	return waitAny(r.poll(sets), timeout)
}

// waitAny waits until one of some descriptors has what is asked for.
func waitAny(fds []unix.PollFd, timeout time.Duration) error {
	return waited("ppoll", epoll.WaitAny(fds, timeout))
}

// Facts implements System.
func (*epollSystem) Facts() Facts { return Facts{Urgent: true, Disconnect: sock.Dissolve} }

// epollSet is an epoll instance with an eventfd in it. The eventfd is edge-triggered,
// so it needs no reading: each write is an event.
type epollSet struct {
	system    *epollSystem
	fd, waker int
}

// FD implements Set.
func (s *epollSet) FD() int { return s.fd }

// Add implements Set.
func (s *epollSet) Add(fd int, token uint64) error {
	return driver.Failed("epoll_ctl", epoll.Add(s.fd, fd, watched, token))
}

// Remove implements Set.
func (s *epollSet) Remove(fd int) { epoll.Remove(s.fd, fd) }

// Look implements Set.
func (s *epollSet) Look(r *Room, most int) (int, error) {
	raw := r.kernel.([]epoll.Event)[:most]
	n, errno := epoll.Ready(s.fd, raw)
	return r.told(raw, n), waited("epoll_pwait", errno)
}

// Wait implements Set. A call that has worked may be withheld from some time on
// (seccomp(2)), with any error: then the older one is taken, and what it says
// counts.
func (s *epollSet) Wait(r *Room, most int, timeout time.Duration) (int, error) {
	raw := r.kernel.([]epoll.Event)[:most]
	if timeout > 0 && s.system.precise.Load() {
		n, errno := epoll.WaitPrecise(s.fd, raw, timeout)
		if errno == 0 || errno == unix.EINTR {
			return r.told(raw, n), nil
		}
		s.system.precise.Store(false)
	}
	n, errno := epoll.Wait(s.fd, raw, timeout)
	return r.told(raw, n), waited("epoll_pwait", errno)
}

// told brings the kernel's events into their common form, and reports how many
// there are.
func (r *Room) told(raw []epoll.Event, n int) int {
	n = max(n, 0)
	for i := range raw[:n] {
		r.Events[i] = Event{raw[i].Token(), Ready(raw[i].Events)}
	}
	return n
}

// Wake implements Set.
func (s *epollSet) Wake() { epoll.Signal(s.waker) }

// Close implements Set.
func (s *epollSet) Close() {
	unix.Close(s.fd)
	if s.waker >= 0 {
		unix.Close(s.waker)
	}
}
