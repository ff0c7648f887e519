package iocp

import "iocp/internal/driver"

// sink is the port as its backend sees it (driver.Sink): where operations go
// that are over. It is a type of its own so that nobody else can call it; a
// packet that no operation stands behind would freeze the port.
type sink Port

var _ driver.Sink = (*sink)(nil)

// Complete implements driver.Sink.
func (s *sink) Complete(op *driver.Op, polling bool) {
	p := (*Port)(s)
	p.mu.Lock()
	p.push(op)
	if !polling {
		p.dispatch(nil)
		p.arm()
	}
	p.mu.Unlock()
}

// Deliver implements driver.Sink. The packet goes behind the one before it, if
// that hasn't been dequeued; else onto the tray of the worker that has found
// it; else onto that of the worker that is at work on the handle's packets; else
// into the queue.
func (s *sink) Deliver(op *driver.Op, o *driver.Order, by *driver.Tray) {
	if o == nil {
		o = new(driver.Order)
	}
	p := (*Port)(s)
	if p.putOnTray(op, o, by) {
		return
	}
	p.mu.Lock()
	p.push(op)
	o.Queue(p.put)
	if by == nil {
		p.dispatch(nil)
		p.arm()
	}
	p.mu.Unlock()
}

// Backlog implements driver.Sink.
func (s *sink) Backlog() bool { return (*Port)(s).Backlog() }

// Deferred implements driver.Sink.
func (s *sink) Deferred() {
	p := (*Port)(s)
	if p.deferred.Load() || p.deferred.Swap(true) {
		return
	}
	p.mu.Lock()
	p.arm()
	p.mu.Unlock()
}
