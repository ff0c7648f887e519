//go:build linux || darwin || freebsd

package readiness

import (
	"net"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sys/unix"

	"iocp/internal/driver"
	"iocp/internal/driver/eventset"
)

// stream is a TCP socket, and the greater part of a Unix stream socket and of
// a datagram socket. Its lock is taken before the port's locks and the
// sink's, never after, and never held during a transfer. lock and unlock take it
// for what concerns a direction; mu alone does where no direction is looked at.
//
// The life of one direction's head operation:
//
//	queued  -> busy    begin: the side is ready, a transfer is made
//	busy    -> queued  finish: the socket wasn't ready, or a send was short
//	busy    -> done    finish: moved, failed, or cancelled or closed meanwhile
//	queued  -> done    cancelled, closed, or failed along with the connection
//
// done is the call of Sink.Complete; it is made with the lock held, so that
// completions of one direction keep their order.
type stream struct {
	mu  sync.Mutex
	set *set // nil until attached

	recv, send queue
	order      driver.Order              // of both directions, which share the lock
	own        atomic.Pointer[driver.Op] // see fast
	rare       *rarely                   // see few

	acct       driver.Account
	index      uint32  // among the port's slots
	desc       int32   // see fd
	remote     [4]byte // see setRemote
	remotePort uint16

	kind   kind
	stage  stage
	part   bool  // of something else: see handle
	beyond bool  // an event has told of the peer's end, or of out-of-band data
	held   bool  // the first receive has met the end of the stream: see doubtful
	epoch  uint8 // in which it has last been seen: see set.see
}

// kind is what a stream's descriptor is.
type kind uint8

const (
	kindInet4 kind = iota
	kindInet6
	kindUnix // a Unix socket
	kindPipe // of which one end this is
)

// kindOf is the kind of an Internet socket.
func kindOf(v6 bool) kind {
	if v6 {
		return kindInet6
	}
	return kindInet4
}

// stage is how far a stream is. It only rises.
type stage uint8

const (
	unconnected stage = iota
	connected         // transfers make sense
	finishing         // ShutdownSend was called
	closed
)

// rarely is what few streams have. Most connections of a server are accepted,
// idle and well, and there may be very many of them.
type rarely struct {
	connecting *driver.Op
	own        *netip.AddrPort // what Bind has bound it to
	spent      bool            // see disconnect
	err        error           // why the connection is dead, for every later operation
	retry      *time.Timer     // see later
	dgram      *datagram       // the datagram socket that this is part of
	whole      handle          // see handle; never changed
	remote     netip.Addr      // see setRemote
}

var nothing rarely

// few is what the stream has of that, to be read.
func (s *stream) few() *rarely {
	if s.rare == nil {
		return &nothing
	}
	return s.rare
}

// more is what the stream has of that, to be written.
func (s *stream) more() *rarely {
	if s.rare == nil {
		s.rare = new(rarely)
	}
	return s.rare
}

// queue is one direction: its operations, oldest first, and whether the head
// is worth a transfer.
type queue struct {
	ops    driver.Direction
	fast   fast
	ready  bool // a transfer may move something
	busy   bool // a transfer for the head is under way
	news   bool // an event has come since it began
	listed bool // on its set's ready list
}

func newStream(fd int, v6 bool, remote netip.AddrPort) *stream {
	s := &stream{kind: kindOf(v6)}
	if s.setRemote(remote); remote.IsValid() {
		s.stage = connected
	}
	s.desc = int32(fd)
	return s
}

// token is the stream's among the port's slots, as long as it is there. The lock
// is held.
func (s *stream) token() uint64 { return s.set.port.slots.Token(s.index) }

// fd is the descriptor, or -1.
func (s *stream) fd() int { return int(s.desc) }

// handle is what events are told to: the stream, what it is a part of, or a listener.
// The port's table has a stream for each, since most are streams and there may be
// very many.
func (s *stream) handle() handle {
	if s.part {
		return s.rare.whole
	}
	return s
}

