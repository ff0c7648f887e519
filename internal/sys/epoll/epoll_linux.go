// Package epoll declares the Linux system calls of an event set (epoll(7)) and of
// what wakes whoever waits for it (eventfd(2)). No policy, no locks.
package epoll

import (
	"time"

	"golang.org/x/sys/unix"

	"iocp/internal/sys/calls"
)

// Event is one event of a set; its token is what Add was given.
type Event unix.EpollEvent

// Token is the value that was registered with the descriptor.
func (e *Event) Token() uint64 { return uint64(uint32(e.Fd)) | uint64(uint32(e.Pad))<<32 }

// Create makes an event set.
func Create() (int, error) { return unix.EpollCreate1(unix.EPOLL_CLOEXEC) }

// Add puts fd into the set, for the given events, under a token.
func Add(set, fd int, events uint32, token uint64) error {
	calls.Count(calls.Control)
	ev := unix.EpollEvent{Events: events, Fd: int32(uint32(token)), Pad: int32(uint32(token >> 32))}
	return unix.EpollCtl(set, unix.EPOLL_CTL_ADD, fd, &ev)
}

// Remove takes fd out of the set.
func Remove(set, fd int) error {
	calls.Count(calls.Control)
	return unix.EpollCtl(set, unix.EPOLL_CTL_DEL, fd, nil)
}

// NewWaker makes an eventfd.
func NewWaker() (int, error) { return unix.Eventfd(0, unix.EFD_CLOEXEC|unix.EFD_NONBLOCK) }

// millis rounds a timeout up to what epoll_wait takes; negative is no limit.
func millis(timeout time.Duration) int {
	if timeout < 0 {
		return -1
	}
	const most = 1 << 30
	ms := (timeout + time.Millisecond - 1) / time.Millisecond
	return int(min(ms, most))
}
