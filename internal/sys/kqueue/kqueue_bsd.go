//go:build darwin || freebsd

package kqueue

import (
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"iocp/internal/sys/calls"
)

// User is a filter for events that the program makes.
const User = unix.EVFILT_USER

// The numbers are these systems' own.
var _ = [1]struct{}{}[Read^unix.EVFILT_READ|Write^unix.EVFILT_WRITE|Add^unix.EV_ADD|Delete^unix.EV_DELETE|Enable^unix.EV_ENABLE|
	Clear^unix.EV_CLEAR|Receipt^unix.EV_RECEIPT|Error^unix.EV_ERROR|EOF^unix.EV_EOF]

// Create makes a queue.
func Create() (int, error) {
	syscall.ForkLock.RLock()
	defer syscall.ForkLock.RUnlock()
	fd, err := unix.Kqueue()
	if err == nil {
		unix.CloseOnExec(fd)
	}
	return fd, err
}

// Change makes some changes, changesMax at most, which have the flag Receipt. Their
// answers take the places of the changes.
func Change(kq int, changes []Event) error {
	calls.Count(calls.Control)
	var list [changesMax]raw
	for i := range changes {
		setRaw(&list[i], &changes[i])
	}
	some := kevents(list[:len(changes)])
	n, err := unix.Kevent(kq, some, some, &unix.Timespec{})
	for i := range changes[:max(n, 0)] {
		changes[i] = eventOf(&list[i])
	}
	return err
}

const changesMax = 4

// Trigger makes the event of a User filter that was added under a token, with ident 0.
func Trigger(kq int, token uint64) {
	calls.Count(calls.Signal)
	var list [1]raw
	setRaw(&list[0], &Event{Filter: User, Flags: Enable, Fflags: unix.NOTE_TRIGGER, Token: token})
	unix.Kevent(kq, kevents(list[:]), nil, nil)
}

// Room is for what a queue tells: the kernel's form of it.
type Room []raw

// NewRoom makes room for so many events.
func NewRoom(events int) Room { return make(Room, events) }

// waitMax is for how long one call waits: darwin refuses what is very long.
const waitMax = 1e6 * time.Second

// Wait fills events with what there is, as many as there is room for, waiting up to
// timeout (negative is no limit), or waitMax.
func Wait(kq int, events []Event, r Room, timeout time.Duration) (int, error) {
	calls.Count(calls.Wait)
	var until *unix.Timespec
	if timeout >= 0 {
		ts := unix.NsecToTimespec(int64(min(timeout, waitMax)))
		until = &ts
	}
	r = r[:len(events)]
	n, err := unix.Kevent(kq, nil, kevents(r), until)
	n = max(n, 0)
	for i := range events[:n] {
		events[i] = eventOf(&r[i])
	}
	return n, err
}
