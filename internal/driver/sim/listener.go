package sim

import (
	"net"
	"net/netip"

	"iocp/internal/driver"
)

// backlogMax is the longest backlog, and the one of who asks for none.
const backlogMax = 4096

// listener is a listening socket. The network's lock guards it.
type listener struct {
	net    *network
	port   *port // nil until attached
	addr   netip.AddrPort
	place  *place // a Unix socket's; its address is invalid
	chance chance

	ops      driver.Direction
	ready    []*stream // connected and not yet accepted
	room     int       // of ready
	callers  []func()  // connects for which there was no room
	due      bool      // accepting is under way
	standing driver.Standing
	closed   bool
}

// Listen implements driver.Port.
func (p *port) Listen(addr netip.AddrPort, opts driver.ListenOptions) (driver.Listener, error) {
	if opts.ReusePort {
		return nil, driver.ErrNotSupported
	}
	n := p.net
	n.mu.Lock()
	defer n.unlock()
	at, err := n.tcp.take(addr)
	if err != nil {
		return nil, err
	}
	l := n.newListener(opts.Backlog)
	l.addr = at
	n.tcp.bound[at] = l
	return l, nil
}

func (n *network) newListener(backlog int) *listener {
	if backlog == 0 {
		backlog = backlogMax
	}
	return &listener{net: n, room: min(backlog, backlogMax), chance: n.profile.chance(n.next())}
}

// Attach implements driver.Handle.
func (l *listener) Attach(to driver.Port) (err error) {
	l.net.mu.Lock()
	defer l.net.unlock()
	if l.closed {
		return net.ErrClosed
	}
	if l.port, err = l.net.attach(to, l); err == nil {
		l.standing.Init(l.net, l.port.accepts, l.advance, nil) // accept tries again
	}
	return err
}

// Accept implements driver.Listener.
func (l *listener) Accept(op *driver.Op) error {
	l.net.mu.Lock()
	defer l.net.unlock()
	if l.closed {
		return net.ErrClosed
	}
	if err := l.chance.refusal(op, l.ops.Len()); err != nil {
		return err
	}
	l.ops.Push(op)
	l.advance()
	return nil
}

// TryAccept implements driver.Listener.
func (l *listener) TryAccept() (driver.Stream, error) {
	l.net.mu.Lock()
	defer l.net.unlock()
	switch {
	case l.closed:
		return nil, net.ErrClosed
	case len(l.ready) == 0:
		return nil, driver.ErrWouldBlock
	}
	return l.take().face(), nil
}

// take takes the connection that has waited longest, and lets in who waited
// for its place.
func (l *listener) take() *stream {
	s := l.ready[0]
	l.ready = l.ready[1:]
	if len(l.callers) > 0 {
		again := l.callers[0]
		l.callers = l.callers[1:]
		l.net.after(l.chance.delay(), again)
	}
	return s
}

// next is the operation to be given the oldest connection, if there are both; a
// standing one needs room too.
func (l *listener) next() *driver.Op {
	op := l.ops.Front()
	if op == nil || len(l.ready) == 0 || op.Kind == driver.KindAcceptMany && l.standing.Room() == 0 {
		return nil
	}
	return op
}

// advance has a connection accepted, if there are one and an operation for it.
func (l *listener) advance() {
	if l.due || l.next() == nil {
		return
	}
	l.due = true
	l.net.after(l.chance.delay(), l.accept)
}

// accept gives the oldest connection to the oldest operation.
func (l *listener) accept() {
	l.due = false
	op := l.next()
	if op == nil {
		return // cancelled, closed, or taken meanwhile
	}
	failed, stands := l.chance.strikes(rarelyNoFiles), op.Kind == driver.KindAcceptMany
	switch {
	case failed && stands:
		l.failed(op)
	case failed:
		l.complete(errNoFiles)
	case stands:
		l.report(op, l.take().face(), nil)
	default:
		op.SetAccepted(l.take().face())
		l.complete(nil)
	}
	if len(l.ready) == 0 {
		l.standing.Over()
	}
	l.advance()
}

// failed sees to a standing accept that failed and is tried again.
func (l *listener) failed(op *driver.Op) {
	if l.standing.Failed(true) {
		l.report(op, nil, errNoFiles)
	}
}

// report completes a standing accept once more.
func (l *listener) report(op *driver.Op, s driver.Stream, err error) {
	l.port.complete(l.standing.Node(op, s, err))
}

// complete ends the oldest operation.
func (l *listener) complete(err error) {
	l.standing.Over()
	op := l.ops.Pop()
	op.Err = err
	l.port.complete(op)
}

// Cancel implements driver.Handle.
func (l *listener) Cancel(op *driver.Op) bool {
	l.net.mu.Lock()
	defer l.net.unlock()
	if l.ops.Front() == op {
		l.standing.Over()
	}
	found := l.ops.Cancel(op, false, l.port.complete)
	l.advance()
	return found
}

// CancelAll implements driver.Handle.
func (l *listener) CancelAll() int {
	l.net.mu.Lock()
	defer l.net.unlock()
	l.standing.Over()
	return l.ops.CancelAll(false, l.port.complete)
}

// Close implements driver.Handle. Connections that nobody has accepted are
// reset, and who waits for room is refused.
func (l *listener) Close() error {
	n := l.net
	n.mu.Lock()
	defer n.unlock()
	if l.closed {
		return nil
	}
	l.closed = true
	if l.place != nil {
		n.unbind(l.place)
	} else {
		n.tcp.free(l.addr)
	}
	if l.port != nil {
		l.port.detach(l)
	}
	for l.ops.Front() != nil {
		l.complete(net.ErrClosed)
	}
	for _, s := range l.ready {
		s.end(true)
	}
	for _, again := range l.callers {
		n.after(l.chance.delay(), again)
	}
	l.ready, l.callers = nil, nil
	return nil
}

// LocalAddr implements driver.Handle.
func (l *listener) LocalAddr() netip.AddrPort { return l.addr }
