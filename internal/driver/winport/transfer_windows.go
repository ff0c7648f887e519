package winport

import (
	"net"
	"syscall"

	"golang.org/x/sys/windows"

	"iocp/internal/driver"
)

// Recv implements driver.Stream. One receive at a time is with the kernel: when
// one is cancelled, Windows ends all that it has of the socket.
func (s *Stream) Recv(op *driver.Op) error { return s.submit(&s.recvs, op, true) }

// RecvPooled implements driver.Stream. It waits with a receive of no length
// and takes a buffer when there is something to put into it. Between the two
// no other receive may take the data, hence alone.
func (s *Stream) RecvPooled(op *driver.Op) error { return s.submit(&s.recvs, op, true) }

// Send implements driver.Stream. One too long for a single request is alone,
// so that nothing gets between its parts.
func (s *Stream) Send(op *driver.Op) error {
	return s.submit(&s.sends, op, op.Len() > driver.TransferMax || len(op.Bufs()) > buffersMax)
}

// submit accepts an operation. The mutex makes the order of the starting calls
// that of the line.
func (s *Stream) submit(l *line, op *driver.Op, alone bool) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return net.ErrClosed
	}
	r := s.port.records.take(s, op)
	r.alone = alone
	op.N = 0
	l.push(r)
	if l.ready() != r {
		return nil
	}
	if err := s.begin(r); err != nil {
		l.remove(r)
		s.port.records.put(r)
		return err
	}
	if r.state == done {
		s.advance(l, nil)
	}
	return nil
}

// begin gives an operation to the kernel.
func (s *Stream) begin(r *record) error {
	switch r.op.Kind {
	case driver.KindSend:
		return s.beginSend(r)
	case driver.KindSendFile:
		return s.beginFile(r)
	case driver.KindRecvFrom, driver.KindSendTo:
		s.beginDatagram(r)
		return nil
	case driver.KindRecvPooled:
		r.load(nil, 0)
	case driver.KindRecv:
		r.load(r.op.Piece(buffersMax))
	default:
		panic(r.op.Kind.Misplaced())
	}
	s.lend(r)
	return s.started(r, "WSARecv", system.recv(s.sock, r))
}

// beginSend sends what of the operation hasn't been sent yet.
func (s *Stream) beginSend(r *record) error {
	r.load(r.op.Piece(buffersMax))
	s.lend(r)
	return s.started(r, "WSASend", system.send(s.sock, r))
}

// sent looks at a send that the kernel has given back: it is over with an
// error or with all its bytes (C73).
func (s *Stream) sent(r *record, n int, status syscall.Errno) {
	if over := r.op.Moved(n); status != 0 || over {
		r.end(r.op.N, s.outcome(r, "WSASend", status))
	} else {
		s.goOn(r)
	}
}

// received looks at a receive that the kernel has given back.
func (s *Stream) received(r *record, n int, status syscall.Errno) {
	if s.takenAlong(r, n, status) {
		r.state = queued
		return
	}
	err := s.outcome(r, "WSARecv", status)
	if err == nil && n == 0 && r.op.Len() > 0 {
		err = s.endOfStream()
	}
	r.end(n, err)
}

// endOfStream doubts the end of a stream. Wine 8 makes one of a reset that came
// while no receive was pending, where Windows says WSAECONNRESET (C69); but the
// socket has lost its peer then, as it has not after a mere end of the stream,
// unless the end has been sent as well.
func (s *Stream) endOfStream() error {
	if s.closed || s.sendsEnded {
		return nil
	}
	if _, err := windows.Getpeername(s.sock); err == windows.WSAENOTCONN {
		return sysError("WSARecv", windows.WSAECONNRESET)
	}
	return nil
}

// readable ends the wait of a RecvPooled.
func (s *Stream) readable(r *record, status syscall.Errno) (unused *driver.Buf) {
	switch {
	case s.takenAlong(r, 0, status):
		r.state = queued
	case status != 0:
		r.end(0, s.outcome(r, "WSARecv", status))
	case s.closed:
		r.end(0, net.ErrClosed)
	case r.canceled:
		r.end(0, driver.ErrAborted)
	default:
		return s.fetch(r)
	}
	return nil
}

// fetch receives what there is into a buffer of the pool. When there is no
// buffer the operation starves until Kick; when there is no data after all it
// waits again. It returns a buffer that it took in vain, to be given back
// without the lock, since that may kick other sockets.
func (s *Stream) fetch(r *record) (unused *driver.Buf) {
	buf := s.port.pool.Get(&s.acct, s)
	if buf == nil {
		r.state = starved
		return nil
	}
	n, err := s.receiveNow(r, buf.Data)
	switch {
	case err == windows.WSAEWOULDBLOCK:
		r.state = queued
	case err != nil:
		r.end(0, sysError("WSARecv", err))
	case n == 0:
		r.end(0, s.endOfStream())
	default:
		buf.N = n
		r.op.SetBuf(buf)
		r.end(n, nil)
		return nil
	}
	return buf
}

// receiveNow receives without waiting and without a packet.
func (s *Stream) receiveNow(r *record, b []byte) (int, error) {
	if err := s.unblock(); err != nil {
		return 0, err
	}
	r.inline[0] = windows.WSABuf{Len: uint32(min(len(b), driver.TransferMax)), Buf: &b[0]}
	defer func() { r.inline[0] = windows.WSABuf{} }()
	r.flags = 0
	err := windows.WSARecv(s.sock, &r.inline[0], 1, &r.got, &r.flags, nil, nil)
	return int(r.got), err
}

// SendNow implements driver.NowSender.
func (s *Stream) SendNow(b []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.closed:
		return 0, net.ErrClosed
	case len(s.sends.recs) > 0:
		return 0, driver.ErrWouldBlock
	}
	if err := s.unblock(); err != nil {
		return 0, err
	}
	n, err := system.sendNow(s.sock, b)
	switch err {
	case windows.WSAEWOULDBLOCK, windows.WSAENOBUFS:
		// WSAENOBUFS: no memory for a copy of it, which is no fault of the connection
		// (github.com/zeromq/libzmq pull request 1471). If it lasts, an operation tells.
		return 0, driver.ErrWouldBlock
	}
	return n, sysError("WSASend", err)
}

// unblock makes the socket non-blocking. Then a call without OVERLAPPED neither waits
// nor makes a packet (C53), and overlapped operations take no notice (C54).
func (s *Stream) unblock() error {
	if s.nonblocking {
		return nil
	}
	err := setNonblock(s.sock)
	s.nonblocking = err == nil
	return err
}

// Kick implements driver.Kicker: a buffer has come back. A stream
// that has lost interest meanwhile lets the next have it.
func (s *Stream) Kick() {
	s.mu.Lock()
	if len(s.recvs.recs) == 0 || s.recvs.recs[0].state != starved {
		s.mu.Unlock()
		s.port.pool.Forget(&s.acct)
		return
	}
	unused := s.fetch(s.recvs.recs[0])
	s.advance(&s.recvs, nil)
	s.mu.Unlock()
	giveBack(unused)
}

// giveBack returns a buffer, if there is one, to its pool. No lock is held.
func giveBack(buf *driver.Buf) {
	if buf != nil {
		buf.Release(buf.Gen())
	}
}
