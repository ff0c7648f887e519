package iocp

import (
	"fmt"
	"net/netip"
	"sync"
	"time"

	"iocp/internal/dispatch"
	"iocp/internal/driver"
)

// Port is a completion port: a queue of finished operations and the workers
// that wait on it. All methods may be called from any goroutine.
type Port struct {
	backend string
	passed  []Passed
	drv     driver.Port
	pool    *driver.Pool
	accepts driver.Accepts
	engine  *dispatch.Engine
}

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
	pool := driver.NewPool(cfg.BufferSize, cfg.BuffersMax, cfg.BufferCredit)
	p := &Port{
		pool:   pool,
		engine: dispatch.New(dispatch.Config{Concurrency: cfg.Concurrency, StallAfter: cfg.StallAfter, Pool: pool}),
	}
	if err := p.open(cfg.Backend, driver.Config{Pool: pool, Accepts: &p.accepts}); err != nil {
		return nil, err
	}
	p.engine.Start(p.drv)
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
	case p.closing():
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
	if p.closing() {
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
	return &Listener{handle: handle{drv: l, is: aListener}, l: l}, nil
}

// Associate binds a handle to the port, for good, under a key
// that every completion of the handle will carry (CreateIoCompletionPort's
// second job). Before that no operation of it is accepted (ErrNotAssociated). Any key will do, nil too; a pointer costs no allocation. An
// accepted socket has an association of its own: it doesn't inherit the
// listener's. A handle that is associated already keeps what it has, and the
// error is ErrAssociated; one that another backend's port has made is ErrInvalid.
func (p *Port) Associate(h Handle, key any) error {
	if h == nil {
		return opError("associate", netip.AddrPort{}, ErrInvalid)
	}
	if p.closing() {
		return opError("associate", netip.AddrPort{}, ErrClosed)
	}
	return h.base().associate(p, key)
}

// Post queues a packet by hand (PostQueuedCompletionStatus): n and key arrive
// as they are, with op, which is the port's until the packet is dequeued; one that
// is outstanding is refused with ErrBusy. A nil op is allowed and costs an
// allocation. On a port that is being closed the error is ErrClosed. Post never
// blocks, and packets of one poster keep their order.
func (p *Port) Post(op *Op, n int, key any) error {
	var d *driver.Op
	var err error
	if op != nil {
		d, err = &op.d, p.enter(op, driver.KindPost, nil)
	} else {
		d = new(driver.Op)
		err = p.admit(d, driver.KindPost)
	}
	if err != nil {
		return opError("post", netip.AddrPort{}, err)
	}
	d.N = n
	d.SetKey(key)
	p.engine.Post(d)
	return nil
}

// enter takes an idle op into the port's care, before the backend gets it. It
// comes before anything that the operation changes.
func (p *Port) enter(op *Op, kind driver.Kind, on *handle) error {
	if op == nil {
		return ErrInvalid
	}
	if err := p.admit(&op.d, kind); err != nil {
		return err
	}
	if !op.d.Public { // a node of a standing accept may be looking at it
		op.d.Public = true
	}
	op.on = on
	return nil
}

func (p *Port) admit(d *driver.Op, kind driver.Kind) error {
	if !d.Pending.Begin() {
		return ErrBusy
	}
	if !p.engine.Admit() {
		d.Pending.End()
		return ErrClosed
	}
	d.Kind = kind
	return nil
}

// refuse undoes enter for an operation that the backend didn't accept.
func (p *Port) refuse(op *Op) {
	op.d.DropBufs()
	op.on = nil
	op.d.Pending.End()
	p.engine.Withdraw()
}

// closing reports whether Close was called.
func (p *Port) closing() bool { return p.engine.Closing() }

// Backlog reports whether packets wait to be handled, or soon will. A handler
// that has a small message to send may then gather it with those of the next
// packets, for one Send, where it would otherwise try at once
// ([Socket.TrySend]). It is a hint, true or not by the time it is used, and
// costs three loads. Any goroutine may call it.
func (p *Port) Backlog() bool { return p.engine.Backlog() }

// After starts a timer: an operation that completes when d has passed, with the
// given key, N zero and no error; never before, and after by what the system's
// clock and the queue cost, commonly about a millisecond. A d of zero or less
// completes at once. Timers are cheap: a million pending ones cost a slice
// element and a few hundred nanoseconds each. Like all completions they are
// found by Wait: on a port on which nobody waits no timer goes off. op is the
// port's until the completion is dequeued.
func (p *Port) After(op *Op, d time.Duration, key any) error {
	if err := p.enter(op, driver.KindTimer, nil); err != nil {
		return opError("timer", netip.AddrPort{}, err)
	}
	op.d.SetKey(key)
	p.engine.StartTimer(&op.d, d)
	return nil
}

// CancelTimer asks for a timer to be given up: it completes at once, with
// ErrAborted. ErrNotFound says that it isn't pending: it may have gone off.
func (p *Port) CancelTimer(op *Op) error {
	if op == nil || !p.engine.StopTimer(&op.d) {
		return opError("cancel", netip.AddrPort{}, ErrNotFound)
	}
	return nil
}

// Close closes the port and everything associated with it. Pending operations
// complete with net.ErrClosed. It returns when the kernel has given every
// buffer back; what then remains queued is still handed out, and after that
// every Wait returns ErrClosed. New operations are refused with ErrClosed at
// once. Bufs need not be released any more. A second Close waits for the first.
func (p *Port) Close() error { return p.engine.Close() }
