package winport

import (
	"net"
	"net/netip"
	"slices"

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
		return nil, &driver.SysError{Call: "setsockopt", Class: driver.ErrNotSupported, Errno: windows.WSAENOPROTOOPT}
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
	if err := windows.Bind(l.sock, sockaddr(addr, l.v6)); err != nil {
		return sysError("bind", err)
	}
	if backlog == 0 {
		backlog = windows.SOMAXCONN
	}
	if err := windows.Listen(l.sock, backlog); err != nil {
		return sysError("listen", err)
	}
	return sysError("ioctlsocket", setNonblock(l.sock)) // for TryAccept
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
	if r := l.accepts.find(op); r != nil {
		return l.cancel(r)
	}
	for _, st := range l.standing {
		if st.op == op {
			return st.stop(driver.ErrAborted, false)
		}
	}
	return false
}

// CancelAll implements driver.Handle.
func (l *Listener) CancelAll() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	n := 0
	for _, r := range l.accepts.recs {
		if l.cancel(r) {
			n++
		}
	}
	for _, st := range slices.Clone(l.standing) {
		if st.stop(driver.ErrAborted, false) {
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
		st.stop(net.ErrClosed, false)
	}
	return l.release()
}

// LocalAddr implements driver.Handle.
func (l *Listener) LocalAddr() netip.AddrPort { return l.addr }
