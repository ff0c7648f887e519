//go:build linux || darwin || freebsd

package readiness

import "testing"

// TestWaitForSeveralSetsAllocatesNothing: a worker that also waits for sets
// without an owner does so each time it has nothing to do.
func TestWaitForSeveralSetsAllocatesNothing(t *testing.T) {
	p := newBench(t, Calls{}).port
	b := p.batches.Get().(*batch)
	s := newSet(t, p)
	for range 20 {
		b.others = append(b.others, newSet(t, p))
	}
	allocs := testing.AllocsPerRun(1000, func() {
		if _, err := s.waitWith(b, 0); err != nil {
			t.Fatal(err)
		}
	})
	if allocs != 0 {
		t.Errorf("%v allocations for a wait", allocs)
	}
}

func newSet(t *testing.T, p *Port) *set {
	t.Helper()
	s, err := p.openSet()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.kernel.Close)
	return s
}
