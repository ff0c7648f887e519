// Package kqueue declares the system calls of kqueue(2) on darwin and FreeBSD, and what
// an event is: the latter on other systems too, for tests. No policy, no locks.
package kqueue

// Event is a struct kevent: a change of a queue, or what it tells.
type Event struct {
	Ident  int // of a descriptor
	Filter int16
	Flags  uint16
	Fflags uint32
	Data   int64
	Token  uint64 // what was registered comes back
}

// Filters. User is in the files for systems, since its number differs.
const (
	Read  = -1
	Write = -2
)

// Flags.
const (
	Add     = 0x1
	Delete  = 0x2
	Enable  = 0x4
	Clear   = 0x20   // tell of something once: edge-triggered
	Receipt = 0x40   // answer a change by an event with Error
	Error   = 0x4000 // Data is an error number, or 0
	EOF     = 0x8000 // that direction is over
)
