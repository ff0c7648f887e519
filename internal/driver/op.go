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
	Kind Kind

	// Pending is true from submit to dequeue of the last completion.
	Pending atomic.Bool

	// Bufs is what a Recv fills or a Send takes its bytes from. The slice of
	// slices is the op's own copy (the caller's array is free after submit).
	Bufs [][]byte
	one  [1][]byte // where Bufs lives in the common case

	// Name is whom a datagram goes to or came from. It is made for the op's
	// first datagram and kept for the next; a stream's ops have none.
	Name *Name

	// Where in which file the operation is, and for a SendFile how many bytes
	// it wants.
	File File
	Off  int64
	Want int64

	timer timer // see Timers

	// The result, set by the backend before Sink.Complete.
	N        int
	Err      error
	More     bool
	Buf      *Buf
	Accepted Stream

	// Result is set in a node that a backend queues for one completion of a
	// standing operation; it is told when the node has been dequeued.
	Result Recycler

	// Canceled marks an operation that was cancelled while a transfer for it
	// was under way; the backend decides when the transfer is over.
	Canceled bool

	// Record is for the backend alone (winport's OVERLAPPED record).
	Record any
}

// Recycler takes back the node of one completion of a standing operation.
type Recycler interface {
	// Recycle is called outside every lock of the port, once per node.
	Recycle(op *Op)
}

// SetBufs copies the slice headers of bufs into the op. It allocates only
// when an op meets more buffers than ever before.
func (op *Op) SetBufs(bufs [][]byte) {
	if len(bufs) <= 1 && cap(op.Bufs) <= 1 {
		op.Bufs = append(op.one[:0], bufs...)
		return
	}
	op.Bufs = append(op.Bufs[:0], bufs...)
}

// SetOneBuf is SetBufs for a single buffer.
func (op *Op) SetOneBuf(b []byte) {
	op.one[0] = b
	op.Bufs = op.one[:]
}

// Len is the number of bytes to be moved: those that Bufs holds, or what a
// SendFile wants.
func (op *Op) Len() int {
	n := int(op.Want)
	for _, b := range op.Bufs {
		n += len(b)
	}
	return n
}

// ResetResult clears what the last use left behind and drops the references
// to its buffers.
func (op *Op) ResetResult() {
	op.N, op.Err, op.More = 0, nil, false
	op.Buf, op.Accepted = nil, nil
	op.Canceled = false
}

// DropBufs forgets the buffers and the file, so that a resting op keeps none of
// the caller's memory alive.
func (op *Op) DropBufs() {
	op.File, op.Off, op.Want = nil, 0, 0
	op.audit.sent.Drop()
	clear(op.Bufs)
	op.Bufs = op.Bufs[:0]
}

// List is a FIFO of operations, linked through the operations themselves.
// The zero value is empty. It is not safe for concurrent use.
type List struct {
	head, tail *Op
	n          int
}

// Len is the number of operations on the list.
func (l *List) Len() int { return l.n }

// Front is the oldest operation, or nil.
func (l *List) Front() *Op { return l.head }

// Push appends op, which must be on no list.
func (l *List) Push(op *Op) {
	op.join()
	op.next = nil
	if l.tail == nil {
		l.head = op
	} else {
		l.tail.next = op
	}
	l.tail = op
	l.n++
}

// Pop removes and returns the oldest operation, or nil.
func (l *List) Pop() *Op {
	op := l.head
	if op == nil {
		return nil
	}
	l.head = op.next
	if l.head == nil {
		l.tail = nil
	}
	op.next = nil
	op.part()
	l.n--
	return op
}

// Remove takes op out of the list and reports whether it was there. It walks:
// the lists it is used on are as short as a socket's pending operations.
func (l *List) Remove(op *Op) bool {
	var prev *Op
	for o := l.head; o != nil; prev, o = o, o.next {
		if o != op {
			continue
		}
		if prev == nil {
			l.head = o.next
		} else {
			prev.next = o.next
		}
		if l.tail == o {
			l.tail = prev
		}
		o.next = nil
		o.part()
		l.n--
		return true
	}
	return false
}

// Contains reports whether op is on the list.
func (l *List) Contains(op *Op) bool {
	for o := l.head; o != nil; o = o.next {
		if o == op {
			return true
		}
	}
	return false
}
