package driver_test

import (
	"sync"
	"sync/atomic"
	"testing"

	"iocp/internal/driver"
)

// numbered makes operations that are told apart by N.
func numbered(n int) []*driver.Op {
	ops := make([]*driver.Op, n)
	for i := range ops {
		ops[i] = &driver.Op{N: i}
	}
	return ops
}

func emptied(l *driver.List) (ns []int) {
	for op := l.Pop(); op != nil; op = l.Pop() {
		ns = append(ns, op.N)
	}
	return ns
}

func expectOrder(t *testing.T, what string, got []int, want ...int) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("%s: %v, want %v", what, got, want)
	}
	for i := range got {
		if got[i] != want[i] {
			t.Fatalf("%s: %v, want %v", what, got, want)
		}
	}
}

func TestTrayIsFIFO(t *testing.T) {
	var nonempty atomic.Int32
	local, ops := driver.NewLocalQueue(1, &nonempty), numbered(4)
	for i, op := range ops {
		if local.Put(op, nil); local.Len() != i+1 || nonempty.Load() != 1 {
			t.Fatalf("%d in the queue, %d queues not empty", local.Len(), nonempty.Load())
		}
	}
	var l driver.List
	if left := local.Take(&l, 3); left != 1 {
		t.Fatalf("%d left, want 1", left)
	}
	expectOrder(t, "taken", emptied(&l), 0, 1, 2)
	if local.Take(&l, 3); nonempty.Load() != 0 || local.Len() != 0 || local.Total() != 4 {
		t.Fatalf("%d in the queue, %d in all, %d queues not empty", local.Len(), local.Total(), nonempty.Load())
	}
	if left := local.Take(&l, 0); left != 0 {
		t.Fatal("something is left of nothing")
	}
}

func TestTrayIsCleared(t *testing.T) {
	for _, front := range []bool{false, true} {
		var nonempty atomic.Int32
		local, ops := driver.NewLocalQueue(1, &nonempty), numbered(4)
		var queue driver.List
		queue.Push(ops[0])
		queue.Push(ops[1])
		local.Put(ops[2], nil)
		local.Put(ops[3], nil)
		local.Clear(&queue, front)
		if local.Len() != 0 || nonempty.Load() != 0 {
			t.Fatal("the queue isn't empty")
		}
		if front {
			expectOrder(t, "put before the queue", emptied(&queue), 2, 3, 0, 1)
		} else {
			expectOrder(t, "put behind the queue", emptied(&queue), 0, 1, 2, 3)
		}
		if local.Clear(&queue, front); queue.Len() != 0 {
			t.Fatal("an empty queue gave something")
		}
	}
}

// TestPacketsOfOneDirectionStayInOrder: the next packet follows the one before
// as long as that lies in a local queue, and only so long (C63).
func TestPacketsOfOneDirectionStayInOrder(t *testing.T) {
	var nonempty atomic.Int32
	a, b := driver.NewLocalQueue(1, &nonempty), driver.NewLocalQueue(2, &nonempty)
	ops := numbered(5)
	var o driver.Order
	if o.At() != 0 {
		t.Fatal("there was no packet, and it lies in a local queue")
	}
	a.Put(ops[0], &o)
	if !a.Follow(ops[1], &o) || o.At() != 1 {
		t.Fatal("the next doesn't follow")
	}
	var l driver.List
	a.Take(&l, 1)
	if !a.Follow(ops[2], &o) {
		t.Fatal("doesn't follow the one that is left")
	}
	a.Take(&l, 5)
	expectOrder(t, "taken", emptied(&l), 0, 1, 2)
	if a.Follow(ops[3], &o) {
		t.Fatal("follows what has been taken")
	}
	if b.Put(ops[3], &o); o.At() != 2 {
		t.Fatal("it isn't known to be on the other queue")
	}
	b.Clear(&l, true)
	if b.Follow(ops[4], &o) {
		t.Fatal("follows what lies in the queue")
	}
}

func TestOrderKnowsTheQueue(t *testing.T) {
	var o driver.Order
	if !o.Gone(0) {
		t.Fatal("there was no packet, and it is in the queue")
	}
	o.Queue(7)
	if o.Gone(6) || !o.Gone(7) || !o.Gone(8) {
		t.Fatal("number 7 is gone when 7 have been taken")
	}
	o.Queue(2) // the counter has come round
	if o.Gone(1<<32-1) || !o.Gone(3) {
		t.Fatal("wrong where the counter comes round")
	}
}

func TestJoiningNeedsCompany(t *testing.T) {
	var nonempty atomic.Int32
	local, ops := driver.NewLocalQueue(3, &nonempty), numbered(2)
	var o driver.Order
	if local.Join(ops[0], &o) {
		t.Fatal("joins an empty queue, whose owner may be gone for long")
	}
	local.Put(ops[0], &o)
	if !local.Join(ops[1], &o) || local.Len() != 2 {
		t.Fatal("doesn't join")
	}
	o.Settle(local)
	o.Settle(nil)
	if o.Home() != 3 {
		t.Fatalf("at home in queue %d, want 3", o.Home())
	}
}

// TestTrayStorm: whoever takes, every packet is taken once, and each taker sees
// them in order.
func TestTrayStorm(t *testing.T) {
	const packets, takers = 20000, 3
	var nonempty atomic.Int32
	local := driver.NewLocalQueue(1, &nonempty)
	var taken atomic.Int64
	var wg sync.WaitGroup
	for i := range takers {
		wg.Go(func() {
			last := -1
			for taken.Load() < packets {
				var l driver.List
				if i == 0 {
					local.Clear(&l, true)
				} else {
					local.Take(&l, i)
				}
				for _, n := range emptied(&l) {
					if n <= last {
						t.Errorf("%d after %d", n, last)
					}
					last = n
					taken.Add(1)
				}
			}
		})
	}
	for _, op := range numbered(packets) {
		local.Put(op, nil)
	}
	wg.Wait()
	if taken.Load() != packets || nonempty.Load() != 0 || local.Len() != 0 {
		t.Errorf("%d taken, %d left, %d queues not empty", taken.Load(), local.Len(), nonempty.Load())
	}
}

func TestListAppend(t *testing.T) {
	ops := numbered(4)
	for split := range 5 {
		var a, b driver.List
		for i, op := range ops {
			if i < split {
				a.Push(op)
			} else {
				b.Push(op)
			}
		}
		if a.Append(&b); a.Len() != 4 || b.Len() != 0 {
			t.Fatalf("split at %d: %d and %d", split, a.Len(), b.Len())
		}
		expectOrder(t, "appended", emptied(&a), 0, 1, 2, 3)
	}
}