// standIn is a stream that is in the table for what is none.
func standIn(h handle) *stream { return &stream{part: true, rare: &rarely{whole: h}} }

func (s *stream) queue(send bool) *queue {
	if send {
		return &s.send
	}
	return &s.recv
}

// Attach implements driver.Handle.
func (s *stream) Attach(to driver.Port) error {
	p, err := own(to)
	if err != nil {
		return err
	}
	s.lock()
	defer s.unlock()
	if s.stage == closed {
		return net.ErrClosed
	}
	s.set = p.assign()
	s.send.ready = s.stage == connected || s.kind == kindPipe // a new one has room: don't wait to be told
	token, err := p.watch(s, s.fd(), s.set)
	if s.index = uint32(token); err != nil {
		s.set = nil
	}
	return err
}

// Recv implements driver.Stream.
func (s *stream) Recv(op *driver.Op) error { return s.submit(op, false) }

// RecvPooled implements driver.Stream.
func (s *stream) RecvPooled(op *driver.Op) error { return s.submit(op, false) }

// Send implements driver.Stream.
func (s *stream) Send(op *driver.Op) error { return s.submit(op, true) }

func (s *stream) submit(op *driver.Op, send bool) error {
	if !send && s.submitFast(op) {
		return nil
	}
	s.lock()
	if err := s.refuses(send); err != nil {
		s.unlock()
		return err
	}
	s.queue(send).ops.Push(op)
	s.tryAndUnlock(send)
	return nil
}

// refuses says why nothing more may be started. The lock is held.
func (s *stream) refuses(send bool) error {
	switch {
	case s.stage == closed:
		return net.ErrClosed
	case send && s.stage == finishing && s.few().err == nil:
		return driver.ErrShutdown
	}
	return s.few().err
}

// tryAndUnlock has a side tried if that may move something. The caller holds
// the stream's lock and loses it.
func (s *stream) tryAndUnlock(send bool) {
	listed, set := s.list(send), s.set
	s.unlock()
	if listed > 0 {
		set.schedule(send, listed)
	}
}

// list puts a side on its set's ready list if its head is worth a transfer, and
// reports how long the list is then; 0 if it isn't worth one.
func (s *stream) list(send bool) int {
	if !s.worth(send) {
		return 0
	}
	return s.set.list.add(s, send)
}

// worth reports whether a transfer for the head operation may get somewhere.
func (s *stream) worth(send bool) bool {
	q := s.queue(send)
	return q.ready && !q.busy && (send || !s.held) && q.ops.Front() != nil
}

// ready implements handle.
func (s *stream) ready(in *set, ev eventset.Ready, out *[]Transfer, local *driver.LocalQueue) {
	if s.readyFast(in, ev, out, local) {
		return
	}
	s.lock()
	if s.set == nil { // the port was closed while it was attached
		s.unlock()
		return
	}
	if !s.recv.busy { // else it has been
		s.set.see(s)
	}
	if s.stage != closed && (s.few().connecting == nil || s.connectOver(local)) {
		s.note(ev)
		s.transfer(false, out)
		s.transfer(true, out)
	}
	s.unlock()
}

// note takes down what an event says. The lock is held.
func (s *stream) note(ev eventset.Ready) {
	const ends = eventset.Ended | eventset.HungUp | eventset.Failed
	s.beyond = s.beyond || ev&(ends|eventset.Urgent) != 0
	if ev&(eventset.Readable|eventset.Urgent|ends) != 0 {
		s.recv.ready, s.recv.news = true, true
	}
	if ev&(eventset.Writable|eventset.HungUp|eventset.Failed) != 0 && s.few().retry == nil {
		s.send.ready, s.send.news = true, true
	}
}

// move implements handle.
func (s *stream) move(from, to *set) bool {
	s.lock()
	defer s.unlock()
	if s.stage == closed || s.set != from || !from.giveTo(to, s.fd(), s.token()) {
		return false
	}
	s.set = to
	return true
}

