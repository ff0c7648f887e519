package sim_test

import (
	"errors"
	"fmt"
	"testing"

	"iocp/internal/driver"
	"iocp/internal/driver/sim"
)

// A standing accept on a rough network, on which accepts fail now and then,
// brings all connections, tells of failures in between, and stays.
func TestStandingAcceptStays(t *testing.T) {
	const clients = 40
	failed := uint64(0)
	for seed := range 10 {
		var counts driver.Accepts
		r := &rig{T: t}
		var err error
		r.port, err = sim.Backend{}.Variant(fmt.Sprint(seed, ":rough/accepts")).Open(
			driver.Config{Pool: driver.NewPool(1<<10, 64, 4), Accepts: &counts}, &r.done)
		r.must(err)
		l := r.listen()
		many := &driver.Op{Kind: driver.KindAcceptMany}
		for l.Accept(many) != nil {
		}
		told := r.connectAll(l, clients)
		if n := counts.Failed.Load(); told > n || n > 0 && told == 0 || counts.Held.Load() != 0 {
			t.Errorf("seed %d: %d accepts failed, %d were told of, %d are held", seed, n, told, counts.Held.Load())
		}
		failed += counts.Failed.Load()
		r.port.Shut()
		if op := r.next(); op != many || op.More {
			t.Errorf("seed %d: after the last connection came %+v", seed, op)
		}
		r.must(r.port.Close())
	}
	if failed == 0 {
		t.Error("no accept failed")
	}
}

// connectAll has so many clients connect, sees all of them accepted, and reports
// how often a failure was told.
func (r *rig) connectAll(l driver.Listener, clients int) (told uint64) {
	r.Helper()
	for begun, accepted := 0, 0; accepted < clients; {
		for begun < clients {
			s, err := r.port.NewStream(false)
			r.must(err)
			r.must(s.Attach(r.port))
			if s.Connect(&driver.Op{Kind: driver.KindConnect}, l.LocalAddr()) == nil {
				begun++
			}
		}
		switch op := r.next(); {
		case op.Kind == driver.KindConnect && op.Err != nil:
			begun--
		case op.Kind == driver.KindConnect:
		case op.Home() == nil:
			r.Fatalf("the standing accept ended: %v", op.Err)
		case op.Accepted() != nil:
			accepted++
			op.Home().Recycle(op)
		default:
			if !errors.Is(op.Err, driver.ErrLimit) {
				r.Errorf("told of %v", op.Err)
			}
			told++
			op.Home().Recycle(op)
		}
	}
	return told
}

// A standing accept that comes in the place of another accept, whose connection was
// about to come, takes none either as long as there is no room for it.
func TestStandingAcceptWaitsForRoom(t *testing.T) {
	r := newRig(t, "1")
	l := r.listen()
	for range driver.UndequeuedMax + 1 {
		s, err := r.port.NewStream(false)
		r.must(err)
		r.must(s.Attach(r.port))
		r.must(s.Connect(&driver.Op{Kind: driver.KindConnect}, l.LocalAddr()))
		r.must(r.next().Err)
	}
	first, other, second := &driver.Op{Kind: driver.KindAcceptMany}, &driver.Op{Kind: driver.KindAccept}, &driver.Op{Kind: driver.KindAcceptMany}
	r.must(l.Accept(first))
	var nodes []*driver.Op
	for range driver.UndequeuedMax {
		nodes = append(nodes, r.next())
	}
	for _, op := range []*driver.Op{first, other} {
		if op == other {
			r.must(l.Accept(other))
		}
		if !l.Cancel(op) || r.next() != op {
			t.Fatal("not cancelled")
		}
	}
	r.must(l.Accept(second))
	r.must(r.port.Poll(0)) // which does all that can happen on this network
	if len(r.done.ops) > 0 {
		t.Fatalf("without room came %+v", r.done.ops[0])
	}
	nodes[0].Home().Recycle(nodes[0])
	if op := r.next(); op.Accepted() == nil {
		t.Errorf("with room came %+v", op)
	}
}
