//go:build darwin || freebsd

package eventset

import (
	"time"

	"golang.org/x/sys/unix"

	"iocp/internal/sys/kqueue"
)

// waitAny waits until one of some descriptors has what is asked for. poll(2) has
// milliseconds, so it may take up to one longer.
func waitAny(fds []unix.PollFd, timeout time.Duration) error {
	ms := -1
	if timeout >= 0 {
		ms = int(min((timeout+time.Millisecond-1)/time.Millisecond, 1<<30))
	}
	_, err := unix.Poll(fds, ms)
	return waited("poll", err)
}

// kernelQueue is a queue of the kernel's.
type kernelQueue int

// KernelQueue makes a queue of the kernel's.
func KernelQueue() (Queue, error) {
	fd, err := kqueue.Create()
	if err != nil {
		return nil, err
	}
	return kernelQueue(fd), nil
}

// FD implements Queue.
func (q kernelQueue) FD() int { return int(q) }

// Change implements Queue.
func (q kernelQueue) Change(changes []kqueue.Event) error { return kqueue.Change(int(q), changes) }

// Trigger implements Queue.
func (q kernelQueue) Trigger() { kqueue.Trigger(int(q), WakeToken) }

// Tell implements Queue.
func (q kernelQueue) Tell(events []kqueue.Event, r kqueue.Room, timeout time.Duration) (int, error) {
	return kqueue.Wait(int(q), events, r, timeout)
}

// Close implements Queue.
func (q kernelQueue) Close() { unix.Close(int(q)) }
