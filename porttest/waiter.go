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
	tasks chan func(*iocp.Worker) // to be run as part of the handler
	gone  chan struct{}           // its worker is closed
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
	w := &waiter{t: t, got: make(chan outcome, 1), again: make(chan struct{}),
		tasks: make(chan func(*iocp.Worker)), gone: make(chan struct{})}
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
		if !w.handle(worker) {
			return
		}
	}
}

// handle is the worker's handler: it does what it is told, and reports whether
// it is to wait again.
func (w *waiter) handle(worker *iocp.Worker) bool {
	for {
		select {
		case f := <-w.tasks:
			f(worker)
		case _, more := <-w.again:
			return more
		}
	}
}

// blocks has the handler block with notice. It goes on when the function
// returned is called, which returns when it does.
func (w *waiter) blocks() (goOn func()) {
	w.t.Helper()
	inside, free, over := make(chan struct{}), make(chan struct{}), make(chan struct{})
	w.tasks <- func(worker *iocp.Worker) {
		worker.Blocking(func() {
			close(inside)
			<-free
		})
		close(over)
	}
	w.t.arrives("a handler blocking", inside)
	return func() {
		close(free)
		w.t.arrives("a handler going on", over)
	}
}

// idle checks that Wait hasn't returned.
func (w *waiter) idle() {
	w.t.Helper()
	select {
	case o := <-w.got:
		w.t.Fatalf("a worker got %+v that was to wait", o)
	default:
	}
}

// handler starts a worker that calls f for each packet, until the port closes.
func (t *trial) handler(f func()) {
	worker := t.port.Worker()
	w := &waiter{t: t, again: make(chan struct{}), gone: make(chan struct{})}
	t.waiters = append(t.waiters, w)
	go func() {
		defer close(w.gone)
		defer worker.Close()
		var dst [1]iocp.Completion
		for {
			if _, err := t.wait(worker, dst[:], iocp.Infinite); err != nil {
				return
			}
			f()
		}
	}()
}

// arrives waits for a channel to be closed.
func (t *trial) arrives(what string, c <-chan struct{}) {
	t.Helper()
	select {
	case <-c:
	case <-time.After(t.left()):
		t.giveUp(what)
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
