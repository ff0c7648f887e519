// Package calls counts system calls in a build with -race, for tests of how many an
// operation costs. In other builds it does nothing.
package calls

// Call is a kind of system call.
type Call uint8

// The kinds that are counted: those that an operation may cause.
const (
	Wait    Call = iota // for events: epoll_pwait and epoll_pwait2, kevent
	Control             // a change of an event set: epoll_ctl, kevent
	Signal              // what makes a wait return: a write to an eventfd, kevent
	Recv                // a receive or a read, by a call of its own
	Send                // a send or a write, likewise
	Enter               // io_uring_enter
	kinds
)
