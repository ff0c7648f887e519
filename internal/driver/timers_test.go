package driver_test

import (
	"math/rand/v2"
	"slices"
	"testing"

	"iocp/internal/driver"
)

// TestTimers compares the heap with a sorted list, through additions and
// removals at random.
func TestTimers(t *testing.T) {
	rnd := rand.New(rand.NewPCG(1, 2))
	var timers driver.Timers
	due := map[*driver.Op]int64{}
	var ops []*driver.Op
	for range 20000 {
		switch {
		case len(ops) == 0 || rnd.IntN(3) > 0:
			op := &driver.Op{}
			due[op] = rnd.Int64N(1000)
			timers.Add(op, due[op])
			ops = append(ops, op)
		case rnd.IntN(2) == 0:
			i := rnd.IntN(len(ops))
			if !timers.Remove(ops[i]) || timers.Remove(ops[i]) {
				t.Fatal("an entry must be removed once, and only once")
			}
			delete(due, ops[i])
			ops = slices.Delete(ops, i, i+1)
		default:
			first := timers.Pop()
			for _, op := range ops {
				if due[op] < due[first] {
					t.Fatalf("popped one due at %d before one due at %d", due[first], due[op])
				}
			}
			ops = slices.DeleteFunc(ops, func(op *driver.Op) bool { return op == first })
			delete(due, first)
		}
		if timers.Len() != len(ops) {
			t.Fatalf("%d entries, want %d", timers.Len(), len(ops))
		}
	}
	last := int64(-1)
	for timers.Len() > 0 {
		at := timers.Due()
		if op := timers.Pop(); at < last || due[op] != at {
			t.Fatalf("popped %d (due %d) after %d", at, due[op], last)
		}
		last = at
	}
}

func BenchmarkTimers(b *testing.B) {
	const n = 1 << 20
	ops := make([]driver.Op, n)
	rnd := rand.New(rand.NewPCG(1, 2))
	var timers driver.Timers
	for i := range ops {
		timers.Add(&ops[i], rnd.Int64N(1<<40))
	}
	i := 0
	for b.Loop() {
		op := &ops[i%n]
		timers.Remove(op)
		timers.Add(op, rnd.Int64N(1<<40))
		i++
	}
}

// TestRemoveOfAnothers: a timer of another port may be over, and its N anything, by the
// time its place is looked at.
func TestRemoveOfAnothers(t *testing.T) {
	var mine, others driver.Timers
	op := new(driver.Op)
	mine.Add(new(driver.Op), 1)
	others.Add(op, 1)
	for _, n := range []int{-5, 0, 1, 5} {
		op.N = n
		if mine.Remove(op) {
			t.Errorf("another's timer was removed, with N %d", n)
		}
	}
}
