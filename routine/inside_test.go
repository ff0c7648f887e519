package routine_test

import (
	"errors"
	"io"
	"runtime"
	"strings"

	"iocp"
	"iocp/routine"
)

// notNested starts, inside a routine, what is over at once.
func notNested(t *trial) {
	s, peer := t.pair()
	ops := make([]routine.Op, 20)
	depth, started, runs := 0, 0, 0
	var routineOf routine.Routine
	routineOf = func(err error, _ int, _ *routine.Op) {
		t.must(err)
		runs++
		if depth++; depth != 1 {
			t.Error("a routine ran inside another")
		}
		for range 2 {
			if started < len(ops) {
				started++
				t.must(s.Send(&ops[started-1], routineOf, []byte("x")))
			}
		}
		depth--
	}
	started = 1
	t.must(s.Send(&ops[0], routineOf, []byte("x")))
	t.until("all routines", func() bool { return runs == len(ops) })
	t.reads(peer, strings.Repeat("x", len(ops)))
}

// startInside is an echo server's life: each routine starts the next
// operation, with the Op and the buffer that have just become free.
func startInside(t *trial) {
	s, peer := t.pair()
	var op routine.Op
	buf := make([]byte, 3)
	ended := false
	var received, sent routine.Routine
	received = func(err error, n int, op *routine.Op) {
		t.must(err)
		if ended = n == 0; !ended {
			t.must(s.Send(op, sent, buf[:n]))
		}
	}
	sent = func(err error, _ int, op *routine.Op) {
		t.must(err)
		t.must(s.Recv(op, received, buf))
	}
	t.must(s.Recv(&op, received, buf))
	text := strings.Repeat("echo me ", 50)
	wrote := make(chan error, 1)
	go func() {
		_, err := io.WriteString(peer, text)
		wrote <- errors.Join(err, peer.CloseWrite())
	}()
	t.until("the end of the stream", func() bool { return ended })
	t.must(<-wrote)
	t.reads(peer, text)
}

func waitInside(t *trial) {
	var op routine.Op
	var value any
	t.must(t.thread.Queue(&op, func(error, int, *routine.Op) {
		value = panics(func() { t.thread.SleepEx(0, true) })
	}))
	t.sleep(0, true)
	if value == nil {
		t.Error("a wait inside a routine didn't panic")
	}
	t.sleep(0, false)
}

func panicInside(t *trial) {
	ops := make([]routine.Op, 4)
	var r result
	t.must(t.thread.Queue(&ops[0], r.routine))
	t.must(t.thread.Queue(&ops[1], func(error, int, *routine.Op) { panic("mine") }))
	t.must(t.thread.Queue(&ops[2], r.routine))
	if value := panics(func() { t.thread.SleepEx(0, true) }); value != "mine" {
		t.Errorf("SleepEx panicked with %v, and the routine with %q", value, "mine")
	}
	if r.runs != 1 {
		t.Errorf("%d routines ran up to the panic, want 1", r.runs)
	}
	if ops[1].Pending() || !ops[2].Pending() {
		t.Error("the Op whose routine panicked is pending, or the one after it isn't")
	}
	t.must(t.thread.Queue(&ops[3], r.routine))
	t.sleep(iocp.Infinite, true)
	if r.runs != 3 {
		t.Errorf("%d routines have run, want all 3", r.runs)
	}
}

// exitInside has a routine end the goroutine that waits: another takes over, as
// after a panic.
func exitInside(t *trial) {
	ops := make([]routine.Op, 3)
	var r result
	t.must(t.thread.Queue(&ops[0], func(error, int, *routine.Op) { runtime.Goexit() }))
	t.must(t.thread.Queue(&ops[1], r.routine))
	gone := make(chan bool)
	go func() {
		defer close(gone)
		t.thread.SleepEx(0, true)
		t.Error("SleepEx returned though its goroutine was ended")
	}()
	<-gone
	if ops[0].Pending() || !ops[1].Pending() || r.runs != 0 {
		t.Error("the Op whose routine ended the goroutine is pending, or the one after it isn't")
	}
	t.sleep(bound, true)
	t.is(&r, 0, nil)
	t.must(t.thread.Queue(&ops[2], r.routine))
	t.sleep(bound, true)
	if r.runs != 2 {
		t.Errorf("%d routines have run after it, want 2", r.runs)
	}
}
