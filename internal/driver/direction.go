package driver

// Direction is what is pending in one direction of a handle, its receives, its
// sends or its accepts, oldest first. The zero value is empty.
//
// An operation on it waits, or is busy: a transfer for it is under way. Only the
// oldest may be busy, and only the owner knows whether it is, so the owner tells; a
// transfer without an operation (NowSender) may be under way on an empty one. A
// cancel ends what waits, at once, and marks what is busy: how much has moved, and
// whether that is all, only the end of the transfer says.
//
// The handle's lock guards it, and is held when end is called: that reports an
// operation, which is off the Direction by then and has its error.
type Direction struct{ Ring }

// Cancel gives op up if it is here. It reports whether that was news: an operation
// can be given up once.
func (d *Direction) Cancel(op *Op, busy bool, end func(*Op)) bool {
	if busy && d.Front() == op {
		return op.giveUp()
	}
	if !d.Remove(op) {
		return false
	}
	op.Err = ErrAborted
	end(op)
	return true
}

// CancelAll is Cancel for every operation, and reports how many it was news for.
// One that is busy is over after the others (C108).
func (d *Direction) CancelAll(busy bool, end func(*Op)) (n int) {
	for op := d.waiting(busy); op != nil; op = d.waiting(busy) {
		d.Cancel(op, busy, end)
		n++
	}
	if op := d.Front(); op != nil && op.giveUp() { // busy
		n++
	}
	return n
}

// waiting is the oldest operation that waits, or nil.
func (d *Direction) waiting(busy bool) *Op {
	op := d.Front()
	if !busy {
		return op
	}
	if op == d.tail {
		return nil
	}
	return op.next
}

// Len is how many operations are pending, of which there are few: it counts them.
func (d *Direction) Len() (n int) {
	for op := d.Front(); op != nil; op = op.next {
		n++
		if op == d.tail {
			break
		}
	}
	return n
}

// giveUp marks a busy operation, and reports whether it wasn't marked before.
func (op *Op) giveUp() bool {
	first := !op.Canceled
	op.Canceled = true
	return first
}
