package routine_test

import (
	"net"

	"iocp"
	"iocp/routine"
)

// boundSocket takes a socket of an ordinary port, which must be left alone.
func boundSocket(t *trial) {
	port, err := iocp.New(iocp.Config{Backend: t.backend})
	t.must(err)
	defer port.Close()
	s, err := port.NewSocket(iocp.IPv4)
	t.must(err)
	t.must(port.Associate(s, "key"))
	_, err = t.thread.Adopt(s)
	t.refused(err, iocp.ErrAssociated)
	_, err = t.thread.Adopt(nil)
	t.refused(err, iocp.ErrInvalid)

	var op iocp.Op
	t.must(s.Connect(&op, t.listener().Addr()))
	w := port.Worker()
	defer w.Close()
	done := make([]iocp.Completion, 1)
	_, err = w.Wait(done, bound)
	t.must(err)
	if done[0].Op != &op || done[0].Key != "key" || done[0].Err != nil {
		t.Errorf("the socket's own port got %+v", done[0])
	}
	t.sleep(0, false)
}

// adopt makes a loose socket of another port the thread's.
func (t *trial) adopt() (*iocp.Port, *iocp.Socket, *routine.Socket) {
	t.Helper()
	port, err := iocp.New(iocp.Config{Backend: t.backend})
	t.must(err)
	t.Cleanup(func() { port.Close() })
	loose, err := port.NewSocket(iocp.IPv4)
	t.must(err)
	s, err := t.thread.Adopt(loose)
	t.must(err)
	return port, loose, s
}

func adoptedSocket(t *trial) {
	port, loose, s := t.adopt()
	t.refused(port.Associate(loose, nil), iocp.ErrAssociated)
	_, err := t.thread.Adopt(loose)
	t.refused(err, iocp.ErrAssociated)
	var op routine.Op
	var r result
	t.must(s.Connect(&op, r.routine, t.listener().Addr()))
	t.until("the connect", r.done)
	t.is(&r, 0, nil)
}

// adoptedMisused starts an operation without a routine on a thread's socket.
func adoptedMisused(t *trial) {
	_, loose, _ := t.adopt()
	var op iocp.Op
	t.must(loose.Connect(&op, t.listener().Addr()))
	if panics(func() { t.thread.SleepEx(bound, true) }) == nil {
		t.Error("a completion without a routine passed unnoticed")
	}
	t.sleep(0, false)
}

func cancel(t *trial) {
	s, _ := t.pair()
	var op routine.Op
	var r result
	t.must(s.Recv(&op, r.routine, make([]byte, 1)))
	t.must(s.Cancel(&op))
	if r.runs != 0 {
		t.Fatal("the routine ran inside Cancel")
	}
	t.sleep(bound, true)
	t.is(&r, 0, iocp.ErrAborted)
	t.refused(s.Cancel(&op), iocp.ErrNotFound)
	t.sleep(0, false)
}

func cancelAll(t *trial) {
	s, peer := t.pair()
	ops := make([]routine.Op, 3)
	rs := make([]result, len(ops))
	for i := range ops {
		t.must(s.Recv(&ops[i], rs[i].routine, make([]byte, 1)))
	}
	t.must(s.CancelAll())
	for i := range rs {
		t.until("the aborted receives", rs[i].done)
		t.is(&rs[i], 0, iocp.ErrAborted)
	}
	t.refused(s.CancelAll(), iocp.ErrNotFound)
	var r result
	t.must(s.Recv(&ops[0], r.routine, make([]byte, 1)))
	t.write(peer, "x")
	t.until("a receive after the cancel", r.done)
	t.is(&r, 1, nil)
}

func closeSocket(t *trial) {
	s, _ := t.pair()
	var op routine.Op
	var r result
	t.must(s.Recv(&op, r.routine, make([]byte, 1)))
	t.must(s.Close())
	t.until("the receive", r.done)
	t.is(&r, 0, net.ErrClosed)
}

// closed closes a thread with operations pending, completed, and left over by
// a panic; and an accept that has brought a connection.
func closed(t *trial) {
	s, peer := t.pair()
	ln := t.listener()
	ops := make([]routine.Op, 5)
	var r result
	t.must(s.Recv(&ops[0], r.routine, make([]byte, 1)))
	t.must(t.thread.Queue(&ops[1], func(error, int, *routine.Op) { panic("mine") }))
	t.must(t.thread.Queue(&ops[2], r.routine))
	if panics(func() { t.thread.SleepEx(0, true) }) == nil {
		t.Error("no panic")
	}
	t.must(ln.Accept(&ops[3], func(error, *routine.Socket, *routine.Op) { r.runs++ }))
	t.dial(ln.Addr())
	t.must(t.thread.Queue(&ops[4], r.routine))
	t.must(t.thread.Close())
	t.must(t.thread.Close())

	_, err := t.thread.SleepEx(bound, true)
	t.refused(err, iocp.ErrClosed)
	_, err = t.thread.SleepEx(0, false)
	t.refused(err, iocp.ErrClosed)
	t.refused(t.thread.Queue(&ops[1], r.routine), iocp.ErrClosed)
	t.refused(s.Recv(&ops[0], r.routine, make([]byte, 1)), net.ErrClosed)
	if r.runs != 0 {
		t.Errorf("%d routines of a closed thread ran", r.runs)
	}
	for i := range ops {
		if ops[i].Pending() {
			t.Errorf("operation %d is pending still", i)
		}
	}
	if n, err := peer.Read(make([]byte, 1)); n != 0 || err == nil {
		t.Errorf("the peer received %d bytes and %v, want the end", n, err)
	}
}

func closeInside(t *trial) {
	ops := make([]routine.Op, 2)
	var r result
	t.must(t.thread.Queue(&ops[0], func(error, int, *routine.Op) { t.must(t.thread.Close()) }))
	t.must(t.thread.Queue(&ops[1], r.routine))
	t.sleep(bound, true)
	if r.runs != 0 {
		t.Error("a routine ran after the thread was closed")
	}
	_, err := t.thread.SleepEx(bound, true)
	t.refused(err, iocp.ErrClosed)
}
