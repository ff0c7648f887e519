package iocp

import "iocp/internal/driver"

// enter takes an idle op into the port's care, before the backend gets it. It
// comes before anything that the operation changes.
func (p *Port) enter(op *Op, kind driver.Kind, key any, on origin) error {
	if op == nil {
		return ErrInvalid
	}
	if err := p.admit(&op.d, kind, key); err != nil {
		return err
	}
	op.d.Self, op.on = op, on
	return nil
}

func (p *Port) admit(d *driver.Op, kind driver.Kind, key any) error {
	if !d.Pending.CompareAndSwap(false, true) {
		return ErrBusy
	}
	p.entered.Add(1)
	if p.closing.Load() {
		d.Pending.Store(false)
		p.withdraw()
		return ErrClosed
	}
	d.Kind, d.Key = kind, key
	return nil
}

// refuse undoes enter for an operation that the backend didn't accept.
func (p *Port) refuse(op *Op) {
	op.d.DropBufs()
	op.d.Key = nil
	op.on = nil
	op.d.Pending.Store(false)
	p.withdraw()
}

// withdraw undoes the count of an operation that was entered.
func (p *Port) withdraw() {
	p.entered.Add(-1)
	p.leaves()
}

// leaves is called after an operation has left the port: the last that leaves a
// closing port is what its workers wait for.
func (p *Port) leaves() {
	if !p.closing.Load() {
		return
	}
	p.mu.Lock()
	if p.inFlight() == 0 {
		p.wakeAll()
	}
	p.mu.Unlock()
}

// inFlight is the number of operations submitted and not yet dequeued. The
// caller holds mu.
func (p *Port) inFlight() int { return int(p.entered.Load()) - int(p.dequeued()) }

// dequeued is the number of operations whose last completion was dequeued. The
// caller holds mu.
func (p *Port) dequeued() uint64 {
	n := p.over
	for _, w := range p.workers {
		n += w.dequeued.Load()
	}
	return n
}
