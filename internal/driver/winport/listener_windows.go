package winport

import (
	"net"
	"net/netip"
	"slices"
	"time"

	"golang.org/x/sys/windows"

	"iocp/internal/driver"
	"iocp/internal/sys/win"
)

// Listener is a listening TCP socket.
type Listener struct {
	handle
	addr     netip.AddrPort
	accepts  line // the single ones
	standing []*standing
}

// Listen implements driver.Port.
func (p *Port) Listen(addr netip.AddrPort, opts driver.ListenOptions) (driver.Listener, error) {
	if opts.ReusePort {
		return nil, sysError("setsockopt", windows.WSAENOPROTOOPT)
	}
	v6 := addr.Addr().Unmap().Is6()
	sock, err := openSocket(v6, windows.SOCK_STREAM, windows.IPPROTO_TCP)
	if err != nil {
		return nil, err
	}
	l := &Listener{handle: handle{sock: sock, v6: v6}}
	l.handle.owner = l
	if err := l.listen(addr, opts.Backlog); err != nil {
		windows.Closesocket(sock)
		return nil, err
	}
	l.addr = localOf(sock)
	return l, nil
}

func (l *Listener) listen(addr netip.AddrPort, backlog int) error {
	// Without this option another program may listen at the same address and
	// take connections away ("Using SO_REUSEADDR and SO_EXCLUSIVEADDRUSE").
	if err := windows.SetsockoptInt(l.sock, windows.SOL_SOCKET, win.SO_EXCLUSIVEADDRUSE, 1); err != nil {
		return sysError("setsockopt", err)
	}
	if l.v6 {
		if err := dualStack(l.sock, addr.Addr().IsUnspecified()); err != nil {
			return err
		}
	}
	if err := l.bind(addr); err != nil {
		return sysError("bind", err)
	}
	if err := system.listen(l.sock, backlogHint(backlog)); err != nil {
		return sysError("listen", err)
	}
	return sysError("ioctlsocket", setNonblock(l.sock)) // for TryAccept
}

// inUseMax is how long Listen waits for connections of an earlier listener to
// end. As long as there are some, an address that is to be had exclusively
// counts as used ("Using SO_REUSEADDR and SO_EXCLUSIVEADDRUSE").
const inUseMax = 2 * time.Second

// bind waits for an address that a program just started again may have left.
func (l *Listener) bind(addr netip.AddrPort) error {
	for deadline := time.Now().Add(inUseMax); ; time.Sleep(inUseMax / 20) {
		err := system.bind(l.sock, sockaddr(addr, l.v6))
		used := err == windows.WSAEADDRINUSE || err == windows.WSAEACCES
		if !used || addr.Port() == 0 || time.Now().After(deadline) {
			return err
		}
	}
}

// backlogHint is what listen takes for a backlog of n: the system's own choice for
// 0, and SOMAXCONN_HINT for more than it would take a plain number to mean (its
// page: 200 to 65,535).
func backlogHint(n int) int {
	const plainMax, hintMax = 200, 65535
	switch {
	case n == 0:
		return windows.SOMAXCONN
	case n < plainMax:
		return n
	}
	return -min(n, hintMax)
}

// TryAccept implements driver.Listener.
func (l *Listener) TryAccept() (driver.Stream, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed {
		return nil, net.ErrClosed
	}
	conn, err := win.Accept(l.sock)
	for lostInBacklog(sysError("accept", err)) {
		conn, err = win.Accept(l.sock)
	}
	if err == windows.WSAEWOULDBLOCK {
		return nil, driver.ErrWouldBlock
	}
	if err != nil {
		return nil, sysError("accept", err)
	}
	windows.SetHandleInformation(conn, windows.HANDLE_FLAG_INHERIT, 0)
	s := newConnected(conn, l.v6)
	s.nonblocking = true // from the listener (C95)
	return s, nil
}

// Cancel implements driver.Handle.
func (l *Listener) Cancel(op *driver.Op) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.cancelOn(&l.accepts, op) {
		return true
	}
	for _, st := range l.standing {
		if st.op == op {
			return st.stop(driver.ErrAborted, nil)
		}
	}
	return false
}

// CancelAll implements driver.Handle.
func (l *Listener) CancelAll() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	n := l.cancelAll(&l.accepts)
	for _, st := range slices.Clone(l.standing) {
		if st.stop(driver.ErrAborted, nil) {
			n++
		}
	}
	return n
}

// Close implements driver.Handle. The SOCKET is closed at once, so that the
// kernel takes no further connections.
func (l *Listener) Close() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed {
		return nil
	}
	l.closed = true
	for _, st := range slices.Clone(l.standing) {
		st.stop(net.ErrClosed, nil)
	}
	return l.release()
}

// LocalAddr implements driver.Handle.
func (l *Listener) LocalAddr() netip.AddrPort { return l.addr }
