package winport

import (
	"net"
	"net/netip"
	"sync"
	"syscall"

	"golang.org/x/sys/windows"

	"iocp/internal/driver"
)

// handle is what sockets and listeners have in common.
type handle struct {
	owner owner

	mu     sync.Mutex
	sock   windows.Handle // InvalidHandle once closed
	v6     bool
	file   bool   // sock is no SOCKET, but a file or an end of a pipe
	port   *Port  // nil until attached
	token  uint64 // in port.handles
	closed bool   // by Close or Abort; sock may live on until records are back
	lent   int    // records of this handle in the kernel
}

// Attach implements driver.Handle.
func (h *handle) Attach(to driver.Port) error {
	p, ok := to.(*Port)
	if !ok {
		return driver.ErrInvalid
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.closed {
		return net.ErrClosed
	}
	token := p.handles.Add(h)
	if p.shut.Load() {
		p.handles.Remove(token)
		return net.ErrClosed
	}
	if _, err := windows.CreateIoCompletionPort(h.sock, p.handle, ioKey, 0); err != nil {
		p.handles.Remove(token)
		return sysError("CreateIoCompletionPort", err)
	}
	h.port, h.token = p, token
	return nil
}

// lend marks a record as the kernel's. It comes before the call that starts
// the operation, because the packet may be dequeued before that returns.
func (h *handle) lend(r *record) {
	r.ov = windows.Overlapped{}
	r.flags = 0
	r.state = inKernel
	h.lent++
	h.port.lent.Add(1)
}

// landed takes a record back from the kernel.
func (h *handle) landed(r *record) {
	r.unload()
	h.lent--
	h.port.landed()
}

// returned takes back a record whose packet has come, and reports whether the
// kernel had it.
func (h *handle) returned(r *record) bool {
	if r.state != inKernel {
		h.port.unknown.Add(1)
		return false
	}
	h.landed(r)
	return true
}

// started looks at what the starting call returned: a packet follows success
// and ERROR_IO_PENDING alike (C45), and nothing else (C46).
func (h *handle) started(r *record, call string, err error) error {
	if err == nil || err == windows.ERROR_IO_PENDING {
		return nil
	}
	h.landed(r)
	return sysError(call, err)
}

// outcome is the error with which a record's operation ends. Windows has three
// numbers for an operation that ended because of a close here, and two of them
// also mean that the peer reset the connection (C70).
func (h *handle) outcome(r *record, call string, status syscall.Errno) error {
	switch {
	case status == 0:
		return nil
	case h.closed:
		return net.ErrClosed
	case r.canceled:
		return &driver.SysError{Call: call, Class: driver.ErrAborted, Errno: status}
	}
	return sysError(call, status)
}

// cancel asks for one operation to be given up, and reports whether it wasn't
// over by then.
func (h *handle) cancel(r *record) bool {
	switch r.state {
	case done:
		return false
	case inKernel:
		// ERROR_NOT_FOUND: the packet is queued (C102).
		err := system.cancel(h.sock, &r.ov)
		r.canceled = r.canceled || err == nil || r.goesOn()
		return r.canceled
	default:
		r.canceled = true
		r.end(r.op.N, driver.ErrAborted)
	}
	return true
}

// cancelOn is cancel for an operation, if it is on the line.
func (h *handle) cancelOn(l *line, op *driver.Op) bool {
	r := l.find(op)
	return r != nil && h.cancel(r)
}

// cancelAll is cancel for every operation on the line; it reports how many.
func (h *handle) cancelAll(l *line) (n int) {
	for _, r := range l.recs {
		if h.cancel(r) {
			n++
		}
	}
	return n
}

// goOn has an operation that isn't over given to the kernel again, unless nobody
// wants that any more.
func (h *handle) goOn(r *record) {
	switch {
	case h.closed:
		r.end(r.op.N, net.ErrClosed)
	case r.canceled:
		r.end(r.op.N, driver.ErrAborted)
	default:
		r.state = queued
	}
}

// takenAlong reports whether the kernel has given up an operation that nobody
// cancelled. Windows ends all receives of a TCP socket with any one that is
// cancelled (github.com/dotnet/corefx pull request 36516), which is why a Stream
// gives it one at a time (decision 12); what else it may end isn't written anywhere.
func (h *handle) takenAlong(r *record, n int, status syscall.Errno) bool {
	return status == windows.ERROR_OPERATION_ABORTED && n == 0 && !r.canceled && !h.closed
}

// shut closes a file or a pipe's end: now, or else when the kernel has given back
// everything, which it is asked for.
func (h *handle) shut() error {
	h.closed = true
	if h.lent == 0 {
		return h.release()
	}
	system.cancel(h.sock, nil)
	return nil
}

// releaseLast is release for what has been closed, once the kernel has given
// everything back.
func (h *handle) releaseLast() {
	if h.closed && h.lent == 0 {
		h.release()
	}
}

// release closes the SOCKET or HANDLE.
func (h *handle) release() error {
	if h.sock == windows.InvalidHandle {
		return nil
	}
	sock := h.sock
	h.sock = windows.InvalidHandle
	if h.port != nil {
		h.port.handles.Remove(h.token)
	}
	if h.file {
		return sysError("CloseHandle", windows.CloseHandle(sock))
	}
	return sysError("closesocket", windows.Closesocket(sock))
}

// openSocket makes a socket for overlapped operations.
func openSocket(v6 bool, kind, protocol int32) (windows.Handle, error) {
	family := int32(windows.AF_INET)
	if v6 {
		family = windows.AF_INET6
	}
	sock, err := system.socket(family, kind, protocol)
	if err != nil {
		return windows.InvalidHandle, sysError("WSASocket", err)
	}
	return sock, nil
}

// dualStack lets an IPv6 socket carry IPv4 too, or not.
func dualStack(sock windows.Handle, on bool) error {
	return sysError("setsockopt", windows.SetsockoptInt(sock, windows.IPPROTO_IPV6, windows.IPV6_V6ONLY, boolInt(!on)))
}

// localOf is a socket's own address; invalid when it has none.
func localOf(sock windows.Handle) netip.AddrPort { return addrPort(windows.Getsockname(sock)) }

// peerOf is the address of a socket's peer; invalid when it has none.
func peerOf(sock windows.Handle) netip.AddrPort { return addrPort(windows.Getpeername(sock)) }
