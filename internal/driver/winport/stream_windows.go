package winport

import (
	"net"
	"net/netip"

	"golang.org/x/sys/windows"

	"iocp/internal/driver"
)

// Stream is a TCP socket, and what a Datagram is made of.
type Stream struct {
	handle
	settings
	acct driver.Account

	recvs, sends line
	connecting   *record
	local, peer  netip.AddrPort // once connected

	everywhere  bool // a datagram socket bound to all addresses, that tells which
	bound       bool
	spent       bool // a connect has failed: to be renewed before the next
	nonblocking bool
	resets      bool // Close resets the connection
	endSends    bool // shut the send side down after the last of sends
	sendsEnded  bool // it has been
}

// NewStream implements driver.Port.
func (p *Port) NewStream(v6 bool) (driver.Stream, error) {
	sock, err := newSocket(v6)
	if err != nil {
		return nil, err
	}
	return newStream(sock, v6), nil
}

// newSocket makes a SOCKET to be connected: when it is for IPv6, to IPv4
// addresses too.
func newSocket(v6 bool) (windows.Handle, error) {
	sock, err := openSocket(v6, windows.SOCK_STREAM, windows.IPPROTO_TCP)
	if err != nil {
		return sock, err
	}
	err = setNoDelay(sock, true)
	if err == nil && v6 {
		err = dualStack(sock, true)
	}
	if err != nil {
		windows.Closesocket(sock)
		return windows.InvalidHandle, err
	}
	return sock, nil
}

func newStream(sock windows.Handle, v6 bool) *Stream {
	s := &Stream{handle: handle{sock: sock, v6: v6}}
	s.handle.owner = s
	return s
}

// newConnected makes the stream of a socket that a listener accepted.
func newConnected(sock windows.Handle, v6 bool) *Stream {
	s := newStream(sock, v6)
	setNoDelay(sock, true) // it fails only if the connection is gone, which receiving tells
	s.bound = true
	s.local, s.peer = localOf(sock), peerOf(sock)
	return s
}

// packet implements owner.
func (s *Stream) packet(r *record, n int, by *poller) {
	var unused *driver.Buf
	s.mu.Lock()
	if s.returned(r) {
		unused = s.over(r, n, by)
		s.releaseLast()
	}
	s.mu.Unlock()
	giveBack(unused)
}

// over looks at an operation that the kernel has given back, and goes on with its
// line. What it returns is to be given back without the lock, which is held.
func (s *Stream) over(r *record, n int, by *poller) (unused *driver.Buf) {
	op, status := r.op, r.status()
	switch op.Kind {
	case driver.KindConnect:
		s.connectOver(r, status, by)
		return nil
	case driver.KindRecv:
		s.received(r, n, status)
	case driver.KindRecvPooled:
		unused = s.readable(r, status)
	case driver.KindSend:
		s.sent(r, n, status)
	case driver.KindSendFile:
		s.fileSent(r, n, status)
	case driver.KindRecvFrom, driver.KindSendTo:
		s.datagramOver(r, n, status)
	default:
		panic(op.Kind.Misplaced())
	}
	s.advance(s.line(op.Kind), by)
	return unused
}

// line is where operations of a kind stand.
func (s *Stream) line(kind driver.Kind) *line {
	if kind.Outward() {
		return &s.sends
	}
	return &s.recvs
}

// advance reports what is over and starts what may be started. The lock is
// held.
func (s *Stream) advance(l *line, by *poller) {
	for {
		for r := l.over(); r != nil; r = l.over() {
			s.port.finish(l, r, by)
		}
		r := l.ready()
		if r == nil {
			break
		}
		if err := s.begin(r); err != nil {
			r.end(r.op.N, err)
		}
	}
	if s.endSends && len(s.sends.recs) == 0 && !s.closed {
		s.endSends = false
		s.finishSends()
	}
}

// finishSends tells the peer that no more comes.
func (s *Stream) finishSends() error {
	s.sendsEnded = true
	return sysError("shutdown", windows.Shutdown(s.sock, windows.SHUT_WR))
}

// Cancel implements driver.Handle.
func (s *Stream) Cancel(op *driver.Op) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	found := false
	for _, l := range []*line{&s.recvs, &s.sends} {
		if s.cancelOn(l, op) {
			found = true
			s.advance(l, nil)
		}
	}
	if s.connecting != nil && s.connecting.op == op {
		found = s.cancel(s.connecting)
	}
	return found
}

// CancelAll implements driver.Handle.
func (s *Stream) CancelAll() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	n := 0
	for _, l := range []*line{&s.recvs, &s.sends} {
		n += s.cancelAll(l)
		s.advance(l, nil)
	}
	if s.connecting != nil && s.cancel(s.connecting) {
		n++
	}
	return n
}

// Close implements driver.Handle. Closing a socket that has a receive pending
// resets the connection (libuv issue 3034), so the operations are cancelled first, the peer
// is told that no more comes, and the SOCKET is closed once the last packet is
// back: in a later Poll, or else in the port's Close.
func (s *Stream) Close() error {
	defer s.forget()
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.shutDown(s.resets)
}

// forget tells the pool that a closed stream wants no buffer. It runs without
// the lock, since others may be kicked.
func (s *Stream) forget() {
	s.mu.Lock()
	p := s.port
	s.mu.Unlock()
	if p != nil {
		p.pool.Forget(&s.acct)
	}
}

// Abort implements driver.Stream.
func (s *Stream) Abort() error {
	defer s.forget()
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return nil
	}
	windows.SetsockoptLinger(s.sock, windows.SOL_SOCKET, windows.SO_LINGER, &windows.Linger{Onoff: 1})
	return s.shutDown(true)
}

// shutDown ends all operations and closes the SOCKET: now, or else when the
// kernel has given everything back. The lock is held.
func (s *Stream) shutDown(now bool) error {
	if s.closed {
		return nil
	}
	s.closed = true
	if s.lent > 0 {
		// closesocket is to do this too; Wine 8 leaves pending sends out.
		system.cancel(s.sock, nil)
	}
	var err error
	if now || s.lent == 0 || s.connecting != nil {
		err = s.release()
	} else {
		s.finishSends()
	}
	for _, l := range []*line{&s.recvs, &s.sends} {
		l.giveUp(net.ErrClosed)
		s.advance(l, nil)
	}
	return err
}

// ShutdownSend implements driver.Stream.
func (s *Stream) ShutdownSend() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return net.ErrClosed
	}
	if len(s.sends.recs) > 0 {
		s.endSends = true
		return nil
	}
	return s.finishSends()
}

// LocalAddr implements driver.Handle.
func (s *Stream) LocalAddr() netip.AddrPort {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.local.IsValid() || s.sock == windows.InvalidHandle {
		return s.local
	}
	return localOf(s.sock)
}

// RemoteAddr implements driver.Stream.
func (s *Stream) RemoteAddr() netip.AddrPort {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.peer
}
