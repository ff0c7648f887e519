package sim

import (
	"net"
	"net/netip"
	"time"

	"iocp/internal/driver"
)

// stream is a TCP or Unix stream socket: one end of a connection. The network's
// lock guards it.
type stream struct {
	socket
	v6   bool
	unix bool
	pipe side // noPipe for a socket

	local, remote netip.AddrPort
	path          string // a Unix socket's: what it was connected or accepted through
	bound         bool
	owned         bool // this stream took the port number of local
	connecting    *driver.Op
	peer          *stream // the other end

	in      inbox
	acct    driver.Account
	starved bool // the pool had no buffer

	finishing bool // ShutdownSend was called
	finished  bool // the end of the stream is on its way
	abortive  bool // Close resets
}

// inbox is what has reached an end and isn't received.
type inbox struct {
	pieces [][]byte
	size   int // bytes in pieces
	coming int // bytes on their way
	window int // bound of both
	ended  bool
	last   time.Duration // when the latest segment arrives
}

func newInbox(c chance) inbox { return inbox{window: c.window()} }

func (n *network) newStream(v6 bool) *stream {
	s := &stream{v6: v6}
	s.socket = socket{self: s, net: n, chance: n.profile.chance(n.next())}
	s.in = newInbox(s.chance)
	return s
}

// face is the stream as its users see it.
func (s *stream) face() driver.Stream {
	if s.unix {
		return unixStream{s}
	}
	return s
}

// NewStream implements driver.Port.
func (p *port) NewStream(v6 bool) (driver.Stream, error) {
	p.net.mu.Lock()
	defer p.net.unlock()
	return p.net.newStream(v6), nil
}

// Recv implements driver.Stream.
func (s *stream) Recv(op *driver.Op) error { return s.submit(&s.recv, op) }

// RecvPooled implements driver.Stream.
func (s *stream) RecvPooled(op *driver.Op) error { return s.submit(&s.recv, op) }

// Send implements driver.Stream.
func (s *stream) Send(op *driver.Op) error { return s.submit(&s.send, op) }

func (s *stream) submit(q *queue, op *driver.Op) error {
	s.net.mu.Lock()
	defer s.net.unlock()
	switch {
	case s.closed:
		return net.ErrClosed
	case s.err != nil:
		return s.err
	case q == &s.send && s.finishing:
		return driver.ErrShutdown
	}
	return s.enqueue(q, op)
}

// Cancel implements driver.Handle.
func (s *stream) Cancel(op *driver.Op) bool {
	s.net.mu.Lock()
	defer s.net.unlock()
	if s.connecting == op {
		s.connected(driver.ErrAborted)
		return true
	}
	return s.cancel(op)
}

// CancelAll implements driver.Handle.
func (s *stream) CancelAll() int {
	s.net.mu.Lock()
	defer s.net.unlock()
	n := 0
	if s.connecting != nil {
		s.connected(driver.ErrAborted)
		n++
	}
	return n + s.cancelAll()
}

// Close implements driver.Handle.
func (s *stream) Close() error {
	s.net.mu.Lock()
	defer s.net.unlock()
	s.end(s.abortive)
	return nil
}

// Abort implements driver.Stream.
func (s *stream) Abort() error {
	s.net.mu.Lock()
	defer s.net.unlock()
	s.end(true)
	return nil
}

// end closes the stream. Data that nobody received makes a reset of it, as RFC
// 1122 asks (4.2.2.13).
func (s *stream) end(reset bool) {
	if s.closed {
		return
	}
	s.closed = true
	if s.connecting != nil {
		s.connected(net.ErrClosed)
	}
	switch {
	case s.pipe != noPipe:
		s.endPipe()
	case s.peer == nil || s.err != nil:
	case reset || s.in.size > 0:
		s.transmit(s.peer.resets)
	case !s.finished:
		s.finished = true
		s.transmit(s.peer.hearsEnd)
	}
	s.giveBack()
	s.leave()
	if p := s.port; p != nil {
		s.net.unlocks = append(s.net.unlocks, func() { p.pool.Forget(&s.acct) })
	}
}

// Undelivered implements driver.Stream. This network tells exactly.
func (s *stream) Undelivered() int64 {
	s.net.mu.Lock()
	defer s.net.unlock()
	if s.closed || s.err != nil || s.peer == nil {
		return 0
	}
	n := s.send.ops.Left()
	if !s.gone() {
		n += int64(s.peer.in.size + s.peer.in.coming)
	}
	return n
}

// ShutdownSend implements driver.Stream.
func (s *stream) ShutdownSend() error {
	s.net.mu.Lock()
	defer s.net.unlock()
	if s.closed {
		return net.ErrClosed
	}
	s.finishing = true
	s.advance()
	return nil
}
