package iocp

import (
	"fmt"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"

	"iocp/internal/driver"
	"iocp/internal/sched"
)

// Port is a completion port: a queue of finished operations and the workers
// that wait on it. All methods may be called from any goroutine.
type Port struct {
	backend string
	passed  []Passed
	drv     driver.Port
	shared  driver.SharedPort // drv, if it is one
	pool    *driver.Pool
	accepts driver.Accepts
	trays   atomic.Pointer[[]*driver.Tray]
	closing atomic.Bool
	born    time.Time // what timers count from

	// What is written with every operation, and what with every batch, is on a
	// cache line of its own, so that readers of the fields above don't lose theirs.
	_       [cacheLine]byte
	entered atomic.Int64 // operations ever submitted
	_       [cacheLine]byte

	backlog  atomic.Bool   // packets are in the queue
	mixed    atomic.Bool   // some of them have lain on a tray
	taken    atomic.Uint32 // how many were taken from the queue: see driver.Order
	laden    atomic.Int32  // trays with packets on them
	busy     atomic.Int32  // workers that will soon poll again, after many packets
	deferred atomic.Bool   // the backend has held operations back
	flushes  atomic.Uint64 // how often they were started
	looked   atomic.Int64  // when look last did, by clock

	mu          sync.Mutex // taken after a backend's locks and before a tray's
	queue       driver.List
	timers      driver.Timers
	sched       *sched.State
	workers     []*Worker
	traysFree   []*driver.Tray
	over        uint64 // operations dequeued by workers that are closed
	put         uint32 // how many were put into the queue, counted like taken
	ahead       int    // of the queue, packets that were put before the others and aren't counted
	strays      int    // of the queue, those up to the last that has lain on a tray
	completed   uint64 // packets ever queued, but for those on trays
	failure     error  // the kernel refused to go on
	awake       bool   // the watch is
	armed       uint   // calls of arm with a backlog
	seen        uint64 // total, as of the last call of traffic
	flushesSeen uint64 // as of the last call of stale

	reviewed int64  // when review last did, by clock
	spare    []rest // of each worker, by the number of his tray

	watchC chan struct{} // wakes the watch; closed when the port is
	polled *sync.Cond    // the poller came back while closing
	idle   bool          // closing, and the kernel holds nothing any more
	shut   bool          // closing, and no timer may be added
	closed chan struct{} // Close is over
}

// cacheLine is the distance at which CPUs don't share a line, with the one that
// they fetch along.
const cacheLine = 128

// New makes a port (CreateIoCompletionPort's first job). It takes the next
// backend where the kernel refuses one for good. A passing lack, of descriptors
// above all, is ErrLimit: it mustn't choose a slower backend for the port's life.
// The error names the backend that couldn't be had, the cause, and the remedy.
func New(cfg Config) (*Port, error) {
	cfg, err := cfg.withDefaults()
	if err != nil {
		return nil, err
	}
	if err := openRuntimePoller(); err != nil {
		return nil, err
	}
	p := &Port{
		pool:   driver.NewPool(cfg.BufferSize, cfg.BuffersMax, cfg.BufferCredit),
		sched:  sched.New(cfg.Concurrency, patience(cfg.StallAfter)),
		watchC: make(chan struct{}, 1),
		closed: make(chan struct{}),
		born:   time.Now(),
	}
	p.polled = sync.NewCond(&p.mu)
	p.trays.Store(new([]*driver.Tray))
	if err := p.open(cfg.Backend, driver.Config{Pool: p.pool, Accepts: &p.accepts}); err != nil {
		return nil, err
	}
	if p.shared, _ = p.drv.(driver.SharedPort); p.shared != nil {
		p.sched.Share(cfg.Concurrency, driver.FeatureRestraint.Disabled() == nil)
	}
	go p.watch()
	return p, nil
}

var runtimePoller struct {
	sync.Mutex
	open bool
}

// openRuntimePoller has the Go runtime open the descriptors that it wants for a
// process's first timer. Later there may be none left, and the runtime would
// end the process then.
func openRuntimePoller() error {
	runtimePoller.Lock()
	defer runtimePoller.Unlock()
	if runtimePoller.open {
		return nil
	}
	if err := driver.RoomForRuntime(); err != nil {
		return fmt.Errorf("iocp: Go's runtime has no room for its own descriptors: %w", err)
	}
	time.AfterFunc(time.Hour, func() {}).Stop()
	runtimePoller.open = true
	return nil
}

// Backend is the name of the backend in use.
func (p *Port) Backend() string { return p.backend }

// NewSocket makes a TCP socket of the given family, to be connected. It
// belongs to no port yet; it can be associated with any port of the same
// backend.
func (p *Port) NewSocket(f Family) (*Socket, error) {
	switch {
	case p.closing.Load():
		return nil, opError("socket", netip.AddrPort{}, ErrClosed)
	case f != IPv4 && f != IPv6:
		return nil, opError("socket", netip.AddrPort{}, ErrInvalid)
	}
	s, err := p.drv.NewStream(f == IPv6)
	if err != nil {
		return nil, opError("socket", netip.AddrPort{}, err)
	}
	return newSocket(s, familyBit(f)), nil
}

