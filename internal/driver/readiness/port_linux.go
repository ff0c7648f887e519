// Package readiness is the engine that the epoll and uring backends share: the
// completion contract on sockets that report when they are ready.
//
// Nothing pends in the kernel. A set of descriptors (epoll, edge-triggered)
// tells when a socket may be read or written; the operation at the head of
// that socket's queue is then carried out by a transfer that never waits. So
// no operation depends on the thread that started it, a cancelled or closed
// one is over as soon as we say so, and the kernel never holds a caller's
// buffer beyond one system call. What differs between the two backends is how
// a batch of such transfers is carried out: see [Exec].
package readiness

import (
	"net"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"iocp/internal/driver"
	"iocp/internal/driver/blocking"
	"iocp/internal/sys/epoll"
)

// Exec carries out transfers.
type Exec interface {
	// Do performs every transfer of the batch without waiting and sets its N
	// and Errno. Several goroutines may call it at a time. It must not keep
	// anything of the batch.
	Do(batch []Transfer)

	// Batches reports whether transfers cost less together than one by one,
	// so that holding some back while there is other work pays.
	Batches() bool

	// Note is a remark for Stats.
	Note() string

	// Close releases what the Exec holds. Nothing is under way.
	Close()
}

// Transfer is one attempt to move bytes between a socket and an operation's
// buffers.
type Transfer struct {
	FD   int
	Send bool
	Peek bool     // receive without consuming
	Pipe bool     // FD is a pipe's: not for an Exec
	Bufs [][]byte // what to fill or send...
	Skip int      // ...less so many bytes at the front

	// Msg is set for a datagram: it says all of the above again, and names
	// whom it goes to or came from.
	Msg *epoll.Message

	N     int // the result: bytes moved, or
	Errno syscall.Errno

	s   *stream
	op  *driver.Op
	buf *driver.Buf
	seq uint16
	err error // a failure that isn't the descriptor's
}

const (
	eventsMax   = 256       // events taken from the kernel at a time, at most
	eventsMin   = 8         // and at least, if that would be too many bytes
	bytesGoal   = 256 << 10 // to be received at a time: what stays in a CPU's own cache until it's handled
	batchMax    = 128       // sends carried out at a time, and as many receives
	recvsMax    = batchMax * roundsMax
	heldMax     = 64 // sends held back at most
	roundsMax   = 8  // batches in a row before others get a look in
	wakeToken   = 0  // no slot has it: generations begin at 1
	watchEvents = unix.EPOLLIN | unix.EPOLLOUT | unix.EPOLLRDHUP | unix.EPOLLPRI | unix.EPOLLET
)

// Port is an open port. It implements driver.Port.
type Port struct {
	set, wake int
	precise   bool // epoll_pwait2 works
	sink      driver.Sink
	pool      *driver.Pool
	exec      Exec
	crew      *blocking.Crew
	slots     driver.Slots[handle]
	usual     atomic.Int64 // bytes that a receive brings of late
	woken     atomic.Bool
	shut      atomic.Bool
	uses      atomic.Int32 // who may be using the descriptors, besides Poll
	batches   sync.Pool

	todo todo

	mu     sync.Mutex
	closed bool
}

// handle is a stream, a datagram socket or a listener.
type handle interface {
	// ready takes note of events and adds the transfers that they make worth
	// while. Only a Poll calls it, for the given tray.
	ready(events uint32, out *[]Transfer, tray *driver.Tray)
	Close() error
}

// Open makes a port on the given Exec, which it closes when it fails.
func Open(cfg driver.Config, sink driver.Sink, exec Exec) (driver.Port, error) {
	p := &Port{sink: sink, pool: cfg.Pool, exec: exec, set: -1, wake: -1}
	p.crew = blocking.NewCrew(sink, p.Wake)
	p.batches.New = func() any { return new(batch) }
	if err := p.open(); err != nil {
		p.Close()
		return nil, err
	}
	return p, nil
}

func (p *Port) open() (err error) {
	if p.set, err = epoll.Create(); err != nil {
		return sysError("epoll_create1", err)
	}
	if driver.FeaturePwait2.Disabled() == nil {
		_, errno := epoll.WaitPrecise(p.set, make([]epoll.Event, 1), 0)
		p.precise = errno == 0
	}
	if p.wake, err = unix.Eventfd(0, unix.EFD_CLOEXEC|unix.EFD_NONBLOCK); err != nil {
		return sysError("eventfd2", err)
	}
	return sysError("epoll_ctl", epoll.Add(p.set, p.wake, unix.EPOLLIN|unix.EPOLLET, wakeToken))
}

// Poll implements driver.Port.
func (p *Port) Poll(timeout time.Duration) error { return p.PollFor(nil, timeout) }

// PollFor implements driver.SharedPort. All that poll wait on one set: the kernel
// gives each event to one of them. What was held back and what the kernel has
// ready go into one batch.
func (p *Port) PollFor(tray *driver.Tray, timeout time.Duration) error {
	b := p.batches.Get().(*batch)
	defer p.batches.Put(b)
	events := b.events[:p.batchSize()]
	n, errno := epoll.Ready(p.set, events)
	done := p.run(b, events[:max(n, 0)], tray)
	if n <= 0 && done == 0 && timeout != 0 && !p.todo.any() {
		tray.Rest()
		n, errno = p.wait(events, timeout)
		tray.Rise()
		p.run(b, events[:max(n, 0)], tray)
	}
	if errno != 0 && errno != unix.EINTR {
		return sysError("epoll_pwait", errno)
	}
	return nil
}

