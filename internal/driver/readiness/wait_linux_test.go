package readiness

import (
	"testing"

	"golang.org/x/sys/unix"

	"iocp/internal/sys/epoll"
)

// TestWaitForSeveralSetsAllocatesNothing: a worker that also waits for sets
// without an owner does so each time it has nothing to do.
func TestWaitForSeveralSetsAllocatesNothing(t *testing.T) {
	s := &set{fd: newSet(t)}
	b := &batch{}
	for range 20 {
		b.others = append(b.others, &set{fd: newSet(t)})
	}
	events := b.events[:]
	allocs := testing.AllocsPerRun(1000, func() {
		if _, err := s.waitWith(b, events, 0); err != nil {
			t.Fatal(err)
		}
	})
	if allocs != 0 {
		t.Errorf("%v allocations for a wait", allocs)
	}
}

func newSet(t *testing.T) int {
	t.Helper()
	fd, err := epoll.Create()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { unix.Close(fd) })
	return fd
}
