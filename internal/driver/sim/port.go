package sim

import (
	"net"
	"slices"
	"sync/atomic"
	"time"

	"iocp/internal/driver"
)

// port is one completion port on a network.
type port struct {
	net  *network
	sink driver.Sink
	pool *driver.Pool
	wake chan struct{} // holds a wake-up not yet seen

	accepts *driver.Accepts

	moving atomic.Int64 // how many transfers are under way
	shut   atomic.Bool  // set under the network's lock

	// Under the network's lock.
	handles   []driver.Handle // attached and open, in that order
	transfers []transfer      // under way
}

func newPort(n *network, cfg driver.Config, sink driver.Sink) *port {
	return &port{net: n, sink: sink, pool: cfg.Pool, accepts: cfg.Accepts, wake: make(chan struct{}, 1)}
}

// NewPoller implements driver.Port.
func (p *port) NewPoller(*driver.LocalQueue) driver.Poller { return driver.NewSinglePoller(p) }

// SeveralPoll implements driver.Port.
func (p *port) SeveralPoll() bool { return false }

// Poll implements driver.Port. It runs the events of the whole network.
func (p *port) Poll(timeout time.Duration) error {
	var expired <-chan time.Time
	if timeout > 0 {
		timer := time.NewTimer(timeout)
		defer timer.Stop()
		expired = timer.C
	}
	for {
		select {
		case <-p.wake:
			signal(p.net.more) // its token may have been taken below
			return nil
		case <-expired:
			signal(p.net.more)
			return nil
		default:
		}
		reported, left, err := p.net.run(p)
		switch {
		case err != nil:
			return err
		case reported > 0:
			return nil
		case left:
			continue
		case timeout == 0:
			return nil
		}
		select {
		case <-p.wake:
			return nil
		case <-expired:
			return nil
		case <-p.net.more:
		}
	}
}

// Wake implements driver.Port. It takes no lock: the sink calls it with its own
// held.
func (p *port) Wake() { signal(p.wake) }

// Flush implements driver.Port: nothing is held back.
func (p *port) Flush() {}

// Note implements driver.Port.
func (p *port) Note() string { return p.net.profile.String() }

// InFlight implements driver.Port.
func (p *port) InFlight() int { return int(p.moving.Load()) }

// Shut implements driver.Port. On a network that has failed, what was under way
// is over.
func (p *port) Shut() {
	p.net.mu.Lock()
	p.shut.Store(true)
	open := slices.Clone(p.handles)
	if p.net.life == 0 {
		for _, t := range slices.Clone(p.transfers) {
			t.abandon()
			p.ends(t)
		}
	}
	p.net.unlock()
	for _, h := range open {
		h.Close()
	}
}

// Close implements driver.Port.
func (p *port) Close() error {
	p.net.leave()
	return nil
}

// attach takes a handle of the port's network in.
func (n *network) attach(to driver.Port, h driver.Handle) (*port, error) {
	p, ok := to.(*port)
	if !ok || p.net != n {
		return nil, driver.ErrInvalid
	}
	if p.shut.Load() {
		return nil, net.ErrClosed
	}
	p.handles = append(p.handles, h)
	return p, nil
}

// detach takes a closed handle out.
func (p *port) detach(h driver.Handle) {
	if i := slices.Index(p.handles, h); i >= 0 {
		p.handles = slices.Delete(p.handles, i, i+1)
	}
}

// complete reports an operation.
func (p *port) complete(op *driver.Op) {
	polling := p.net.polled == p
	if polling {
		p.net.reported++
	}
	p.sink.Complete(op, nil, driver.ByPoller(polling))
}

// transfer is one under way: it has the memory of an operation.
type transfer interface {
	// abandon ends the operation, on a network that has failed.
	abandon()
}

func (p *port) begins(t transfer) {
	p.moving.Add(1)
	p.transfers = append(p.transfers, t)
}

func (p *port) ends(t transfer) {
	p.moving.Add(-1)
	i := slices.Index(p.transfers, t)
	p.transfers = slices.Delete(p.transfers, i, i+1)
	if p.shut.Load() {
		p.Wake() // whoever closes the port waits for InFlight to change
	}
}
