package iocp

import (
	"errors"
	"fmt"
	"net"
	"net/netip"

	"iocp/internal/driver"
)

// The classes of error, the same on every backend. Errors returned by this
// package and found in completions wrap one of these, or net.ErrClosed (the
// handle was closed here), or os.ErrDeadlineExceeded (a timeout), or with files
// fs.ErrNotExist, fs.ErrExist, io.EOF or io.ErrUnexpectedEOF; use errors.Is.
// Where the system gave a number, errors.Is finds its syscall.Errno too.
var (
	// ErrClosed is what a closed Port answers. It is a net.ErrClosed too.
	ErrClosed = fmt.Errorf("the port is closed (%w)", net.ErrClosed)

	// ErrAborted completes an operation that was cancelled.
	ErrAborted = driver.ErrAborted

	// ErrNotFound is what Cancel returns when the operation isn't pending.
	ErrNotFound = errNotFound

	// ErrWouldBlock is what TryAccept returns when no connection waits, and
	// TrySend when nothing can be sent at once.
	ErrWouldBlock = driver.ErrWouldBlock

	// ErrReset says that the peer reset the connection. Once seen, every
	// later operation on the socket is refused with it.
	ErrReset = driver.ErrReset

	// ErrRefused says that nobody listens at the address.
	ErrRefused = driver.ErrRefused

	// ErrConnAborted says that the system gave the connection up.
	ErrConnAborted = driver.ErrConnAborted

	// ErrTimedOut says that the peer or the network didn't answer in time.
	ErrTimedOut = driver.ErrTimedOut

	// ErrUnreachable says that there is no way to the address.
	ErrUnreachable = driver.ErrUnreachable

	// ErrNotConnected refuses transfers on a socket that isn't connected.
	ErrNotConnected = driver.ErrNotConnected

	// ErrConnected refuses a Connect on a connected or connecting socket.
	ErrConnected = driver.ErrConnected

	// ErrBrokenPipe says that nobody reads from the pipe any more.
	ErrBrokenPipe = driver.ErrBrokenPipe

	// ErrShutdown refuses transfers in a direction that was shut down.
	ErrShutdown = driver.ErrShutdown

	// ErrAddrInUse says that somebody else listens at the address.
	ErrAddrInUse = driver.ErrAddrInUse

	// ErrAddrNotAvail says that the address isn't one of this machine.
	ErrAddrNotAvail = driver.ErrAddrNotAvail

	// ErrAccess says that the system's permissions forbid it.
	ErrAccess = driver.ErrAccess

	// ErrInvalid refuses arguments that make no sense.
	ErrInvalid = driver.ErrInvalid

	// ErrNotSupported says that the backend or system doesn't have it.
	ErrNotSupported = driver.ErrNotSupported

	// ErrLimit says that descriptors, buffers or memory ran out.
	ErrLimit = driver.ErrLimit

	// ErrMessageSize says that a datagram was too large: it wasn't sent, or
	// it was received, but only its head fitted the buffers.
	ErrMessageSize = driver.ErrMessageSize

	// ErrAssociated refuses a second association of a handle.
	ErrAssociated = driver.ErrAlreadyBound

	// ErrNotAssociated refuses operations on a handle without a port.
	ErrNotAssociated = driver.ErrNotAssociated

	// ErrBusy refuses an Op that is still outstanding.
	ErrBusy = errBusy

	// ErrSystem is the class of what has no class of its own.
	ErrSystem = driver.ErrUnclassified
)

// OpError is the error of one operation: which, on what address, and why.
type OpError struct {
	Op string // "recv", "listen", ...

	// Addr is what the operation was about: whom it connects or sends to, else the
	// peer, else the handle's own. It may be invalid. Path is the same of a Unix
	// socket, or the name of a file.
	Addr netip.AddrPort
	Path string

	Err error
}

// Error says it in one line: what was done, to whom, and why it failed.
func (e *OpError) Error() string {
	said := "iocp: " + e.Op
	switch {
	case e.Path != "":
		said += " " + e.Path
	case e.Addr.IsValid():
		said += " " + e.Addr.String()
	}
	var sys *driver.SysError
	if errors.As(e.Err, &sys) && sys == e.Err && sys.Call == e.Op {
		return said + ": " + sys.Errno.Error() // the call needn't be named twice
	}
	return said + ": " + e.Err.Error()
}

// Unwrap gives the cause.
func (e *OpError) Unwrap() error { return e.Err }

func opError(op string, addr netip.AddrPort, err error) error {
	if err == nil {
		return nil
	}
	return &OpError{Op: op, Addr: addr, Err: err}
}

func pathError(op, path string, err error) error {
	if err == nil {
		return nil
	}
	return &OpError{Op: op, Path: path, Err: err}
}

// An origin is a handle, which tells what an operation of it was about.
type origin interface {
	// about names whom an operation connects or sends to, else the peer, else the
	// handle itself. Without an operation the last two are left.
	about(d *driver.Op) driver.Name
}

// faultOf is the error of an operation of a handle.
func faultOf(op string, on origin, d *driver.Op, err error) error {
	if err == nil {
		return nil
	}
	e := &OpError{Op: op, Err: err}
	if on != nil {
		name := on.about(d)
		e.Addr, e.Path = named(name.Addr), name.Path
	}
	return e
}

func (h *handle) about(*driver.Op) driver.Name {
	name := driver.Name{Addr: h.drv.LocalAddr()}
	if u, ok := h.drv.(driver.Pathed); ok {
		name.Path = u.Path()
	}
	return name
}

func (h *handle) fault(op string, err error) error { return faultOf(op, h, nil, err) }

func (s *Socket) about(d *driver.Op) driver.Name {
	if d != nil && d.Kind == driver.KindConnect && d.Name() != nil {
		return *d.Name()
	}
	return driver.Name{Addr: s.RemoteAddr(), Path: s.Path()}
}

func (d *Datagram) about(op *driver.Op) driver.Name {
	if op != nil && op.Kind == driver.KindSendTo && *op.Name() != (driver.Name{}) {
		return *op.Name()
	}
	return driver.Name{Addr: d.Addr(), Path: d.Path()}
}

func (l *Listener) about(*driver.Op) driver.Name {
	return driver.Name{Addr: l.Addr(), Path: l.Path()}
}

func (f *File) about(*driver.Op) driver.Name { return driver.Name{Path: f.name} }
