package dispatch

import (
	"runtime"
	"sync/atomic"
	"testing"

	"iocp/internal/driver"
)

// A worker that polls puts packets into its local queue while others, to whom it
// seems stuck, move them to the global queue: none gets ahead of an earlier one.
func TestDeliverBesideRequeue(t *testing.T) {
	const packets = 200_000
	e := New(Config{Concurrency: 1})
	local := driver.NewLocalQueue(1, &e.nonempty)
	e.locals.Store(&[]*driver.LocalQueue{local})
	w := &Worker{e: e, core: core{local: local}}
	var over atomic.Bool
	go func() {
		defer over.Store(true)
		var order driver.Order
		for i := range packets {
			(*sink)(e).Complete(&driver.Op{N: i}, &order, local)
		}
	}()
	for next := 0; next < packets; {
		last := over.Load()
		var got driver.List
		e.mu.Lock()
		e.requeue(w, true)
		e.mu.Unlock()
		runtime.Gosched()
		e.mu.Lock()
		w.fill(&got, 1)
		e.mu.Unlock()
		switch op := got.Pop(); {
		case op == nil && last:
			t.Fatalf("packet %d hasn't come", next)
		case op == nil:
			runtime.Gosched()
		case op.N != next:
			t.Fatalf("packet %d came, want %d", op.N, next)
		default:
			next++
		}
	}
}

// A packet stays behind the one before it, in a local queue, though packets of
// another worker have been moved meanwhile.
func TestDeliverBesideOthersMoved(t *testing.T) {
	e := New(Config{Concurrency: 2})
	all := []*driver.LocalQueue{driver.NewLocalQueue(1, &e.nonempty), driver.NewLocalQueue(2, &e.nonempty)}
	e.locals.Store(&all)
	w, other := &Worker{e: e, core: core{local: all[0]}}, &Worker{e: e, core: core{local: all[1]}}
	var order, apart driver.Order
	sink := (*sink)(e)
	sink.Complete(&driver.Op{N: 1}, &order, w.local)
	sink.Complete(&driver.Op{N: 10}, &apart, other.local)
	e.requeue(other, true)
	sink.Complete(&driver.Op{N: 2}, &order, w.local)
	e.requeue(w, false)
	for _, want := range []int{10, 1, 2} {
		if op := e.pop(); op == nil || op.N != want {
			t.Fatalf("%v came, want packet %d", op, want)
		}
	}
}
