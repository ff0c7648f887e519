package sim

import "iocp/internal/driver"

// queue is one direction's operations, oldest first.
type queue struct {
	ops  driver.List
	busy bool // a transfer for the oldest is under way
}

// cancel gives op up if it is on the queue. One whose transfer is under way is
// only marked.
func (q *queue) cancel(p *port, op *driver.Op) bool {
	if q.busy && q.ops.Front() == op {
		first := !op.Canceled
		op.Canceled = true
		return first
	}
	if !q.ops.Remove(op) {
		return false
	}
	op.Err = driver.ErrAborted
	p.complete(op)
	return true
}

// cancelAll is cancel for every operation; it reports how many.
func (q *queue) cancelAll(p *port) (n int) {
	var rest driver.List
	if q.busy {
		rest.Push(q.ops.Pop())
	}
	for op := q.ops.Pop(); op != nil; op = q.ops.Pop() {
		op.Err = driver.ErrAborted
		p.complete(op)
		n++
	}
	if op := rest.Front(); op != nil && !op.Canceled {
		op.Canceled = true
		n++
	}
	q.ops = rest
	return n
}
