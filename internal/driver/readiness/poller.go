//go:build linux || darwin || freebsd

package readiness

import (
	"sync/atomic"
	"time"

	"iocp/internal/driver"
)

// poller is one worker's (driver.Poller).
type poller struct {
	port   *Port
	local  *driver.LocalQueue  // nil: the global queue
	owned  atomic.Pointer[set] // changed under the port's lock of owners; see ownership
	called atomic.Bool         // the next wait must not be one
	idle   driver.IdleTime
}

var _ driver.Poller = (*poller)(nil)

// NewPoller implements driver.Port.
func (p *Port) NewPoller(local *driver.LocalQueue) driver.Poller {
	return &poller{port: p, local: local}
}

// Poll implements driver.Poller. What was held back and what the kernel has ready
// go into one batch.
func (po *poller) Poll(timeout time.Duration) error {
	p := po.port
	b := p.batches.Get().(*batch)
	defer p.batches.Put(b)
	s := p.acquire(po, timeout == 0)
	n, err := s.kernel.Look(b.room, s.batchSize())
	done := p.run(b, s, b.room.Events[:n], po.local)
	if n == 0 && !done && timeout != 0 {
		n, err = po.wait(b, s, timeout)
		p.run(b, s, b.room.Events[:n], po.local)
	}
	return err
}

// wait waits for events of a set, or of the others that go with it, unless there
// is something else to do.
func (po *poller) wait(b *batch, s *set, timeout time.Duration) (int, error) {
	owner := po.owned.Load() == s
	if !owner && (timeout < 0 || timeout > sharePause) {
		timeout = sharePause
	}
	s.waits.Add(1)
	defer s.waits.Add(-1)
	s.resting.Store(true)
	if owner {
		defer s.resting.Store(false)
	}
	if s.list.any() || po.wasCalled() {
		return 0, nil
	}
	po.idle.Begin()
	defer po.idle.End()
	if b.others = po.port.orphans(s, b.others[:0]); len(b.others) > 0 {
		return s.waitWith(b, timeout)
	}
	return s.kernel.Wait(b.room, s.batchSize(), timeout)
}

// Wake implements driver.Poller.
func (po *poller) Wake() {
	po.called.Store(true)
	if s := po.owned.Load(); s != nil {
		s.wake()
	} else if po.local == nil {
		po.port.Wake()
	}
}

// wasCalled reports whether Wake was called, and forgets it.
func (po *poller) wasCalled() bool { return po.called.Load() && po.called.Swap(false) }

// Owns implements driver.Poller.
func (po *poller) Owns() bool { return po.owned.Load() != nil }

// Active implements driver.Poller.
func (po *poller) Active() int {
	if s := po.owned.Load(); s != nil {
		return s.active()
	}
	return -1
}

// Give implements driver.Poller.
func (po *poller) Give(to driver.Poller, percent int) {
	from, dest := po.owned.Load(), to.(*poller).owned.Load()
	if from != nil && dest != nil {
		from.rebalance(dest, percent)
	}
}

// Idle implements driver.Poller.
func (po *poller) Idle() time.Duration { return po.idle.Total() }
