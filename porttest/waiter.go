package porttest

import (
	"errors"
	"time"

	"iocp"
)

// A waiter is a worker on a goroutine of its own: it waits, says what it got,
// and is silent, as a busy handler, until it is told to wait again.
type waiter struct {
	t     *trial
	got   chan outcome
	again chan struct{}
	gone  chan struct{} // its worker is closed
}

// An outcome is what one Wait returned.
type outcome struct {
	packets []iocp.Completion
	err     error
}

// waiter starts one that takes up to room packets at a time, and returns when
// it waits.
func (t *trial) waiter(room int) *waiter {
	t.Helper()
	return t.waiterAs(t.port.Worker(), room)
}

// waiterAs is waiter with a given worker.
func (t *trial) waiterAs(worker *iocp.Worker, room int) *waiter {
	t.Helper()
	w := &waiter{t: t, got: make(chan outcome, 1), again: make(chan struct{}), gone: make(chan struct{})}
	t.waiters = append(t.waiters, w)
	waiting := t.waiting()
	go w.run(worker, room)
	t.await("a worker waiting", func() bool { return t.waiting() > waiting })
	return w
}

// waiting is how many workers wait on the trial's port.
func (t *trial) waiting() int { return t.port.Stats().Waiting }

func (w *waiter) run(worker *iocp.Worker, room int) {
	defer close(w.gone)
	defer worker.Close()
	for {
		dst := make([]iocp.Completion, room)
		n, err := w.t.wait(worker, dst, iocp.Infinite)
		w.got <- outcome{dst[:n], err}
		if _, more := <-w.again; !more {
			return
		}
	}
}

// outcome waits until Wait has returned.
func (w *waiter) outcome() outcome {
	w.t.Helper()
	select {
	case o := <-w.got:
		return o
	case <-time.After(w.t.left()):
		w.t.giveUp("a worker's Wait")
		return outcome{}
	}
}

// gets checks that Wait returns one packet with the given number, and so that
// the worker is busy from now on.
func (w *waiter) gets(n int) {
	w.t.Helper()
	o := w.outcome()
	if o.err != nil || len(o.packets) != 1 || o.packets[0].N != n {
		w.t.Fatalf("worker got %+v, want the packet numbered %d", o, n)
	}
}

// getsError checks that Wait returns no packet and an error of the class.
func (w *waiter) getsError(class error) {
	w.t.Helper()
	if o := w.outcome(); len(o.packets) != 0 || !errors.Is(o.err, class) {
		w.t.Fatalf("worker got %+v, want error %v", o, class)
	}
}

// waitAgain ends the handling of what outcome returned.
func (w *waiter) waitAgain() { w.again <- struct{}{} }

// dismiss lets the worker close as soon as it doesn't wait.
func (w *waiter) dismiss() { close(w.again) }

// leave waits until a dismissed worker is closed.
func (w *waiter) leave() {
	w.t.Helper()
	select {
	case <-w.gone:
	case <-time.After(w.t.left()):
		w.t.giveUp("a worker's last Wait")
	}
}