// batchSize is how many receives are made at a time.
func (p *Port) batchSize() int {
	return max(min(bytesGoal/(int(p.usual.Load())+1), eventsMax), eventsMin)
}

func (p *Port) wait(events []epoll.Event, timeout time.Duration) (int, syscall.Errno) {
	if timeout > 0 && p.precise {
		return epoll.WaitPrecise(p.set, events, timeout)
	}
	return epoll.Wait(p.set, events, timeout)
}

// answer makes the transfers that events call for.
func (p *Port) answer(b *batch, events []epoll.Event, tray *driver.Tray) {
	handles := driver.GetAll(&p.slots, b.handles[:0], events, (*epoll.Event).Token)
	for i, h := range handles {
		switch {
		case events[i].Token() == wakeToken:
			p.woken.Store(false)
		case h != nil:
			h.ready(events[i].Events, &b.transfers, tray)
		}
	}
	clear(handles)
	b.handles = handles
}

// Nap implements driver.Napper.
func (p *Port) Nap(d time.Duration) {
	ts := unix.NsecToTimespec(int64(d))
	unix.Nanosleep(&ts, nil) // cut short by a signal at worst
}

// Wake implements driver.Port. The eventfd is edge-triggered, so it needs no
// reading: each write is an event.
func (p *Port) Wake() {
	if !p.woken.Swap(true) {
		epoll.Signal(p.wake)
	}
}

// Flush implements driver.Port.
func (p *Port) Flush() { p.flush() }

// batch is what somebody needs who polls or carries out transfers.
type batch struct {
	events    [eventsMax]epoll.Event
	handles   []handle
	streams   []*stream
	transfers []Transfer
}

// flush carries out what is on the list.
func (p *Port) flush() {
	b := p.batches.Get().(*batch)
	p.run(b, nil, nil)
	p.batches.Put(b)
}

// run carries out the transfers that events make worth while and those on the
// list, until that is empty or until it has done so many that others must get a
// look in. It reports how many operations that completed.
func (p *Port) run(b *batch, events []epoll.Event, tray *driver.Tray) int {
	p.uses.Add(1)
	done := p.rounds(b, events, tray)
	p.unuse()
	if p.todo.any() {
		p.sink.Deferred() // the caller may be busy with other things for long
	}
	return done
}

func (p *Port) rounds(b *batch, events []epoll.Event, tray *driver.Tray) (done int) {
	recvs := recvsMax
	if tray != nil {
		recvs = p.batchSize() // not to the disadvantage of those whom an event makes ready
	}
	for round := range roundsMax {
		b.transfers = b.transfers[:0]
		recvs -= p.todo.collect(b, recvs)
		if round == 0 && len(events) > 0 {
			p.answer(b, events, tray)
		}
		if len(b.transfers) == 0 {
			break
		}
		p.carryOut(b.transfers)
		if len(events) > 0 && round == 0 {
			p.note(b.transfers)
		}
		for i := range b.transfers {
			t := &b.transfers[i]
			done += t.s.finish(t, tray)
			t.giveBack()
		}
		clear(b.transfers)
	}
	return done
}

// note keeps p.usual up to date.
func (p *Port) note(batch []Transfer) {
	bytes, count := 0, 0
	for i := range batch {
		if t := &batch[i]; !t.Send && t.N > 0 {
			bytes += t.N
			count++
		}
	}
	if count > 0 {
		usual := p.usual.Load()
		p.usual.Store(usual + (int64(bytes/count)-usual)/4)
	}
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
// and within the crew's calls.
// A run counts from before it looks for transfers; one that begins after Shut
// makes none, since it finds every stream closed.
func (p *Port) InFlight() int { return int(p.uses.Load()) + p.crew.InFlight() }

// Shut implements driver.Port.
func (p *Port) Shut() {
	p.shut.Store(true)
	for _, h := range p.slots.All() {
		h.Close()
	}
	p.crew.Shut()
}

// Close implements driver.Port.
func (p *Port) Close() error {
	p.crew.Wait()
	p.mu.Lock()
	p.closed = true
	p.mu.Unlock()
	p.exec.Close()
	for _, fd := range []int{p.set, p.wake} {
		if fd >= 0 {
			unix.Close(fd)
		}
	}
	return nil
}

// watch registers a descriptor with the set and returns its token.
func (p *Port) watch(h handle, fd int) (uint64, error) {
	p.uses.Add(1)
	defer p.unuse()
	if p.shut.Load() {
		return 0, net.ErrClosed
	}
	tok := p.slots.Add(h)
	if err := epoll.Add(p.set, fd, watchEvents, tok); err != nil {
		p.slots.Remove(tok)
		return 0, sysError("epoll_ctl", err)
	}
	if p.shut.Load() { // Shut may have missed the new entry
		p.slots.Remove(tok)
		return 0, net.ErrClosed
	}
	return tok, nil
}

// own gives the engine's own port behind a driver.Port.
func own(p driver.Port) (*Port, error) {
	if q, ok := p.(*Port); ok {
		return q, nil
	}
	return nil, driver.ErrInvalid
}
