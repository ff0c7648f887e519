package iocp

import (
	"errors"
	"net"

	"iocp/internal/driver"
)

// Recv receives into bufs, in order (WSARecv). It completes as soon as there
// is anything: 1 to len(bufs) bytes, or 0 at the end of the stream. With
// buffers of no length it completes when there is something to receive, and
// consumes nothing. The slice headers are copied; the bytes are the port's
// until the completion is dequeued, and what is behind N then is undefined.
func (s *Socket) Recv(op *Op, bufs ...[]byte) error {
	if len(bufs) == 0 {
		return s.fault("recv", ErrInvalid)
	}
	return s.transfer(op, driver.KindRecv, bufs)
}

// RecvPooled receives into a buffer that the completion brings along
// (Completion.Buf): none is held while nothing comes. The end of the stream
// is N == 0 without a Buf. A socket whose completions hold Config.BufferCredit
// unreleased buffers isn't read from until one is released; Stats.SocketsHeldByCredit
// tells how many wait so, and Buf how to find who forgets to release.
func (s *Socket) RecvPooled(op *Op) error {
	return s.transfer(op, driver.KindRecvPooled, nil)
}

// Send sends all of bufs, in order and unmixed with other sends (WSASend). It
// completes with the full count, or with an error and as many bytes as are
// known to have left; after an error the connection should be closed. That a
// send is complete means that its buffers are free, not that the peer has the
// data. The slice headers are copied; the bytes must not change until the
// completion is dequeued.
func (s *Socket) Send(op *Op, bufs ...[]byte) error {
	return s.transfer(op, driver.KindSend, bufs)
}

// TrySend sends what of b the system takes at once, without an operation and
// without a completion, and reports how many bytes that was: from 1 to len(b).
// ErrWouldBlock says that it takes nothing: sends of the socket are pending, or
// there is no room, or the backend has no such call (uring, epoll, kqueue and winport have it).
// Other errors are those of Send, of the call or of its completion; nothing was sent
// then. It never waits, and b is the caller's again when it returns. What it didn't
// take is for Send.
func (s *Socket) TrySend(b []byte) (int, error) {
	err := s.allows(driver.KindSend)
	if err == nil {
		var p *Port
		if p, err = s.usable(); err == nil && p.closing() {
			err = ErrClosed
		}
	}
	if err != nil {
		return 0, s.fault("send", err)
	}
	now, ok := s.drv.(driver.NowSender)
	if !ok || len(b) == 0 {
		return 0, ErrWouldBlock
	}
	n, err := now.SendNow(b[:min(len(b), driver.TransferMax)])
	switch err {
	case nil:
		return n, nil
	case driver.ErrWouldBlock:
		return 0, ErrWouldBlock
	}
	s.settle(driver.KindSend, err)
	return 0, s.fault("send", err)
}

func (s *Socket) transfer(op *Op, kind driver.Kind, bufs [][]byte) error {
	if err := s.allows(kind); err != nil {
		return s.fault(kind.String(), err)
	}
	p, err := s.usable()
	if err != nil {
		return s.fault(kind.String(), err)
	}
	if err := p.enter(op, kind, &s.handle); err != nil {
		return s.fault(kind.String(), err)
	}
	op.d.SetBufs(bufs)
	op.d.Lend()
	switch kind {
	case driver.KindRecv:
		err = s.stream().Recv(&op.d)
	case driver.KindRecvPooled:
		err = s.stream().RecvPooled(&op.d)
	case driver.KindSend:
		err = s.stream().Send(&op.d)
	default:
		panic(kind.Misplaced())
	}
	if err != nil {
		op.d.Decline(err)
		p.refuse(op)
		s.settle(kind, err)
		return s.fault(kind.String(), err)
	}
	return nil
}

// start is transfer for the operations that carry no buffers.
func (s *Socket) start(op *Op, kind driver.Kind, begin func(*driver.Op) error) error {
	p, err := s.usable()
	if err != nil {
		return err
	}
	if err := p.enter(op, kind, &s.handle); err != nil {
		return err
	}
	op.d.Lend()
	if err := begin(&op.d); err != nil {
		op.d.Decline(err)
		p.refuse(op)
		return err
	}
	return nil
}

// allows refuses what the socket's state rules out (C64, C65, C69, C77).
func (s *Socket) allows(kind driver.Kind) error {
	st := s.state.Load()
	shut := stRecvShut
	if kind == driver.KindSend {
		shut = stSendShut
	}
	switch {
	case st&stClosed != 0:
		return net.ErrClosed
	case st&stReset != 0:
		return ErrReset
	case st&stConnected == 0:
		return ErrNotConnected
	case st&shut != 0:
		return ErrShutdown
	}
	return nil
}

// settle takes note of how an operation ended.
func (s *Socket) settle(kind driver.Kind, err error) {
	if kind == driver.KindConnect {
		if err == nil {
			s.state.Or(stConnected)
		}
		s.clear(stConnecting)
		return
	}
	if err != nil && errors.Is(err, ErrReset) {
		s.state.Or(stReset)
	}
}

// fault is an error of the socket.
func (s *Socket) fault(op string, err error) error { return faultOf(op, s, nil, err) }
