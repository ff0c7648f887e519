package iocp

import (
	"iocp/internal/driver"
	"iocp/internal/sched"
)

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
	p.pool.Close()
	p.mu.Unlock()
	p.drv.Shut()
	p.mu.Lock()
	p.wakeAll()
}

// Close closes the port and everything associated with it. Pending operations
// complete with net.ErrClosed. It returns when the kernel has given every
// buffer back; what then remains queued is still handed out, and after that
// every Wait returns ErrClosed. New operations are refused with ErrClosed at
// once. Bufs need not be released any more. A second Close waits for the first.
func (p *Port) Close() error {
	if p.closing.Swap(true) {
		<-p.closed
		return nil
	}
	p.pool.Close()
	p.drv.Shut()
	p.mu.Lock()
	p.shut = true
	p.clearTrays()
	p.stopTimers()
	p.drain()
	p.idle = true
	p.sched.Hasten()
	p.dispatch(nil)
	for p.sched.Pollers() > 0 {
		p.drv.Wake()
		p.polled.Wait()
	}
	p.wakeAll()
	p.mu.Unlock()
	close(p.watchC)
	err := p.drv.Close()
	driver.Freed()
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
