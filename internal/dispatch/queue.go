package dispatch

import (
	"sync/atomic"

	"iocp/internal/driver"
)

// queue is the global run queue. Engine.mu is held, but for the atomic fields,
// which anybody may read.
//
// A packet must not be dequeued before an earlier one of the same direction of
// the same handle (clause C63). So each direction remembers where its last packet
// was put (driver.Order), and the next one goes behind it unless that has been
// dequeued. For this the packets in the queue have numbers, without a gap: taken+1
// is the number of the first, put that of the last.
//
// Packets that come here out of a local queue (requeue) have no such memory: their
// orders still name the local queue. Up to the last of them (number requeued),
// whatever completes goes into the queue as well, whose order then is the only one;
// but for what follows a packet that still lies in a local queue.
type queue struct {
	list     driver.List
	put      uint32
	requeued uint32
	total    uint64 // packets ever put here, but for those requeued

	taken atomic.Uint32
	some  atomic.Bool // there are packets
	mixed atomic.Bool // some of them were requeued
}

func (q *queue) len() int { return q.list.Len() }

// push puts a packet at the end.
func (q *queue) push(op *driver.Op) {
	q.list.Push(op)
	q.put++
	q.total++
	if q.list.Len() == 1 {
		q.some.Store(true)
	}
}

// pop takes the oldest packet; nil if there is none.
func (q *queue) pop() *driver.Op {
	if q.list.Len() == 0 {
		return nil
	}
	op := q.list.Pop()
	if q.taken.Add(1) == q.requeued {
		q.mixed.Store(false)
	}
	if q.list.Len() == 0 {
		q.some.Store(false)
	}
	return op
}

// requeue takes what lies in a local queue: to the front if it is older than what
// is here, else to the end.
func (q *queue) requeue(from *driver.LocalQueue, older bool) {
	if from.Len() == 0 {
		return
	}
	mixed := q.mixed.Swap(true) // before they leave the local queue, where the next would follow them
	before := q.list.Len()
	from.Clear(&q.list, older)
	n := uint32(q.list.Len() - before) // its owner may have taken some meanwhile, or all
	switch {
	case n == 0:
		q.mixed.Store(mixed)
	case !older:
		q.put += n
		q.requeued = q.put
	default:
		last := q.taken.Add(-n) + n // what was taken before has these numbers again
		if !mixed {
			q.requeued = last
		}
	}
	q.some.Store(q.list.Len() > 0)
}

// deliver puts a packet where its order wants it without Engine.mu, if that is a
// local queue, and reports whether it did: behind the one before it, if that
// hasn't been dequeued; else into the queue of the worker that has found it; else
// into that of the worker that is at work on the handle's packets, if it has more.
func (e *Engine) deliver(op *driver.Op, o *driver.Order, by *driver.LocalQueue) bool {
	if id := o.At(); id == 0 && !o.Gone(e.global.taken.Load()) {
		return false
	} else if id != 0 {
		if before := e.local(id); before != by && before.Follow(op, o) {
			return true
		}
	}
	mixed := &e.global.mixed // if so, it may have been in a local queue, and moved
	if by != nil {
		return by.PutUnless(mixed, op, o)
	}
	id := o.Home()
	return id != 0 && !mixed.Load() && !e.global.some.Load() && e.local(id).Join(op, o)
}

// queued is the number of packets not yet dequeued. The caller holds mu.
func (e *Engine) queued() int {
	n := e.global.len()
	if e.nonempty.Load() > 0 {
		for _, w := range e.workers {
			n += w.local.Len()
		}
	}
	return n
}

// total is the number of packets ever queued. The caller holds mu.
func (e *Engine) total() uint64 {
	n := e.global.total
	for _, t := range *e.locals.Load() {
		n += t.Total()
	}
	return n
}

// pop takes the oldest packet of the global queue; if it is empty, one of the
// longest local queue. It may be nil: local queues are taken from without mu. The
// caller holds mu.
func (e *Engine) pop() *driver.Op {
	if op := e.global.pop(); op != nil {
		return op
	}
	var longest *driver.LocalQueue
	for _, w := range e.workers {
		if n := w.local.Len(); n > 0 && (longest == nil || n > longest.Len()) {
			longest = w.local
		}
	}
	if longest == nil {
		return nil
	}
	var one driver.List
	longest.Take(&one, 1)
	return one.Pop()
}

// requeue moves what lies in a worker's local queue to the global one, where all
// reach it: to its front if it is older than what is there. The caller holds mu.
func (e *Engine) requeue(w *Worker, older bool) { e.global.requeue(w.local, older) }

// requeueAll has everything go through the global queue. The caller holds mu.
func (e *Engine) requeueAll() {
	for _, w := range e.workers {
		e.requeue(w, true)
	}
}
