package portable

import (
	"net"
	"sync/atomic"
	"time"

	"iocp/internal/driver"
)

// pieceMax is how many bytes are written before the lane is told of them, so that
// Undelivered goes down while a long send is under way.
const pieceMax = 256 << 10

// gatherMax is how many buffers one write takes. Windows refuses more with
// WSAEMSGSIZE (seen under Wine 8).
const gatherMax = 1024

// writer is a stream's sending lane.
type writer struct {
	lane
	s      *stream
	gather net.Buffers  // of the send under way
	room   [][]byte     // where it is
	gone   atomic.Int64 // bytes of the send under way that the system has taken
	shut   bool         // no further sends are accepted
	fin    bool         // the peer has been told
}

func (w *writer) init(s *stream) { w.s, w.h, w.w = s, &s.handle, w }

// Send sends all of op.Bufs.
func (s *stream) Send(op *driver.Op) error { return s.submit(&s.send.lane, op) }

// ShutdownSend ends the sending direction once the sends accepted so far are
// over. Only then is the system told: it would refuse those that wait here.
func (s *stream) ShutdownSend() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	w := &s.send
	switch {
	case s.closed:
		return net.ErrClosed
	case s.conn == nil:
		return driver.ErrNotConnected
	case w.shut:
		return nil
	}
	w.shut = true
	if w.ops.Len() > 0 {
		return nil
	}
	return w.finish()
}

// finish tells the peer that nothing more will come. The caller holds mu.
func (w *writer) finish() error {
	if w.fin || w.s.failure != nil {
		return w.s.failure
	}
	w.fin = true
	if err := w.s.conn.CloseWrite(); err != nil {
		return sysError(err)
	}
	return nil
}

func (w *writer) verdict(op *driver.Op) error { return w.s.verdict(op) }

// transfer relies on net's writes, which go on until all has been sent or an
// error stops them, and then tell how much it was (C73).
func (w *writer) transfer(op *driver.Op) (int, error) {
	switch {
	case op.Len() == 0:
		return 0, nil
	case op.Kind == driver.KindSendFile:
		return w.sendFile(op)
	case len(op.Bufs()) == 1:
		return w.write(op.Bufs()[0])
	}
	var sent int64
	var err error
	for rest := op.Bufs(); len(rest) > 0 && err == nil; rest = rest[min(len(rest), gatherMax):] {
		var n int64
		w.room = append(w.room[:0], rest[:min(len(rest), gatherMax)]...)
		w.gather = w.room // it is used up, and Undelivered looks at the op's
		n, err = w.gather.WriteTo(w.s.conn)
		sent += n
		w.gone.Store(sent)
	}
	w.gather = nil
	clear(w.room)
	return int(sent), err
}

func (w *writer) write(b []byte) (sent int, err error) {
	for sent < len(b) && err == nil {
		var n int
		n, err = w.s.conn.Write(b[sent:min(len(b), sent+pieceMax)])
		sent += n
		w.gone.Store(int64(sent))
	}
	return sent, err
}

// Undelivered is what is pending, and what the system holds. What it has of the
// piece that is being written counts twice, since package net doesn't tell.
func (s *stream) Undelivered() int64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed || s.conn == nil {
		return 0
	}
	left := s.send.ops.Left() - s.send.gone.Load()
	s.raw.Control(func(fd uintptr) { left += int64(driver.Held(int(fd))) })
	return left
}

func (w *writer) settle(op *driver.Op, _ int, err error) error {
	w.gone.Store(0)
	if t, ok := err.(fileTrouble); ok {
		return t.error
	}
	return w.s.outcome(op, err)
}

func (w *writer) setDeadline(t time.Time) error { return w.s.conn.SetWriteDeadline(t) }

func (w *writer) rest() bool {
	if w.s.closed {
		w.s.leave()
		return true
	}
	if w.shut {
		w.finish() // the peer learns of it, or the next receive of a failure
	}
	return false
}
