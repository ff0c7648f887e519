package portnet

import (
	"errors"
	"net"
	"syscall"

	"iocp"
)

// cause is why a call failed, as programs ask for it that know package net: with the
// number that Unix has for it, on every system, and with Timeout and Temporary.
type cause struct {
	err   error
	class error
	errno syscall.Errno
}

func (c *cause) Error() string   { return c.err.Error() }
func (c *cause) Timeout() bool   { return c.class == iocp.ErrTimedOut }
func (c *cause) Temporary() bool { return c.Timeout() || c.class == iocp.ErrLimit }

func (c *cause) Unwrap() []error {
	if c.errno == 0 {
		return []error{c.err}
	}
	return []error{c.err, c.errno}
}

// numbered is the classes of error that package net's users ask for. What ran out, of
// several things that there may be, only the system's own number tells.
var numbered = []cause{
	{class: iocp.ErrReset, errno: syscall.ECONNRESET},
	{class: iocp.ErrConnAborted, errno: syscall.ECONNABORTED},
	{class: iocp.ErrShutdown, errno: syscall.EPIPE},
	{class: iocp.ErrBrokenPipe, errno: syscall.EPIPE},
	{class: iocp.ErrRefused, errno: syscall.ECONNREFUSED},
	{class: iocp.ErrTimedOut, errno: syscall.ETIMEDOUT},
	{class: iocp.ErrAddrInUse, errno: syscall.EADDRINUSE},
	{class: iocp.ErrAddrNotAvail, errno: syscall.EADDRNOTAVAIL},
	{class: iocp.ErrUnreachable, errno: syscall.ENETUNREACH},
	{class: iocp.ErrLimit},
}

// causeOf is the port's error without what a net.OpError says itself.
func causeOf(err error) error {
	var op *iocp.OpError
	if errors.As(err, &op) {
		err = op.Err
	}
	if errors.Is(err, net.ErrClosed) {
		return net.ErrClosed
	}
	for _, known := range numbered {
		if errors.Is(err, known.class) {
			known.err = err
			return &known
		}
	}
	return err
}

func opError(op, network string, source, addr net.Addr, err error) error {
	if err == nil {
		return nil
	}
	return &net.OpError{Op: op, Net: network, Source: source, Addr: addr, Err: causeOf(err)}
}
