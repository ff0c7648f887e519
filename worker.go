package iocp

import (
	"context"
	"time"

	"iocp/internal/dispatch"
	"iocp/internal/driver"
)

// Worker is whoever waits on a port: what a thread is on Windows. Go has no
// thread identity to hang it on, so it is explicit. One goroutine at a time
// may use a worker; a port may have any number of workers, of which at most
// Config.Concurrency run at a time.
//
// A worker runs from the moment Wait hands it packets until it calls Wait
// again or Close: that is when the port considers its handling over.
type Worker struct {
	port *Port
	w    *dispatch.Worker
}

// Worker makes a worker of the port. It is the caller's to close, and counts as one
// that may be given packets only while it is in Wait.
func (p *Port) Worker() *Worker { return &Worker{p, p.engine.NewWorker()} }

// WorkerContext makes a worker whose Wait returns ctx's error once ctx is
// done and no packet is there for it to take. The context is bound to the worker,
// not passed to each Wait, so that waiting costs nothing extra.
func (p *Port) WorkerContext(ctx context.Context) *Worker {
	return &Worker{p, p.engine.NewWorkerContext(ctx)}
}

// Port is the port the worker belongs to.
func (w *Worker) Port() *Port { return w.port }

// Close says that the worker handles no more packets and won't wait again. It
// frees its slot. It must not be called while Wait is under way; to end a
// Wait, use WorkerContext or close the port.
func (w *Worker) Close() { w.w.Close() }

// Blocking runs f, which may block: on a lock, a channel, a system call, another
// machine. Meanwhile the worker doesn't count against Config.Concurrency: its
// slot goes at once to the newest waiter, with the oldest packet if there is
// one. When f is over the worker counts again, even if that makes one too many
// for a while: nobody is stopped, but no other is released until there is room
// (C20, C21). Only the worker's own goroutine may call it, between one Wait and
// the next; outside a handler it just runs f.
//
// A handler that blocks without saying so is noticed, but later: see
// Config.StallAfter.
func (w *Worker) Blocking(f func()) { w.w.Blocking(f) }

// Wait dequeues packets into dst (GetQueuedCompletionStatusEx): it returns as
// soon as there is one, with as many as are queued and dst has room for,
// oldest first. It never waits to fill dst.
//
// Packets in dst are this worker's to handle. Those behind them stay in the
// queue, where other workers reach them: a worker whose handlers may block
// passes a short dst, down to one, and loses nothing by it, since the kernel
// is asked for batches whatever len(dst) is.
//
// timeout bounds the wait: 0 only looks, Infinite waits on. When it passes
// with no packet the error is os.ErrDeadlineExceeded. When the port is closed
// and the last packet has been handed out it is ErrClosed. When the kernel
// refuses to go on it is the cause, after the packets have been handed out.
// Operations that failed are no errors of Wait: see Completion.Err.
func (w *Worker) Wait(dst []Completion, timeout time.Duration) (int, error) {
	if len(dst) == 0 || w.w.Done() {
		return 0, &OpError{Op: "wait", Err: ErrInvalid}
	}
	var got driver.List
	if err := w.w.Wait(&got, len(dst), timeout); err != nil {
		return 0, waitError(err)
	}
	n, over := got.Len(), 0
	for i := range n {
		if complete(got.Pop(), &dst[i]) {
			over++
		}
	}
	w.w.Dequeued(over)
	return n, nil
}

// waitError is what Wait makes of the engine's error.
func waitError(err error) error {
	if err == dispatch.ErrClosed {
		return &OpError{Op: "wait", Err: ErrClosed}
	}
	if failed, ok := err.(*dispatch.PollError); ok {
		return &OpError{Op: "poll", Err: failed.Err}
	}
	return err
}
