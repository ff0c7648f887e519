package winport

import (
	"io"
	"io/fs"
	"math"
	"net"
	"net/netip"
	"syscall"

	"golang.org/x/sys/windows"

	"iocp/internal/driver"
	"iocp/internal/driver/blocking"
)

// File is a file opened for overlapped operations. All of them are with the
// kernel at once and are reported as they come back.
type File struct {
	handle
	ops       line // in no order that matters
	writeOnly bool
}

// OpenFile implements driver.FilePort.
func (p *Port) OpenFile(name string, flag int, perm fs.FileMode) (driver.File, error) {
	h, err := syscall.Open(name, flag|syscall.O_CLOEXEC|windows.FILE_FLAG_OVERLAPPED, uint32(perm.Perm()))
	if err != nil {
		return nil, fileError("CreateFile", err)
	}
	f := &File{handle: handle{sock: windows.Handle(h), file: true}, writeOnly: flag&(syscall.O_RDWR|syscall.O_WRONLY) == syscall.O_WRONLY}
	f.handle.owner = f
	return f, nil
}

// fileError is sysError for what files fail with.
func fileError(call string, err error) error {
	if errno, ok := err.(syscall.Errno); ok {
		return blocking.SysError(call, errno)
	}
	return err
}

// ReadAt implements driver.File.
func (f *File) ReadAt(op *driver.Op) error { return f.submit(op) }

// WriteAt implements driver.File.
func (f *File) WriteAt(op *driver.Op) error { return f.submit(op) }

func (f *File) submit(op *driver.Op) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.closed {
		return net.ErrClosed
	}
	r := f.port.records.take(f, op)
	op.N = 0
	f.ops.push(r)
	f.begin(r, nil)
	return nil
}

// begin gives the operation, or what is left of a long one, to the kernel. An
// error that the call itself answers has no packet (C46), and ReadFile answers
// the end of the file in either way (C129): both are reported alike.
func (f *File) begin(r *record, by *poller) {
	op := r.op
	b := op.Bufs()[0][op.N:]
	b = b[:min(len(b), driver.TransferMax)]
	if len(b) > 0 {
		r.pins.Pin(&b[0])
	}
	f.lend(r)
	r.at(op.Off(), op.N)
	transfer := windows.WriteFile
	if !op.Kind.Outward() {
		transfer = windows.ReadFile
	}
	err := transfer(f.sock, b, &r.got, &r.ov)
	if err == nil || err == windows.ERROR_IO_PENDING {
		return
	}
	f.landed(r)
	status, _ := err.(syscall.Errno)
	f.report(r, status, by)
}

// at says where in a file the operation is, or what has been done of it less:
// all ones is the end of the file (C128).
func (r *record) at(off int64, done int) {
	at := uint64(math.MaxUint64)
	if off >= 0 {
		at = uint64(off) + uint64(done)
	}
	r.ov.Offset, r.ov.OffsetHigh = uint32(at), uint32(at>>32)
}

// packet implements owner.
func (f *File) packet(r *record, n int, by *poller) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if !f.returned(r) {
		return
	}
	r.op.N += n
	if status := r.status(); status == 0 && n == driver.TransferMax && r.op.N < r.op.Len() && !f.closed && !r.canceled {
		f.begin(r, by)
	} else {
		f.report(r, status, by)
	}
	f.releaseLast()
}

// report ends an operation that the kernel doesn't hold.
func (f *File) report(r *record, status syscall.Errno, by *poller) {
	f.ops.remove(r)
	r.end(r.op.N, f.result(r, status))
	f.port.finish(&f.ops, r, by)
}

// result is the error that a status means.
func (f *File) result(r *record, status syscall.Errno) error {
	op := r.op
	read := !op.Kind.Outward()
	switch {
	case read && op.N == 0 && op.Len() > 0 && (status == 0 || status == windows.ERROR_HANDLE_EOF):
		return io.EOF
	case status == 0, read && status == windows.ERROR_HANDLE_EOF:
		return nil // C130
	case status == windows.ERROR_OPERATION_ABORTED && f.closed:
		return net.ErrClosed
	}
	return fileError(op.Kind.String(), status)
}

// Cancel implements driver.Handle.
func (f *File) Cancel(op *driver.Op) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.cancelOn(&f.ops, op)
}

// CancelAll implements driver.Handle.
func (f *File) CancelAll() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.cancelAll(&f.ops)
}

// Close implements driver.Handle. The file is closed when the kernel has given
// everything back.
func (f *File) Close() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.closed {
		return nil
	}
	return f.shut()
}

// Size implements driver.File.
func (f *File) Size() (int64, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.closed {
		return 0, net.ErrClosed
	}
	var info windows.ByHandleFileInformation
	if err := windows.GetFileInformationByHandle(f.sock, &info); err != nil {
		return 0, fileError("GetFileInformationByHandle", err)
	}
	return int64(info.FileSizeHigh)<<32 | int64(info.FileSizeLow), nil
}

// LocalAddr implements driver.Handle: a file has no address.
func (f *File) LocalAddr() netip.AddrPort { return netip.AddrPort{} }