// Kick implements driver.Kicker: a pooled buffer may be had again. A stream
// that has lost interest meanwhile lets the next have it.
func (s *stream) Kick() {
	s.lock()
	op := s.recv.ops.Front()
	if s.stage == closed || op == nil || op.Kind != driver.KindRecvPooled || !s.recv.ready {
		p := s.set.port
		s.unlock()
		p.pool.Forget(&s.acct)
		return
	}
	s.tryAndUnlock(false)
}

// complete ends the operation at the head of a queue. The lock is held.
func (s *stream) complete(q *queue, err error, local *driver.LocalQueue) {
	op := q.ops.Pop()
	op.Err = err
	s.order.Settle(local)
	s.set.port.sink.Complete(op, &s.order, local)
}

// failAll ends every operation of a queue whose head has no transfer under
// way, and reports how many. The lock is held.
func (s *stream) failAll(q *queue, err error, local *driver.LocalQueue) int {
	n := 0
	for !q.busy && q.ops.Front() != nil {
		s.complete(q, err, local)
		n++
	}
	return n
}

// Cancel implements driver.Handle.
func (s *stream) Cancel(op *driver.Op) bool {
	s.lock()
	if s.few().connecting == op {
		s.abortConnect(driver.ErrAborted)
		s.unlock()
		return true
	}
	for _, send := range []bool{false, true} {
		if q := s.queue(send); q.ops.Cancel(op, q.busy, s.aborted) {
			s.finishSending()
			s.tryAndUnlock(send)
			return true
		}
	}
	s.unlock()
	return false
}

// aborted reports an operation that was cancelled. The lock is held.
func (s *stream) aborted(op *driver.Op) { s.set.port.sink.Complete(op, &s.order, nil) }

// CancelAll implements driver.Handle.
func (s *stream) CancelAll() int {
	s.lock()
	defer s.unlock()
	n := 0
	if s.few().connecting != nil {
		s.abortConnect(driver.ErrAborted)
		n++
	}
	for _, q := range []*queue{&s.recv, &s.send} {
		n += q.ops.CancelAll(q.busy, s.aborted)
	}
	s.finishSending()
	return n
}

// Close implements driver.Handle.
func (s *stream) Close() error { return s.shut(false) }

// Abort implements driver.Stream.
func (s *stream) Abort() error { return s.shut(true) }

func (s *stream) shut(reset bool) error {
	if set := s.end(reset); set != nil {
		set.port.pool.Forget(&s.acct) // without the lock: it may kick others
	}
	return nil
}

// end closes the stream and gives the set that it was in, if any.
func (s *stream) end(reset bool) *set {
	s.lock()
	defer s.unlock()
	if s.stage == closed {
		return nil
	}
	s.stage = closed
	s.stopRetry()
	if reset {
		unix.SetsockoptLinger(s.fd(), unix.SOL_SOCKET, unix.SO_LINGER, &unix.Linger{Onoff: 1})
	}
	if s.set != nil {
		s.set.forget(s.token())
		if s.few().connecting != nil {
			s.abortConnect(net.ErrClosed)
		}
		s.failAll(&s.recv, net.ErrClosed, nil)
		s.failAll(&s.send, net.ErrClosed, nil)
	}
	s.releaseFD()
	return s.set
}

// releaseFD closes the descriptor of a closed stream once no transfer uses it.
// The lock is held.
func (s *stream) releaseFD() {
	if s.fd() < 0 || s.recv.busy || s.send.busy {
		return
	}
	fd := s.fd()
	s.desc = -1
	unix.Close(fd)
	driver.Freed() // who closed the stream may have looked too early
}

// ShutdownSend implements driver.Stream.
func (s *stream) ShutdownSend() error {
	s.lock()
	defer s.unlock()
	if s.stage == closed {
		return net.ErrClosed
	}
	s.stage = finishing
	return s.finishSending()
}

// finishSending sends the end of the stream once nothing is left to send. The
// lock is held.
func (s *stream) finishSending() error {
	if s.stage != finishing || s.send.busy || s.send.ops.Front() != nil {
		return nil
	}
	return sysError("shutdown", unix.Shutdown(s.fd(), unix.SHUT_WR))
}
