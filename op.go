package iocp

import (
	"errors"

	"iocp/internal/driver"
)

var (
	errNotFound = errors.New("operation is not pending")
	errBusy     = errors.New("Op is still outstanding: dequeue its completion before using it again")
)

// Op is one outstanding operation (the OVERLAPPED of Windows). The zero value
// is ready. The caller owns it and may embed it in a struct of its own; from
// the call that starts an operation until Worker.Wait has returned its last
// completion it belongs to the port and must be left alone. Then it may be
// used again, for any operation. An Op must not be copied after its first use.
// A nil Op is refused with ErrInvalid, but for Port.Post.
type Op struct {
	d driver.Op // first: see driver.Outer

	// Owner leads from a completion back to the caller's own struct, for
	// instance the one this Op is embedded in. The port neither reads nor
	// changes it. Storing a pointer here allocates nothing:
	//
	//	io := &perIO{}
	//	io.op.Owner = io
	//	...
	//	io := c.Op.Owner.(*perIO)
	Owner any

	on *handle // what the operation is of; nil for a post and a timer
}

// Pending reports whether the Op is outstanding. It is a hint for assertions
// and displays: only a dequeued completion says that an operation is over
// (C52: polling an OVERLAPPED is not reliable either).
func (op *Op) Pending() bool { return op.d.Pending.Load() }
