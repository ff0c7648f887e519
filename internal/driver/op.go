package driver

import (
	"fmt"
	"sync/atomic"
)

// Kind says what an Op asks for.
type Kind uint8

// The kinds of operation a backend may be given. KindPost never reaches one.
const (
	KindPost Kind = iota
	KindAccept
	KindAcceptMany
	KindConnect
	KindRecv
	KindRecvPooled
	KindSend
	KindReadAt
	KindWriteAt
	KindSendFile
	KindRecvFrom
	KindSendTo
	KindTimer // never reaches a backend either

	kinds // how many there are
)

// flow is where an operation's bytes go.
type flow uint8

const (
	unsaid  flow = iota // a kind that has been forgotten
	nowhere             // there are none
	inward              // from the system to memory
	outward             // from memory to the system
)

// kindTable has of each kind the verb that error messages use, and where its bytes go.
var kindTable = [kinds]struct {
	verb string
	flow flow
}{
	KindPost:       {"post", nowhere},
	KindAccept:     {"accept", nowhere},
	KindAcceptMany: {"accept", nowhere},
	KindConnect:    {"connect", nowhere},
	KindRecv:       {"recv", inward},
	KindRecvPooled: {"recv", inward},
	KindSend:       {"send", outward},
	KindReadAt:     {"read", inward},
	KindWriteAt:    {"write", outward},
	KindSendFile:   {"send", outward},
	KindRecvFrom:   {"recvfrom", inward},
	KindSendTo:     {"sendto", outward},
	KindTimer:      {"timer", nowhere},
}

// String gives the verb that error messages use.
func (k Kind) String() string { return kindTable[k].verb }

// Outward reports whether an operation's bytes go from memory to the system: it
// sends or writes. If not, it receives or reads; of another kind it can't be asked.
func (k Kind) Outward() bool {
	switch kindTable[k].flow {
	case inward:
		return false
	case outward:
		return true
	}
	panic(k.Misplaced())
}

// Misplaced is what to panic with where an operation of a kind is handled that can't
// come there, or that nobody has thought of.
func (k Kind) Misplaced() string {
	return fmt.Sprintf("driver: an operation of kind %d, %s, where there can be none", k, k)
}

// Op is one operation from submit to dequeue, and also the packet that reports
// it: an operation has at most one packet queued, so the node that a port's
// queue links is the operation itself and queueing allocates nothing.
//
// Its fields are owned by one party at a time: by the submitter until the
// backend's method returns nil, by the backend until it calls Sink.Complete,
// by the port until Worker.Wait hands it out.
type Op struct {
	next  *Op   // link of the one List that holds the op
	audit audit // of no size, so not the last field

	// Pending is true from submit to dequeue of the last completion.
	Pending Pending
	Kind    Kind

	// Canceled marks an operation that was cancelled while a transfer for it
	// was under way; the backend decides when the transfer is over.
	Canceled bool

	More   bool // a result: see below
	Public bool // it is the first field of a public operation: see Outer

	about any // a node; a cargo; or what a cargo's about would be: see there

	// The result, set by the backend before Sink.Complete. While the op is in a
	// Timers, N is its place there.
	N   int
	Err error
}

// Pending is whether an operation is outstanding, and whether it is in a Timers.
type Pending struct{ state atomic.Uint32 }

const (
	idle uint32 = iota
	outstanding
	timed // and outstanding
)

// Load reports whether the operation is outstanding.
func (p *Pending) Load() bool { return p.state.Load() != idle }

// Begin makes an idle operation outstanding, and reports whether it was idle.
func (p *Pending) Begin() bool { return p.state.CompareAndSwap(idle, outstanding) }

// End makes it idle.
func (p *Pending) End() { p.state.Store(idle) }

// ResetResult clears what the last use left behind and drops the references
// to its buffers.
func (op *Op) ResetResult() {
	op.N, op.Err, op.More = 0, nil, false
	op.Canceled = false
	if op.about != nil {
		op.SetAccepted(nil)
	}
}

// DropBufs forgets the buffers and the file, so that a resting op keeps none of
// the caller's memory alive.
func (op *Op) DropBufs() {
	op.audit.sent.Drop()
	if op.about == nil {
		return
	}
	switch op.subject().(type) {
	case File:
		op.setSubject(nil)
	case *Name:
		if op.Kind == KindConnect { // a stream's, whose other operations have none
			op.setSubject(nil)
		}
	}
	if c := op.carried(); c != nil {
		clear(op.Bufs())
		c.off, c.want, c.nbufs, c.place = 0, 0, 0, 0
	}
}