func familyBit(f Family) uint32 {
	if f == IPv6 {
		return stIPv6
	}
	return 0
}

// Listen makes a listening TCP socket. Port 0 lets the system choose one
// (Listener.Addr tells which); the unspecified IPv6 address [::] listens on
// IPv4 too. The listener belongs to no port yet.
func (p *Port) Listen(addr netip.AddrPort, cfg ListenConfig) (*Listener, error) {
	if p.closing.Load() {
		return nil, opError("listen", addr, ErrClosed)
	}
	if !addr.IsValid() || cfg.Backlog < 0 {
		return nil, opError("listen", addr, ErrInvalid)
	}
	to, err := numbered(addr)
	if err != nil {
		return nil, opError("listen", addr, err)
	}
	l, err := p.drv.Listen(to, driver.ListenOptions(cfg))
	if err != nil {
		return nil, opError("listen", addr, err)
	}
	return &Listener{handle: handle{drv: l}, l: l}, nil
}

// Associate binds a socket or listener to the port, for good, under a key
// that every completion of the handle will carry (CreateIoCompletionPort's
// second job). Any key will do, nil too; a pointer costs no allocation. An
// accepted socket has an association of its own: it doesn't inherit the
// listener's. A handle that is associated already keeps what it has, and the
// error is ErrAssociated.
func (p *Port) Associate(h Handle, key any) error {
	if h == nil {
		return opError("associate", netip.AddrPort{}, ErrInvalid)
	}
	if p.closing.Load() {
		return opError("associate", netip.AddrPort{}, ErrClosed)
	}
	return h.base().associate(p, key)
}

// Post queues a packet by hand (PostQueuedCompletionStatus): n and key arrive
// as they are, with op, which is the caller's own and must be idle. A nil op
// is allowed and costs an allocation. Post never blocks, and packets of one
// poster keep their order.
func (p *Port) Post(op *Op, n int, key any) error {
	var d *driver.Op
	var err error
	if op != nil {
		d, err = &op.d, p.enter(op, driver.KindPost, key, nil)
	} else {
		d = new(driver.Op)
		err = p.admit(d, driver.KindPost, key)
	}
	if err != nil {
		return opError("post", netip.AddrPort{}, err)
	}
	d.N = n
	(*sink)(p).Complete(d, false)
	return nil
}

// push queues a packet. The caller holds mu.
func (p *Port) push(op *driver.Op) {
	if p.queue.Push(op); p.queue.Len() == 1 {
		p.backlog.Store(true)
	}
	p.put++
	p.completed++
}

// Backlog reports whether packets wait to be handled, or soon will. A handler
// that has a small message to send may then gather it with those of the next
// packets, for one Send, where it would otherwise try at once
// ([Socket.TrySend]). It is a hint, true or not by the time it is used, and
// costs three loads. Any goroutine may call it.
func (p *Port) Backlog() bool {
	return p.busy.Load() > 0 || p.laden.Load() > 0 || p.backlog.Load()
}

// flush starts what the backend held back. It must be called without mu.
func (p *Port) flush() {
	if p.attended() {
		p.drv.Flush()
	}
}

// attended reports whether operations are held back, which the caller is about
// to start.
func (p *Port) attended() bool {
	if !p.deferred.Load() {
		return false
	}
	p.deferred.Store(false)
	p.flushes.Add(1)
	return true
}

// dispatch releases waiters for queued packets. self is the worker on whose
// goroutine this runs, if any: it needs no waking. The caller holds mu.
func (p *Port) dispatch(self *Worker) {
	for {
		w := p.sched.Release(p.queued())
		if w == nil || !p.grant(w, self) {
			return
		}
	}
}

// grant gives the oldest packet to a waiter that has been given a slot, and
// reports whether there still was one.
func (p *Port) grant(sw *sched.Waiter, self *Worker) bool {
	w := sw.Owner.(*Worker)
	if w.granted = p.pop(); w.granted == nil {
		p.sched.Undo(sw)
		return false
	}
	if w != self {
		p.signal(w)
	}
	return true
}

// signal makes a worker return from wherever it waits. The caller holds mu.
func (p *Port) signal(w *Worker) {
	if w.w.Polls() {
		p.wake(w)
		return
	}
	select {
	case w.sema <- struct{}{}:
	default:
	}
}

// wake makes a worker that polls return.
func (p *Port) wake(w *Worker) {
	if p.sharing(w) {
		p.shared.WakeFor(w.tray)
	} else {
		p.drv.Wake()
	}
}

// wakePollers makes all return that poll. The caller holds mu.
func (p *Port) wakePollers() {
	for _, w := range p.workers {
		if w.w.Polls() {
			p.wake(w)
		}
	}
}

// leave says that a worker won't poll soon. The caller holds mu.
func (p *Port) leave(w *Worker) {
	if p.shared != nil {
		p.shared.Leave(w.tray)
	}
}

// sharing reports whether the worker may poll while others do.
func (p *Port) sharing(w *Worker) bool { return p.shared != nil && w.tray.Numbered() }
