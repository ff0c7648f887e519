package winport

import (
	"crypto/rand"
	"net"
	"net/netip"
	"syscall"

	"golang.org/x/sys/windows"

	"iocp/internal/driver"
)

// pipeRoom is the size of a pipe's buffer, and of the most that one request
// writes: how much of a request that was given up had gone, nobody tells.
const pipeRoom = 64 << 10

// PipeEnd is an end of a named pipe that only we know the name of; those
// without a name can't be opened for overlapped operations. One operation at a
// time is with the kernel.
type PipeEnd struct {
	handle
	ops    line
	broken error // nobody reads any more
}

// Pipe implements driver.PipePort.
func (p *Port) Pipe() (r, w driver.PipeEnd, err error) {
	name, err := windows.UTF16PtrFromString(`\\.\pipe\LOCAL\iocp-` + rand.Text())
	if err != nil {
		return nil, nil, err
	}
	rh, err := windows.CreateNamedPipe(name,
		windows.PIPE_ACCESS_INBOUND|windows.FILE_FLAG_OVERLAPPED|windows.FILE_FLAG_FIRST_PIPE_INSTANCE,
		windows.PIPE_TYPE_BYTE|windows.PIPE_REJECT_REMOTE_CLIENTS, 1, pipeRoom, pipeRoom, 0, nil)
	if err != nil {
		return nil, nil, fileError("CreateNamedPipe", err)
	}
	wh, err := windows.CreateFile(name, windows.GENERIC_WRITE, 0, nil, windows.OPEN_EXISTING, windows.FILE_FLAG_OVERLAPPED, 0)
	if err != nil {
		windows.CloseHandle(rh)
		return nil, nil, fileError("CreateFile", err)
	}
	return newPipeEnd(rh), newPipeEnd(wh), nil
}

func newPipeEnd(h windows.Handle) *PipeEnd {
	e := &PipeEnd{handle: handle{sock: h, file: true}}
	e.handle.owner = e
	return e
}

// Transfer implements driver.PipeEnd.
func (e *PipeEnd) Transfer(op *driver.Op) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	switch {
	case e.closed:
		return net.ErrClosed
	case e.broken != nil:
		return e.broken
	}
	r := e.port.records.take(e, op)
	r.alone = true
	op.N = 0
	e.ops.push(r)
	e.advance(nil)
	return nil
}

// advance reports what is over and starts what is next.
func (e *PipeEnd) advance(by *poller) {
	for {
		for r := e.ops.over(); r != nil; r = e.ops.over() {
			e.port.finish(&e.ops, r, by)
		}
		r := e.ops.ready()
		if r == nil {
			return
		}
		e.begin(r)
	}
}

// begin gives the operation to the kernel: a receive with the first buffer that
// has room, a send with the next piece.
func (e *PipeEnd) begin(r *record) {
	send := r.op.Kind.Outward()
	b := piece(r.op)
	if send && len(b) == 0 {
		r.end(r.op.N, nil) // a write of nothing would end a read of the other side
		return
	}
	if len(b) > 0 {
		r.pins.Pin(&b[0])
	}
	e.lend(r)
	transfer := windows.ReadFile
	if send {
		transfer = windows.WriteFile
	}
	err := transfer(e.sock, b, &r.got, &r.ov)
	if err == nil || err == windows.ERROR_IO_PENDING {
		return
	}
	e.landed(r)
	status, _ := err.(syscall.Errno)
	e.over(r, 0, status)
}

// piece is what is to be moved next.
func piece(op *driver.Op) []byte {
	bufs, bytes := op.Piece(1)
	if len(bufs) == 0 {
		return nil
	}
	return bufs[0][:min(bytes, pipeRoom)]
}

// packet implements owner.
func (e *PipeEnd) packet(r *record, n int, by *poller) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if !e.returned(r) {
		return
	}
	e.over(r, n, r.status())
	e.advance(by)
	e.releaseLast()
}

// over looks at an operation that the kernel has given back, or didn't take.
func (e *PipeEnd) over(r *record, n int, status syscall.Errno) {
	switch over := r.op.Moved(n); {
	case status != 0:
		r.end(r.op.N, e.failure(r, status))
	case !r.op.Kind.Outward() || over:
		r.end(r.op.N, nil)
	default:
		e.goOn(r)
	}
}

// failure is the error that a status means. That nobody writes any more is no
// error but the end of the stream (C132); that nobody reads any more is one for
// this operation and all to come.
func (e *PipeEnd) failure(r *record, status syscall.Errno) error {
	call := "ReadFile"
	if r.op.Kind.Outward() {
		call = "WriteFile"
	}
	switch status {
	case windows.ERROR_BROKEN_PIPE, windows.ERROR_NO_DATA, windows.ERROR_PIPE_NOT_CONNECTED:
		if !r.op.Kind.Outward() {
			return nil
		}
		e.broken = driver.PipeFailed(call, status)
		e.ops.giveUp(e.broken)
		return e.broken
	case windows.ERROR_OPERATION_ABORTED:
		if e.closed {
			return net.ErrClosed
		}
	}
	return fileError(call, status)
}

// Cancel implements driver.Handle.
func (e *PipeEnd) Cancel(op *driver.Op) bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	found := e.cancelOn(&e.ops, op)
	e.advance(nil)
	return found
}

// CancelAll implements driver.Handle.
func (e *PipeEnd) CancelAll() int {
	e.mu.Lock()
	defer e.mu.Unlock()
	n := e.cancelAll(&e.ops)
	e.advance(nil)
	return n
}

// Close implements driver.Handle. The HANDLE is closed when the kernel has given
// everything back.
func (e *PipeEnd) Close() error {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.closed {
		return nil
	}
	e.ops.giveUp(net.ErrClosed)
	err := e.shut()
	e.advance(nil)
	return err
}

// LocalAddr implements driver.Handle: a pipe has no address.
func (e *PipeEnd) LocalAddr() netip.AddrPort { return netip.AddrPort{} }
