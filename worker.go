package iocp

import (
	"context"
	"sync/atomic"
	"time"

	"iocp/internal/driver"
	"iocp/internal/sched"
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
	w    sched.Waiter
	sema chan struct{} // signalled when a parked worker must look again
	done bool

	tray     *driver.Tray  // what it has polled and will handle next
	dequeued atomic.Uint64 // operations whose last completion it has taken

	timer *time.Timer
	ctx   context.Context
	stop  func() bool // ends the watch over ctx

	granted  *driver.Op // the packet this worker was released for; under port.mu
	many     bool       // it counts in port.busy
	run      int        // packets taken off the tray since it last looked elsewhere
	unpolled int        // Waits that found packets since it last polled
}

// WorkerContext makes a worker whose Wait returns ctx's error once ctx is
// done and no packet is there for it to take. The context is bound to the worker, not passed to each Wait, so that
// waiting costs nothing extra.
func (p *Port) WorkerContext(ctx context.Context) *Worker {
	w := p.Worker()
	w.ctx = ctx
	w.stop = context.AfterFunc(ctx, func() {
		p.mu.Lock()
		p.signal(w)
		p.mu.Unlock()
	})
	return w
}

// Port is the port the worker belongs to.
func (w *Worker) Port() *Port { return w.port }

// Close says that the worker handles no more packets and won't wait again. It
// frees its slot. It must not be called while Wait is under way; to end a
// Wait, use WorkerContext or close the port.
func (w *Worker) Close() {
	if w.done {
		return
	}
	w.done = true
	w.rest()
	if w.stop != nil {
		w.stop()
	}
	p := w.port
	p.mu.Lock()
	p.dismiss(w)
	p.sched.Arrive(&w.w)
	p.handOver(nil)
	p.mu.Unlock()
	p.flush()
}

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
func (w *Worker) Blocking(f func()) {
	w.rest()
	p := w.port
	p.mu.Lock()
	gave := p.sched.Block(&w.w)
	if gave {
		p.clear(w, true)
		p.leave(w)
		p.relieve()
		p.handOver(nil)
	}
	p.mu.Unlock()
	if gave {
		p.flush()
		defer w.unblock()
	}
	f()
}

func (w *Worker) unblock() {
	w.port.mu.Lock()
	w.port.sched.Unblock(&w.w)
	w.port.mu.Unlock()
}

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
	if len(dst) == 0 || w.done {
		return 0, &OpError{Op: "wait", Err: ErrInvalid}
	}
	if n := w.next(dst); n > 0 {
		return n, nil
	}
	w.rest()
	p := w.port
	var got driver.List
	p.mu.Lock()
	p.fire()
	w.glance()
	if !w.goOn(&got, len(dst)) && !w.take(&got, len(dst)) {
		if err := w.wait(&got, len(dst), timeout); err != nil {
			p.sched.Withdraw(&w.w)
			p.leave(w)
			p.handOver(nil)
			p.mu.Unlock()
			return 0, err
		}
	}
	p.arm()
	p.mu.Unlock()
	w.toil()
	return w.handOut(&got, dst), nil
}

// manyMin is how many packets have to be found at a time for the last of them to
// be treated like the others: what its handler sends is held back until the
// worker polls again, although nothing else waits for it.
const manyMin = 8

// toil says that the worker has many packets to go on with.
func (w *Worker) toil() {
	if !w.many && w.tray.Len() >= manyMin {
		w.many = true
		w.port.busy.Add(1)
	}
}

// rest takes back what toil said: the worker has handled its large batch.
func (w *Worker) rest() {
	if w.many {
		w.many = false
		w.port.busy.Add(-1)
	}
}

// next takes what lies on the worker's own tray, without the port's lock, as
// long as nothing speaks against its going on.
func (w *Worker) next(dst []Completion) int {
	if w.tray.Len() == 0 || w.run >= runMax || w.w.Halted() {
		return 0
	}
	var got driver.List
	left := w.tray.Take(&got, len(dst)) // which may be nothing: others take from it too
	w.run += got.Len()
	w.w.Turn()
	if left%lookEvery == lookEvery-1 {
		w.port.mind()
	}
	return w.handOut(&got, dst)
}

// handOut makes completions of dequeued packets.
func (w *Worker) handOut(got *driver.List, dst []Completion) int {
	n, over := got.Len(), 0
	for i := range n {
		if w.port.complete(got.Pop(), &dst[i]) {
			over++
		}
	}
	w.dequeued.Add(uint64(over))
	w.port.leaves()
	return n
}

const (
	// glanceEvery is how many times in a row packets may be taken off a queue
	// that is never empty before the kernel is looked into.
	glanceEvery = 64

	// runMax is how many may be taken off a tray that is never empty before
	// that. It is more than a Poll brings, with what that makes complete.
	runMax = 1024
)

// glance looks into the kernel, without waiting, when this worker hasn't for long:
// packets that come without polling (posts, operations that are over at once)
// mustn't keep out those that need it, and nobody else looks for those of a worker
// that has sockets of its own. It comes before the worker gives up its slot, so
// that nobody else is woken meanwhile. The caller holds mu.
func (w *Worker) glance() {
	p := w.port
	long := w.run >= runMax
	w.run = 0
	if p.queue.Len()+w.tray.Len() == 0 || p.idle {
		return
	}
	if w.unpolled++; (long || w.unpolled >= glanceEvery) && p.sched.Glance(&w.w, w.tray.Seat() != 0) {
		w.poll(0)
	}
}

// goOn is take for a worker that has handled packets, which otherwise gives up
// its slot. The caller holds mu.
func (w *Worker) goOn(got *driver.List, room int) bool {
	p := w.port
	if p.queue.Len()+w.tray.Len() > 0 && p.sched.Again(&w.w) {
		w.fill(got, room)
		return true
	}
	p.clear(w, true)
	p.sched.Arrive(&w.w)
	return false
}

// take runs the worker on what is queued, if it may (C18). Caller holds mu.
func (w *Worker) take(got *driver.List, room int) bool {
	p := w.port
	if p.queue.Len()+w.tray.Len() == 0 || !p.sched.MayRun() {
		return false
	}
	p.sched.Run(&w.w)
	w.fill(got, room)
	return true
}

// fill moves packets to got, up to room: its own, then those of the port. The
// caller holds mu.
func (w *Worker) fill(got *driver.List, room int) {
	w.tray.Take(got, room-got.Len())
	for got.Len() < room && w.port.queue.Len() > 0 {
		got.Push(w.port.pop())
	}
}

// first reports whether what there is now is for w. The caller holds mu.
func (w *Worker) first() bool {
	s := w.port.sched
	return s.Newest() == &w.w || w.tray.Len() > 0 && s.Keeps(&w.w)
}
