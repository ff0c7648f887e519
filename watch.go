package iocp

import "time"

// tick is how long a packet may wait for a busy worker before another is
// woken, and how long a worker may be silent before it counts as stalled.
const tick = 200 * time.Microsecond

// patience is StallAfter in ticks. A worker may begin just before a tick, hence
// one more than the time takes.
func patience(stallAfter time.Duration) uint64 {
	if stallAfter == 0 {
		return 0
	}
	return uint64((stallAfter+tick-1)/tick) + 1
}

// watch is the port's one goroutine of its own. It sleeps unless workers are
// busy while others wait, or operations are held back; then it sees to it that
// neither packets nor held-back operations wait behind a stuck handler.
func (p *Port) watch() {
	for range p.watchC {
		for awake := true; awake; {
			time.Sleep(tick)
			p.mu.Lock()
			p.fire()
			release, promote := p.sched.Tick(p.queue.Len(), p.completed)
			for range release {
				p.relieve()
			}
			if promote != nil {
				p.sched.StopPoll(promote) // it polls by itself once it looks
				p.signal(promote.Owner.(*Worker))
			}
			awake = p.watching()
			p.ticking = awake
			p.mu.Unlock()
			p.flush()
		}
	}
}

// relieve gives the oldest packet to another worker, whoever is busy. The
// caller holds mu.
func (p *Port) relieve() {
	if w := p.sched.Relieve(p.queue.Len()); w != nil {
		p.grant(w, nil)
	}
}

// watching reports whether the watch has something to look after.
func (p *Port) watching() bool {
	return !p.idle && (p.deferred.Load() || p.sched.NeedTick(p.queue.Len()))
}

// arm wakes the watch if it is needed and asleep. The caller holds mu.
func (p *Port) arm() {
	if p.ticking || !p.watching() {
		return
	}
	p.ticking = true
	select {
	case p.watchC <- struct{}{}:
	default:
	}
}

// handOver sees to it that packets and the kernel don't go unattended when a
// worker leaves. The caller holds mu.
func (p *Port) handOver(self *Worker) {
	p.dispatch(self)
	if w := p.sched.Promote(); w != nil {
		p.sched.StopPoll(w)
		p.signal(w.Owner.(*Worker))
	}
	p.arm()
}
