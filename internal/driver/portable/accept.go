package portable

import (
	"errors"
	"net"
	"sync"
	"time"

	"iocp/internal/driver"
)

// acceptor is a listener's lane.
type acceptor struct {
	lane
	l *listener

	// inside is held during transfers and during TryAccept, so that each has
	// the listener's deadline to itself.
	inside sync.Mutex

	standing driver.Standing
	paused   bool // within an episode, until the next try is due
}

func (a *acceptor) init(l *listener) { a.l, a.h, a.w = l, &l.handle, a }

// attached is called when the listener has a port.
func (a *acceptor) attached(p *port) {
	a.standing.Init(&a.h.mu, p.accepts, func() { signal(a.note) }, a.again)
}

func (a *acceptor) verdict(op *driver.Op) error { return a.h.verdict(op) }

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

// acceptMany reports connections until op is given up or an accept fails for
// good.
func (a *acceptor) acceptMany(op *driver.Op) error {
	a.h.mu.Lock()
	defer a.h.mu.Unlock()
	defer a.recovered()
	for {
		if err := a.room(op); err != nil {
			return err
		}
		a.h.mu.Unlock()
		s, err := a.accept()
		a.h.mu.Lock()
		if err == nil {
			a.succeeded()
			a.report(op, s, nil)
		} else if !a.failed(op, err) {
			return err
		}
	}
}

// room waits until another connection may be taken from the kernel. The caller
// holds mu, which is released meanwhile.
func (a *acceptor) room(op *driver.Op) error {
	for {
		if err := a.verdict(op); err != nil {
			return err
		}
		if a.standing.Room() > 0 && !a.paused {
			return nil
		}
		a.h.mu.Unlock()
		<-a.note
		a.h.mu.Lock()
	}
}

func (a *acceptor) succeeded() {
	if !a.standing.On() {
		return
	}
	if a.standing.Eased(); !readable(a.l.raw) {
		a.recovered()
	}
}

// recovered ends an episode, if there is one. The caller holds mu.
func (a *acceptor) recovered() {
	a.standing.Over()
	a.paused = false
}

// failed sees to an accept that failed, and reports whether the standing accept
// goes on, after a pause. Linux takes a descriptor before it looks who waits: so
// that there is none isn't told before somebody does. The caller holds mu.
func (a *acceptor) failed(op *driver.Op, err error) bool {
	class := sysError(err)
	if a.verdict(op) != nil || !driver.Passes(class) {
		return false
	}
	a.paused = true
	if a.standing.Failed(readable(a.l.raw)) {
		a.report(op, nil, class)
	}
	return true
}

// again ends a pause. The caller holds mu.
func (a *acceptor) again() {
	a.paused = false
	signal(a.note)
}

// report completes a standing accept once more. The caller holds mu.
func (a *acceptor) report(op *driver.Op, s driver.Stream, err error) {
	a.h.port.sink.Complete(a.standing.Node(op, s, err), nil, nil)
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
