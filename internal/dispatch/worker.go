package dispatch

import (
	"context"
	"math"
	"slices"
	"sync/atomic"
	"time"

	"iocp/internal/driver"
	"iocp/internal/sched"
)

// Worker is whoever waits on the engine. One goroutine at a time may use it. It
// runs from the moment Wait gives it packets until it calls Wait again or Close.
type Worker struct {
	e    *Engine
	w    sched.Waiter
	sema chan struct{} // signalled when a parked worker must look again
	done bool

	core
	waited   time.Duration // how long its poller had waited in the kernel at the last review
	idle     int           // for how much of its time it has of late, in percent
	dequeued atomic.Uint64 // operations whose last completion it has taken

	timer *time.Timer
	ctx   context.Context
	stop  func() bool // ends the watch over ctx

	granted  *driver.Op // the packet this worker was released for; under Engine.mu
	batch    bool       // it counts in Engine.batches
	run      int        // packets taken off its own queue since it last looked elsewhere
	unpolled int        // Waits that found packets since it last polled
	yielded  int64      // by the engine's clock, when it last let Go's scheduler run
}

// NewWorker makes a worker.
func (e *Engine) NewWorker() *Worker {
	w := &Worker{e: e, sema: make(chan struct{}, 1)}
	w.w.Owner = w
	e.mu.Lock()
	w.core = e.newCore()
	w.waited = w.poller.Idle() // for another worker, if it is used again
	e.workers = append(e.workers, w)
	e.mu.Unlock()
	return w
}

// NewWorkerContext makes a worker whose Wait returns ctx's error once that is done
// and no packet is there for it to take.
func (e *Engine) NewWorkerContext(ctx context.Context) *Worker {
	w := e.NewWorker()
	w.ctx = ctx
	w.stop = context.AfterFunc(ctx, func() {
		e.mu.Lock()
		e.signal(w)
		e.mu.Unlock()
	})
	return w
}

// core is a worker's local queue and its poller. Those of closed workers are used
// again: numbers of local queues are few.
type core struct {
	local  *driver.LocalQueue
	poller driver.Poller
}

// newCore makes or finds one for a worker. The caller holds mu.
func (e *Engine) newCore() core {
	if n := len(e.coresFree); n > 0 {
		l := e.coresFree[n-1]
		e.coresFree = e.coresFree[:n-1]
		return l
	}
	all := *e.locals.Load()
	if len(all) == math.MaxUint16 { // there are no more numbers; the local queue stays empty
		return core{driver.NewLocalQueue(0, &e.nonempty), e.drv.NewPoller(nil)}
	}
	t := driver.NewLocalQueue(uint16(len(all)+1), &e.nonempty)
	all = append(all, t) // in the same array mostly: who has a shorter slice doesn't look there
	e.locals.Store(&all)
	return core{t, e.drv.NewPoller(t)}
}

// local is the local queue of that number.
func (e *Engine) local(id uint16) *driver.LocalQueue { return (*e.locals.Load())[id-1] }

// Done reports whether the worker was closed.
func (w *Worker) Done() bool { return w.done }

// Close says that the worker handles no more packets and won't wait again. It
// must not be called while Wait is under way.
func (w *Worker) Close() {
	if w.done {
		return
	}
	w.done = true
	w.endBatch()
	if w.stop != nil {
		w.stop()
	}
	e := w.e
	e.mu.Lock()
	e.dismiss(w)
	e.sched.Arrive(&w.w)
	e.handOver(nil)
	e.mu.Unlock()
	e.flush()
}

// dismiss takes a worker that is closed off the list. The caller holds mu.
func (e *Engine) dismiss(w *Worker) {
	e.requeue(w, true)
	w.poller.Leave()
	if w.local.Numbered() {
		e.coresFree = append(e.coresFree, w.core)
	}
	e.over += w.dequeued.Load()
	i := slices.Index(e.workers, w)
	e.workers = slices.Delete(e.workers, i, i+1)
}

