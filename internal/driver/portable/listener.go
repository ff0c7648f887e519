package portable

import (
	"context"
	"net"
	"net/netip"
	"sync"
	"syscall"
	"time"

	"iocp/internal/driver"
)

// listener is a listening TCP or Unix socket.
type listener struct {
	handle
	ln    netListener
	raw   syscall.RawConn
	addr  netip.AddrPort
	file  *driver.UnixFile // a Unix socket's; nil otherwise
	acc   acceptor
	tries sync.Mutex // one TryAccept at a time
}

// listen makes a listener. Its backlog is the system's maximum, since net has
// no say in it: opts.Backlog is ignored.
func listen(addr netip.AddrPort, opts driver.ListenOptions) (*listener, error) {
	lc := net.ListenConfig{KeepAlive: -1}
	lc.SetMultipathTCP(false) // net's default; its sockets lack some of TCP's options
	if opts.ReusePort {
		lc.Control = reusePort
	}
	addr = unmapped(addr)
	ln, err := lc.Listen(context.Background(), listenNetwork(addr.Addr()), addr.String())
	if err != nil {
		return nil, sysError(err)
	}
	l := newListener(ln)
	l.addr = addrPort(ln.Addr())
	return l, nil
}

// netListener is what a listener needs of package net's.
type netListener interface {
	net.Listener
	syscall.Conn
	SetDeadline(time.Time) error
}

func newListener(ln net.Listener) *listener {
	l := &listener{ln: ln.(netListener)}
	l.raw, _ = l.ln.SyscallConn() // fails on a nil listener only
	l.acc.init(l)
	return l
}

// listenNetwork is network, but for [::], which stands for IPv4 as well: only
// for the name "tcp" does net open such a socket.
func listenNetwork(addr netip.Addr) string {
	if addr == netip.IPv6Unspecified() {
		return "tcp"
	}
	return network(addr)
}

// Attach binds the listener to p.
func (l *listener) Attach(p driver.Port) error {
	if err := l.attach(p, l); err != nil {
		return err
	}
	l.acc.attached(l.port)
	return nil
}

// Accept takes op, a KindAccept or a KindAcceptMany. Operations are served in
// order, and a standing one is served until it ends.
func (l *listener) Accept(op *driver.Op) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	switch {
	case l.closed:
		return net.ErrClosed
	case l.port == nil:
		return driver.ErrNotAssociated
	}
	l.acc.submit(op)
	return nil
}

// Cancel gives up op if it is pending here.
func (l *listener) Cancel(op *driver.Op) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.acc.cancel(op)
}

// CancelAll gives up everything pending, in order.
func (l *listener) CancelAll() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.acc.cancelAll()
}

// Close stops listening at once. Closing a closed listener does nothing: the
// port may have been first.
func (l *listener) Close() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.markClosed(l) {
		return nil
	}
	if l.file != nil {
		l.file.Remove()
	}
	l.acc.interrupt()
	if err := l.ln.Close(); err != nil {
		return sysError(err)
	}
	return nil
}

// LocalAddr is the address that is listened on.
func (l *listener) LocalAddr() netip.AddrPort { return l.addr }
