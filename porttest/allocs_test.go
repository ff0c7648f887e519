package porttest

import (
	"runtime"
	"strings"
	"testing"
)

func init() { runtime.MemProfileRate = 1 }

var sink any

//go:noinline
func allocate(n int) {
	for range n {
		sink = new([100]int)
	}
}

// TestAllocationsAreOurs counts what this package allocates, names the place, and
// leaves out what others do.
func TestAllocationsAreOurs(t *testing.T) {
	ours, others := Allocations{}, Allocations{module: "example.com/other"}
	ours.Grown()
	others.Grown()
	allocate(1000)
	if n, places := ours.Grown(); n < 1000 || n > 1100 || !strings.Contains(places, "porttest.allocate (allocs_test.go:") {
		t.Errorf("got %d: %s, want 1000 by allocate", n, places)
	}
	if n, places := ours.Grown(); n > 100 {
		t.Errorf("counting counts as %d: %s", n, places)
	}
	if n, places := others.Grown(); n != 0 {
		t.Errorf("%d count as another module's: %s", n, places)
	}
}
