package dispatch

import "iocp/internal/driver"

// sink is the engine as its backend sees it (driver.Sink): where operations go
// that are over.
type sink Engine

var _ driver.Sink = (*sink)(nil)

// Sink is what a backend's port is opened with.
func (e *Engine) Sink() driver.Sink { return (*sink)(e) }

// Complete implements driver.Sink.
func (s *sink) Complete(op *driver.Op, o *driver.Order, by *driver.LocalQueue) {
	e := (*Engine)(s)
	if o != nil && e.deliver(op, o, by) {
		return
	}
	e.mu.Lock()
	e.global.push(op)
	if o != nil {
		o.Queue(e.global.put)
	}
	if by == nil {
		e.dispatch(nil)
		e.arm()
	}
	e.mu.Unlock()
}

// Backlog implements driver.Sink.
func (s *sink) Backlog() bool { return (*Engine)(s).Backlog() }

// Deferred implements driver.Sink.
func (s *sink) Deferred() {
	e := (*Engine)(s)
	if e.deferred.Load() || e.deferred.Swap(true) {
		return
	}
	e.mu.Lock()
	e.arm()
	e.mu.Unlock()
}
