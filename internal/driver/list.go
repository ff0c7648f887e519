package driver

// Ring is a FIFO of operations, linked through the operations themselves in a
// ring, of which it knows the youngest. The zero value is empty. It is not safe
// for concurrent use.
type Ring struct{ tail *Op }

// Front is the oldest operation, or nil.
func (r *Ring) Front() *Op {
	if r.tail == nil {
		return nil
	}
	return r.tail.next
}

// Only is the operation on a ring that has one, and nil otherwise.
func (r *Ring) Only() *Op {
	if op := r.Front(); op == r.tail {
		return op
	}
	return nil
}

// Push appends op, which must be on no ring.
func (r *Ring) Push(op *Op) {
	op.join()
	if r.tail == nil {
		op.next = op
	} else {
		op.next, r.tail.next = r.tail.next, op
	}
	r.tail = op
}

// Pop removes and returns the oldest operation, or nil.
func (r *Ring) Pop() *Op {
	op := r.Front()
	if op != nil {
		r.unlink(r.tail)
	}
	return op
}

// Remove takes op out of the ring and reports whether it was there. It walks:
// the rings it is used on are as short as a socket's pending operations.
func (r *Ring) Remove(op *Op) bool {
	prev := r.before(op)
	if prev == nil {
		return false
	}
	r.unlink(prev)
	return true
}

// Contains reports whether op is on the ring.
func (r *Ring) Contains(op *Op) bool { return r.before(op) != nil }

// before finds the operation whose successor op is; nil if op isn't there.
func (r *Ring) before(op *Op) *Op {
	for prev := r.tail; prev != nil; {
		if prev.next == op {
			return prev
		}
		if prev = prev.next; prev == r.tail {
			break
		}
	}
	return nil
}

// unlink takes out what follows prev.
func (r *Ring) unlink(prev *Op) {
	op := prev.next
	prev.next = op.next
	switch {
	case prev == op:
		r.tail = nil
	case r.tail == op:
		r.tail = prev
	}
	op.next = nil
	op.part()
}

// Left is how many bytes the operations on the ring have yet to move.
func (r *Ring) Left() (n int64) {
	for op := r.Front(); op != nil; op = op.next {
		n += op.Left()
		if op == r.tail {
			break
		}
	}
	return n
}

// append moves all of another ring to the end of r.
func (r *Ring) append(from *Ring) {
	switch {
	case from.tail == nil:
		return
	case r.tail == nil:
	default:
		r.tail.next, from.tail.next = from.tail.next, r.tail.next
	}
	r.tail, from.tail = from.tail, nil
}

// List is a Ring that knows its length.
type List struct {
	ring Ring
	n    int
}

// Len is the number of operations on the list.
func (l *List) Len() int { return l.n }

// Front is the oldest operation, or nil.
func (l *List) Front() *Op { return l.ring.Front() }

// Push appends op, which must be on no list.
func (l *List) Push(op *Op) {
	l.ring.Push(op)
	l.n++
}

// Pop removes and returns the oldest operation, or nil.
func (l *List) Pop() *Op {
	op := l.ring.Pop()
	if op != nil {
		l.n--
	}
	return op
}

// Remove is Ring.Remove.
func (l *List) Remove(op *Op) bool {
	was := l.ring.Remove(op)
	if was {
		l.n--
	}
	return was
}

// Contains is Ring.Contains.
func (l *List) Contains(op *Op) bool { return l.ring.Contains(op) }

// Left is Ring.Left.
func (l *List) Left() int64 { return l.ring.Left() }

// Append moves all of another list to the end of l.
func (l *List) Append(from *List) {
	l.ring.append(&from.ring)
	l.n, from.n = l.n+from.n, 0
}
