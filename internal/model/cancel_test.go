package model

import (
	"errors"

	"iocp"
)

// canceller is what can cancel.
type canceller interface {
	Cancel(*iocp.Op) error
	CancelAll() error
}

// on is where an operation is pending: nil for a post.
func (o *operation) on() canceller {
	switch {
	case o.end != nil:
		return o.end.s
	case o.at != nil:
		return o.at.l
	}
	return nil
}

// cancellable lists the pending operations of all handles, in the order in
// which they were started.
func (p *program) cancellable() (ops []*operation) {
	for _, e := range p.ends {
		ops = append(append(ops, e.recvs...), e.sends...)
	}
	for _, l := range p.listeners {
		ops = append(ops, l.ops...)
	}
	return ops
}

func (p *program) cancel() {
	ops := p.cancellable()
	if len(ops) == 0 {
		return
	}
	o := pick(p, "operation", ops)
	err := o.on().Cancel(&o.op)
	p.note("cancel of %s: %v", o, err)
	switch {
	case err == nil:
		o.cancelled = true
	case errors.Is(err, iocp.ErrNotFound):
		o.missed = !o.cancelled
	default:
		p.Fatalf("cancelling: %v", err)
	}
}

func (p *program) cancelAll() {
	ops := p.cancellable()
	if len(ops) == 0 {
		return
	}
	on := pick(p, "operation", ops).on()
	err := on.CancelAll()
	p.note("cancel of all on a handle: %v", err)
	if err != nil && !errors.Is(err, iocp.ErrNotFound) {
		p.Fatalf("cancelling all: %v", err)
	}
	for _, o := range ops {
		if o.on() != on {
			continue
		}
		if err == nil {
			o.cancelled = true // or its packet was queued before: there is no telling
		} else {
			o.missed = o.missed || !o.cancelled
		}
	}
}

// cancelConnect cancels a connect, which mostly is over already.
func (p *program) cancelConnect() {
	for _, e := range p.ends {
		if !e.up && !e.closed && e.dials {
			e.s.CancelAll()
			for _, o := range p.pending {
				if o.end == e && o.kind == "connect" {
					o.cancelled = true
				}
			}
			return
		}
	}
}
