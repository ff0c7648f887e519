// Package queuetest is a kqueue(2) made of epoll(7), so that what is built on one can
// be tested on Linux: a filter for each direction with events of its own, which tells
// of something once (EV_CLEAR), with the end as a flag.
package queuetest

import (
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"iocp/internal/driver/eventset"
	"iocp/internal/sys/epoll"
	"iocp/internal/sys/kqueue"
)

// queue is an epoll instance for each filter, and one in which these are.
type queue struct {
	all    int
	filter [len(filters)]int
	waker  int // an eventfd, in the one for kqueue.User
}

// filters are in the order in which they are told of.
var filters = [...]struct {
	number int16
	events uint32 // what epoll calls it
	end    uint32
}{
	{kqueue.User, unix.EPOLLIN, 0},
	{kqueue.Write, unix.EPOLLOUT, unix.EPOLLHUP | unix.EPOLLERR},
	{kqueue.Read, unix.EPOLLIN, unix.EPOLLRDHUP | unix.EPOLLHUP | unix.EPOLLERR},
}

// New makes a queue.
func New() (eventset.Queue, error) {
	q := &queue{all: -1, waker: -1, filter: [...]int{-1, -1, -1}}
	if err := q.open(); err != nil {
		q.Close()
		return nil, err
	}
	return q, nil
}

func (q *queue) open() (err error) {
	if q.all, err = epoll.Create(); err != nil {
		return err
	}
	for i := range q.filter {
		if q.filter[i], err = epoll.Create(); err != nil {
			return err
		}
		if err = epoll.Add(q.all, q.filter[i], unix.EPOLLIN, 0); err != nil {
			return err
		}
	}
	q.waker, err = epoll.NewWaker()
	return err
}

// Close implements eventset.Queue.
func (q *queue) Close() {
	for _, fd := range append(q.filter[:], q.all, q.waker) {
		if fd >= 0 {
			unix.Close(fd)
		}
	}
}

// FD implements eventset.Queue.
func (q *queue) FD() int { return q.all }

// Change implements eventset.Queue.
func (q *queue) Change(changes []kqueue.Event) error {
	for i := range changes {
		c := &changes[i]
		errno, _ := q.change(c).(syscall.Errno)
		if c.Flags&kqueue.Receipt != 0 {
			c.Flags, c.Data = kqueue.Error, int64(errno)
		} else if errno != 0 {
			return errno
		}
	}
	return nil
}

// change makes one change.
func (q *queue) change(c *kqueue.Event) error {
	for i, f := range filters {
		if f.number != c.Filter {
			continue
		}
		fd := c.Ident
		if c.Filter == kqueue.User {
			fd = q.waker
		}
		switch {
		case c.Flags&kqueue.Delete != 0:
			return epoll.Remove(q.filter[i], fd)
		case c.Flags&(kqueue.Add|kqueue.Clear) != kqueue.Add|kqueue.Clear:
			return unix.EINVAL
		case c.Filter == kqueue.Write && deserted(fd):
			return unix.EPIPE
		}
		events := f.events | unix.EPOLLET
		if f.end != 0 {
			events |= unix.EPOLLRDHUP & f.end
		}
		return epoll.Add(q.filter[i], fd, events, c.Token)
	}
	return unix.EINVAL
}

// Trigger implements eventset.Queue.
func (q *queue) Trigger() { epoll.Signal(q.waker) }

// deserted reports whether a descriptor is a pipe's whose other end is gone.
func deserted(fd int) bool {
	var st unix.Stat_t
	if unix.Fstat(fd, &st) != nil || st.Mode&unix.S_IFMT != unix.S_IFIFO {
		return false
	}
	fds := []unix.PollFd{{Fd: int32(fd)}}
	n, _ := unix.Poll(fds, 0)
	return n > 0 && fds[0].Revents&(unix.POLLERR|unix.POLLHUP) != 0
}

// Tell implements eventset.Queue.
func (q *queue) Tell(events []kqueue.Event, _ kqueue.Room, timeout time.Duration) (int, error) {
	n := q.look(events)
	if n > 0 || timeout == 0 {
		return n, nil
	}
	one := []unix.PollFd{{Fd: int32(q.all), Events: unix.POLLIN}}
	if errno := epoll.WaitAny(one, timeout); errno != 0 {
		return 0, errno
	}
	return q.look(events), nil
}

// roomMax is how many events of a filter are told at a time.
const roomMax = 128

// look fills events with what there is.
func (q *queue) look(events []kqueue.Event) (n int) {
	var room [roomMax]epoll.Event
	for i, f := range filters {
		if n == len(events) {
			break
		}
		found, _ := epoll.Ready(q.filter[i], room[:min(len(events)-n, roomMax)])
		for _, ev := range room[:max(found, 0)] {
			events[n] = kqueue.Event{Filter: f.number, Flags: kqueue.Clear, Token: ev.Token()}
			if ev.Events&f.end != 0 {
				events[n].Flags |= kqueue.EOF
			}
			n++
		}
	}
	return n
}
