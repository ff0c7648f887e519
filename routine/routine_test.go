package routine_test

import (
	"testing"
	"time"

	"iocp"
	"iocp/routine"
)

// The clauses on completion routines, by their numbers in docs/contract.md.
var clauses = []struct {
	name string
	run  func(t *trial)
}{
	{"C54_never_would_block", neverWouldBlock},
	{"C56_op_busy", opBusy},
	{"C90_accept_order", acceptOrder},
	{"C91_close_listener", closeListener},
	{"C95_try_accept", tryAccept},
	{"C116_own_goroutine", ownGoroutine},
	{"C116_concurrent_use", concurrentUse},
	{"C117_at_once", atOnce},
	{"C117_all_first", allFirst},
	{"C117_queue_hides_nothing", queueHidesNothing},
	{"C117_wait_has_an_end", waitHasAnEnd},
	{"C118_immediate_success", immediateSuccess},
	{"C118_immediate_error", immediateError},
	{"C119_not_inside_start", notInsideStart},
	{"C119_not_alertable", notAlertable},
	{"C120_queue_order", queueOrder},
	{"C120_recv_order", recvOrder},
	{"C121_not_nested", notNested},
	{"C121_start_inside", startInside},
	{"C121_wait_inside", waitInside},
	{"C121_panic", panicInside},
	{"C121_goexit", exitInside},
	{"C122_owner", owner},
	{"C123_bound_socket", boundSocket},
	{"C123_adopted_socket", adoptedSocket},
	{"C123_adopted_misused", adoptedMisused},
	{"C124_cancel", cancel},
	{"C124_cancel_all", cancelAll},
	{"C124_close", closeSocket},
	{"C125_closed", closed},
	{"C125_close_inside", closeInside},
}

func TestRoutine(t *testing.T) {
	overBackends(t, func(t *testing.T, backend string) {
		for _, c := range clauses {
			t.Run(c.name, func(t *testing.T) { c.run(newTrial(t, backend)) })
		}
	})
}

func ownGoroutine(t *trial) {
	s, peer := t.pair()
	var op, queued routine.Op
	var where []string
	note := func(error, int, *routine.Op) { where = append(where, goroutine()) }
	t.must(s.Recv(&op, note, make([]byte, 8)))
	t.write(peer, "x")
	go t.thread.Queue(&queued, note)
	t.until("two routines", func() bool { return len(where) == 2 })
	for _, id := range where {
		if id != goroutine() {
			t.Errorf("a routine ran in %s, and the wait is in %s", id, goroutine())
		}
	}
}

// concurrentUse has two goroutines wait until either of them is told off.
func concurrentUse(t *trial) {
	told := make(chan any, 1)
	go func() {
		told <- panics(func() { t.thread.SleepEx(bound, true) })
	}()
	var here, there any
	for waiting := true; waiting && here == nil; {
		here = panics(func() { t.thread.SleepEx(0, true) })
		select {
		case there = <-told:
			waiting = false
		default:
		}
	}
	if here != nil {
		var op routine.Op
		t.must(t.thread.Queue(&op, new(result).routine))
		there = <-told
	}
	if here == nil && there == nil {
		t.Error("neither of two goroutines panicked")
	}
	t.sleep(0, false)
}

func atOnce(t *trial) {
	var op routine.Op
	var r result
	t.must(t.thread.Queue(&op, r.routine))
	t.sleep(iocp.Infinite, true)
	t.is(&r, 0, nil)
	t.sleep(0, false)
}

// allFirst queues more than one batch of the port's.
func allFirst(t *trial) {
	ops := make([]routine.Op, 200)
	var r result
	for i := range ops {
		t.must(t.thread.Queue(&ops[i], r.routine))
	}
	t.sleep(iocp.Infinite, true)
	if r.runs != len(ops) {
		t.Errorf("one wait ran %d of %d queued routines", r.runs, len(ops))
	}
	t.sleep(0, false)
}

