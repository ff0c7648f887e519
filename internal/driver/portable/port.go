// Package portable is the backend on package net. It runs wherever Go does,
// and it is the one to read first: nothing here is faster than it is plain.
//
// Each direction of a handle is a lane: a queue of operations and one
// goroutine that works them off, oldest first, with blocking calls. So there
// is never more than one receive and one send of a socket under way, and they
// are over in the order in which they were submitted, on every system.
//
//   - A receive that must consume nothing reads one byte ahead and keeps it
//     for the next one; net has no way to wait for data and leave it alone.
//   - A cancel sets a deadline in the past, which makes net's call return.
//     What it had transferred by then is reported, never dropped.
//   - A handle's lock is held while completions are reported, so that two of
//     them can't change places. The port's own lock comes after it.
package portable

import (
	"net"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"

	"iocp/internal/driver"
	"iocp/internal/driver/blocking"
)

// Backend makes portable ports.
type Backend struct{}

// Name is the backend's name.
func (Backend) Name() string { return "portable" }

// Open makes a port. There is nothing to probe: package net always works.
func (Backend) Open(cfg driver.Config, sink driver.Sink) (driver.Port, error) {
	p := &port{
		sink:    sink,
		pool:    cfg.Pool,
		accepts: cfg.Accepts,
		wake:    make(chan struct{}, 1),
		handles: make(map[driver.Handle]struct{}),
	}
	p.threads = blocking.NewPool(sink, p.Wake)
	return p, nil
}

type port struct {
	sink    driver.Sink
	pool    *driver.Pool
	accepts *driver.Accepts
	threads *blocking.Pool
	wake    chan struct{} // holds a wake-up not yet seen

	pending atomic.Int64   // accepted and not yet completed
	shut    atomic.Bool    // set under mu
	running sync.WaitGroup // the goroutines of attached handles

	mu      sync.Mutex // taken after a handle's lock, never before
	handles map[driver.Handle]struct{}
	timer   *time.Timer // Poll's own
}

// NewPoller implements driver.Port.
func (p *port) NewPoller(*driver.LocalQueue) driver.Poller { return driver.NewSinglePoller(p) }

// SeveralPoll implements driver.Port.
func (p *port) SeveralPoll() bool { return false }

// Poll waits to be woken. Completions don't pass through here: the goroutine
// that makes one hands it to the sink, which wakes the poller if it is the one
// to take it.
func (p *port) Poll(timeout time.Duration) error {
	if timeout == 0 {
		select {
		case <-p.wake:
		default:
		}
		return nil
	}
	select {
	case <-p.wake:
	case <-p.after(timeout):
	}
	return nil
}

// after arms Poll's timer; without a limit it gives a channel that stays silent.
func (p *port) after(d time.Duration) <-chan time.Time {
	switch {
	case d < 0:
		return nil
	case p.timer == nil:
		p.timer = time.NewTimer(d)
	default:
		p.timer.Reset(d)
	}
	return p.timer.C
}

// Wake takes no lock: the sink calls it with its own held.
func (p *port) Wake() { signal(p.wake) }

// Flush has nothing to do: operations start when they are submitted.
func (p *port) Flush() {}

// Note has nothing to say.
func (p *port) Note() string { return "" }

// NewStream makes a socket. It gets a descriptor only when it connects, since
// net has no socket without a connection.
func (p *port) NewStream(v6 bool) (driver.Stream, error) { return newStream(v6), nil }

// Listen makes a listening socket.
func (p *port) Listen(addr netip.AddrPort, opts driver.ListenOptions) (driver.Listener, error) {
	return listen(addr, opts)
}

// Shut closes the attached handles; their goroutines complete what is pending.
func (p *port) Shut() {
	p.mu.Lock()
	p.shut.Store(true)
	open := make([]driver.Handle, 0, len(p.handles))
	for h := range p.handles {
		open = append(open, h)
	}
	p.mu.Unlock()
	for _, h := range open {
		h.Close()
	}
	p.threads.Shut()
}

// InFlight counts all operations not yet completed: a goroutine may still use
// their buffers.
func (p *port) InFlight() int { return int(p.pending.Load()) + p.threads.InFlight() }

// Close waits for the goroutines, which have nothing left to do.
func (p *port) Close() error {
	p.running.Wait()
	p.threads.Wait()
	return nil
}

func (p *port) add(h driver.Handle) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.shut.Load() {
		return net.ErrClosed
	}
	p.handles[h] = struct{}{}
	return nil
}

func (p *port) remove(h driver.Handle) {
	p.mu.Lock()
	delete(p.handles, h)
	p.mu.Unlock()
}

// accept counts an operation that will complete.
func (p *port) accept() { p.pending.Add(1) }

// complete reports an operation. The caller holds its handle's lock.
func (p *port) complete(op *driver.Op) {
	p.sink.Complete(op, nil, nil)
	p.pending.Add(-1)
	if p.shut.Load() {
		p.Wake() // whoever closes the port waits for InFlight to change
	}
}

// signal leaves a note on a channel of capacity one, where it stays until it
// is read.
func signal(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}