// Blocking runs f, which may block, without holding a slot meanwhile. Only the
// worker's own goroutine may call it, between one Wait and the next.
func (w *Worker) Blocking(f func()) {
	w.endBatch()
	e := w.e
	e.mu.Lock()
	gave := e.sched.Block(&w.w)
	if gave {
		e.requeue(w, true)
		w.poller.Leave()
		e.relieve()
		e.handOver(nil)
	}
	e.mu.Unlock()
	if gave {
		e.flush()
		defer w.unblock()
	}
	f()
}

func (w *Worker) unblock() {
	w.e.mu.Lock()
	w.e.sched.Unblock(&w.w)
	w.e.mu.Unlock()
}

// Wait moves packets to got, at most room of them, oldest first; it waits until
// there is one. timeout bounds that: 0 only looks, a negative one doesn't. When it
// passes with no packet the error is os.ErrDeadlineExceeded. Dequeued must be
// called once the packets have been taken apart.
func (w *Worker) Wait(got *driver.List, room int, timeout time.Duration) error {
	if w.next(got, room) {
		return nil
	}
	w.endBatch()
	e := w.e
	e.mu.Lock()
	e.fire()
	w.glance()
	if !w.goOn(got, room) && !w.take(got, room) {
		if err := w.wait(got, room, timeout); err != nil {
			e.sched.Withdraw(&w.w)
			w.poller.Leave()
			e.handOver(nil)
			e.mu.Unlock()
			return err
		}
	}
	e.arm()
	e.mu.Unlock()
	w.beginBatch()
	return nil
}

// Dequeued counts operations whose last completion the worker has taken.
func (w *Worker) Dequeued(n int) {
	w.dequeued.Add(uint64(n))
	w.e.left()
}

// batchMin is how many packets have to be found at a time for the last of them to
// be treated like the others: what its handler sends is held back until the
// worker polls again, although nothing else waits for it.
const batchMin = 8

// beginBatch says that the worker has many packets to go on with.
func (w *Worker) beginBatch() {
	if !w.batch && w.local.Len() >= batchMin {
		w.batch = true
		w.e.batches.Add(1)
	}
}

// endBatch says that the worker has handled its large batch.
func (w *Worker) endBatch() {
	if w.batch {
		w.batch = false
		w.e.batches.Add(-1)
	}
}

// next takes packets of the worker's own queue, without Engine.mu, as long as
// nothing speaks against its going on. It reports whether there were any.
func (w *Worker) next(got *driver.List, room int) bool {
	if w.local.Len() == 0 || !w.w.MayGoOn(w.run) {
		return false
	}
	left := w.local.Take(got, room) // which may be nothing: others take from it too
	n := got.Len()
	w.run += n
	w.w.Turn()
	if left%lookEvery == lookEvery-1 {
		w.e.lookIfDue()
	}
	return n > 0
}

// glance looks into the kernel, without waiting, when this worker hasn't for long
// (sched.State.Glance says when). It comes before the worker gives up its slot, so
// that nobody else is woken meanwhile. The caller holds mu.
func (w *Worker) glance() {
	e := w.e
	run := w.run
	w.run = 0
	if e.global.len()+w.local.Len() == 0 || e.drained {
		return
	}
	if w.unpolled++; e.sched.Glance(&w.w, run, w.unpolled, w.poller.Owns()) {
		w.poll(0)
	}
}

// goOn is take for a worker that has handled packets, which otherwise gives up
// its slot. The caller holds mu.
func (w *Worker) goOn(got *driver.List, room int) bool {
	e := w.e
	if e.global.len()+w.local.Len() > 0 && e.sched.Again(&w.w) {
		w.fill(got, room)
		return true
	}
	e.requeue(w, true)
	e.sched.Arrive(&w.w)
	return false
}

// take runs the worker on what is queued, if it may (C18). The caller holds mu.
func (w *Worker) take(got *driver.List, room int) bool {
	e := w.e
	if e.global.len()+w.local.Len() == 0 || !e.sched.MayRun() {
		return false
	}
	e.sched.Run(&w.w)
	w.fill(got, room)
	return true
}

// fill moves packets to got, up to room: its own, then those of the global queue.
// The caller holds mu.
func (w *Worker) fill(got *driver.List, room int) {
	w.local.Take(got, room-got.Len())
	for got.Len() < room && w.e.global.len() > 0 {
		got.Push(w.e.global.pop())
	}
}
