package driver

// Timers is a heap of operations that are over at a time: the one due first is
// at the front. An operation's Off is when it is due, in the unit and by the
// clock of whoever uses the heap. The node is in the operation, so an entry costs
// one slice element. The zero value is empty. It is not safe for concurrent use.
type Timers struct {
	heap []*Op
}

// fanout is how many children a node of the heap has. Four make it half as
// deep as two, and lie in one or two cache lines.
const fanout = 4

// Len is the number of entries.
func (t *Timers) Len() int { return len(t.heap) }

// Due is when the first entry is due. There must be one.
func (t *Timers) Due() int64 { return t.heap[0].Off }

// Add enters op, which must be in no heap.
func (t *Timers) Add(op *Op, due int64) {
	op.Off = due
	t.heap = append(t.heap, nil)
	t.up(len(t.heap)-1, op)
}

// Pop takes the first entry out. There must be one.
func (t *Timers) Pop() *Op {
	op := t.heap[0]
	t.Remove(op)
	return op
}

// Remove takes op out and reports whether it was there.
func (t *Timers) Remove(op *Op) bool {
	i := int(op.heapAt) - 1
	if i < 0 || i >= len(t.heap) || t.heap[i] != op {
		return false
	}
	op.heapAt = 0
	last := t.heap[len(t.heap)-1]
	t.heap[len(t.heap)-1] = nil
	t.heap = t.heap[:len(t.heap)-1]
	t.shrink()
	if last == op {
		return true
	}
	t.down(i, last)
	if t.heap[i] == last {
		t.up(i, last)
	}
	return true
}

// shrink gives memory back after a burst.
func (t *Timers) shrink() {
	const keep = 1 << 10
	if c := cap(t.heap); c > keep && len(t.heap) < c/4 {
		t.heap = append(make([]*Op, 0, c/2), t.heap...)
	}
}

// up puts op at i or above, where it belongs.
func (t *Timers) up(i int, op *Op) {
	for i > 0 {
		parent := (i - 1) / fanout
		if t.heap[parent].Off <= op.Off {
			break
		}
		t.put(i, t.heap[parent])
		i = parent
	}
	t.put(i, op)
}

// down puts op at i or below, where it belongs.
func (t *Timers) down(i int, op *Op) {
	for {
		least := i
		due := op.Off
		for c := i*fanout + 1; c < min(i*fanout+1+fanout, len(t.heap)); c++ {
			if t.heap[c].Off < due {
				least, due = c, t.heap[c].Off
			}
		}
		if least == i {
			t.put(i, op)
			return
		}
		t.put(i, t.heap[least])
		i = least
	}
}

func (t *Timers) put(i int, op *Op) {
	t.heap[i] = op
	op.heapAt = int32(i + 1)
}
