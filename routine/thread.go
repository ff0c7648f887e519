package routine

import (
	"errors"
	"os"
	"slices"
	"sync/atomic"
	"time"

	"iocp"
)

// Config configures a [Thread]. The zero value is ready to use.
type Config struct {
	// Backend names the backend to use, as in iocp.Config. Empty means
	// IOCP_BACKEND, or else the first that works here.
	Backend string
}

// Thread is what a thread with its APC queue is on Windows: whoever starts
// operations and waits for their routines to run. One goroutine at a time may
// use it: operations started or waits begun by two at once panic. The methods
// that other goroutines may call say so.
type Thread struct {
	port   *iocp.Port
	worker *iocp.Worker
	busy   atomic.Bool // a call that only one goroutine may make is under way

	running bool // a routine is
	closed  bool
	ready   []iocp.Completion // dequeued
	next    int               // in ready: its routine runs next
}

// gatherMin is the room for packets that a wait offers to the port at least.
const gatherMin = 64

// New makes a thread. It owns kernel objects until Close.
func New(cfg Config) (*Thread, error) {
	port, err := iocp.New(iocp.Config{Backend: cfg.Backend, Concurrency: 1})
	if err != nil {
		return nil, err
	}
	return &Thread{port: port, worker: port.Worker()}, nil
}

// Backend is the name of the backend in use. Any goroutine may call it.
func (t *Thread) Backend() string { return t.port.Backend() }

// SleepEx sleeps until the timeout has passed. In an alertable sleep the
// routines of all operations that are over run first, and if there are any, it
// returns without sleeping; else the first completion ends it. ioCompletion
// tells that routines have run (WAIT_IO_COMPLETION).
//
// Infinite lasts until a routine runs; without alertable nothing could ever
// end it, so that is iocp.ErrInvalid. When the thread is closed the error is
// iocp.ErrClosed; when the kernel refuses to go on it is the cause.
//
// A panic in a routine passes through SleepEx, and so does runtime.Goexit, with
// which t.FailNow ends a goroutine. The thread can still be used, by any goroutine;
// the routines that were to follow run in the next alertable wait.
func (t *Thread) SleepEx(timeout time.Duration, alertable bool) (ioCompletion bool, err error) {
	t.claim()
	defer t.release()
	switch {
	case t.running:
		panic("routine: SleepEx inside a completion routine: routines don't nest")
	case t.closed:
		return false, &iocp.OpError{Op: "sleep", Err: iocp.ErrClosed}
	case alertable:
		if err := t.gather(timeout); err != nil {
			return false, err
		}
		return t.run(), nil
	case timeout < 0:
		return false, &iocp.OpError{Op: "sleep", Err: iocp.ErrInvalid}
	}
	time.Sleep(timeout)
	return false, nil
}

// gather dequeues all that is over, before any routine runs: what they start
// is left to the next wait, so that each wait has an end. It waits only if
// nothing is over. A wait that finds packets queued doesn't ask the kernel, so
// that gathering ends only when there is nothing more to be had.
func (t *Thread) gather(timeout time.Duration) error {
	if t.next < len(t.ready) { // left over by a panic
		timeout = 0
	} else {
		t.ready, t.next = t.ready[:0], 0
	}
	for {
		t.ready = slices.Grow(t.ready, gatherMin)
		n := len(t.ready)
		got, err := t.worker.Wait(t.ready[n:n+gatherMin], timeout)
		t.ready = t.ready[:n+got]
		switch {
		case err == nil:
			timeout = 0
		case len(t.ready) > t.next || errors.Is(err, os.ErrDeadlineExceeded):
			return nil
		default:
			return err
		}
	}
}

// run runs the routines of what was gathered. The thread is free for their
// calls meanwhile.
func (t *Thread) run() (ran bool) {
	t.running = true
	defer func() { t.running = false }()
	for ; t.next < len(t.ready); ran = true {
		c := t.pop()
		op := t.opOf(c)
		end := op.settle(t, c)
		t.release()
		end.run(op)
		t.claim()
	}
	return ran
}

func (t *Thread) pop() iocp.Completion {
	c := t.ready[t.next]
	t.ready[t.next] = iocp.Completion{}
	t.next++
	return c
}

// opOf leads from a packet to the Op that it was started with.
func (t *Thread) opOf(c iocp.Completion) *Op {
	if c.Op != nil {
		if op, ok := c.Op.Owner.(*Op); ok {
			return op
		}
	}
	drop(c)
	panic("routine: a completion without a routine: an adopted socket was used other than through its Thread")
}

// drop gives back what a packet that nobody sees has brought.
func drop(c iocp.Completion) {
	c.Buf.Release()
	if c.Socket != nil {
		c.Socket.Close()
	}
}

// Queue queues a routine by hand (QueueUserAPC): fn runs with no error and no
// bytes, after those of what has completed so far. It ends an alertable wait
// that is under way. Any goroutine may call it.
func (t *Thread) Queue(op *Op, fn Routine) error {
	if err := op.take("queue", outcome{routine: fn}); err != nil {
		return err
	}
	return op.unless(t.port.Post(&op.op, 0, nil))
}

// Close ends the thread, its sockets and its listeners. Routines that haven't
// run never will: unlike Cancel, nobody hears of what was pending. When it
// returns, all buffers and Ops are the caller's again. Inside a routine it
// ends the alertable wait too.
func (t *Thread) Close() error {
	t.claim()
	defer t.release()
	if t.closed {
		return nil
	}
	t.closed = true
	err := t.port.Close()
	for over := error(nil); over == nil; over = t.gather(iocp.Infinite) {
		for t.next < len(t.ready) {
			t.discard(t.pop())
		}
	}
	t.worker.Close()
	return err
}

func (t *Thread) discard(c iocp.Completion) {
	drop(c)
	if c.Op != nil {
		if op, ok := c.Op.Owner.(*Op); ok {
			op.idle()
		}
	}
}

// claim takes the thread for a call. A second goroutine doesn't wait for its
// turn: its routines would run in another's waits, which is never meant.
func (t *Thread) claim() {
	if t.busy.Swap(true) {
		panic("routine: a Thread used by two goroutines at once")
	}
}

func (t *Thread) release() { t.busy.Store(false) }
