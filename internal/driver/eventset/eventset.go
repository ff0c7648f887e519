//go:build linux || darwin || freebsd

// Package eventset is what tells when descriptors may be read or written, whichever
// kernel tells it: epoll(7) on Linux, kqueue(2) on darwin and FreeBSD.
//
// Sets are edge-triggered: what has been told isn't told again until something new
// has happened, or the descriptor is added anew.
package eventset

import (
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"iocp/internal/driver"
)

// System makes the sets of one kernel.
type System interface {
	// New makes an empty set.
	New() (Set, error)

	// NewRoom makes room for so many events.
	NewRoom(events int) *Room

	// WaitAny waits until one of some sets, at least one, has something to tell,
	// or timeout has passed (negative: no limit). It may return for no reason.
	WaitAny(sets []Set, r *Room, timeout time.Duration) error

	// Facts is what else differs between kernels.
	Facts() Facts
}

// Facts is what an engine has to know of a kernel.
type Facts struct {
	// Urgent says that events tell of out-of-band data. A receive stops at it, so
	// where they don't, one that is short need not have emptied the socket.
	Urgent bool

	// Disconnect makes a socket whose connect has failed, or is under way, as good as
	// new; nil where the system can't.
	Disconnect func(fd int) error
}

// Set is an event set, with what wakes those who wait for it. Any goroutine may
// call any method but Close, which comes last.
type Set interface {
	// FD is a descriptor that can be read when there is something to tell
	// (poll(2)).
	FD() int

	// Add has the set tell of a descriptor, under a token other than WakeToken.
	// What it is ready for already is told as well.
	Add(fd int, token uint64) error

	// Remove ends that. A descriptor that is closed needs no Remove.
	Remove(fd int)

	// Look fills r.Events with what there is to tell, so many events at most, and
	// reports how many. It doesn't wait.
	Look(r *Room, most int) (int, error)

	// Wait is Look, but waits for something to tell, up to timeout (negative: no
	// limit). It may return for no reason.
	Wait(r *Room, most int, timeout time.Duration) (int, error)

	// Wake is an event with WakeToken, told to one of those who look or wait.
	Wake()

	Close()
}

// WakeToken is the token of Wake's event.
const WakeToken = 0

// Event says what a descriptor is ready for. There may be several for one.
type Event struct {
	Token uint64
	Ready Ready
}

// Ready is what a descriptor is ready for: bits, with the numbers that epoll has for
// them.
type Ready uint32

// What a descriptor is ready for.
const (
	Readable Ready = 0x1    // there is something to be read, or to be accepted
	Urgent   Ready = 0x2    // there is out-of-band data
	Writable Ready = 0x4    // there is room, or a write would fail
	Failed   Ready = 0x8    // it has an error
	HungUp   Ready = 0x10   // both directions are over
	Ended    Ready = 0x2000 // the peer's end of the stream is there
)

// Room is for what sets tell, with whatever their kernel needs besides. One
// goroutine at a time uses it.
type Room struct {
	Events []Event
	kernel any // the kernel's form of the events
	polled []unix.PollFd
}

// poll is what poll(2) takes for some sets.
func (r *Room) poll(sets []Set) []unix.PollFd {
	r.polled = r.polled[:0]
	for _, s := range sets {
		r.polled = append(r.polled, unix.PollFd{Fd: int32(s.FD()), Events: unix.POLLIN})
	}
	return r.polled
}

// waited is driver.Failed for a wait, which a signal may cut short.
func waited(call string, err error) error {
	if err == nil || err == unix.EINTR || err == syscall.Errno(0) {
		return nil
	}
	return driver.Failed(call, err)
}
