//go:build linux || darwin || freebsd

// Package readiness is the engine that the backends epoll, uring and kqueue share:
// the completion contract on sockets that report when they are ready.
//
// Nothing pends in the kernel. A set of descriptors (package eventset,
// edge-triggered) tells when a socket may be read or written; the operation at the
// head of that socket's queue is then carried out by a transfer that never waits.
// So no operation depends on the thread that started it, a cancelled or closed
// one is over as soon as we say so, and the kernel never holds a caller's
// buffer beyond one system call. What differs between the backends is which kernel
// tells what is ready, an [eventset.System], and how a batch of transfers is
// carried out, an [Exec].
package readiness

import (
	"sync"
	"sync/atomic"
	"time"

	"iocp/internal/driver"
	"iocp/internal/driver/blocking"
	"iocp/internal/driver/eventset"
	"iocp/internal/sys/sock"
)

const (
	eventsMax = 256       // events taken from the kernel at a time, at most
	eventsMin = 8         // and at least, if that would be too many bytes
	bytesGoal = 256 << 10 // to be received at a time: what stays in a CPU's own cache until it's handled
	batchMax  = 128       // sends carried out at a time, and as many receives
	recvsMax  = batchMax * roundsMax
	heldMax   = 64 // sends held back at most
	roundsMax = 8  // batches in a row before others get a look in
)

// Port is an open port. It implements driver.Port.
type Port struct {
	sink    driver.Sink
	pool    *driver.Pool
	exec    Exec
	system  eventset.System
	facts   eventset.Facts // of the system
	accepts *driver.Accepts
	threads *blocking.Pool
	slots   driver.Slots[*stream]
	owners  owners
	nobody  *poller // polls for no worker in particular
	born    time.Time
	shut    atomic.Bool
	uses    atomic.Int32 // who may be using the descriptors, besides Poll
	batches sync.Pool

	mu     sync.Mutex
	closed bool
}

// handle is a stream, a datagram socket or a listener.
type handle interface {
	// ready takes note of an event and adds the transfers that it makes worth
	// while. Only a Poll calls it, for the given local, which found it in a set.
	ready(in *set, ev eventset.Ready, out *[]Transfer, local *driver.LocalQueue)

	// move puts it from one set into another, if it is there and the kernel
	// has room, and reports whether it did. What it is ready for is told
	// there again.
	move(from, to *set) bool
	Close() error
}

// Open makes a port on the given system and Exec, which it closes when it fails.
func Open(cfg driver.Config, sink driver.Sink, system eventset.System, exec Exec) (driver.Port, error) {
	p := &Port{sink: sink, pool: cfg.Pool, exec: exec, system: system, facts: system.Facts(), accepts: cfg.Accepts, born: time.Now()}
	p.nobody = &poller{port: p}
	p.threads = blocking.NewPool(sink, p.Wake)
	p.batches.New = func() any { return &batch{room: system.NewRoom(eventsMax)} }
	p.owners.all.Store(new([]*set))
	p.owners.orphans.Store(new([]*set))
	main, err := p.openSet()
	if err != nil {
		p.Close()
		return nil, err
	}
	p.enlist(main)
	p.owners.main.Store(main)
	return p, nil
}

// Poll implements driver.Port.
func (p *Port) Poll(timeout time.Duration) error { return p.nobody.Poll(timeout) }

// SeveralPoll implements driver.Port.
func (p *Port) SeveralPoll() bool { return true }

// answer makes the transfers that events call for.
func (s *set) answer(b *batch, events []eventset.Event, local *driver.LocalQueue) {
	found := driver.GetAll(&s.port.slots, b.found[:0], events, func(e *eventset.Event) uint64 { return e.Token })
	away, to := s.requested(len(events))
	for i, f := range found {
		switch {
		case events[i].Token == eventset.WakeToken:
			s.woken()
		case f == nil:
		case away > 0 && f.handle().move(s, to):
			away--
			s.before.Add(-1)
			to.before.Add(1)
		default:
			f.handle().ready(s, events[i].Ready, &b.transfers, local)
		}
	}
	clear(found)
	b.found = found
}

// Nap implements driver.Napper.
func (p *Port) Nap(d time.Duration) { sock.Nap(d) }

// Wake implements driver.Port: it wakes all that poll.
func (p *Port) Wake() {
	for _, s := range p.sets() {
		s.wake()
	}
}

// Flush implements driver.Port.
func (p *Port) Flush() {
	for _, s := range p.sets() {
		if s.list.any() {
			s.flush()
		}
	}
}

