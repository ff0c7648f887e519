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
