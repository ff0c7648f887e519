package iocp

import (
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
	pool    *driver.Pool

	inFlight atomic.Int64  // submitted and not yet dequeued
	finished atomic.Uint64 // operations whose last completion was dequeued
	closing  atomic.Bool
	backlog  atomic.Bool   // packets are queued
	deferred atomic.Bool   // the backend has held operations back
	flushes  atomic.Uint64 // how often they were started

	mu          sync.Mutex // taken after a backend's locks, never before
	queue       driver.List
	timers      driver.Timers
	sched       *sched.State
	workers     int
	completed   uint64
	failure     error  // the kernel refused to go on
	awake       bool   // the watch is
	looked      int64  // when look last did, by clock
	armed       uint   // calls of arm with a backlog
	seen        uint64 // completed, as of the last call of traffic
	flushesSeen uint64 // as of the last call of stale
	unpolled    int    // Waits that found packets since the last poll

	watchC chan struct{} // wakes the watch; closed when the port is
	polled *sync.Cond    // the poller came back while closing
	idle   bool          // closing, and the kernel holds nothing any more
	shut   bool          // closing, and no timer may be added
	closed chan struct{} // Close is over

	born time.Time // what timers count from
}

// New makes a port (CreateIoCompletionPort's first job). The error names the
// backend that couldn't be had, the cause, and the remedy.
func New(cfg Config) (*Port, error) {
	cfg, err := cfg.withDefaults()
	if err != nil {
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
	if err := p.open(cfg.Backend, driver.Config{Pool: p.pool}); err != nil {
		return nil, err
	}
	openRuntimePoller()
	go p.watch()
	return p, nil
}

// openRuntimePoller has the Go runtime open the descriptors that it wants for a
// process's first timer. Later there may be none left, and the runtime would
// end the process then.
func openRuntimePoller() { time.AfterFunc(time.Hour, func() {}).Stop() }

// Backend is the name of the backend in use.
func (p *Port) Backend() string { return p.backend }

// NewSocket makes a TCP socket of the given family, to be connected. It
// belongs to no port yet; it can be associated with any port of the same
// backend.
func (p *Port) NewSocket(f Family) (*Socket, error) {
	if p.closing.Load() {
		return nil, opError("socket", netip.AddrPort{}, ErrClosed)
	}
	s, err := p.drv.NewStream(f == IPv6)
	if err != nil {
		return nil, opError("socket", netip.AddrPort{}, err)
	}
	return newSocket(s, 0), nil
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
	l, err := p.drv.Listen(addr, driver.ListenOptions(cfg))
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
	if op != nil {
		d = &op.d
	} else {
		d = new(driver.Op)
	}
	if err := p.enter(op, d, driver.KindPost, key); err != nil {
		return opError("post", netip.AddrPort{}, err)
	}
	d.N = n
	p.Complete(d, false)
	return nil
}

// Worker makes a worker of the port.
func (p *Port) Worker() *Worker {
	w := &Worker{port: p, sema: make(chan struct{}, 1)}
	w.w.Owner = w
	p.mu.Lock()
	p.workers++
	p.mu.Unlock()
	return w
}

// enter takes an idle op into the port's care, before the backend gets it.
func (p *Port) enter(op *Op, d *driver.Op, kind driver.Kind, key any) error {
	if !d.Pending.CompareAndSwap(false, true) {
		return ErrBusy
	}
	p.inFlight.Add(1)
	if p.closing.Load() {
		d.Pending.Store(false)
		p.leave(1)
		return ErrClosed
	}
	if op != nil {
		d.Self = op
	}
	d.Kind, d.Key = kind, key
	return nil
}

// refuse undoes enter for an operation that the backend didn't accept.
func (p *Port) refuse(op *Op) {
	op.d.DropBufs()
	op.d.Key = nil
	op.sock = nil
	op.d.Pending.Store(false)
	p.leave(1)
}

// leave says that n operations are no longer the port's business.
func (p *Port) leave(n int) {
	if p.inFlight.Add(int64(-n)) == 0 && p.closing.Load() {
		p.mu.Lock()
		p.wakeAll()
		p.mu.Unlock()
	}
}

// Complete implements driver.Sink.
func (p *Port) Complete(op *driver.Op, polling bool) {
	p.mu.Lock()
	p.push(op)
	if !polling {
		p.dispatch(nil)
		p.arm()
	}
	p.mu.Unlock()
}

// push queues a packet. The caller holds mu.
func (p *Port) push(op *driver.Op) {
	if p.queue.Push(op); p.queue.Len() == 1 {
		p.backlog.Store(true)
	}
	p.completed++
}

// Backlog implements driver.Sink.
func (p *Port) Backlog() bool { return p.backlog.Load() }

// Deferred implements driver.Sink.
func (p *Port) Deferred() {
	if p.deferred.Load() || p.deferred.Swap(true) {
		return
	}
	p.mu.Lock()
	p.arm()
	p.mu.Unlock()
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

// pop takes the oldest packet off the queue. The caller holds mu.
func (p *Port) pop() *driver.Op {
	d := p.queue.Pop()
	if p.queue.Len() == 0 {
		p.backlog.Store(false)
	}
	return d
}

// dispatch releases waiters for queued packets. self is the worker on whose
// goroutine this runs, if any: it needs no waking. The caller holds mu.
func (p *Port) dispatch(self *Worker) {
	for {
		w := p.sched.Release(p.queue.Len())
		if w == nil {
			return
		}
		p.grant(w, self)
	}
}

// grant gives the oldest packet to a waiter that has been given a slot.
func (p *Port) grant(sw *sched.Waiter, self *Worker) {
	w := sw.Owner.(*Worker)
	w.granted = p.pop()
	if w != self {
		p.signal(w)
	}
}

// signal makes a worker return from wherever it waits. The caller holds mu.
func (p *Port) signal(w *Worker) {
	if p.sched.Poller() == &w.w {
		p.drv.Wake()
		return
	}
	select {
	case w.sema <- struct{}{}:
	default:
	}
}

// wakeAll makes every waiter look again. The caller holds mu.
func (p *Port) wakeAll() {
	p.sched.Each(func(sw *sched.Waiter) { p.signal(sw.Owner.(*Worker)) })
	p.polled.Broadcast()
}

// fail records that the kernel can't go on and completes everything in
// flight, so that nothing hangs. The caller holds mu; it is released meanwhile.
func (p *Port) fail(err error) {
	if p.failure != nil {
		return
	}
	p.failure = &OpError{Op: "poll", Err: err}
	p.mu.Unlock()
	p.drv.Shut()
	p.mu.Lock()
	p.wakeAll()
}

// Close closes the port and everything associated with it. Pending operations
// complete with net.ErrClosed. It returns when the kernel has given every
// buffer back; what then remains queued is still handed out, and after that
// every Wait returns ErrClosed. New operations are refused with ErrClosed at
// once. A second Close waits for the first.
func (p *Port) Close() error {
	if p.closing.Swap(true) {
		<-p.closed
		return nil
	}
	p.drv.Shut()
	p.mu.Lock()
	p.shut = true
	p.stopTimers()
	p.drain()
	p.idle = true
	p.sched.Hasten()
	p.dispatch(nil)
	for p.sched.Poller() != nil {
		p.drv.Wake()
		p.polled.Wait()
	}
	p.wakeAll()
	p.mu.Unlock()
	close(p.watchC)
	err := p.drv.Close()
	close(p.closed)
	return err
}

// drain polls, when no worker does, until the kernel holds no operation's
// memory. The caller holds mu, which is released while polling.
func (p *Port) drain() {
	var me sched.Waiter
	for p.drv.InFlight() > 0 && p.failure == nil {
		if !p.sched.Seize(&me) {
			p.polled.Wait()
			continue
		}
		p.mu.Unlock()
		err := p.drv.Poll(Infinite)
		p.mu.Lock()
		p.sched.StopPoll(&me)
		if err != nil {
			p.fail(err)
		}
		p.dispatch(nil)
	}
}
