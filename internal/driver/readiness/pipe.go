//go:build linux || darwin || freebsd

package readiness

import (
	"net/netip"
	"syscall"

	"iocp/internal/driver"
	"iocp/internal/sys/sock"
)

// pipeEnd is an end of a pipe: a stream of which only one direction is used,
// with transfers that read and write where a socket's receive and send.
type pipeEnd struct{ *stream }

// Pipe implements driver.PipePort.
func (p *Port) Pipe() (r, w driver.PipeEnd, err error) {
	from, to, err := sock.Pipe()
	if err != nil {
		return nil, nil, sysError("pipe", err)
	}
	return newPipeEnd(from), newPipeEnd(to), nil
}

func newPipeEnd(fd int) pipeEnd {
	s := newStream(fd, false, netip.AddrPort{})
	s.kind = kindPipe
	return pipeEnd{s}
}

// Transfer implements driver.PipeEnd.
func (e pipeEnd) Transfer(op *driver.Op) error {
	return e.submit(op, op.Kind.Outward())
}

// LocalAddr implements driver.Handle: a pipe has no address.
func (e pipeEnd) LocalAddr() netip.AddrPort { return netip.AddrPort{} }

// callPipe is Call for a pipe. A write without a reader is EPIPE and no
// SIGPIPE: the Go runtime spares descriptors above 2.
func (t *Transfer) callPipe() {
	if t.Send {
		t.N, t.Errno = sock.Write(t.FD, t.Bufs, t.Len)
	} else {
		t.N, t.Errno = sock.Read(t.FD, t.Bufs, t.Len, t.Peek)
	}
}

// pipeError is sysError for the transfers of a pipe.
func pipeError(send bool, errno syscall.Errno) error {
	if send {
		return driver.PipeFailed("write", errno)
	}
	return driver.PipeFailed("read", errno)
}
