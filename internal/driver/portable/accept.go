package portable

import (
	"errors"
	"net"
	"sync"
	"time"

	"iocp/internal/driver"
)

// undequeuedMax bounds the connections that a standing accept has taken from
// the kernel and nobody has dequeued.
const undequeuedMax = 64

// acceptor is a listener's lane.
type acceptor struct {
	lane
	l *listener

	// inside is held during transfers and during TryAccept, so that each has
	// the listener's deadline to itself.
	inside sync.Mutex

	// The completions of a standing accept travel in nodes of their own.
	idle       []*driver.Op
	undequeued int
}

func (a *acceptor) init(l *listener) { a.l, a.h, a.w = l, &l.handle, a }

func (a *acceptor) verdict(op *driver.Op) error {
	switch {
	case a.l.closed:
		return net.ErrClosed
	case op.Canceled:
		return driver.ErrAborted
	}
	return nil
}

func (a *acceptor) transfer(op *driver.Op) (int, error) {
	a.inside.Lock()
	defer a.inside.Unlock()
	if op.Kind == driver.KindAcceptMany {
		return 0, a.acceptMany(op)
	}
	s, err := a.accept()
	if err == nil {
		op.SetAccepted(s)
	}
	return 0, err
}

// accept waits for a connection. One that its peer has given up already is no
// error of the listener's (C93). The caller holds inside.
func (a *acceptor) accept() (driver.Stream, error) {
	for {
		conn, err := a.l.ln.Accept()
		if err == nil {
			return acceptedStream(conn), nil
		}
		if !lost(sysError(err)) {
			return nil, err
		}
	}
}

// lost reports whether accept's error is about the connection that it was to
// take, not about the listener: the peer reset it meanwhile. Wine says that it
// isn't connected.
func lost(err error) bool {
	return errors.Is(err, driver.ErrConnAborted) || errors.Is(err, driver.ErrReset) || errors.Is(err, driver.ErrNotConnected)
}

// acceptMany reports connections until op is given up or an accept fails.
func (a *acceptor) acceptMany(op *driver.Op) error {
	for {
		if err := a.room(op); err != nil {
			return err
		}
		s, err := a.accept()
		if err != nil {
			return err
		}
		a.h.mu.Lock()
		a.report(op, s)
		a.h.mu.Unlock()
	}
}

// room waits until another connection may be taken from the kernel.
func (a *acceptor) room(op *driver.Op) error {
	a.h.mu.Lock()
	defer a.h.mu.Unlock()
	for {
		if err := a.verdict(op); err != nil {
			return err
		}
		if a.undequeued < undequeuedMax {
			return nil
		}
		a.h.mu.Unlock()
		<-a.note
		a.h.mu.Lock()
	}
}

// report queues one completion of a standing accept. The caller holds mu.
func (a *acceptor) report(op *driver.Op, s driver.Stream) {
	var node *driver.Op
	if k := len(a.idle); k > 0 {
		node, a.idle = a.idle[k-1], a.idle[:k-1]
	} else {
		node = driver.NewNode(a)
	}
	a.undequeued++
	node.Self, node.Key, node.Kind = op.Self, op.Key, op.Kind
	node.More = true
	node.SetAccepted(s)
	a.h.port.sink.Complete(node, false)
}

// Recycle takes back a node that has been dequeued.
func (a *acceptor) Recycle(node *driver.Op) {
	node.ResetResult()
	node.Self, node.Key = nil, nil
	a.h.mu.Lock()
	defer a.h.mu.Unlock()
	a.idle = append(a.idle, node)
	a.undequeued--
	signal(a.note)
}

func (a *acceptor) settle(op *driver.Op, _ int, err error) error {
	switch {
	case err == nil && a.l.closed:
		op.Accepted().Close()
		op.SetAccepted(nil)
		return net.ErrClosed
	case err == nil:
		return nil
	}
	if err := a.verdict(op); err != nil {
		return err
	}
	return sysError(err)
}

func (a *acceptor) setDeadline(t time.Time) error { return a.l.ln.SetDeadline(t) }

func (a *acceptor) rest() bool { return a.l.closed }
