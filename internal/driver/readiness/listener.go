//go:build linux || darwin || freebsd

package readiness

import (
	"net"
	"net/netip"
	"sync"

	"golang.org/x/sys/unix"

	"iocp/internal/driver"
	"iocp/internal/driver/eventset"
	"iocp/internal/sys/sock"
)

// listener is a listening TCP or Unix socket. Its lock has the place of a stream's.
type listener struct {
	mu    sync.Mutex
	set   *set // nil until attached
	token uint64
	fd    int
	v6    bool
	addr  netip.AddrPort
	file  *driver.UnixFile // a Unix socket's; nil otherwise

	ops      driver.Direction
	order    driver.Order
	waits    bool // accept may find a connection, and there is nothing against trying
	standing driver.Standing
	closed   bool
}

// Listen implements driver.Port.
func (p *Port) Listen(addr netip.AddrPort, opts driver.ListenOptions) (driver.Listener, error) {
	v6 := addr.Addr().Unmap().Is6()
	fd, err := newSocket(family(v6), unix.SOCK_STREAM)
	if err != nil {
		return nil, err
	}
	l := &listener{fd: fd, v6: v6}
	if err := l.listen(addr, opts); err != nil {
		unix.Close(fd)
		return nil, err
	}
	l.addr = address(unix.Getsockname(fd))
	return l, nil
}

func (l *listener) listen(addr netip.AddrPort, opts driver.ListenOptions) error {
	set := func(level, name, value int) error {
		return sysError("setsockopt", unix.SetsockoptInt(l.fd, level, name, value))
	}
	if err := set(unix.SOL_SOCKET, unix.SO_REUSEADDR, 1); err != nil {
		return err
	}
	if err := noDelay(l.fd); err != nil {
		return err
	}
	if opts.ReusePort {
		if err := set(unix.SOL_SOCKET, unix.SO_REUSEPORT, 1); err != nil {
			return err
		}
	}
	if l.v6 {
		if err := set(unix.IPPROTO_IPV6, unix.IPV6_V6ONLY, boolInt(!addr.Addr().IsUnspecified())); err != nil {
			return err
		}
	}
	if err := unix.Bind(l.fd, sock.Sockaddr(addr, l.v6)); err != nil {
		return sysError("bind", err)
	}
	return l.enqueue(opts.Backlog)
}

// enqueue has the kernel complete connections from now on.
func (l *listener) enqueue(backlog int) error {
	if backlog == 0 {
		backlog = 1 << 16 // the kernel cuts it to net.core.somaxconn
	}
	return sysError("listen", unix.Listen(l.fd, backlog))
}

// Attach implements driver.Handle.
func (l *listener) Attach(to driver.Port) error {
	p, err := own(to)
	if err != nil {
		return err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed {
		return net.ErrClosed
	}
	l.set, l.waits = p.assign(), true
	l.standing.Init(&l.mu, p.accepts, l.goOn, l.again)
	if l.token, err = p.watch(standIn(l), l.fd, l.set); err != nil {
		l.set = nil
	}
	return err
}

// move implements handle.
func (l *listener) move(from, to *set) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed || l.set != from || !from.giveTo(to, l.fd, l.token) {
		return false
	}
	l.set = to
	return true
}

// Accept implements driver.Listener.
func (l *listener) Accept(op *driver.Op) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed {
		return net.ErrClosed
	}
	l.ops.Push(op)
	l.pump(nil)
	return nil
}

// TryAccept implements driver.Listener.
func (l *listener) TryAccept() (driver.Stream, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed {
		return nil, net.ErrClosed
	}
	s, err := l.accept()
	switch {
	case err == unix.EAGAIN:
		return nil, driver.ErrWouldBlock
	case err != nil:
		return nil, sysError("accept", err)
	}
	return s, nil
}

// lostMax is how many connections that are lost again are passed over at once.
const lostMax = 1 << 10

