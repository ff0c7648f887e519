package driver

// Timers is a heap of operations that are over at a time: the one due first is
// at the front. When one is due is in the unit and by the clock of whoever uses the
// heap. An operation knows where in the heap it is, so an entry costs one slice
// element. The zero value is empty. It is not safe for concurrent use.
type Timers struct {
	heap []timer
}

type timer struct {
	due int64
	op  *Op
}

// fanout is how many children a node of the heap has. Four make it half as
// deep as two, and lie in one or two cache lines.
const fanout = 4

// Len is the number of entries.
func (t *Timers) Len() int { return len(t.heap) }

// Due is when the first entry is due. There must be one.
func (t *Timers) Due() int64 { return t.heap[0].due }

// Add enters op, which must be in no heap.
func (t *Timers) Add(op *Op, due int64) {
	op.Pending.state.Store(timed)
	t.heap = append(t.heap, timer{})
	t.up(len(t.heap)-1, timer{due, op})
}

// Pop takes the first entry out. There must be one.
func (t *Timers) Pop() *Op {
	op := t.heap[0].op
	t.Remove(op)
	return op
}

// Remove takes op out and reports whether it was there.
func (t *Timers) Remove(op *Op) bool {
	if op.Pending.state.Load() != timed { // so its N may be somebody else's to change
		return false
	}
	i := op.N
	if i < 0 || i >= len(t.heap) || t.heap[i].op != op {
		return false
	}
	op.N = 0
	op.Pending.state.Store(outstanding)
	last := t.heap[len(t.heap)-1]
	t.heap[len(t.heap)-1] = timer{}
	t.heap = t.heap[:len(t.heap)-1]
	t.shrink()
	if last.op == op {
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
		t.heap = append(make([]timer, 0, c/2), t.heap...)
	}
}

// up puts e at i or above, where it belongs.
func (t *Timers) up(i int, e timer) {
	for i > 0 {
		parent := (i - 1) / fanout
		if t.heap[parent].due <= e.due {
			break
		}
		t.put(i, t.heap[parent])
		i = parent
	}
	t.put(i, e)
}

// down puts e at i or below, where it belongs.
func (t *Timers) down(i int, e timer) {
	for {
		least := i
		due := e.due
		for c := i*fanout + 1; c < min(i*fanout+1+fanout, len(t.heap)); c++ {
			if t.heap[c].due < due {
				least, due = c, t.heap[c].due
			}
		}
		if least == i {
			t.put(i, e)
			return
		}
		t.put(i, t.heap[least])
		i = least
	}
}

func (t *Timers) put(i int, e timer) {
	t.heap[i] = e
	e.op.N = i
}
