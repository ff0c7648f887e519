// Package dispatch is the engine of a completion port: the queue of finished
// operations, the workers that wait on it, and who of them polls the kernel.
//
// A packet's way: a backend reports that an operation is over (sink.go); the
// packet goes into the local run queue of the worker that found it, or into the
// global one (queue.go); a worker takes it in Wait (worker.go), or is released
// for it (release.go). A worker that finds nothing polls the kernel or is parked
// (wait.go). The watchdog (watchdog.go) looks for workers that are stuck behind
// their packets. Who may run, who polls and how many are active is decided by
// package sched, below; this package does what it answers.
//
// The scheme is that of Leader/Followers: of those that wait some poll, the
// others are parked, and one is promoted when a poller has found work. With
// several pollers each has a local run queue, as in the schedulers of Go and
// Tokio.
//
// Locks are taken in this order: a backend's own, then Engine.mu, then that of a
// local queue. Engine.mu is never held while the kernel is polled.
package dispatch

import (
	"errors"
	"sync"
	"sync/atomic"
	"time"

	"iocp/internal/driver"
	"iocp/internal/sched"
)

// ErrClosed is what a closed engine answers.
var ErrClosed = errors.New("the port is closed")

// PollError is what Wait answers when the kernel refuses to go on.
type PollError struct{ Err error }

func (e *PollError) Error() string { return "poll: " + e.Err.Error() }

func (e *PollError) Unwrap() error { return e.Err }

// Config is how an engine is to work.
type Config struct {
	Concurrency int           // at most so many workers run
	StallAfter  time.Duration // a worker silent for so long no longer counts; 0: all do
	Pool        *driver.Pool  // closed with the engine
}

// Engine is the queue of one port and its workers. All methods may be called from
// any goroutine.
type Engine struct {
	drv     driver.Port
	several bool // any number of workers may poll at a time
	pool    *driver.Pool
	born    time.Time // what timers count from

	closing atomic.Bool
	locals  atomic.Pointer[[]*driver.LocalQueue] // local queues by number; grows only

	// What is written with every operation, and what with every batch, is on a
	// cache line of its own, so that readers of the fields above don't lose theirs.
	_        [cacheLine]byte
	admitted atomic.Int64 // operations ever submitted
	_        [cacheLine]byte

	global   queue
	nonempty atomic.Int32  // local queues that aren't empty
	batches  atomic.Int32  // workers that will soon poll again, after many packets
	deferred atomic.Bool   // the backend has held operations back
	flushes  atomic.Uint64 // how often they were started
	looked   atomic.Int64  // when look last did, by clock

	mu          sync.Mutex
	timers      driver.Timers
	sched       *sched.State
	workers     []*Worker
	coresFree   []core
	over        uint64 // operations dequeued by workers that are closed
	failure     error  // the kernel refused to go on
	watched     bool   // the watchdog is awake
	armed       uint   // calls of arm with a backlog
	seen        uint64 // total, as of the last call of traffic
	flushesSeen uint64 // as of the last call of stale
	reviewed    int64  // when review last did, by clock
	handled     uint64 // packets dequeued by then
	usage       usage

	watchC  chan struct{} // wakes the watchdog; closed when the engine is
	polled  *sync.Cond    // a poller came back while closing
	drained bool          // closing, and the kernel holds nothing any more
	shut    bool          // closing, and no timer may be added
	closed  chan struct{} // Close is over
}

// cacheLine is the distance at which CPUs don't share a line, with the one that
// they fetch along.
const cacheLine = 128

// New makes an engine that has no backend yet: see Start.
func New(cfg Config) *Engine {
	e := &Engine{
		pool:   cfg.Pool,
		sched:  sched.New(cfg.Concurrency, patience(cfg.StallAfter)),
		watchC: make(chan struct{}, 1),
		closed: make(chan struct{}),
		born:   time.Now(),
	}
	e.polled = sync.NewCond(&e.mu)
	e.locals.Store(new([]*driver.LocalQueue))
	return e
}

// Start gives the engine its backend's port, which was opened with its Sink. It is
// called once, before everything else.
func (e *Engine) Start(drv driver.Port) {
	e.drv = drv
	if e.several = drv.SeveralPoll(); e.several {
		e.sched.Share(e.sched.Cap(), driver.FeatureRestraint.Disabled() == nil)
	}
	go e.watch()
}

// Admit counts an operation that is about to be started, which must be idle; it
// reports false, and counts nothing, when the engine is being closed. Each
// operation admitted is either given to Withdraw or completes.
func (e *Engine) Admit() bool {
	e.admitted.Add(1)
	if e.closing.Load() {
		e.Withdraw()
		return false
	}
	return true
}

// Withdraw undoes Admit for an operation that wasn't started after all.
func (e *Engine) Withdraw() {
	e.admitted.Add(-1)
	e.left()
}

// left is called after an operation has left the engine: the last that leaves one
// that is being closed is what its workers wait for.
func (e *Engine) left() {
	if !e.closing.Load() {
		return
	}
	e.mu.Lock()
	if e.inFlight() == 0 {
		e.wakeAll()
	}
	e.mu.Unlock()
}

// Closing reports whether Close was called.
func (e *Engine) Closing() bool { return e.closing.Load() }

// Backlog reports whether packets wait to be handled, or soon will.
func (e *Engine) Backlog() bool {
	return e.batches.Load() > 0 || e.nonempty.Load() > 0 || e.global.some.Load()
}

// Post queues a packet that was admitted.
func (e *Engine) Post(op *driver.Op) { (*sink)(e).Complete(op, nil, nil) }

// flush starts what the backend held back. It must be called without mu.
func (e *Engine) flush() {
	if e.takeDeferred() {
		e.drv.Flush()
	}
}

// takeDeferred reports whether operations are held back, which the caller is about
// to start.
func (e *Engine) takeDeferred() bool {
	if !e.deferred.Load() {
		return false
	}
	e.deferred.Store(false)
	e.flushes.Add(1)
	return true
}
