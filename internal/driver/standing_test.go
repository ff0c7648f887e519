package driver_test

import (
	"errors"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"iocp/internal/driver"
)

// heldLock knows whether it is held.
type heldLock struct {
	sync.Mutex
	held bool
}

func (l *heldLock) Lock()   { l.Mutex.Lock(); l.held = true }
func (l *heldLock) Unlock() { l.held = false; l.Mutex.Unlock() }

// stand is a standing accept, whose functions must be called with its lock held.
type stand struct {
	heldLock
	driver.Standing
	counts         driver.Accepts
	mores, retries int // calls of the functions
}

// someStream stands for a connection.
type someStream struct{ driver.Stream }

func newStand(t *testing.T, triesAgain bool) *stand {
	s := new(stand)
	called := func(n *int) func() {
		return func() {
			if *n++; !s.held {
				t.Error("called without the lock")
			}
		}
	}
	again := called(&s.retries)
	if !triesAgain {
		again = nil
	}
	s.Standing.Init(&s.heldLock, &s.counts, called(&s.mores), again)
	return s
}

// node is Node with the lock held.
func (s *stand) node(op *driver.Op, conn driver.Stream, err error) *driver.Op {
	s.Lock()
	defer s.Unlock()
	return s.Node(op, conn, err)
}

// A node says whose it is and what it brings, and is used again without a trace of
// that.
func TestStandingNodes(t *testing.T) {
	s, conn, failure := newStand(t, true), &someStream{}, errors.New("no descriptors")
	op := &driver.Op{Kind: driver.KindAcceptMany}
	op.SetKey("key")
	n := s.node(op, conn, nil)
	if n == op || n.Of() != op || n.Key() != "key" || n.Kind != op.Kind || !n.More || n.Err != nil || n.Accepted() != conn || n.Home() != &s.Standing {
		t.Fatalf("the node of a connection is %+v", n)
	}
	n.Home().Recycle(n)
	if n.Of() != nil || n.Key() != nil || n.More || n.Accepted() != nil || s.mores != 1 {
		t.Fatalf("a node that is back keeps %+v; told of it %d times", n, s.mores)
	}
	if again := s.node(op, nil, failure); again != n || again.Accepted() != nil || again.Err != failure || !again.More {
		t.Fatalf("the node of a failure is %+v, another one: %v", again, again != n)
	}
	n.Home().Recycle(n)
	if a := testing.AllocsPerRun(100, func() { s.Recycle(s.node(op, conn, nil)) }); a != 0 {
		t.Errorf("a node that is used again costs %v allocations", a)
	}
}

// There is room for so many nodes and no more, until one is back.
func TestStandingRoom(t *testing.T) {
	s, op := newStand(t, true), &driver.Op{Kind: driver.KindAcceptMany}
	var out []*driver.Op
	for s.Room() > 0 {
		out = append(out, s.node(op, nil, nil))
	}
	if len(out) != driver.UndequeuedMax {
		t.Fatalf("room for %d, want %d", len(out), driver.UndequeuedMax)
	}
	func() {
		defer func() {
			if recover() == nil {
				t.Error("a node was given without room")
			}
		}()
		s.node(op, nil, nil)
	}()
	for i, n := range out {
		if s.Recycle(n); s.Room() != i+1 || s.mores != i+1 {
			t.Fatalf("%d nodes are back, room for %d, told of %d", i+1, s.Room(), s.mores)
		}
	}
}

// An accept that failed is tried again, but not after the setback.
func TestStandingTriesAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStand(t, true)
		fail := func() {
			s.Lock()
			defer s.Unlock()
			if !s.Failed(true) {
				t.Error("a first failure isn't told")
			}
		}
		fail()
		time.Sleep(time.Minute)
		synctest.Wait()
		if s.retries != 1 || s.counts.Held.Load() != 1 {
			t.Fatalf("tried again %d times, %d held; want once, and one", s.retries, s.counts.Held.Load())
		}
		s.Lock()
		s.Over()
		s.Unlock()
		fail()
		s.Lock()
		s.Over()
		s.Unlock()
		s.Again() // it was about to, and has waited for the lock
		time.Sleep(time.Minute)
		synctest.Wait()
		if s.retries != 1 || s.counts.Held.Load() != 0 || s.counts.Failed.Load() != 2 {
			t.Errorf("tried again %d times, %d held, %d failed; want once, none, two", s.retries, s.counts.Held.Load(), s.counts.Failed.Load())
		}
	})
}

// A backend with a clock of its own tries again by that alone.
func TestStandingWithItsOwnClock(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStand(t, false)
		for i := range 3 {
			if told := s.Failed(true); told != (i == 0) || !s.On() {
				t.Errorf("failure %d: told is %v", i, told)
			}
			s.Eased()
			driver.Freed()
			time.Sleep(time.Minute)
		}
		if !s.Over() || s.On() || s.retries != 0 || s.counts.Held.Load() != 0 || s.counts.Failed.Load() != 3 {
			t.Errorf("tried again %d times; %d held, %d failed", s.retries, s.counts.Held.Load(), s.counts.Failed.Load())
		}
	})
}