// queueHidesNothing always has something queued, and what the kernel knows has
// to get through all the same.
func queueHidesNothing(t *trial) {
	s, peer := t.pair()
	var op, queued routine.Op
	var received, other result
	t.must(s.Recv(&op, received.routine, make([]byte, 8)))
	t.write(peer, "x")
	for !received.done() && time.Since(t.began) < bound {
		t.must(t.thread.Queue(&queued, other.routine))
		t.sleep(0, true)
	}
	t.is(&received, 1, nil)
}

// waitHasAnEnd queues again inside the routine: that is for the next wait.
func waitHasAnEnd(t *trial) {
	var op routine.Op
	runs := 0
	var again routine.Routine
	again = func(_ error, _ int, op *routine.Op) {
		runs++
		t.must(t.thread.Queue(op, again))
	}
	t.must(t.thread.Queue(&op, again))
	for want := 1; want <= 3; want++ {
		t.sleep(0, true)
		if runs != want {
			t.Fatalf("%d waits ran %d routines", want, runs)
		}
	}
}

func notInsideStart(t *trial) {
	s, peer := t.pair()
	var r result
	ops := make([]routine.Op, 20)
	for i := range ops {
		t.must(s.Send(&ops[i], r.routine, []byte("x")))
	}
	t.reads(peer, "xxxxxxxxxxxxxxxxxxxx") // so that they are over
	if r.runs != 0 {
		t.Fatalf("%d routines ran before any wait", r.runs)
	}
	t.until("the sends", func() bool { return r.runs == len(ops) })
}

func notAlertable(t *trial) {
	var op routine.Op
	var r result
	t.must(t.thread.Queue(&op, r.routine))
	const pause = 20 * time.Millisecond
	began := time.Now()
	ran, err := t.thread.SleepEx(pause, false)
	t.must(err)
	if slept := time.Since(began); ran || r.runs != 0 || slept < pause {
		t.Errorf("a plain sleep of %v took %v and ran routines: %t, %+v", pause, slept, ran, r)
	}
	_, err = t.thread.SleepEx(iocp.Infinite, false)
	t.refused(err, iocp.ErrInvalid)
	t.sleep(0, true)
	t.is(&r, 0, nil)
	began = time.Now()
	t.sleep(pause, false)
	if slept := time.Since(began); slept < pause {
		t.Errorf("an alertable wait of %v with nothing to run took %v", pause, slept)
	}
}

func queueOrder(t *trial) {
	ops := make([]routine.Op, 100)
	var order []*routine.Op
	for i := range ops {
		t.must(t.thread.Queue(&ops[i], func(_ error, _ int, op *routine.Op) { order = append(order, op) }))
	}
	t.sleep(0, true)
	for i, op := range order {
		if op != &ops[i] {
			t.Fatalf("routine %d was queued at another place", i)
		}
	}
}

func recvOrder(t *trial) {
	s, peer := t.pair()
	ops, bufs := make([]routine.Op, 8), make([][1]byte, 8)
	var order []*routine.Op
	for i := range ops {
		t.must(s.Recv(&ops[i], func(_ error, _ int, op *routine.Op) { order = append(order, op) }, bufs[i][:]))
	}
	t.write(peer, "abcdefgh")
	t.until("the receives", func() bool { return len(order) == len(ops) })
	for i, op := range order {
		if op != &ops[i] || bufs[i][0] != "abcdefgh"[i] {
			t.Fatalf("receive %d has %q, or its routine ran at another place", i, bufs[i][0])
		}
	}
}

func owner(t *trial) {
	mine := &struct{ op routine.Op }{}
	mine.op.Owner = mine
	var got any
	t.must(t.thread.Queue(&mine.op, func(_ error, _ int, op *routine.Op) { got = op.Owner }))
	t.sleep(0, true)
	if got != mine {
		t.Errorf("the routine found owner %v", got)
	}
}
