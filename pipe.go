package iocp

import (
	"net/netip"

	"iocp/internal/driver"
)

// PipeReader is the reading end of a pipe. All methods may be called from any
// goroutine.
type PipeReader struct{ pipeEnd }

// PipeWriter is the writing end of a pipe. All methods may be called from any
// goroutine.
type PipeWriter struct{ pipeEnd }

type pipeEnd struct {
	handle
	e driver.PipeEnd
}

// Pipe makes a pipe. The ends are handles of their own, each to be associated
// and closed; they belong to no port yet. A backend without pipes answers
// ErrNotSupported.
func (p *Port) Pipe() (*PipeReader, *PipeWriter, error) {
	r, w, err := p.pipe()
	if err != nil {
		return nil, nil, opError("pipe", netip.AddrPort{}, err)
	}
	return &PipeReader{newPipeEnd(r)}, &PipeWriter{newPipeEnd(w)}, nil
}

func (p *Port) pipe() (r, w driver.PipeEnd, err error) {
	drv, ok := p.drv.(driver.PipePort)
	switch {
	case p.closing():
		return nil, nil, ErrClosed
	case !ok:
		return nil, nil, ErrNotSupported
	}
	return drv.Pipe()
}

func newPipeEnd(e driver.PipeEnd) pipeEnd { return pipeEnd{handle: handle{drv: e}, e: e} }

// Recv receives into bufs as [Socket.Recv] does. Once the writing end is closed
// and what it sent has been received, it completes with N == 0, on every
// system: a Windows pipe's ERROR_BROKEN_PIPE is the end of a stream here.
func (r *PipeReader) Recv(op *Op, bufs ...[]byte) error {
	if len(bufs) == 0 {
		return r.fault("recv", ErrInvalid)
	}
	return r.fault("recv", r.transfer(op, driver.KindRecv, bufs))
}

// Send sends all of bufs as [Socket.Send] does. When the reading end is closed
// it completes with ErrBrokenPipe, or is refused with it.
func (w *PipeWriter) Send(op *Op, bufs ...[]byte) error {
	return w.fault("send", w.transfer(op, driver.KindSend, bufs))
}

func (e *pipeEnd) transfer(op *Op, kind driver.Kind, bufs [][]byte) error {
	p, err := e.usable()
	if err != nil {
		return err
	}
	if err := p.enter(op, kind, &e.handle); err != nil {
		return err
	}
	op.d.SetBufs(bufs)
	op.d.Lend()
	if err = e.e.Transfer(&op.d); err != nil {
		op.d.Decline(err)
		p.refuse(op)
	}
	return err
}

// Close closes the end. Pending operations complete with net.ErrClosed. A
// second Close returns net.ErrClosed.
func (e *pipeEnd) Close() error {
	return e.shut(func() error { return e.fault("close", e.e.Close()) })
}
