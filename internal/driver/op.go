package driver

import "sync/atomic"

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
)

var kindNames = [...]string{"post", "accept", "accept", "connect", "recv", "recv", "send", "read", "write", "send", "recvfrom", "sendto", "timer"}

// String gives the verb that error messages use.
func (k Kind) String() string { return kindNames[k] }

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

	Self any // the public operation this one serves; nil for a nil-Op post
	Key  any // what the completion reports as its key

	// Pending is true from submit to dequeue of the last completion.
	Pending atomic.Bool
	Kind    Kind

	// Canceled marks an operation that was cancelled while a transfer for it
	// was under way; the backend decides when the transfer is over.
	Canceled bool

	More   bool // a result: see below
	nbufs  uint8
	heapAt int32 // place in a Timers, from 1; 0 is none

	one  [1][]byte // see Bufs
	many *[][]byte

	about any // see Buf, File, Name, Accepted and NewNode

	// Off is where in a file the operation is, or when a timer is due.
	Off int64

	// Want is how many bytes a SendFile sends.
	Want int64

	// The result, set by the backend before Sink.Complete.
	N   int
	Err error
}

// severalBufs, in nbufs, says that the buffers are in many.
const severalBufs = 2

// Bufs is what a Recv fills or a Send takes its bytes from. The slice of slices
// is the op's own copy: the caller's array is free after submit.
func (op *Op) Bufs() [][]byte {
	if op.nbufs == severalBufs {
		return *op.many
	}
	return op.one[:op.nbufs]
}

// SetBufs copies the slice headers of bufs into the op. It allocates only
// when an op meets more buffers than ever before.
func (op *Op) SetBufs(bufs [][]byte) {
	if len(bufs) <= 1 {
		op.nbufs = uint8(copy(op.one[:], bufs))
		return
	}
	if op.many == nil {
		op.many = new([][]byte)
	}
	*op.many = append((*op.many)[:0], bufs...)
	op.nbufs = severalBufs
}

// SetOneBuf is SetBufs for a single buffer.
func (op *Op) SetOneBuf(b []byte) {
	op.one[0] = b
	op.nbufs = 1
}

// Len is the number of bytes to be moved: those that Bufs holds, or what a
// SendFile wants.
func (op *Op) Len() int {
	n := int(op.Want)
	for _, b := range op.Bufs() {
		n += len(b)
	}
	return n
}

// Left is how many bytes are still to be moved. The party that owns the op may
// ask.
func (op *Op) Left() int64 { return int64(op.Len() - op.N) }

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
	op.Off, op.Want = 0, 0
	if _, ok := op.about.(File); ok {
		op.about = nil
	}
	op.audit.sent.Drop()
	clear(op.Bufs())
	op.nbufs = 0
}