// accept takes one connection from the kernel. The lock is held.
func (l *listener) accept() (s driver.Stream, err error) {
	for range lostMax {
		var fd int
		var sa unix.Sockaddr
		fd, sa, err = sock.Accept(l.fd)
		switch {
		case err == nil && l.file != nil:
			return newUnixStream(fd, true), nil
		case err == nil:
			return newAccepted(fd, l.v6, sock.AddrPort(sa)), nil
		case !retryAccept(err):
			return nil, l.unlessNobody(err)
		}
	}
	return nil, err
}

// unlessNobody gives accept's error, or EAGAIN if there was nobody to be
// accepted: Linux takes a descriptor first, and then looks who waits.
func (l *listener) unlessNobody(err error) error {
	fds := []unix.PollFd{{Fd: int32(l.fd), Events: unix.POLLIN}}
	if n, bad := unix.Poll(fds, 0); bad == nil && n == 0 {
		return unix.EAGAIN
	}
	return err
}

// pump accepts for the pending operations while there are connections. The
// lock is held.
func (l *listener) pump(local *driver.LocalQueue) {
	for l.waits && l.ops.Front() != nil {
		op := l.ops.Front()
		if op.Kind == driver.KindAcceptMany && l.standing.Room() == 0 {
			return // goOn is called when there is
		}
		s, err := l.accept()
		switch {
		case err == unix.EAGAIN:
			l.waits = false
			l.standing.Over()
		case err != nil:
			l.failed(op, sysError("accept", err), local)
		case op.Kind == driver.KindAccept:
			op.SetAccepted(s)
			l.complete(nil, local)
		default:
			l.standing.Eased()
			l.report(op, s, nil, local)
		}
	}
}

// failed sees to an accept that failed. A standing one goes on with Again, since
// those who wait aren't told of a second time, and trying would fail until
// something else has changed. The lock is held.
func (l *listener) failed(op *driver.Op, err error, local *driver.LocalQueue) {
	if op.Kind == driver.KindAccept || !driver.Passes(err) {
		l.complete(err, local)
		return
	}
	l.waits = false
	if l.standing.Failed(true) {
		l.report(op, nil, err, local)
	}
}

// again tries an accept that failed. The lock is held.
func (l *listener) again() {
	l.waits = true
	l.pump(nil)
}

// goOn accepts what there was no room for. The lock is held.
func (l *listener) goOn() { l.pump(nil) }

// report completes a standing accept once more. The lock is held.
func (l *listener) report(op *driver.Op, s driver.Stream, err error, local *driver.LocalQueue) {
	l.set.port.sink.Complete(l.standing.Node(op, s, err), &l.order, local)
}

// complete ends the oldest operation. The lock is held.
func (l *listener) complete(err error, local *driver.LocalQueue) {
	l.luckier()
	op := l.ops.Pop()
	op.Err = err
	l.set.port.sink.Complete(op, &l.order, local)
}

// luckier ends a setback, since the oldest operation is over: the next may do
// better. The lock is held.
func (l *listener) luckier() {
	if l.standing.Over() {
		l.waits = true
	}
}

// ready takes note of an event.
func (l *listener) ready(_ *set, _ eventset.Ready, _ *[]Transfer, local *driver.LocalQueue) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.closed && !l.standing.On() {
		l.waits = true
		l.pump(local)
	}
}

// Cancel implements driver.Handle.
func (l *listener) Cancel(op *driver.Op) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.ops.Front() == op {
		l.luckier()
	}
	found := l.ops.Cancel(op, false, l.aborted)
	l.pump(nil) // for the next
	return found
}

// aborted reports an operation that was cancelled. The lock is held.
func (l *listener) aborted(op *driver.Op) { l.set.port.sink.Complete(op, &l.order, nil) }

// CancelAll implements driver.Handle.
func (l *listener) CancelAll() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.luckier()
	return l.ops.CancelAll(false, l.aborted)
}

// Close implements driver.Handle.
func (l *listener) Close() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed {
		return nil
	}
	l.closed = true
	if l.set != nil {
		l.set.forget(l.token)
	}
	for l.ops.Front() != nil {
		l.complete(net.ErrClosed, nil)
	}
	if l.file != nil {
		l.file.Remove()
	}
	return sysError("close", unix.Close(l.fd))
}

// LocalAddr implements driver.Handle.
func (l *listener) LocalAddr() netip.AddrPort { return l.addr }
