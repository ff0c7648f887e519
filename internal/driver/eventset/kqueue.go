//go:build linux || darwin || freebsd

package eventset

import (
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"iocp/internal/driver"
	"iocp/internal/sys/kqueue"
)

// Queue is a kqueue(2), as far as a set needs it. A test makes one where the kernel
// has none.
type Queue interface {
	// FD is the queue's descriptor, readable when there is something to tell.
	FD() int

	// Change makes some changes, each with the flag Receipt, and puts their
	// answers in their places.
	Change(changes []kqueue.Event) error

	// Trigger makes the event of the filter User.
	Trigger()

	// Tell fills events with what there is, waiting up to timeout (negative: no
	// limit).
	Tell(events []kqueue.Event, r kqueue.Room, timeout time.Duration) (int, error)

	Close()
}

// queueRoom is what queues need of a Room.
type queueRoom struct {
	events []kqueue.Event
	raw    kqueue.Room
}

// kqueueSystem makes sets of queues.
type kqueueSystem struct {
	open func() (Queue, error)
}

// Kqueue is kqueue(2), with what makes a queue.
func Kqueue(open func() (Queue, error)) System { return kqueueSystem{open} }

// New implements System.
func (k kqueueSystem) New() (Set, error) {
	q, err := k.open()
	if err != nil {
		return nil, driver.Failed("kqueue", err)
	}
	s := kqueueSet{q}
	waker := kqueue.Event{Filter: kqueue.User, Flags: kqueue.Add | kqueue.Clear, Token: WakeToken}
	if err := s.change(waker); err != nil {
		q.Close()
		return nil, driver.Failed("kevent", err)
	}
	return s, nil
}

// NewRoom implements System.
func (kqueueSystem) NewRoom(events int) *Room {
	return &Room{Events: make([]Event, events), kernel: &queueRoom{make([]kqueue.Event, events), kqueue.NewRoom(events)}}
}

// WaitAny implements System.
func (kqueueSystem) WaitAny(sets []Set, r *Room, timeout time.Duration) error {
	return waitAny(r.poll(sets), timeout)
}

// Facts implements System. Of these systems only darwin tells of out-of-band data,
// and on neither can a socket whose connect has failed be connected again.
func (kqueueSystem) Facts() Facts { return Facts{} }

// kqueueSet is a queue with a user event, which wakes.
type kqueueSet struct{ Queue }

// Add implements Set: a filter for each direction. That the other end of a pipe is
// gone is an error of the filter for writing; the other one tells of it.
func (s kqueueSet) Add(fd int, token uint64) error {
	const flags = kqueue.Add | kqueue.Clear
	err := s.change(kqueue.Event{Ident: fd, Filter: kqueue.Read, Flags: flags, Token: token},
		kqueue.Event{Ident: fd, Filter: kqueue.Write, Flags: flags, Token: token})
	if err == nil || err == unix.EPIPE {
		return nil
	}
	s.Remove(fd)
	return driver.Failed("kevent", err)
}

// Remove implements Set.
func (s kqueueSet) Remove(fd int) {
	s.change(kqueue.Event{Ident: fd, Filter: kqueue.Read, Flags: kqueue.Delete},
		kqueue.Event{Ident: fd, Filter: kqueue.Write, Flags: kqueue.Delete})
}

// Wake implements Set.
func (s kqueueSet) Wake() { s.Trigger() }

// change makes all of some changes, and gives the first error.
func (s kqueueSet) change(changes ...kqueue.Event) error {
	for i := range changes {
		changes[i].Flags |= kqueue.Receipt
	}
	if err := s.Change(changes); err != nil {
		return err
	}
	for _, answer := range changes {
		if answer.Flags&kqueue.Error != 0 && answer.Data != 0 {
			return syscall.Errno(answer.Data)
		}
	}
	return nil
}

// Look implements Set.
func (s kqueueSet) Look(r *Room, most int) (int, error) { return s.Wait(r, most, 0) }

// Wait implements Set.
func (s kqueueSet) Wait(r *Room, most int, timeout time.Duration) (int, error) {
	room := r.kernel.(*queueRoom)
	n, err := s.Tell(room.events[:most], room.raw, timeout)
	for i := range room.events[:n] {
		r.Events[i] = Event{room.events[i].Token, ready(&room.events[i])}
	}
	return n, waited("kevent", err)
}

// ready is what an event says. That sending is over is told by a send that fails, so
// it counts as room. So does the end of what can be read, since it may be that of both
// directions: of the writing end of a pipe nothing else tells that the reader is gone,
// if it was before Add.
func ready(e *kqueue.Event) Ready {
	end := e.Flags&kqueue.EOF != 0
	switch {
	case e.Filter == kqueue.Read && end:
		return Readable | Ended | Writable
	case e.Filter == kqueue.Read:
		return Readable
	case e.Filter == kqueue.Write:
		return Writable
	}
	return 0 // the waker
}
