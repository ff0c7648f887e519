package driver

import (
	"sync"
	"sync/atomic"
)

// LocalQueue is a worker's own run queue: what it has polled and will handle next,
// so that several workers needn't meet at the global queue for every packet. Only
// polls put packets there, and what completes behind them in the same order; the
// worker takes them, or another that has nothing else to do. All methods may be
// called from any goroutine.
type LocalQueue struct {
	id       uint16        // in Orders; 0 is none
	nonempty *atomic.Int32 // how many of the port's local queues have packets

	mu   sync.Mutex
	list List

	// Changed with mu held only. The difference is how many packets are there.
	put   atomic.Uint64
	taken atomic.Uint64
}

// Order is where the packet lies that was last completed in one direction of a
// handle: in which queue, and as which number. A worker sees such packets in their
// order (clause C63), so the next one mustn't get ahead of it in another queue. It
// belongs to whoever may complete an operation of that direction.
type Order struct {
	mark uint32 // how many had been put into the queue by then
	at   uint16 // number of the local queue; 0 is the global one
	home uint16 // the local queue into which the handle's packets were last put
}

// NewLocalQueue makes a local queue with a number of its own, from 1; one with
// number 0 must stay empty, since no Order can tell of it. nonempty counts the
// queues that have packets.
func NewLocalQueue(id uint16, nonempty *atomic.Int32) *LocalQueue {
	return &LocalQueue{id: id, nonempty: nonempty}
}

// Numbered reports whether the queue has a number.
func (q *LocalQueue) Numbered() bool { return q.id != 0 }

// At is the number of the local queue that the last packet was put into; 0 is the
// global queue, or that there was no packet.
func (o *Order) At() uint16 { return o.at }

// Queue says that the last packet was put into the global queue, as number mark.
func (o *Order) Queue(mark uint32) { o.at, o.mark = 0, mark }

// Gone reports whether the last packet has been taken from the global queue, of
// which so many have been.
func (o *Order) Gone(taken uint32) bool { return int32(o.mark-taken) <= 0 }

// Settle says that the handle's packets are now put into a local queue, if there
// is one.
func (o *Order) Settle(q *LocalQueue) {
	if q != nil {
		o.home = q.id
	}
}

// Home is the number of the queue that Settle was last told; 0 is none.
func (o *Order) Home() uint16 { return o.home }

// Len is how many packets are in the queue.
func (q *LocalQueue) Len() int { return int(q.put.Load() - q.taken.Load()) }

// Total is how many were ever put there.
func (q *LocalQueue) Total() uint64 { return q.put.Load() }

// Put adds a packet. o may be nil: then it keeps no order.
func (q *LocalQueue) Put(op *Op, o *Order) {
	q.mu.Lock()
	q.push(op, o)
	q.mu.Unlock()
}

// PutUnless is Put, unless moved is set, which reports whether packets have been
// moved from a local queue to the global one, and the packet before this one doesn't
// lie here. It reports whether it has put the packet. Both are looked at while
// nobody can take packets from here: so the one before isn't moved without this one.
func (q *LocalQueue) PutUnless(moved *atomic.Bool, op *Op, o *Order) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	if moved.Load() && (o.at != q.id || !q.holds(o)) {
		return false
	}
	q.push(op, o)
	return true
}

func (q *LocalQueue) push(op *Op, o *Order) {
	if q.list.Push(op); q.list.Len() == 1 {
		q.nonempty.Add(1)
	}
	n := q.put.Add(1)
	if o != nil {
		o.at, o.mark = q.id, uint32(n)
	}
}

// Follow adds a packet if the one before it still lies here, and reports whether
// that was so.
func (q *LocalQueue) Follow(op *Op, o *Order) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	if !q.holds(o) {
		return false
	}
	q.push(op, o)
	return true
}

// holds reports whether the last packet, which was put here, still lies here. Marks
// that are very old look young again when the counter comes round; then there is
// something in the queue all the same. The caller holds mu.
func (q *LocalQueue) holds(o *Order) bool {
	taken := uint32(q.taken.Load())
	return o.mark-taken-1 < uint32(q.put.Load())-taken
}

// Join adds a packet if there are others, so that the queue's worker is about to
// come back for them. It reports whether that was so.
func (q *LocalQueue) Join(op *Op, o *Order) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.list.Len() == 0 {
		return false
	}
	q.push(op, o)
	return true
}

// Take moves up to most packets, oldest first, to a list. It reports how many
// are left.
func (q *LocalQueue) Take(to *List, most int) (left int) {
	q.mu.Lock()
	defer q.mu.Unlock()
	n := min(most, q.list.Len())
	for range n {
		to.Push(q.list.Pop())
	}
	q.took(n)
	return q.list.Len()
}

// Clear moves all packets to the end of a list, or to its front.
func (q *LocalQueue) Clear(to *List, front bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	n := q.list.Len()
	if front {
		q.list.Append(to)
		*to, q.list = q.list, *to
	} else {
		to.Append(&q.list)
	}
	q.took(n)
}

func (q *LocalQueue) took(n int) {
	if q.taken.Add(uint64(n)); n > 0 && q.list.Len() == 0 {
		q.nonempty.Add(-1)
	}
}