// batch is what somebody needs who polls or carries out transfers.
type batch struct {
	room      *eventset.Room
	found     []*stream // by events
	streams   []*stream
	transfers []Transfer
	others    []*set         // see orphans
	kernels   []eventset.Set // see waitWith
}

// flush carries out what is on the set's list.
func (s *set) flush() {
	p := s.port
	b := p.batches.Get().(*batch)
	p.uses.Add(1)
	s.run(b, nil, nil)
	p.runOthers(b, s, nil)
	p.unuse()
	p.batches.Put(b)
	p.askForFlush(s)
}

// run carries out the transfers that events of a set make worth while and those
// on its list, and does the same for sets with nobody to do it. It reports whether
// there was something that may have completed operations: events of those sets, which
// may be a listener's, or transfers that did.
func (p *Port) run(b *batch, s *set, events []eventset.Event, local *driver.LocalQueue) bool {
	p.uses.Add(1)
	done := s.run(b, events, local)
	b.others = p.orphans(s, b.others[:0])
	for _, o := range b.others {
		n, _ := o.kernel.Look(b.room, o.batchSize())
		done += n + o.run(b, b.room.Events[:n], local)
		o.adopt(s)
	}
	done += p.runOthers(b, s, local)
	p.unuse()
	p.askForFlush(s)
	return done > 0
}

// runOthers carries out what is on the lists of other sets than one, of those
// whose holders sleep: a stream that has been moved while it had a transfer under
// way goes on there. It reports how many operations completed.
func (p *Port) runOthers(b *batch, s *set, local *driver.LocalQueue) (done int) {
	for _, o := range p.sets() {
		if o == s || !o.list.any() {
			continue
		}
		if o.resting.Load() {
			done += o.run(b, nil, local)
		}
		p.askForFlush(o) // its owner may be stuck, or may not poll again
	}
	return done
}

// askForFlush has the port call Flush for what has been left on a list, since the
// caller may be busy with other things for long.
func (p *Port) askForFlush(s *set) {
	if s.list.any() {
		p.sink.Deferred()
	}
}

// run goes on until the list is empty or until so much is done that others must
// get a look in.
func (s *set) run(b *batch, events []eventset.Event, local *driver.LocalQueue) (done int) {
	recvs := recvsMax
	if local != nil {
		recvs = s.batchSize() // not to the disadvantage of those whom an event makes ready
	}
	for round := range roundsMax {
		b.transfers = b.transfers[:0]
		recvs -= s.list.collect(b, recvs)
		if round == 0 && len(events) > 0 {
			s.answer(b, events, local)
		}
		if len(b.transfers) == 0 {
			break
		}
		s.port.do(b.transfers)
		if len(events) > 0 && round == 0 {
			s.note(b.transfers)
		}
		for i := range b.transfers {
			t := &b.transfers[i]
			done += t.s.finish(s.port, t, local)
			t.giveBack()
		}
		clear(b.transfers)
	}
	return done
}

// unuse ends what uses.Add(1) began. Somebody may be waiting for that in Poll;
// or nobody, and Close has given the descriptor up, whose number may be
// somebody else's by now.
func (p *Port) unuse() {
	if p.uses.Add(-1); !p.shut.Load() {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.closed {
		p.Wake()
	}
}

// giveBack returns a pooled buffer that no completion took along. It runs
// without locks, because a buffer that comes back may kick its socket.
func (t *Transfer) giveBack() {
	if t.buf != nil {
		t.buf.Release(t.buf.Gen())
		t.buf = nil
	}
}

// Note implements driver.Port.
func (p *Port) Note() string { return p.exec.Note() }

// InFlight implements driver.Port: the kernel holds memory only within a run
// and within the pool's calls.
// A run counts from before it looks for transfers; one that begins after Shut
// makes none, since it finds every stream closed.
func (p *Port) InFlight() int { return int(p.uses.Load()) + p.threads.InFlight() }

// Shut implements driver.Port.
func (p *Port) Shut() {
	p.shut.Store(true)
	for _, s := range p.slots.All() {
		s.handle().Close()
	}
	p.threads.Shut()
}

// Close implements driver.Port.
func (p *Port) Close() error {
	p.threads.Wait()
	p.mu.Lock()
	p.closed = true
	p.mu.Unlock()
	p.exec.Close()
	p.owners.mu.Lock()
	p.owners.gone = true
	p.owners.mu.Unlock()
	for _, s := range p.sets() {
		s.kernel.Close()
	}
	return nil
}

// own gives the engine's own port behind a driver.Port.
func own(p driver.Port) (*Port, error) {
	if q, ok := p.(*Port); ok {
		return q, nil
	}
	return nil, driver.ErrInvalid
}
