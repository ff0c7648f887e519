package iocp

import (
	"io/fs"
	"math"
	"os"

	"iocp/internal/driver"
)

// AtEnd, as the offset of a [File.WriteAt], appends to the file.
const AtEnd int64 = -1

// File is an open file. All methods may be called from any goroutine.
//
// There is no file position: each operation says where in the file it is.
// Several may be pending at a time, and they complete in any order.
//
// Cancel and Close end operations that have not been begun, with ErrAborted and
// net.ErrClosed. One that the system is carrying out goes on: it completes with
// what it has done, also after Close has returned.
type File struct {
	handle
	f        driver.File
	name     string
	readable bool
	writable bool
}

// OpenFile opens a file as os.OpenFile does, for the port's kind of operation.
// It is the port that opens it because Windows wants to be told then. The flag
// os.O_APPEND is refused with ErrInvalid: see [AtEnd]. Opening may wait for the
// disk. The file belongs to no port yet. Errors have the class fs.ErrNotExist
// or fs.ErrExist, or one of this package's; a backend without files answers
// ErrNotSupported.
func (p *Port) OpenFile(name string, flag int, perm fs.FileMode) (*File, error) {
	f, err := p.openFile(name, flag, perm)
	if err != nil {
		return nil, pathError("open", name, err)
	}
	return &File{
		handle:   handle{drv: f, is: aFile},
		f:        f,
		name:     name,
		readable: flag&os.O_WRONLY == 0,
		writable: flag&(os.O_WRONLY|os.O_RDWR) != 0,
	}, nil
}

func (p *Port) openFile(name string, flag int, perm fs.FileMode) (driver.File, error) {
	drv, ok := p.drv.(driver.FilePort)
	switch {
	case p.closing():
		return nil, ErrClosed
	case !ok:
		return nil, ErrNotSupported
	case flag&os.O_APPEND != 0:
		return nil, ErrInvalid
	}
	return drv.OpenFile(name, flag, perm)
}

// Name is the name that the file was opened by.
func (f *File) Name() string { return f.name }

// ReadAt reads len(buf) bytes from offset off on (ReadFile). It completes with
// the full count, or with a short one at the end of the file. At or behind the
// end it completes with io.EOF (errors.Is) and N == 0, except when buf has no
// length: that is a success. buf is the port's until the completion is
// dequeued, and what is behind N then is undefined. A file that was opened for writing only refuses with ErrAccess.
func (f *File) ReadAt(op *Op, buf []byte, off int64) error {
	if off < 0 || off > math.MaxInt64-int64(len(buf)) {
		return f.fault("read", ErrInvalid)
	}
	if !f.readable {
		return f.fault("read", ErrAccess)
	}
	return f.fault("read", f.transfer(op, driver.KindReadAt, buf, off))
}

// WriteAt writes buf at offset off (WriteFile), behind the end too, or with
// [AtEnd] at the end. It completes with the full count, or with an error and
// as many bytes as are known to have been written. Appends of one File don't
// overlap; on Linux and Windows they don't overlap with anybody's. That a write
// is complete means that other readers see it, not that the disk has it. buf
// must not change until the completion is dequeued. A file that was opened for
// reading only refuses with ErrAccess.
func (f *File) WriteAt(op *Op, buf []byte, off int64) error {
	if off < AtEnd || off > math.MaxInt64-int64(len(buf)) {
		return f.fault("write", ErrInvalid)
	}
	if !f.writable {
		return f.fault("write", ErrAccess)
	}
	return f.fault("write", f.transfer(op, driver.KindWriteAt, buf, off))
}

func (f *File) transfer(op *Op, kind driver.Kind, buf []byte, off int64) error {
	p, err := f.usable()
	if err != nil {
		return err
	}
	if err := p.enter(op, kind, &f.handle); err != nil {
		return err
	}
	op.d.SetOneBuf(buf)
	op.d.SetOff(off)
	op.d.Lend()
	if kind == driver.KindReadAt {
		err = f.f.ReadAt(&op.d)
	} else {
		err = f.f.WriteAt(&op.d)
	}
	if err != nil {
		op.d.Decline(err)
		p.refuse(op)
	}
	return err
}

// Size is the length of the file at this moment. It may wait for the disk.
func (f *File) Size() (int64, error) {
	n, err := f.f.Size()
	return n, f.fault("stat", err)
}

// Close closes the file. A second Close returns net.ErrClosed.
func (f *File) Close() error {
	return f.shut(func() error { return f.fault("close", f.f.Close()) })
}

func (f *File) fault(op string, err error) error { return pathError(op, f.name, err) }
